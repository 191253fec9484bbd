//! The exchange itself is bounded, whoever is at the other end.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

use crate::http::FormBody;
use crate::{Answer, Http, HttpProblem, Https, MAX_ANSWER_BYTES, Request};

/// A server that reads one request and sends this; what it read comes back with what the exchange gave.
pub(super) async fn exchange(
    reply: Vec<u8>,
    request: impl FnOnce(Url) -> Request,
) -> (String, Result<Answer, HttpProblem>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/x", listener.local_addr().unwrap())).unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = vec![0; 4096];
        let n = stream.read(&mut seen).await.unwrap();
        let _ = stream.write_all(&reply).await;
        String::from_utf8_lossy(&seen[..n]).into_owned()
    });
    let answer = Https::new(&super::liar::Liar::settings())
        .unwrap()
        .send(request(url))
        .await;
    (server.await.unwrap(), answer)
}

pub(super) fn get(url: Url) -> Request {
    Request::Get { url, bearer: None }
}

fn problem(outcome: (String, Result<Answer, HttpProblem>)) -> HttpProblem {
    match outcome.1 {
        Err(problem) => problem,
        Ok(answer) => panic!("status {}, {} bytes", answer.status, answer.body.len()),
    }
}

#[tokio::test]
async fn an_answer_too_large_is_refused_announced_or_not() {
    let announced = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", MAX_ANSWER_BYTES + 1);
    assert_eq!(
        problem(exchange(announced.into_bytes(), get).await),
        HttpProblem::TooLarge
    );
    let huge = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", i64::MAX);
    assert_eq!(problem(exchange(huge.into_bytes(), get).await), HttpProblem::TooLarge);
    let mut endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    endless.resize(endless.len() + MAX_ANSWER_BYTES + 1, b' ');
    assert_eq!(problem(exchange(endless, get).await), HttpProblem::TooLarge);
    let mut largest = format!("HTTP/1.1 200 OK\r\nContent-Length: {MAX_ANSWER_BYTES}\r\n\r\n").into_bytes();
    largest.resize(largest.len() + MAX_ANSWER_BYTES, b' ');
    assert_eq!(exchange(largest, get).await.1.unwrap().body.len(), MAX_ANSWER_BYTES);
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    // Followed, it would carry the token to wherever it says.
    let reply = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_vec();
    assert_eq!(exchange(reply, get).await.1.unwrap().status, 302);
}

#[tokio::test]
async fn an_answer_cut_short_is_the_networks_doing() {
    for reply in [
        "",
        "HTTP/1.1 200 OK\r\nContent-Len",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{",
    ] {
        assert_eq!(
            problem(exchange(reply.into(), get).await),
            HttpProblem::Network,
            "{reply:?}"
        );
    }
}

#[tokio::test]
async fn what_is_sent_is_what_was_asked_and_shown_nowhere() {
    let ok = || b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec();
    let bearer = Some(secrecy::SecretString::from("t0ken"));
    let (seen, _) = exchange(ok(), |url| Request::Get { url, bearer }).await;
    assert!(seen.starts_with("GET /x HTTP/1.1\r\n"), "{seen}");
    assert!(
        seen.to_lowercase().contains("authorization: bearer t0ken\r\n"),
        "{seen}"
    );
    let (seen, _) = exchange(ok(), |url| {
        let body = FormBody::new(crate::secret::form(&[("a b", "é&="), ("token", "x/+y")]));
        let request = Request::Form { url, body };
        assert!(!format!("{request:?}").contains("token"));
        request
    })
    .await;
    assert!(
        seen.to_lowercase()
            .contains("content-type: application/x-www-form-urlencoded\r\n"),
        "{seen}"
    );
    assert!(seen.ends_with("\r\n\r\na+b=%C3%A9%26%3D&token=x%2F%2By"), "{seen}");
}
