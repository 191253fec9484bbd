//! The identity provider as a client meets it: code flow with PKCE, userinfo, refresh, logout, CIBA by polling.

// The functions that the tests share stop a test as the tests themselves do.
#![allow(clippy::expect_used)]

mod common;

use std::process::Command;

use common::{Answer, http};
use pli_operator::{Error, Operator, Options, boxes};
use serde_json::{Value, json};

const REDIRECT: &str = "http%3A%2F%2F127.0.0.1%3A49152%2Fretour";
/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn discover(operator: &Operator) -> Value {
    http(
        operator.info().ports.idp,
        "GET",
        &operator.info().psc_direct_discovery,
        &[],
        "",
    )
    .json()
}

/// Follows a login's redirects without keeping cookies, until the address on the client's own port.
fn log_in(operator: &Operator, hint: &str, accept: &str) -> String {
    let port = operator.info().ports.idp;
    let mut url = format!(
        "/auth?client_id=pli-local&response_type=code&scope=openid%20scope_all&redirect_uri={REDIRECT}&state=s1&nonce=n1\
         &code_challenge={CHALLENGE}&code_challenge_method=S256&acr_values=eidas1{hint}"
    );
    for _ in 0..6 {
        let answer = http(port, "GET", &url, &[accept], "");
        assert!((300..400).contains(&answer.status), "{} {}", answer.status, answer.body);
        url = answer.location();
        if url.starts_with("http://127.0.0.1:49152/retour?") {
            return url;
        }
    }
    panic!("too many steps: {url}");
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    query
        .split('&')
        .find_map(|pair| Some(pair.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
}

fn exchange(operator: &Operator, body: &str) -> Answer {
    http(operator.info().ports.idp, "POST", "/token", &[], body)
}

#[test]
fn a_login_is_approved_and_its_tokens_refreshed_and_ended() {
    let operator = Operator::start(Options {
        token_ttl: 90,
        ..Options::default()
    })
    .expect("started");
    let port = operator.info().ports.idp;
    let discovery = discover(&operator);
    assert!(
        discovery["code_challenge_methods_supported"]
            .as_array()
            .expect("methods")
            .contains(&json!("S256"))
    );

    // The person is slow: the client waits on the page's address until the approval.
    let url = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| log_in(&operator, "&login_hint=dr.leroy%40alpha.mssante.test", "Accept: */*"));
        operator.approve(boxes::DR_LEROY).expect("approved");
        waiting.join().expect("redirected")
    });
    assert_eq!(parameter(&url, "state").as_deref(), Some("s1"));
    let code = parameter(&url, "code").expect("a code");
    let form =
        format!("client_id=pli-local&grant_type=authorization_code&code={code}&redirect_uri={REDIRECT}&code_verifier=");
    let answer = exchange(&operator, &format!("{form}{VERIFIER}"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let tokens = answer.json();
    assert_eq!(tokens["expires_in"], 90);

    let bearer = format!(
        "Authorization: Bearer {}",
        tokens["access_token"].as_str().expect("a token")
    );
    let me = http(port, "GET", "/me", &[&bearer], "").json();
    assert_eq!(me["SubjectNameID"], "899700000021");
    assert_eq!(me["family_name"], "LEROY");
    assert_eq!(me["SubjectRefPro"]["exercices"][0]["codeProfession"], "10");
    assert_eq!(me["SubjectRole"][0], "10^1.2.250.1.213.1.1.5.5");

    let refresh = tokens["refresh_token"].as_str().expect("a refresh token");
    let form = format!("client_id=pli-local&grant_type=refresh_token&refresh_token={refresh}");
    let renewed = exchange(&operator, &form).json();
    assert_ne!(renewed["access_token"], tokens["access_token"]);
    operator.expire_sessions().expect("ended");
    let refresh = renewed["refresh_token"].as_str().expect("a refresh token");
    let answer = exchange(
        &operator,
        &format!("client_id=pli-local&grant_type=refresh_token&refresh_token={refresh}"),
    );
    assert_eq!(answer.json()["error"], "invalid_grant");
    assert_eq!(http(port, "GET", "/me", &[&bearer], "").status, 401);
    assert!(discovery["end_session_endpoint"].is_string() && discovery["revocation_endpoint"].is_string());
}

#[test]
fn a_wrong_verifier_no_challenge_and_a_refusal_give_nothing() {
    let operator = Operator::start(Options {
        auto_approve: true,
        ..Options::default()
    })
    .expect("started");
    let code = parameter(&log_in(&operator, "", "Accept: */*"), "code").expect("a code");
    let form =
        format!("client_id=pli-local&grant_type=authorization_code&code={code}&redirect_uri={REDIRECT}&code_verifier=");
    assert_eq!(
        exchange(&operator, &format!("{form}{}", "x".repeat(43))).json()["error"],
        "invalid_grant"
    );

    let without = format!("/auth?client_id=pli-local&response_type=code&scope=openid&state=s&redirect_uri={REDIRECT}");
    let answer = http(operator.info().ports.idp, "GET", &without, &[], "");
    assert_eq!(
        parameter(&answer.location(), "error").as_deref(),
        Some("invalid_request")
    );

    operator.set_auto_approve(false, boxes::DR_MARTIN).expect("set");
    let refused = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| log_in(&operator, "", "Accept: */*"));
        operator.refuse(boxes::DR_MARTIN).expect("refused");
        waiting.join().expect("redirected")
    });
    assert_eq!(parameter(&refused, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&refused, "code"), None);
    assert!(
        matches!(operator.bench("/approve?id=899700000013"), Err(Error::Answer { .. })),
        "nobody waits any more"
    );
}

