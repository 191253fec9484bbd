//! A provider that says whatever a test wants, with real signatures.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::{Answer, CodeFlow, Http, HttpFuture, HttpProblem, IdentityError, Provider, Request, Session, Settings};

pub(super) const ISSUER: &str = "https://psc.test/realms/esante-wallet";
pub(super) const CLIENT: &str = "pli";
pub(super) const NATIONAL_ID: &str = "899700000001";

/// 2026-06-10T08:00:00Z.
pub(super) fn morning() -> Timestamp {
    "2026-06-10T08:00:00Z".parse().unwrap()
}

pub(super) type Reply = Result<(u16, String), HttpProblem>;

pub(super) struct Liar {
    replies: Mutex<HashMap<String, Reply>>,
    /// Said before those, each once.
    next: Mutex<HashMap<String, VecDeque<Reply>>>,
    /// Said with every 429.
    pub(super) retry_after: Mutex<Option<Duration>>,
    /// The forms received, by path.
    pub(super) forms: Mutex<Vec<(String, String)>>,
    /// The paths asked for, forms included.
    pub(super) asked: Mutex<Vec<String>>,
    key: EcdsaKeyPair,
}

impl Liar {
    pub(super) fn new() -> Arc<Self> {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let liar = Self {
            replies: Mutex::default(),
            next: Mutex::default(),
            retry_after: Mutex::default(),
            forms: Mutex::default(),
            asked: Mutex::default(),
            key,
        };
        liar.says("/.well-known/wallet-openid-configuration", &description());
        liar.says("/certs", &liar.keys("k1"));
        liar.says("/userinfo", &user_info());
        Arc::new(liar)
    }

    /// From now on `path` (after the issuer) answers 200 with this.
    pub(super) fn says(&self, path: &str, body: &Value) {
        self.replies(path, Ok((200, body.to_string())));
    }

    pub(super) fn replies(&self, path: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    /// These come first at `path`, one after the other.
    pub(super) fn replies_once(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        let mut next = self.next.lock().unwrap();
        next.entry(path.to_owned()).or_default().extend(replies);
    }

    pub(super) fn keys(&self, id: &str) -> Value {
        let point = self.key.public_key().as_ref();
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": id,
            "x": BASE64.encode(&point[1..33]), "y": BASE64.encode(&point[33..65]),
        }]})
    }

    /// An id token with these claims, signed.
    pub(super) fn sign(&self, claims: &Value) -> String {
        self.sign_under("k1", claims)
    }

    pub(super) fn sign_under(&self, key_id: &str, claims: &Value) -> String {
        let header = json!({"alg": "ES256", "kid": key_id, "typ": "JWT"});
        let text = format!(
            "{}.{}",
            BASE64.encode(header.to_string()),
            BASE64.encode(claims.to_string())
        );
        let signature = self.key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", BASE64.encode(signature.as_ref()))
    }

    pub(super) fn settings() -> Settings {
        Settings::new(&format!("{ISSUER}/.well-known/wallet-openid-configuration"), CLIENT).unwrap()
    }

    pub(super) async fn discover(self: &Arc<Self>) -> Result<Provider, IdentityError> {
        Provider::discover(&Self::settings(), Arc::clone(self) as _).await
    }

    /// A whole login in which the provider's token answer is made by `answer` from the nonce.
    pub(super) async fn login(self: &Arc<Self>, answer: impl FnOnce(&str) -> Value) -> Result<Session, IdentityError> {
        self.login_at(&self.discover().await?, answer).await
    }

    /// The same, at a provider that was discovered.
    pub(super) async fn login_at(
        self: &Arc<Self>,
        provider: &Provider,
        answer: impl FnOnce(&str) -> Value,
    ) -> Result<Session, IdentityError> {
        let flow = CodeFlow::begin(provider, None).await?;
        let nonce = super::browser::parameter(flow.authorize_url(), "nonce");
        let state = super::browser::parameter(flow.authorize_url(), "state");
        let port = super::browser::port(flow.authorize_url());
        self.says("/token", &answer(&nonce));
        let back =
            tokio::spawn(async move { super::browser::come_back(port, &format!("code=c0de&state={state}")).await });
        let session = flow
            .finish(morning, std::time::Duration::from_secs(180), std::future::pending())
            .await;
        let page = back.await.unwrap();
        assert_eq!(page.contains("Vous êtes connecté"), session.is_ok(), "{page}");
        session
    }

    /// A session as a good login gives it.
    pub(super) async fn session(self: &Arc<Self>) -> Session {
        self.login(|nonce| good_answer(self, nonce)).await.unwrap()
    }
}

impl Http for Liar {
    fn send(&self, request: Request) -> HttpFuture<'_> {
        let (url, form) = match &request {
            Request::Get { url, .. } => (url, None),
            Request::Form { url, body } => (url, Some(body.expose().to_owned())),
        };
        let path = url.as_str().strip_prefix(ISSUER).unwrap_or(url.as_str()).to_owned();
        if let Some(form) = form {
            self.forms.lock().unwrap().push((path.clone(), form));
        }
        self.asked.lock().unwrap().push(path.clone());
        let once = self.next.lock().unwrap().get_mut(&path).and_then(VecDeque::pop_front);
        let usual = || self.replies.lock().unwrap().get(&path).cloned();
        let reply = once.or_else(usual).unwrap_or(Ok((404, String::new())));
        Box::pin(std::future::ready(reply.map(|(status, body)| Answer {
            status,
            body: Zeroizing::new(body.into_bytes()),
            retry_after: self.retry_after.lock().unwrap().filter(|_| status == 429),
            date: Some(morning()),
            peer: None,
        })))
    }
}

pub(super) fn description() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://wallet.psc.test/auth",
        "token_endpoint": format!("{ISSUER}/token"),
        "userinfo_endpoint": format!("{ISSUER}/userinfo"),
        "jwks_uri": format!("{ISSUER}/certs"),
        "revocation_endpoint": format!("{ISSUER}/revoke"),
        "end_session_endpoint": format!("{ISSUER}/logout"),
        "backchannel_authentication_endpoint": format!("{ISSUER}/ciba"),
        "backchannel_token_delivery_modes_supported": ["poll", "ping"],
    })
}

pub(super) fn user_info() -> Value {
    json!({"sub": "f:1", "SubjectNameID": NATIONAL_ID, "given_name": "Anne", "family_name": "MARTIN",
        "SubjectRefPro": {"exercices": [{"codeProfession": "10", "codeSavoirFaire": "SM54"}]}})
}

/// The claims of a good id token.
pub(super) fn claims(nonce: &str) -> Value {
    let now = morning().as_second();
    json!({"iss": ISSUER, "sub": "f:1", "aud": CLIENT, "nonce": nonce, "acr": "eidas1", "iat": now, "exp": now + 300})
}

pub(super) fn good_answer(liar: &Liar, nonce: &str) -> Value {
    answer_with(&liar.sign(&claims(nonce)))
}

pub(super) fn answer_with(id_token: &str) -> Value {
    json!({"access_token": "acc3ss-token", "token_type": "Bearer", "expires_in": 120, "refresh_token": "r3fresh-token",
        "refresh_expires_in": 1800, "id_token": id_token})
}
