//! A desktop session of a test's own, with a real keyring. The keyring is that of a process's environment: a test that wants
//! one runs itself again as a child in a [`Session`], or starts a program there.
//!
//! Everything here panics when something fails, as a test does.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Names the folder that a child works in.
const CHILD: &str = "PLI_KEYRING_SESSION_CHILD";

/// The name on the bus that a keyring owns once it answers.
const KEYRING: &str = "org.freedesktop.secrets";

/// How long the keyring may take to be there.
const PATIENCE: Duration = Duration::from_secs(180);

/// A session that ends when this is dropped, with its bus and its keyring.
#[derive(Debug)]
pub struct Session {
    dir: PathBuf,
    address: String,
    /// The keyring first: it leaves the bus before the bus goes.
    processes: Vec<Ends>,
}

#[derive(Debug)]
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        // Asked, not killed: a keyring puts away what it holds.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

impl Session {
    /// One whose keyring is open, as at a usual login. Its home and all it keeps are in this folder: another session
    /// started there later finds the same keyring.
    #[must_use]
    pub fn open(dir: &Path) -> Self {
        // What a login gives to it: the password of the keyring named « login ».
        Self::with_keyring(dir, &["--unlock"], b"pw\n")
    }

    /// One whose keyring nobody unlocks.
    #[must_use]
    pub fn closed(dir: &Path) -> Self {
        Self::with_keyring(dir, &[], b"")
    }

    /// One without a bus, thus without a keyring.
    #[must_use]
    pub fn without_bus(dir: &Path) -> Self {
        for folder in ["home", "run"] {
            private(&dir.join(folder));
        }
        Self {
            dir: dir.to_owned(),
            address: format!("unix:path={}", dir.join("no-bus").display()),
            processes: Vec::new(),
        }
    }

    fn with_keyring(dir: &Path, how: &[&str], typed: &[u8]) -> Self {
        let mut session = Self::without_bus(dir);
        let mut bus = session.command("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address"])
            .stdin(Stdio::null());
        let mut bus = started(bus.env_remove("DBUS_SESSION_BUS_ADDRESS").stdout(Stdio::piped()));
        let mut address = String::new();
        BufReader::new(bus.0.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        address.trim().clone_into(&mut session.address);
        session.processes.push(bus);

        let mut keyring = session.command("gnome-keyring-daemon");
        keyring.args(["--foreground", "--components=secrets"]).args(how);
        let mut keyring = started(keyring.stdin(Stdio::piped()).stdout(Stdio::null()));
        keyring.0.stdin.take().unwrap().write_all(typed).unwrap();
        session.processes.insert(0, keyring);
        session.wait_for_keyring();
        session
    }

    /// It owns its name once it answers, after it has unlocked what it was told to.
    fn wait_for_keyring(&mut self) {
        let begun = Instant::now();
        while !self.is_owned(KEYRING) {
            assert!(begun.elapsed() < PATIENCE, "the keyring does not come up");
            let ended = self.processes[0].0.try_wait().unwrap();
            assert!(ended.is_none(), "the keyring has ended: {ended:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Asks the bus itself, which starts nothing for that.
    fn is_owned(&self, name: &str) -> bool {
        let mut question = self.command("dbus-send");
        question.args(["--session", "--print-reply", "--dest=org.freedesktop.DBus"]);
        question.args(["/org/freedesktop/DBus", "org.freedesktop.DBus.NameHasOwner"]);
        let answer = question.arg(format!("string:{name}")).output().unwrap();
        String::from_utf8_lossy(&answer.stdout).contains("boolean true")
    }

    /// A program of this session, not started yet.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        self.equip(&mut command);
        command
    }

    /// Makes a program one of this session: its home, its bus, and no display.
    pub fn equip(&self, command: &mut Command) {
        let home = self.dir.join("home");
        command
            .env("XDG_RUNTIME_DIR", self.dir.join("run"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("HOME", home)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY");
    }

    /// The running test program again, for this one test of it, in this session: [`child`] tells it so.
    #[must_use]
    pub fn again(&self, test: &str) -> Command {
        let mut command = self.command(std::env::current_exe().unwrap());
        command.args([test, "--exact", "--nocapture"]).env(CHILD, &self.dir);
        command
    }
}

/// The session's folder, in a test that [`Session::again`] has started; nothing in any other process.
#[must_use]
pub fn child() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
}

/// Runs it to its end.
///
/// # Panics
/// When it fails, with what it said.
pub fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn started(command: &mut Command) -> Ends {
    let program = command.get_program().to_owned();
    let started = command.stderr(Stdio::null()).spawn();
    Ends(started.unwrap_or_else(|error| panic!("{}: {error}", program.display())))
}

/// A folder for nobody else, as the bus and the keyring ask.
fn private(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
}
