//! A large box: what it takes of memory to save and to restore it does not grow with it.

use std::path::Path;
use std::process::Command;

use pli_engine::BackupScope;

use crate::desk::{MARTIN, OTHER, PHRASE, SECRET, content, filled, home, opened, restored, store};

const FOLDER: &str = "PLI_BACKUP_LARGE";
/// Messages in each of two folders, and octets of each.
const MESSAGES: u32 = 200;
const OCTETS: usize = 1_000_000;

/// The most memory that this process had since it was last asked to forget, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

fn forget() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn memory_does_not_grow_with_the_box() {
    let test = "large::memory_does_not_grow_with_the_box";
    let Some(dir) = std::env::var_os(FOLDER) else {
        // In a process of its own: the other tests' memory is not counted.
        let dir = tempfile::tempdir().unwrap();
        filled(&home(dir.path(), "here"), &[MARTIN], MESSAGES, OCTETS);
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(FOLDER, dir.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        println!(
            "{}",
            text.lines()
                .filter(|line| line.contains("MiB"))
                .collect::<Vec<_>>()
                .join("\n")
        );
        return;
    };
    let dir = Path::new(&dir);
    let (here, there) = (home(dir, "here"), home(dir, "there"));
    let path = dir.join("a.plisauvegarde");
    let engine = opened(&here, PHRASE).await;
    forget();
    let backup = engine
        .backup_create(&path, BackupScope::Whole, SECRET.into())
        .await
        .unwrap();
    let saving = peak();
    engine.stop().await;
    forget();
    restored(&path, &there).unwrap();
    let restoring = peak();
    println!(
        "a box of {} MiB: saved within {saving} MiB of memory, restored within {restoring} MiB",
        backup.octets >> 20
    );
    // The passphrase alone takes 64 of them, by design.
    assert!(saving < 200 && restoring < 200, "{saving} {restoring}");
    assert_eq!(content(&store(&there, OTHER)), content(&store(&here, PHRASE)));
}
