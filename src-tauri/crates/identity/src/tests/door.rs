//! The door by which the browser comes back: what it lets in, and how each wait ends.

use std::time::Duration;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::browser::{come_back, parameter, port, send};
use super::liar::{ISSUER, Liar, description, good_answer, morning};
use crate::{CodeFlow, IdentityError, Provider, Session};

const LONG: Duration = Duration::from_secs(180);

struct Waiting {
    url: Url,
    port: u16,
    state: String,
    ending: tokio::task::JoinHandle<Result<Session, IdentityError>>,
}

async fn wait_with(liar: &std::sync::Arc<Liar>) -> Waiting {
    let provider = liar.discover().await.unwrap();
    let flow = CodeFlow::begin(&provider, None).await.unwrap();
    let url = flow.authorize_url().clone();
    liar.says("/token", &good_answer(liar, &parameter(&url, "nonce")));
    let ending = tokio::spawn(flow.finish(morning, LONG, std::future::pending()));
    Waiting {
        port: port(&url),
        state: parameter(&url, "state"),
        url,
        ending,
    }
}

async fn wait() -> Waiting {
    wait_with(&Liar::new()).await
}

#[tokio::test]
async fn the_browser_is_asked_for_what_the_requirement_says() {
    let waiting = wait().await;
    assert_eq!(waiting.url.host_str(), Some("wallet.psc.test"));
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "pli"),
        ("scope", "openid scope_all"),
        ("acr_values", "eidas1"),
        ("code_challenge_method", "S256"),
        ("redirect_uri", &format!("http://127.0.0.1:{}/retour", waiting.port)),
    ] {
        assert_eq!(parameter(&waiting.url, name), value);
    }
    let other = wait().await;
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(parameter(&waiting.url, name).len(), 43);
        assert_ne!(
            parameter(&waiting.url, name),
            parameter(&other.url, name),
            "{name} must never come twice"
        );
    }
}

#[tokio::test]
async fn the_person_sees_a_kind_page_that_runs_nothing() {
    let waiting = wait().await;
    let page = come_back(waiting.port, &format!("code=c&state={}", waiting.state)).await;
    waiting.ending.await.unwrap().unwrap();
    let (head, body) = page.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "no-store",
        "no-referrer",
        "nosniff",
    ] {
        assert!(head.contains(part), "{part}: {head}");
    }
    assert!(head.contains(&format!("Content-Length: {}", body.len())));
    assert!(
        body.contains("<html lang=\"fr\">") && body.contains("Vous pouvez fermer cette page"),
        "{body}"
    );
    assert!(!body.contains("script") && !body.contains("http"), "{body}");
    // The style is let in by its hash: it must be the one in the page.
    use base64::Engine;
    use sha2::Digest;
    let style = body.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = base64::prelude::BASE64_STANDARD.encode(sha2::Sha256::digest(style));
    assert!(head.contains(&format!("style-src 'sha256-{hash}'")), "{head}");
}

#[tokio::test]
async fn strangers_are_turned_away_and_the_wait_goes_on() {
    let waiting = wait().await;
    let (port, state) = (waiting.port, &waiting.state);
    let here = format!("Host: 127.0.0.1:{port}");
    for (request, status) in [
        (format!("GET /favicon.ico HTTP/1.1\r\n{here}\r\n\r\n"), "404"),
        (
            format!("GET /retour/../x?state={state} HTTP/1.1\r\n{here}\r\n\r\n"),
            "404",
        ),
        (
            format!("POST /retour?code=c&state={state} HTTP/1.1\r\n{here}\r\n\r\n"),
            "405",
        ),
        (
            format!("GET /retour?code=c&state={state} HTTP/1.1\r\nHost: evil.test:{port}\r\n\r\n"),
            "421",
        ),
        (
            format!("GET /retour?code=c&state={state} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"),
            "421",
        ),
        (format!("GET /retour?code=c&state={state} HTTP/1.1\r\n\r\n"), "421"),
        (
            format!("GET /retour?code=c&state={state} HTTP/1.1\r\n{here}\r\n{here}\r\n\r\n"),
            "421",
        ),
        (
            format!("GET /retour?code=c&state={state} HTTP/2.0\r\n{here}\r\n\r\n"),
            "400",
        ),
        ("\u{1}\u{3} not HTTP\r\n\r\n".to_owned(), "400"),
        (format!("GET /retour?code={} HTTP/1.1\r\n", "c".repeat(20_000)), "431"),
    ] {
        let answer = send(port, &request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request:.80} → {answer:.80}"
        );
        assert!(!waiting.ending.is_finished());
    }
    // Connections opened ahead of need and left idle do not keep the right one out.
    let mut idle = Vec::new();
    for _ in 0..8 {
        idle.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    come_back(port, &format!("code=c&state={state}")).await;
    waiting.ending.await.unwrap().unwrap();
    assert!(
        TcpStream::connect(("127.0.0.1", port)).await.is_err(),
        "the door is closed behind the login"
    );
}

