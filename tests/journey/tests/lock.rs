//! The lock, between two programs on one profile: `pli` asks, the window or another `pli` obeys. What opens it again.

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{MARTIN, Stage, program, wait_for};
use pli_keyring_session::{Session, succeeds};
use pli_operator::boxes::{DR_LEROY, DR_MARTIN};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(180);

/// A process that ends with the test.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program and gives the first line it prints.
fn telling(command: &mut Command) -> (Ends, String) {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (Ends(child), line.trim().to_owned())
}

/// The code with which `pli` fails.
fn code(stage: &Stage, arguments: &[&str]) -> String {
    let mut all = arguments.to_vec();
    all.push("--json");
    let output = stage.output("martin", &all);
    assert_eq!(output.status.code(), Some(1), "{all:?}");
    let failure: Value = serde_json::from_slice(&output.stderr).unwrap();
    failure["code"].as_str().unwrap().to_owned()
}

/// What the profile says of its lock, whoever has it open.
fn lock_on_disk(stage: &Stage) -> Option<Value> {
    let text = std::fs::read(stage.home("martin").join("profile.json")).ok()?;
    let profile: Value = serde_json::from_slice(&text).ok()?;
    Some(profile["profile"]["locked"].clone()).filter(|lock| !lock.is_null())
}

