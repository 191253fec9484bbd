//! What a crash leaves behind: no image of the memory, no token, nothing in clear.
#![cfg(target_os = "linux")]

mod common;

use std::process::Command;
use std::time::Duration;

use common::browser::{Look, Window};
use common::{MARTIN, Stage, files, wait_for};
use rlimit::Resource;

#[test]
fn a_crash_of_the_window_leaves_no_image_of_its_memory_and_no_token() {
    let stage = Stage::new(true);
    stage.add("martin", MARTIN);
    stage.run("martin", &["sync"]);
    // As far as this machine allows, the system would write an image: this process and what it starts may have one.
    let (_, most) = Resource::CORE.get().unwrap();
    Resource::CORE.set(most, most).unwrap();

    let window = Window::open(&stage, "martin", Look::default());
    window.wait(
        "the inbox, connected",
        "return document.querySelectorAll('.list .row').length > 3 \
         && /À jour/.test(document.querySelector('.side-foot')?.innerText ?? '')",
    );
    let pid = window.program_pid();
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");

    let killed = Command::new("kill").args(["-ABRT", &pid.to_string()]).status().unwrap();
    assert!(killed.success());
    wait_for("the end of the program", Duration::from_secs(180), || {
        (!std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))).then_some(())
    });
    drop(window);

    let issued = stage.operator.issued().unwrap();
    assert!(issued.len() > 4, "tokens were given: {}", issued.len());
    let left = files(stage.folder.path());
    assert!(left.len() > 5, "the profile and the web view's own files: {left:?}");
    for file in left {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(!name.starts_with("core"), "{} is an image of a memory", file.display());
        let text = std::fs::read(&file).unwrap();
        for token in &issued {
            let holds = text.windows(token.len()).any(|window| window == token.as_bytes());
            assert!(!holds, "{} holds a token", file.display());
        }
    }
    // Whatever crashed, the profile is whole.
    stage.run("martin", &["traces", "verify"]);
}
