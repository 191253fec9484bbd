//! The program itself, with its file of settings: what it says, and what it never says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that panics is a test that fails"
)]

mod common;

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use common::client::*;
use common::{How, alone, free_port, operator, settings, write_keys, write_private};
use pli_operator::boxes::{BIOLOGIST, DR_LEROY, DR_MARTIN};

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_pli-relay"));
    // Whatever the environment asks of the log.
    program.env("RUST_LOG", "trace").stdin(Stdio::null());
    program
}

fn check(file: &Path) -> Output {
    program().arg("--config").arg(file).arg("--check").output().unwrap()
}

struct Process(Option<Child>);

impl Process {
    fn start(file: &Path) -> Self {
        let child = program()
            .arg("--config")
            .arg(file)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self(Some(child))
    }

    fn signal(&self, name: &str) {
        let id = self.0.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Ends it politely; everything it wrote.
    fn end(mut self) -> String {
        self.signal("-TERM");
        let output = self.0.take().unwrap().wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let mut said = String::new();
            let _ = child.stderr.take().unwrap().read_to_string(&mut said);
            eprintln!("{said}");
            let _ = child.wait();
        }
    }
}

#[tokio::test]
async fn no_token_no_identifier_and_no_secret_is_in_the_most_talkative_log() {
    let _alone = alone(true).await;
    let folder = tempfile::tempdir().unwrap();
    write_keys(folder.path());
    let (port, admin) = (free_port(), free_port());
    let how = How {
        more: "[log]\nlevel = \"trace\"".to_owned(),
        ..How::default()
    };
    let text = settings(port, folder.path(), &how)
        .replace("admin = \"127.0.0.1:0\"", &format!("admin = \"127.0.0.1:{admin}\""));
    let file = folder.path().join("relay.toml");
    std::fs::write(&file, text).unwrap();
    let process = Process::start(&file);
    let ready = || http().get(format!("http://127.0.0.1:{admin}/health/ready")).send();
    while !ready().await.is_ok_and(|answer| answer.status().is_success()) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }

    let place = format!("http://127.0.0.1:{port}");
    let mut seen: Vec<String> = [
        "etat-de-pli",
        "nonce-de-pli",
        VERIFIER,
        DR_MARTIN,
        DR_LEROY,
        BIOLOGIST,
        "pli-relay-secret",
    ]
    .map(str::to_owned)
    .to_vec();
    seen.push(challenge(VERIFIER));
    for name in ["seal.key", "sign.pem"] {
        let key = std::fs::read_to_string(folder.path().join(name)).unwrap();
        seen.extend(key.lines().filter(|line| !line.starts_with('-')).map(str::to_owned));
    }
    // A whole login, and everything that goes wrong.
    let token = format!("{place}/token");
    let begin =
        url::Url::parse_with_params(&format!("{place}/authorize"), login_but(&[("login_hint", DR_MARTIN)])).unwrap();
    let begun = get(begin.as_str()).await;
    seen.extend(["state", "nonce", "code_challenge"].map(|name| begun.sent_to()[name].clone()));
    let code = browse(&begun, str::to_owned).await.sent_to().remove("code").unwrap();
    let mut wrong = spending(&code);
    wrong[1] = ("client_id", "autre");
    assert_eq!(post(&token, &wrong).await.status, 400);
    let given = post(&token, &spending(&code)).await.json();
    let again = post(&token, &refreshing(given["refresh_token"].as_str().unwrap()))
        .await
        .json();
    let access = again["access_token"].as_str().unwrap();
    for bearer in [access, "un-autre-jeton"] {
        http()
            .get(format!("{place}/userinfo"))
            .bearer_auth(bearer)
            .send()
            .await
            .unwrap();
    }
    for who in [DR_LEROY, "899999999990", "illisible é"] {
        let asked = http()
            .post(format!("{place}/ciba"))
            .form(&calling(who))
            .send()
            .await
            .unwrap();
        let begun = Answer::read(asked).await.json();
        seen.push(who.to_owned());
        if let Some(request) = begun["auth_req_id"].as_str() {
            for _ in 0..3 {
                post(&token, &polling(request)).await;
            }
            seen.push(request.to_owned());
        }
    }
    // The provider away in the middle of it: libraries like to say to whom they could not talk.
    operator().set_down(true).unwrap();
    post(&token, &refreshing(again["refresh_token"].as_str().unwrap())).await;
    operator().set_down(false).unwrap();
    post(&format!("{place}/revoke"), &[("client_id", "pli"), ("token", access)]).await;
    assert_eq!(post(&token, &spending(&code)).await.status, 400);
    seen.push(code);
    post(
        &format!("{place}/logout"),
        &[("id_token_hint", again["id_token"].as_str().unwrap())],
    )
    .await;
    get(&format!("{place}/callback?code=un-code&state=un-etat")).await;
    seen.extend(["un-autre-jeton", "un-code", "un-etat", "ailleurs.test"].map(str::to_owned));
    get(&format!(
        "{place}/authorize?client_id=pli&redirect_uri=https://ailleurs.test/"
    ))
    .await;
    for tokens in [&given, &again] {
        for name in ["access_token", "refresh_token", "id_token"] {
            seen.push(tokens[name].as_str().unwrap().to_owned());
        }
    }
    seen.extend(operator().issued().unwrap());

    // What it keeps in its own folder: the files it was given, and nothing else.
    let mut files: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    files.sort();
    assert_eq!(files, ["relay.toml", "seal.key", "secret", "sign.pem"]);

    let log = process.end();
    for line in [
        "listening",
        "endpoint=\"token\" status=200",
        "endpoint=\"ciba\" status=200",
        "stopping",
    ] {
        assert!(log.contains(line), "this test would see nothing: no {line:?} in {log}");
    }
    assert!(seen.len() > 30, "{}", seen.len());
    for secret in seen {
        // A part of it is as bad as all of it.
        let part: String = secret.chars().take(24).collect();
        assert!(!log.contains(&part), "{secret} is in the log:\n{log}");
    }
    for other in ["hyper", "reqwest", "rustls", "h2", "redis"] {
        assert!(!log.contains(&format!(" {other}::")), "{other} writes to the log");
    }
}

