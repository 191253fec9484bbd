//! Several at once; ended with whoever started them; nothing left.

// The functions that the tests share stop a test as the tests themselves do.
#![allow(clippy::expect_used)]

mod common;

use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use common::processes_of;
use pli_operator::{Info, Operator, Options};

const MARTIN: &str = "dr.martin@alpha.mssante.test";
const PROGRAM: &str = env!("CARGO_BIN_EXE_pli-operator");

/// Operators of one process begin to look for ports at the same place: those that one gave back, another takes at once, and
/// whoever looks whether they are free finds them answered.
static PORTS: Mutex<()> = Mutex::new(());

fn answers(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(180), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn nothing_left(info: &Info) {
    assert!(!info.dir.exists(), "{} is still there", info.dir.display());
    // Nobody waits for the script of a killed parent: it may be at its last line.
    eventually("a process is left", || {
        processes_of(&info.dir.display().to_string()).is_empty()
    });
    let p = info.ports;
    for port in [
        p.imaps,
        p.imap,
        p.submissions,
        p.submission,
        p.submissions_cert,
        p.sieve,
        p.inject,
        p.web,
        p.idp,
        p.idp_tls,
        p.relay,
        info.https_port,
    ] {
        assert!(!answers(port), "{port} still answers");
    }
}

#[test]
fn an_operator_may_be_shared_by_the_threads_of_a_test() {
    fn shared<T: Send + Sync>() {}
    shared::<Operator>();
}

#[test]
fn two_at_once_know_nothing_of_each_other() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| Operator::start(Options::default()).expect("started"));
        let two = scope.spawn(|| Operator::start(Options::default()).expect("started"));
        (one.join().expect("started"), two.join().expect("started"))
    });
    let mut mailbox = one.mailbox(MARTIN).expect("opened");
    mailbox
        .append("INBOX", &[], b"Message-ID: <un@essai>\r\n\r\n")
        .expect("kept");
    assert_eq!(mailbox.count("INBOX").expect("counted"), 1);
    assert_eq!(two.mailbox(MARTIN).expect("opened").count("INBOX").expect("counted"), 0);
    drop(mailbox);

    let info = one.info().clone();
    assert!(
        !processes_of(&info.dir.display().to_string()).is_empty(),
        "the look at /proc sees the daemons"
    );
    drop(one);
    nothing_left(&info);
    let info = two.info().clone();
    two.mailbox(MARTIN).expect("the other still runs");
    drop(two);
    nothing_left(&info);
}

fn read(folder: &Path) -> Option<Info> {
    serde_json::from_str(&std::fs::read_to_string(folder.join("operator.json")).ok()?).ok()
}

#[test]
fn a_killed_parent_takes_everything_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("ici");
    let mut parent = Command::new(PROGRAM)
        .args(["run", "--empty", "--dir"])
        .arg(&place)
        .stdout(Stdio::null())
        .spawn()
        .expect("started");
    eventually("the operator did not start", || read(&place).is_some());
    let info = read(&place).expect("described");
    assert!(answers(info.ports.imaps) && answers(info.ports.submissions) && answers(info.ports.idp));
    // SIGKILL: no handler, no destructor.
    parent.kill().expect("killed");
    parent.wait().expect("ended");
    eventually("something is left", || !info.dir.exists() && !place.exists());
    nothing_left(&info);
}

#[test]
fn a_killed_supervisor_takes_the_daemons_with_it() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let operator = Operator::start(Options::default()).expect("started");
    let info = operator.info().clone();
    let dir = info.dir.display().to_string();
    let script = format!("{dir}/supervisor.sh");
    let pid = processes_of(&script).into_iter().next().expect("the script");
    let pid = pid.split(' ').next().expect("a number");
    assert!(
        Command::new("kill")
            .args(["-KILL", pid])
            .status()
            .expect("kill")
            .success()
    );
    eventually("a daemon is left", || {
        !info.dir.exists() && processes_of(&dir).is_empty()
    });
    drop(operator);
    nothing_left(&info);
}

#[test]
fn the_program_keeps_one_running_until_it_is_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("là");
    let run = |words: &[&str]| {
        let output = Command::new(PROGRAM)
            .args(words)
            .arg("--dir")
            .arg(&place)
            .output()
            .expect("ran");
        (
            output.status.code(),
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    };
    assert_eq!(run(&["status"]).0, Some(1));
    assert_eq!(run(&["sttaus"]).0, Some(2));
    let (code, text) = run(&["start", "--auto-approve"]);
    assert!(
        code == Some(0) && text.contains("Opérateur MSSanté local en marche"),
        "{text}"
    );
    let info: Info = serde_json::from_str(&run(&["status", "--json"]).1).expect("JSON");
    let lines = run(&["status", "--env"]).1;
    let lines: Vec<&str> = lines.lines().collect();
    let file = info.dir.join("operator.json");
    assert_eq!(lines[0], format!("export PLI_LOCAL_OPERATOR='{}'", file.display()));
    // The program that plays the browser's step of a login.
    assert!(
        lines[1].starts_with("export BROWSER='") && lines[1].ends_with(" browse'"),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 2);
    // It believes the operator's own root.
    assert_eq!(
        run(&["browse", &info.psc_discovery]).0,
        Some(0),
        "{}",
        info.psc_discovery
    );
    assert!(run(&["start"]).1.contains("tourne déjà"));
    assert_eq!(run(&["approve", "123"]).0, Some(1));

    // A Maildir from outside, one message in the inbox and one in a folder with an accent.
    let maildir = folder.path().join("Maildir");
    for (part, name) in [("new", "1.a"), (".R&AOk-sultats/cur", "2.b:2,S")] {
        for sub in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(maildir.join(part).parent().expect("above").join(sub)).expect("made");
        }
        std::fs::write(maildir.join(part).join(name), "Message-ID: <charge@essai>\n\nTexte\n").expect("written");
    }
    let (code, text) = run(&["load", "--box", MARTIN, "--maildir", &maildir.display().to_string()]);
    assert!(code == Some(0) && text.starts_with("2 messages"), "{text}");
    let token = pli_operator::bench::request(&info, &format!("/token?mailbox={MARTIN}")).expect("a token");
    let root = std::fs::read_to_string(&info.anchors).expect("the root");
    let mut mailbox = pli_operator::Mailbox::open(
        info.ports.imaps,
        &der(&root),
        MARTIN,
        token["access_token"].as_str().expect("text"),
    )
    .expect("opened");
    assert_eq!(mailbox.count("INBOX").expect("counted"), 1);
    assert_eq!(mailbox.messages("Résultats").expect("fetched")[0].flags, ["\\Seen"]);
    drop(mailbox);
    assert!(maildir.join("new/1.a").exists(), "the source is left as it is");

    assert!(run(&["stop"]).1.contains("arrêté"));
    assert!(!place.exists());
    nothing_left(&info);
    assert_eq!(run(&["stop"]).0, Some(0));
}

fn der(pem: &str) -> Vec<u8> {
    use base64::Engine as _;
    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
}
