//! What `pli traces verify` says once somebody laid hands on the journal's files: exit 1, what it is, where, what to do.

mod common;

use std::path::{Path, PathBuf};
use std::process::Output;

use common::{MARTIN, Stage, files};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

/// A practitioner with a day behind them.
fn worked() -> Stage {
    let stage = Stage::new(false);
    stage.add("martin", MARTIN);
    stage.run("martin", &["sync"]);
    stage.run("martin", &["sync"]);
    stage.run("martin", &["traces", "verify"]);
    stage
}

fn journal(stage: &Stage) -> PathBuf {
    stage.home("martin").join("journal")
}

/// A copy of every file of a folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in files(from) {
        std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

/// The journal's folder becomes this one, whole.
fn put_back(from: &Path, to: &Path) {
    std::fs::remove_dir_all(to).unwrap();
    copy(from, to);
}

/// Verifies a journal that somebody changed: it must be told, in French, with what to do.
fn told(stage: &Stage) -> String {
    let output = stage.output("martin", &["traces", "verify"]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("Le journal n'est PAS intact."), "{text}");
    for part in [
        "Vos messages ne sont pas touchés",
        "n'effacez et ne modifiez rien",
        "responsable de traitement",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    text
}

#[test]
fn an_older_copy_put_back_is_told_with_the_traces_that_are_gone() {
    let stage = worked();
    let kept = stage.path("copie");
    copy(&journal(&stage), &kept);
    let last = stage.json("martin", &["traces", "list", "--limit", "1"])[0]["sequence"]
        .as_i64()
        .unwrap();
    stage.run("martin", &["sync"]);
    stage.run("martin", &["traces", "verify"]);
    put_back(&kept, &journal(&stage));
    let text = told(&stage);
    assert!(
        text.contains(&format!("Les traces {} à ", last + 1)) || text.contains(&format!("Les traces {last} à ")),
        "what came after trace {last} is gone: {text}"
    );
}

#[test]
fn a_period_put_back_alone_is_told() {
    let stage = worked();
    let kept = stage.path("copie");
    copy(&journal(&stage), &kept);
    stage.run("martin", &["sync"]);
    let period = period_of(&kept);
    let name = period.file_name().unwrap().to_owned();
    for file in files(&journal(&stage)) {
        // What its log still held goes with it.
        if file
            .file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with(&*name.to_string_lossy())
        {
            std::fs::remove_file(file).unwrap();
        }
    }
    std::fs::copy(&period, journal(&stage).join(&name)).unwrap();
    let text = told(&stage);
    assert!(text.contains("trace ") || text.contains("period-"), "a place: {text}");
}

#[test]
fn a_byte_changed_in_the_file_is_told() {
    let stage = worked();
    let period = period_of(&journal(&stage));
    let mut octets = std::fs::read(&period).unwrap();
    let middle = octets.len() / 2;
    octets[middle] ^= 1;
    std::fs::write(&period, octets).unwrap();
    let text = told(&stage);
    assert!(
        text.contains("ne peut pas être lu") || text.contains("modifiée"),
        "{text}"
    );
    assert!(text.contains("trace ") || text.contains("period-"), "a place: {text}");
}

#[test]
fn another_journal_in_its_place_is_told() {
    let stage = worked();
    stage.add("leroy", common::LEROY);
    stage.run("leroy", &["sync"]);
    put_back(&stage.home("leroy").join("journal"), &journal(&stage));
    let output = stage.output("martin", &["traces", "verify"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    // It is under another profile's key: nothing of it can be read here, and the mail is not touched.
    assert!(
        said(&output).contains("journal") || said(&output).contains("abîmé"),
        "{}",
        said(&output)
    );
}

/// The first period's file of a journal.
fn period_of(folder: &Path) -> PathBuf {
    let mut found: Vec<PathBuf> = files(folder)
        .into_iter()
        .filter(|file| {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with("period-") && name.ends_with(".db")
        })
        .collect();
    found.sort();
    found.swap_remove(0)
}