#[tokio::test]
async fn a_hangup_reads_the_keys_anew() {
    let _alone = alone(true).await;
    let folder = tempfile::tempdir().unwrap();
    write_keys(folder.path());
    let port = free_port();
    let how = How {
        more: "[log]\njson = true".to_owned(),
        ..How::default()
    };
    let file = folder.path().join("relay.toml");
    std::fs::write(&file, settings(port, folder.path(), &how)).unwrap();
    let process = Process::start(&file);
    let keys = format!("http://127.0.0.1:{port}/jwks");
    let published = || async {
        let answer = http().get(&keys).send().await.ok()?;
        Some(Answer::read(answer).await.json()["keys"][0]["kid"].as_str()?.to_owned())
    };
    let until = |wanted: fn(&str, &str) -> bool, before: String| async move {
        loop {
            if let Some(now) = published().await.filter(|now| wanted(now, &before)) {
                return now;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let first = until(|_, _| true, String::new()).await;
    let (_, sign) = pli_relay::new_keys().unwrap();
    std::fs::write(folder.path().join("sign.pem"), sign.as_bytes()).unwrap();
    process.signal("-HUP");
    let second = until(|now, before| now != before, first.clone()).await;
    assert_ne!(first, second);
    let log = process.end();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        lines
            .iter()
            .any(|line| line["fields"]["message"] == "certificates, keys and secrets were read anew"),
        "{log}"
    );
}

#[test]
fn each_wrong_setting_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write_keys(folder.path());
    let here = |name: &str| folder.path().join(name);
    for (name, content) in [
        ("empty", ""),
        ("two-lines", "a\nb\n"),
        ("no-key", "AAAA\n"),
        ("zeros", &format!("{}=\n", "A".repeat(43))),
    ] {
        write_private(&here(name), content);
    }
    let good = settings(1, folder.path(), &How::default());
    let file = here("relay.toml");
    let checked = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let output = check(&file);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, said) = checked(&good);
    assert_eq!(code, Some(0), "{said}");

    let path = |name: &str| format!("{}/{name}", folder.path().display());
    let discovery = format!(
        "http://127.0.0.1:{}/.well-known/openid-configuration",
        operator().info().ports.idp
    );
    let secret = format!("secret_file = \"{}\"", path("secret"));
    let wrong: Vec<(&str, String, &str)> = vec![
        (
            "issuer = \"http://127.0.0.1:1\"",
            "issuer = \"nulle part\"".into(),
            "issuer: it is not a URL",
        ),
        (
            "issuer = \"http://127.0.0.1:1\"",
            "issuer = \"http://relais.test\"".into(),
            "issuer: it must be HTTPS",
        ),
        (
            "issuer = \"http://127.0.0.1:1\"",
            "issuer = \"https://relais.test/\"".into(),
            "issuer: it must be written",
        ),
        (
            "issuer = \"http://127.0.0.1:1\"",
            "issuer = \"https://a@relais.test\"".into(),
            "issuer: it must be HTTPS",
        ),
        (
            "issuer = \"http://127.0.0.1:1\"",
            "issuer = \"https://relais.test/a?b\"".into(),
            "issuer: only letters",
        ),
        (
            "issuer = \"http://127.0.0.1:1\"",
            "issuer = 7".into(),
            "the settings are unreadable: line 1",
        ),
        (
            "issuer = \"http://127.0.0.1:1\"",
            "issuers = \"https://relais.test\"".into(),
            "unknown field `issuers`",
        ),
        (
            "issuer = \"http://127.0.0.1:1\"",
            "issuer = ".into(),
            "the settings are unreadable: line 1",
        ),
        (
            "address = \"127.0.0.1:1\"",
            "address = \"127.0.0.1\"".into(),
            "the settings are unreadable: line 3",
        ),
        (
            "address = \"127.0.0.1:1\"",
            "address = \"0.0.0.0:1\"".into(),
            "listen.certificate: without it",
        ),
        (
            "address = \"127.0.0.1:1\"",
            "address = \"127.0.0.1:1\"\ncertificate = \"x\"".into(),
            "listen.key: ",
        ),
        (
            "address = \"127.0.0.1:1\"",
            "address = \"127.0.0.1:1\"\nkey = \"x\"".into(),
            "listen.certificate: the key's",
        ),
        (
            "address = \"127.0.0.1:1\"",
            format!(
                "address = \"127.0.0.1:1\"\ncertificate = \"{0}\"\nkey = \"{0}\"",
                path("sign.pem")
            ),
            "holds no certificate",
        ),
        (
            "address = \"127.0.0.1:1\"",
            "address = \"127.0.0.1:1\"\nproxies = [\"voisin\"]".into(),
            "listen.proxies: \"voisin\"",
        ),
        (&discovery, "pas-une-adresse".into(), "psc.discovery: it is not a URL"),
        (
            &discovery,
            "http://psc.test/.well-known/x".into(),
            "psc.discovery: it must be HTTPS",
        ),
        (
            &discovery,
            "https://psc.test/".into(),
            "psc.discovery: it must be the whole URL",
        ),
        (&secret, String::new(), "psc: one way to prove"),
        (
            &secret,
            format!("{secret}\ncertificate = \"x\"\nkey_file = \"x\""),
            "psc: one way to prove",
        ),
        (&secret, "secret_file = \"absent\"".into(), "psc.secret_file: reading"),
        (
            &secret,
            format!("secret_file = \"{}\"", path("empty")),
            "psc.secret_file: the file must hold one line",
        ),
        (
            &secret,
            format!("secret_file = \"{}\"", path("two-lines")),
            "psc.secret_file: the file must hold one line",
        ),
        (
            &secret,
            format!("{secret}\nscope = \"scope_all\""),
            "psc.scope: it must hold the word openid",
        ),
        (&secret, format!("{secret}\nca = \"{}\"", path("sign.pem")), "psc.ca: "),
        (
            &secret,
            format!("{secret}\nsecret_in = \"body\""),
            "the settings are unreadable",
        ),
        (
            &secret,
            format!(
                "pkcs12 = \"{}\"\npassphrase_file = \"{}\"",
                path("sign.pem"),
                path("secret")
            ),
            "psc.pkcs12: ",
        ),
        (
            "id = \"pli\"",
            "id = \"autre\"".into(),
            "clients.id: autre is there twice",
        ),
        ("id = \"pli\"", "id = \"p l i\"".into(), "clients.id: \"p l i\""),
        (
            "redirects = [\"http://127.0.0.1/retour\"]",
            "redirects = []".into(),
            "clients.redirects: pli has none",
        ),
        (
            "redirects = [\"http://127.0.0.1/retour\"]",
            "redirects = [\"http://localhost/retour\"]".into(),
            "clients.redirects: \"http://localhost/retour\" is not",
        ),
        ("/seal.key", "/absent.key".into(), "keys.seal: reading"),
        ("/seal.key", "/no-key".into(), "does not hold 32 octets in base64"),
        ("/seal.key", "/zeros".into(), "does not hold 32 octets in base64"),
        ("/sign.pem", "/seal.key".into(), "keys.sign: "),
        (
            "floor_ms = 10",
            "floor_ms = 60000".into(),
            "limits.floor_ms: 60000 is not between 0 and 5000",
        ),
        (
            "floor_ms = 10",
            "body_bytes = 10".into(),
            "limits.body_bytes: 10 is not between",
        ),
        (
            "floor_ms = 10",
            "psc_seconds = 30".into(),
            "limits.request_seconds: it must leave room",
        ),
        (
            "floor_ms = 10",
            "address_par_minute = 1".into(),
            "unknown field `address_par_minute`",
        ),
        (
            "ciba_interval = 1",
            "ciba_interval = 0".into(),
            "lifetimes.ciba_interval: 0 is not between 1 and 60",
        ),
        (
            "ciba_interval = 1",
            "code = 100000".into(),
            "lifetimes.code: 100000 is not between 1 and 600",
        ),
        (
            "ciba_interval = 1",
            "\n[shared]\nredis = \"http://redis.test\"".into(),
            "shared.redis: it must begin with",
        ),
        (
            "ciba_interval = 1",
            "\n[log]\nlevel = \"bavard\"".into(),
            "the settings are unreadable",
        ),
    ];
    for (old, new, expected) in wrong {
        assert!(good.contains(old), "{old}");
        let (code, said) = checked(&good.replacen(old, &new, 1));
        assert_eq!(code, Some(1), "{new}: {said}");
        assert!(
            said.starts_with("pli-relay: ") && said.contains(expected),
            "{new}: {said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    // What is written where a secret might be is not repeated.
    let (_, said) = checked(&good.replacen("[psc]", "[psc]\nsecret = \"motdepasse\"", 1));
    assert!(
        said.contains("unknown field `secret`") && !said.contains("motdepasse"),
        "{said}"
    );
}

#[test]
fn the_command_line_is_told() {
    for wrong in [
        &[][..],
        &["--config"],
        &["--check"],
        &["--konfig", "x"],
        &["--new-keys"],
    ] {
        let output = program().args(wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("pli-relay --config FILE"));
    }
    let absent = check(Path::new("/absent/relay.toml"));
    assert_eq!(absent.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&absent.stderr).contains("the settings: reading /absent/relay.toml"));

    let folder = tempfile::tempdir().unwrap();
    let made = || program().arg("--new-keys").arg(folder.path()).output().unwrap();
    assert!(made().status.success());
    let before = std::fs::read(folder.path().join("seal.key")).unwrap();
    let again = made();
    assert!(!again.status.success(), "keys in use are never written over");
    assert_eq!(std::fs::read(folder.path().join("seal.key")).unwrap(), before);
    use std::os::unix::fs::PermissionsExt as _;
    for name in ["seal.key", "sign.pem"] {
        let mode = std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn the_sample_of_settings_is_accepted_and_its_comments_show_the_usual_values() {
    let sample = include_str!("../../../../packaging/relay/relay.toml");
    let (before, after) = sample.split_at(sample.find("[limits]").unwrap());
    let spelt_out: String = after
        .lines()
        .take_while(|line| !line.contains("[shared]"))
        .filter(|line| !line.starts_with("# Avec"))
        .map(|line| format!("{}\n", line.trim_start_matches("# ")))
        .collect();
    assert!(spelt_out.contains("\nciba_person_burst = 4"), "{spelt_out}");
    let read = |text: &str| pli_relay::Config::from_toml(text, Path::new("/etc/pli-relay")).unwrap();
    let (usual, spelt_out) = (read(sample), read(&format!("{before}{spelt_out}")));
    assert_eq!(format!("{usual:?}"), format!("{spelt_out:?}"));
}