#[tokio::test]
async fn a_request_in_pieces_is_read() {
    let waiting = wait().await;
    let mut stream = TcpStream::connect(("127.0.0.1", waiting.port)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let request = format!(
        "GET /retour?code=c&state={} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\n\r\n",
        waiting.state, waiting.port
    );
    for piece in request.as_bytes().chunks(5) {
        stream.write_all(piece).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    assert!(page.contains("Vous êtes connecté"), "{page}");
    waiting.ending.await.unwrap().unwrap();
}

#[tokio::test]
async fn too_many_knocks_close_the_door() {
    let waiting = wait().await;
    for _ in 0..300 {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", waiting.port)).await else {
            break;
        };
        let _ = stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await;
    }
    assert!(matches!(
        waiting.ending.await.unwrap().unwrap_err(),
        IdentityError::Closed
    ));
}

#[tokio::test]
async fn each_ending_has_its_own_error() {
    for (query, check) in [
        (
            "error=access_denied&state={state}",
            (|e| matches!(e, IdentityError::Refused)) as fn(&IdentityError) -> bool,
        ),
        ("code=c&state=other", |e| matches!(e, IdentityError::WrongState)),
        ("code=c", |e| matches!(e, IdentityError::WrongState)),
        ("error=access_denied", |e| matches!(e, IdentityError::WrongState)),
        ("code=c&state={state}&iss=https%3A%2F%2Fother.test", |e| {
            matches!(e, IdentityError::WrongProvider)
        }),
        (
            "error=server_error&state={state}",
            |e| matches!(e, IdentityError::Provider { code, .. } if code == "server_error"),
        ),
        (
            "error=%3Cb%3EX%0A&state={state}",
            |e| matches!(e, IdentityError::Provider { code, .. } if code == "b"),
        ),
        ("state={state}", |e| matches!(e, IdentityError::Unexpected { .. })),
        ("code=c&error=access_denied&state={state}", |e| {
            matches!(e, IdentityError::Unexpected { .. })
        }),
        ("code=c&code=d&state={state}", |e| {
            matches!(e, IdentityError::Unexpected { .. })
        }),
        ("code=&state={state}", |e| matches!(e, IdentityError::Unexpected { .. })),
    ] {
        let liar = Liar::new();
        let waiting = wait_with(&liar).await;
        let page = come_back(waiting.port, &query.replace("{state}", &waiting.state)).await;
        let error = waiting.ending.await.unwrap().unwrap_err();
        assert!(check(&error), "{query}: {error}");
        let refused = matches!(error, IdentityError::Refused);
        assert_eq!(page.contains("a été refusée"), refused, "{page}");
        assert_eq!(page.contains("n’a pas abouti"), !refused, "{page}");
        assert!(
            liar.forms.lock().unwrap().is_empty(),
            "no code must be exchanged: {query}"
        );
    }
}

#[tokio::test]
async fn a_provider_that_names_itself_must_do_so() {
    let liar = Liar::new();
    let mut description = description();
    description["authorization_response_iss_parameter_supported"] = serde_json::json!(true);
    liar.says("/.well-known/wallet-openid-configuration", &description);
    let waiting = wait_with(&liar).await;
    come_back(waiting.port, &format!("code=c&state={}", waiting.state)).await;
    assert!(matches!(
        waiting.ending.await.unwrap().unwrap_err(),
        IdentityError::WrongProvider
    ));
    let waiting = wait_with(&liar).await;
    let issuer: String = url::form_urlencoded::byte_serialize(ISSUER.as_bytes()).collect();
    come_back(waiting.port, &format!("code=c&state={}&iss={issuer}", waiting.state)).await;
    waiting.ending.await.unwrap().unwrap();
}

#[tokio::test]
async fn cancelling_and_losing_patience_are_told_apart() {
    let provider = Liar::new().discover().await.unwrap();
    let flow = CodeFlow::begin(&provider, None).await.unwrap();
    let port = port(flow.authorize_url());
    let error = flow.finish(morning, LONG, std::future::ready(())).await.unwrap_err();
    assert!(matches!(error, IdentityError::Cancelled));
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());

    let flow = CodeFlow::begin(&provider, None).await.unwrap();
    let error = flow
        .finish(morning, Duration::ZERO, std::future::pending())
        .await
        .unwrap_err();
    assert!(matches!(error, IdentityError::TimedOut));
}

#[tokio::test]
async fn a_port_that_is_taken_says_so() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = Liar::settings().with_port(taken.local_addr().unwrap().port());
    let provider = Provider::discover(&settings, Liar::new() as _).await.unwrap();
    assert!(matches!(
        CodeFlow::begin(&provider, None).await.unwrap_err(),
        IdentityError::PortTaken(_)
    ));
    drop(taken);
    CodeFlow::begin(&provider, None).await.unwrap();
}

proptest! {
    #[test]
    fn no_request_makes_the_door_panic(head in proptest::collection::vec(any::<u8>(), 0..300), query in ".{0,200}") {
        let _ = crate::loopback::judge(&head, "127.0.0.1:1");
        let state = secrecy::SecretString::from("s");
        let expected = crate::loopback::Expected { state: &state, issuer: ISSUER, must_name_issuer: false };
        // Without the state, nothing gets in.
        if !query.contains("state") && !query.contains('%') {
            prop_assert!(crate::loopback::read(&query, &expected).is_err());
        }
    }
}