#[test]
fn a_pli_that_works_obeys_another_and_a_passphrase_opens_again() {
    let stage = Stage::new(true);
    stage.add("martin", MARTIN);
    stage.run("martin", &["sync"]);
    let before = stage.json("martin", &["list"]).len();
    stage.operator.set_auto_approve(false, DR_MARTIN).unwrap();

    // One that waits for the phone keeps the profile.
    let mut waiting = stage
        .pli("martin", &["login", "--ciba", "--id", DR_MARTIN, "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut digits = String::new();
    BufReader::new(waiting.stdout.take().unwrap())
        .read_line(&mut digits)
        .unwrap();
    let _waiting = Ends(waiting);
    assert!(digits.contains("\"phone\""), "{digits}");
    assert_eq!(code(&stage, &["list"]), "inUse");

    assert_eq!(stage.json("martin", &["lock"])[0]["locked"], true);
    assert_eq!(lock_on_disk(&stage).unwrap()["reason"], "demand");
    drop(_waiting);

    assert_eq!(code(&stage, &["list"]), "locked");
    assert_eq!(code(&stage, &["search", "bilan"]), "locked");
    let refused = stage.output("martin", &["show", "1"]);
    assert!(refused.stdout.is_empty(), "nothing of its content");
    stage.run("martin", &["unlock"]);
    assert_eq!(stage.json("martin", &["list"]).len(), before, "nothing is lost");
}

#[test]
fn the_window_obeys_pli_and_the_desktops_own_lock() {
    let stage = Stage::new(false);
    stage.add("martin", MARTIN);
    let (_display, number) = telling(Command::new("Xvfb").args(["-displayfd", "1", "-screen", "0", "1280x800x24"]));
    let address = format!("unix:path={}", stage.path("bus").display());
    let (_bus, address) = telling(Command::new("dbus-daemon").args([
        "--session",
        "--nofork",
        "--nopidfile",
        "--print-address",
        &format!("--address={address}"),
    ]));
    let runtime = stage.path("runtime");
    std::fs::create_dir_all(&runtime).unwrap();
    let open = || {
        let mut window = Command::new(program("pli-desktop"));
        stage.equip(&mut window, "martin");
        window
            .env("DISPLAY", format!(":{number}"))
            .env("DBUS_SESSION_BUS_ADDRESS", &address)
            .env("XDG_RUNTIME_DIR", &runtime)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let window = Ends(window.spawn().unwrap());
        // Looked at from outside: another `pli` could take the profile before the window does.
        let held = stage.home("martin").join("in-use");
        wait_for("the window holds the profile", PATIENCE, || {
            let files = std::fs::read_dir(format!("/proc/{}/fd", window.0.id())).unwrap();
            files
                .flatten()
                .find(|file| std::fs::read_link(file.path()).is_ok_and(|path| path == held))
        });
        window
    };

    let window = open();
    stage.json("martin", &["lock"]);
    assert_eq!(lock_on_disk(&stage).unwrap()["reason"], "demand");
    drop(window);
    assert_eq!(code(&stage, &["list"]), "locked", "it stays so when the window is gone");
    stage.run("martin", &["unlock"]);
    assert!(lock_on_disk(&stage).is_none());

    // The desktop's screen is locked: so is Pli. Said again until the window listens.
    let window = open();
    wait_for("the lock", PATIENCE, || {
        let told = Command::new("dbus-send")
            .arg(format!("--bus={address}"))
            .args([
                "--type=signal",
                "/ScreenSaver",
                "org.freedesktop.ScreenSaver.ActiveChanged",
                "boolean:true",
            ])
            .status()
            .unwrap();
        assert!(told.success());
        lock_on_disk(&stage)
    });
    assert_eq!(lock_on_disk(&stage).unwrap()["reason"], "sleep");
    drop(window);
    assert_eq!(code(&stage, &["list"]), "locked");
}

#[test]
fn under_a_keyring_a_pin_or_the_same_persons_login_opens_and_nobody_elses() {
    let stage = Stage::new(false);
    stage.operator.set_auto_approve(true, DR_MARTIN).unwrap();
    for (name, text) in [("pin", "2468"), ("wrong", "1357")] {
        std::fs::write(stage.path(name), text).unwrap();
    }
    let script = stage.path("journey.sh");
    // `says CODE verb…`: the verb must fail with this code.
    std::fs::write(
        &script,
        format!(
            r#"
set -u
unset PLI_PASSPHRASE_FILE
does() {{ "$PLI" "$@" >"$OUT" 2>&1 || {{ echo "pli $*"; cat "$OUT"; exit 1; }} }}
says() {{ code=$1; shift; "$PLI" "$@" --json >"$OUT" 2>&1 && {{ echo "pli $* did not fail"; exit 1; }}
  grep -q "\"code\":\"$code\"" "$OUT" || {{ echo "pli $*: not $code"; cat "$OUT"; exit 1; }} }}
does account add {MARTIN}
does login --ciba --id {DR_MARTIN}
# No PIN: only a login opens what is locked.
does lock
says locked list
says locked unlock
does login
does list
# The PIN: asked at each start, as a passphrase; what was locked is unlocked first, wrong then right.
says weakPin pin set --file /dev/null
does pin set --file "$PIN"
says locked list
PLI_PASSPHRASE_FILE=$PIN does list
does lock
PLI_PASSPHRASE_FILE=$PIN says locked list
PLI_PASSPHRASE_FILE=$WRONG says wrongPin unlock
PLI_PASSPHRASE_FILE=$PIN does unlock
PLI_PASSPHRASE_FILE=$PIN does list
# A login opens it too, of the same person alone.
does lock
says otherPerson login --ciba --id {DR_LEROY}
PLI_PASSPHRASE_FILE=$PIN says locked list
does login --code
PLI_PASSPHRASE_FILE=$PIN does list
export PLI_PASSPHRASE_FILE=$PIN
says wrongPin pin remove --current-file "$WRONG"
does pin remove
does list
does lock
says locked unlock
"#
        ),
    )
    .unwrap();
    let session = Session::open(&stage.path("desktop"));
    let mut journey = Command::new("bash");
    stage.equip(&mut journey, "martin");
    session.equip(&mut journey);
    succeeds(
        journey
            .arg(&script)
            .env("PLI", program("pli"))
            .env("OUT", stage.path("out"))
            .env("PIN", stage.path("pin"))
            .env("WRONG", stage.path("wrong")),
    );
}

#[test]
fn a_policy_that_cannot_be_read_starts_nothing() {
    let stage = Stage::new(false);
    let policy = stage.path("policy.toml");
    std::fs::write(&policy, "[lock]\nminutes = \"beaucoup\"\n").unwrap();
    let output = stage
        .pli("martin", &["list"])
        .env("PLI_POLICY", &policy)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("Les réglages fixés par votre organisation ne peuvent pas être lus"),
        "{said}"
    );
    assert!(!stage.home("martin").join("store").exists(), "nothing was made");

    std::fs::write(&policy, "[lock]\nminutes = 10\n").unwrap();
    let mut settings = stage.pli("martin", &["profile", "lock", "--minutes", "20", "--json"]);
    let output = settings.env("PLI_POLICY", &policy).output().unwrap();
    let failure: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(failure["code"], "badRequest", "the organisation's minutes are the most");
}