#[test]
fn the_phone_answers_a_polling_client() {
    let operator = Operator::start(Options::default()).expect("started");
    let client = "client_id=pli-relay&client_secret=pli-relay-secret";
    let ask = || {
        let form = format!(
            "{client}&scope=openid%20scope_all&login_hint=899700000013&binding_message=42&acr_values=eidas1&channel=MOBILE"
        );
        let answer = http(operator.info().ports.idp, "POST", "/backchannel", &[], &form);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let id = answer.json()["auth_req_id"].as_str().expect("an id").to_owned();
        format!("{client}&grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba&auth_req_id={id}")
    };
    let poll = ask();
    assert_eq!(exchange(&operator, &poll).json()["error"], "authorization_pending");
    assert_eq!(operator.pending().expect("listed")[0]["binding"], "42");
    operator.approve(boxes::DR_MARTIN).expect("approved");
    assert!(exchange(&operator, &poll).json()["access_token"].is_string());

    let poll = ask();
    operator.refuse(boxes::DR_MARTIN).expect("refused");
    assert_eq!(exchange(&operator, &poll).json()["error"], "access_denied");
    let poll = ask();
    operator.expire_login(boxes::DR_MARTIN).expect("expired");
    assert_eq!(exchange(&operator, &poll).json()["error"], "expired_token");
}

#[test]
fn a_real_browser_goes_on_by_itself_after_the_approval() {
    let operator = Operator::start(Options::default()).expect("started");
    let port = operator.info().ports.idp;
    let door = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let redirect = format!(
        "http%3A%2F%2F127.0.0.1%3A{}%2Fretour",
        door.local_addr().expect("bound").port()
    );
    let url = format!(
        "http://127.0.0.1:{port}/auth?client_id=pli-local&response_type=code&scope=openid%20scope_all&redirect_uri={redirect}\
         &state=s1&nonce=n1&code_challenge={CHALLENGE}&code_challenge_method=S256&acr_values=eidas1"
    );
    let profile = tempfile::tempdir().expect("a folder");
    let mut browser = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(["--remote-debugging-port=0", &url])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("chromium");
    operator.approve(boxes::DR_MARTIN).expect("approved");
    door.set_nonblocking(true).expect("set");
    let begin = std::time::Instant::now();
    let mut request = String::new();
    while request.is_empty() && begin.elapsed().as_secs() < 180 {
        match door.accept() {
            Ok((mut stream, _)) => {
                use std::io::{Read, Write};
                stream.set_nonblocking(false).expect("set");
                let mut buffer = [0; 4096];
                let length = stream.read(&mut buffer).unwrap_or(0);
                request = String::from_utf8_lossy(&buffer[..length]).into_owned();
                let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nok");
            }
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(50)),
        }
    }
    let _ = browser.kill();
    let _ = browser.wait();
    assert!(request.starts_with("GET /retour?code="), "{request}");
}
