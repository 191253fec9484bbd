//! A desktop session of its own for a test: the keyring is that of a process's environment, so that the test runs itself
//! again, in a session where the keyring is what the test wants.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

const CHILD: &str = "PLI_VAULT_TEST_CHILD";

/// A keyring that is open.
pub const OPEN: &str = "printf 'pw\\n' | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 & keyring=$!; sleep 1";

/// The folder to work in, for the test that [`run`] starts again.
pub fn child() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
}

/// Runs the test of this name again, in this folder, in a session where `start` runs first; without a bus when it is
/// empty. The keyring's daemon ends with the session.
pub fn run(start: &str, test: &str, dir: &Path) {
    let (home, runtime) = (dir.join("home"), dir.join("run"));
    std::fs::create_dir_all(&home).unwrap();
    std::fs::create_dir_all(&runtime).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&runtime, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
    let script = format!("{start}\n\"$0\" {test} --exact >&2; s=$?; kill $keyring 2>/dev/null; exit $s");
    let mut command = if start.is_empty() {
        let mut command = Command::new("sh");
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
        command
    } else {
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "sh"]);
        command
    };
    let output = command
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env("HOME", &home)
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("XDG_DATA_HOME", home.join("data"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env(CHILD, dir)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
