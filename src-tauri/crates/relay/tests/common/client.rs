//! What Pli does, by hand: every parameter can be made wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::HeaderMap;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;

use super::Instance;

/// Where the browser is sent back to.
pub(crate) const BACK: &str = "http://127.0.0.1:4321/retour";
/// A verifier, and the challenge of it.
pub(crate) const VERIFIER: &str = "un-verificateur-assez-long-pour-la-RFC-7636_~.";

/// The challenge of a verifier.
pub(crate) fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn read(answer: reqwest::Response) -> Self {
        Self {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.text().await.unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The error code of a refusal.
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }

    /// The parameters of the address that the browser is sent to.
    pub(crate) fn sent_to(&self) -> BTreeMap<String, String> {
        let place = url::Url::parse(self.header("location")).unwrap();
        place.query_pairs().into_owned().collect()
    }
}

/// A client that follows no redirection.
pub(crate) fn http() -> reqwest::Client {
    // The library wants to know about TLS though none is spoken here.
    static TLS: std::sync::OnceLock<rustls::ClientConfig> = std::sync::OnceLock::new();
    reqwest::Client::builder()
        .tls_backend_preconfigured(TLS.get_or_init(|| pli_tls::web_pki_config().unwrap()).clone())
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(120))
        .build()
        .unwrap()
}

pub(crate) async fn get(address: &str) -> Answer {
    Answer::read(http().get(address).send().await.unwrap()).await
}

pub(crate) async fn post(address: &str, form: &[(&str, &str)]) -> Answer {
    Answer::read(http().post(address).form(form).send().await.unwrap()).await
}

/// The parameters of a login in the browser, as Pli has them.
pub(crate) fn login() -> Vec<(&'static str, String)> {
    [
        ("response_type", "code"),
        ("client_id", "pli"),
        ("redirect_uri", BACK),
        ("scope", "openid scope_all"),
        ("acr_values", "eidas1"),
        ("state", "etat-de-pli"),
        ("nonce", "nonce-de-pli"),
        ("code_challenge", &challenge(VERIFIER)),
        ("code_challenge_method", "S256"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

/// The same with some parameters changed, or left out when the value is empty.
pub(crate) fn login_but(changes: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut all = login();
    for (name, value) in changes {
        all.retain(|(known, _)| known != name);
        if !value.is_empty() {
            all.push((name, (*value).to_owned()));
        }
    }
    all
}

/// What an instance answers to the beginning of a login.
pub(crate) async fn authorize(at: &Instance, parameters: &[(&str, String)]) -> Answer {
    let address = url::Url::parse_with_params(&at.at("/authorize"), parameters).unwrap();
    get(address.as_str()).await
}

/// Follows redirections as a browser does, until it would leave for `BACK`; `here` says where each address really is.
pub(crate) async fn browse(from: &Answer, here: impl Fn(&str) -> String) -> Answer {
    let mut answer = from.clone();
    for _ in 0..12 {
        let place = answer.header("location").to_owned();
        if place.is_empty() || place.starts_with(BACK) {
            return answer;
        }
        // The provider gives addresses of its own without its name.
        let place = match place.strip_prefix('/') {
            Some(path) => format!("http://127.0.0.1:{}/{path}", super::operator().info().ports.idp),
            None => place,
        };
        answer = get(&here(&place)).await;
    }
    panic!("too many redirections: {answer:?}");
}

/// A whole login in the browser, approved: the code.
pub(crate) async fn code(at: &Instance) -> String {
    let begun = authorize(at, &login()).await;
    assert_eq!(begun.status, 303, "{begun:?}");
    let back = browse(&begun, str::to_owned).await;
    let mut sent = back.sent_to();
    assert_eq!(sent.get("state").map(String::as_str), Some("etat-de-pli"), "{back:?}");
    assert_eq!(sent.get("iss"), Some(&at.issuer));
    sent.remove("code").unwrap()
}

/// The form that spends a code.
pub(crate) fn spending(code: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("client_id", "pli"),
        ("code", code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", BACK),
    ]
}

/// A whole login in the browser: the tokens.
pub(crate) async fn tokens(at: &Instance) -> Value {
    let code = code(at).await;
    let answer = post(&at.at("/token"), &spending(&code)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// The form of a refresh.
pub(crate) fn refreshing(token: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("grant_type", "refresh_token"),
        ("client_id", "pli"),
        ("refresh_token", token),
    ]
}

/// The form of a login by phone.
pub(crate) fn calling(who: &str) -> Vec<(&'static str, String)> {
    [
        ("client_id", "pli"),
        ("scope", "openid scope_all"),
        ("acr_values", "eidas1"),
        ("login_hint", who),
        ("binding_message", "42"),
        ("channel", "MOBILE"),
        ("code_challenge", &challenge(VERIFIER)),
        ("code_challenge_method", "S256"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

/// What an instance answers to the beginning of a login by phone.
pub(crate) async fn call(at: &Instance, form: &[(&str, String)]) -> Answer {
    Answer::read(http().post(at.at("/ciba")).form(form).send().await.unwrap()).await
}

/// The form of a poll.
pub(crate) fn polling(request: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("grant_type", "urn:openid:params:grant-type:ciba"),
        ("client_id", "pli"),
        ("auth_req_id", request),
        ("code_verifier", VERIFIER),
    ]
}

/// One poll.
pub(crate) async fn poll(at: &Instance, request: &str) -> Answer {
    post(&at.at("/token"), &polling(request)).await
}

/// The claims of an id token, its signature checked with the keys that the instance publishes.
pub(crate) async fn claims(at: &Instance, token: &str) -> Value {
    let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
    let keys = get(&at.at("/jwks")).await.json();
    let (signed, mark) = token.rsplit_once('.').unwrap();
    let (head, body) = signed.split_once('.').unwrap();
    let head: Value = serde_json::from_slice(&decode(head)).unwrap();
    let mut keys = keys["keys"].as_array().unwrap().iter();
    let key = keys.find(|key| key["kid"] == head["kid"]).unwrap();
    assert_eq!(head["alg"], "EdDSA");
    UnparsedPublicKey::new(&ED25519, decode(key["x"].as_str().unwrap()))
        .verify(signed.as_bytes(), &decode(mark))
        .unwrap();
    serde_json::from_slice(&decode(body)).unwrap()
}

/// Who the bearer is.
pub(crate) async fn userinfo(at: &Instance, token: &str) -> Answer {
    Answer::read(http().get(at.at("/userinfo")).bearer_auth(token).send().await.unwrap()).await
}

/// Polls at these in turn, as fast as it goes, until one says that this is too fast: twice in the same second.
pub(crate) async fn too_fast(at: &[&Instance], request: &str) {
    for at in at.iter().cycle().take(200) {
        match poll(at, request).await.error().as_str() {
            "slow_down" => return,
            // The one before was more than a second ago: the machine has much else to do.
            other => assert_eq!(other, "authorization_pending"),
        }
    }
    panic!("nothing is ever too fast");
}

/// Polls until the answer is neither `pending` nor `slow_down`.
pub(crate) async fn poll_until(at: &Instance, request: &str, pending: &str) -> Answer {
    for _ in 0..900 {
        let answer = poll(at, request).await;
        let waits = answer.status != 200 && [pending, "slow_down"].contains(&answer.error().as_str());
        if !waits {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("the login by phone never ends");
}
