//! The intermediary proves itself by a certificate instead of a secret (RFC 8705), in each form that an authority gives one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that panics is a test that fails"
)]

mod common;

use std::path::Path;
use std::process::Command;

use common::client::*;
use common::{How, alone, operator, start};
use pli_operator::boxes::{DR_LEROY, DR_MARTIN};
use pli_operator::pki::LeafOptions;

/// A client certificate of this name, in a folder: `relais.crt`, `relais.key`, `relais.p12` and its passphrase.
fn certificate(folder: &Path, name: &str) {
    let leaf = operator()
        .pki()
        .leaf(LeafOptions {
            names: vec![name.to_owned()],
            client: true,
            ..LeafOptions::default()
        })
        .unwrap();
    let file = |name: &str| folder.join(name);
    std::fs::write(file("relais.crt"), leaf.chain_pem()).unwrap();
    std::fs::write(file("relais.key"), &leaf.key_pem).unwrap();
    std::fs::write(file("passphrase"), "une phrase de passe\n").unwrap();
    let made = Command::new("openssl")
        .current_dir(folder)
        .args([
            "pkcs12",
            "-export",
            "-in",
            "relais.crt",
            "-inkey",
            "relais.key",
            "-out",
            "relais.p12",
        ])
        .args(["-passout", "pass:une phrase de passe"])
        .status()
        .unwrap();
    assert!(made.success());
}

fn how(credential: String) -> How {
    let anchors = operator().info().anchors.display().to_string();
    How {
        credential: Some(format!(
            "client_id = \"pli-relay-mtls\"\nca = \"{anchors}\"\n{credential}"
        )),
        ..How::default()
    }
}

#[tokio::test]
async fn whole_logins_by_certificate_in_pem_and_in_pkcs12() {
    let _alone = alone(true).await;
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path(), "relay.pli.test");
    let at = |name: &str| folder.path().join(name);
    let pem = format!(
        "certificate = {:?}\nkey_file = {:?}",
        at("relais.crt"),
        at("relais.key")
    );
    let p12 = format!(
        "pkcs12 = {:?}\npassphrase_file = {:?}",
        at("relais.p12"),
        at("passphrase")
    );
    for credential in [pem, p12] {
        let relay = start(how(credential)).await;
        let given = tokens(&relay).await;
        let access = given["access_token"].as_str().unwrap();
        assert_eq!(userinfo(&relay, access).await.json()["SubjectNameID"], DR_MARTIN);
        let refresh = given["refresh_token"].as_str().unwrap();
        let again = post(&relay.at("/token"), &refreshing(refresh)).await;
        assert_eq!(again.status, 200, "{again:?}");
        let begun = call(&relay, &calling(DR_LEROY)).await.json();
        let phone = poll_until(&relay, begun["auth_req_id"].as_str().unwrap(), "authorization_pending").await;
        assert_eq!(phone.status, 200, "{phone:?}");
        let latest = again.json()["access_token"].as_str().unwrap().to_owned();
        let taken = post(&relay.at("/revoke"), &[("client_id", "pli"), ("token", &latest)]).await;
        assert_eq!(taken.status, 200);
        assert_eq!(userinfo(&relay, &latest).await.status, 401);
    }
}

#[tokio::test]
async fn a_certificate_of_another_name_is_the_administrators_trouble_and_tells_the_person_nothing() {
    let _alone = alone(true).await;
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path(), "autre.pli.test");
    let at = |name: &str| folder.path().join(name);
    let relay = start(how(format!(
        "certificate = {:?}\nkey_file = {:?}",
        at("relais.crt"),
        at("relais.key")
    )))
    .await;
    let code = code(&relay).await;
    let answer = post(&relay.at("/token"), &spending(&code)).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (502, "{\"error\":\"server_error\"}")
    );
    let phone = call(&relay, &calling(DR_LEROY)).await;
    assert_eq!(
        (phone.status, phone.body.as_str()),
        (502, "{\"error\":\"server_error\"}")
    );
    // Renewed in place, it serves at once.
    certificate(folder.path(), "relay.pli.test");
    relay.running.reload().unwrap();
    assert_eq!(post(&relay.at("/token"), &spending(&code)).await.status, 200);
}
