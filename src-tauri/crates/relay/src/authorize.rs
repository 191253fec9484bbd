//! A login in the browser begins: `/authorize` (RFC 6749 §4.1.1, RFC 7636, OpenID Connect Core §3.1.2).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{HeaderValue, LOCATION};
use http::{Method, Request, StatusCode};

use crate::app::App;
use crate::metrics::Counter;
use crate::pages::Page;
use crate::parameters::Parameters;
use crate::pkce;
use crate::seal::Kind;
use crate::sealed::SealedLogin;
use crate::secret::{Secret, is_token};

/// The longest `state` and `nonce` of a client, in octets: with them, what is sealed keeps its size.
const LONGEST: usize = 256;

/// `GET` and `POST /authorize`
pub(crate) async fn authorize(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    let parameters = if request.method() == Method::POST {
        match Parameters::of_form(request, app.settings.limits.body_bytes).await {
            Ok(parameters) => parameters,
            Err(refusal) => return refusal.into_response(),
        }
    } else {
        match Parameters::of_query(&request) {
            Ok(parameters) => parameters,
            Err(_) => return Page::WrongRedirect.into_response(),
        }
    };
    // Until both are known to be right, nothing is sent anywhere.
    let client = parameters.get("client_id").and_then(|id| app.settings.client(id));
    let redirect = parameters.get("redirect_uri");
    let (Some(client), Some(redirect)) = (client, redirect) else {
        app.metrics.count(Counter::WrongRedirect, ["", ""]);
        return Page::WrongRedirect.into_response();
    };
    if !client.allows(redirect) {
        app.metrics.count(Counter::WrongRedirect, ["", ""]);
        tracing::warn!("a login asked to be answered at an address that is not registered");
        return Page::WrongRedirect.into_response();
    }
    match begin(&app, &client.id, redirect, &parameters).await {
        Ok(address) => see_other(&address),
        Err(error) => back(&app, redirect, parameters.get("state"), Err(error)),
    }
}

/// The address of the provider for the browser, or the error code for the client.
async fn begin(app: &App, client: &str, redirect: &str, parameters: &Parameters) -> Result<String, &'static str> {
    for (name, error) in [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ] {
        if parameters.get(name).is_some() {
            return Err(error);
        }
    }
    if parameters.get("response_type") != Some("code") {
        return Err("unsupported_response_type");
    }
    let scope = parameters.get("scope").unwrap_or_default();
    if !scope.split(' ').any(|word| word == "openid") {
        return Err("invalid_scope");
    }
    let asked = |name: &str| {
        parameters
            .get(name)
            .filter(|text| is_token(text, LONGEST))
            .ok_or("invalid_request")
    };
    let (state, nonce) = (asked("state")?, asked("nonce")?);
    let challenge = asked("code_challenge")?;
    let proven = parameters.get("code_challenge_method") == Some("S256") && pkce::is_challenge(challenge);
    if !proven || parameters.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err("invalid_request");
    }
    let passed = passed_on(parameters)?;
    let known = app.psc.description().await.map_err(|_| "temporarily_unavailable")?;

    let (verifier, own_nonce) = match (Secret::random(), Secret::random()) {
        (Ok(verifier), Ok(nonce)) => (verifier, nonce),
        _ => return Err("server_error"),
    };
    let own_challenge = pkce::challenge(verifier.expose());
    let login = SealedLogin {
        client: client.to_owned(),
        redirect: redirect.to_owned(),
        state: state.to_owned(),
        nonce: nonce.to_owned(),
        challenge: challenge.to_owned(),
        verifier,
        own_nonce,
    };
    let until = app.after(app.now(), app.settings.lifetimes.login);
    let own_state = app
        .keys()
        .sealer
        .seal(Kind::State, &login, until)
        .map_err(|_| "server_error")?;
    let mut address = known.metadata.authorization_endpoint.0.clone();
    address
        .query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", app.psc.client_id())
        .append_pair("redirect_uri", &app.settings.address("/callback"))
        .append_pair("scope", &app.settings.scope)
        .append_pair("acr_values", &app.settings.acr)
        .append_pair("state", &own_state)
        .append_pair("nonce", login.own_nonce.expose())
        .append_pair("code_challenge", &own_challenge)
        .append_pair("code_challenge_method", "S256")
        .extend_pairs(passed);
    Ok(address.into())
}

/// A parameter, and whether a value of it may be passed on.
type Rule<'a> = (&'static str, &'a dyn Fn(&str) -> bool);

/// What the client may say to the provider through us, each in its own form.
fn passed_on(parameters: &Parameters) -> Result<Vec<(&'static str, &str)>, &'static str> {
    let prompts = |text: &str| {
        text.split(' ')
            .all(|word| ["none", "login", "consent", "select_account"].contains(&word))
    };
    let digits = |text: &str| text.len() <= 8 && text.bytes().all(|b| b.is_ascii_digit());
    let hint = |text: &str| is_token(text, 128);
    let locales =
        |text: &str| text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b" -".contains(&b));
    let rules: [Rule<'_>; 4] = [
        ("prompt", &prompts),
        ("max_age", &digits),
        ("login_hint", &hint),
        ("ui_locales", &locales),
    ];
    let mut passed = Vec::new();
    for (name, rule) in rules {
        match parameters.get(name) {
            Some(value) if rule(value) => passed.push((name, value)),
            Some(_) => return Err("invalid_request"),
            None => {}
        }
    }
    Ok(passed)
}

/// Sends the browser back to the client, to an address that was checked (RFC 6749 §4.1.2, RFC 9207).
pub(crate) fn back(app: &App, redirect: &str, state: Option<&str>, outcome: Result<&str, &'static str>) -> Response {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    match outcome {
        Ok(code) => query.append_pair("code", code),
        Err(error) => query.append_pair("error", error),
    };
    if let Some(state) = state.filter(|state| is_token(state, LONGEST)) {
        query.append_pair("state", state);
    }
    query.append_pair("iss", &app.settings.issuer);
    see_other(&format!("{redirect}?{}", query.finish()))
}

pub(crate) fn see_other(address: &str) -> Response {
    let Ok(place) = HeaderValue::from_str(address) else {
        return Page::LoginOver.into_response();
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(LOCATION, place);
    response
}
