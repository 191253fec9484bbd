//! The browser comes back from the provider: `/callback`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::Request;

use crate::app::App;
use crate::authorize::back;
use crate::pages::Page;
use crate::parameters::Parameters;
use crate::seal::Kind;
use crate::sealed::{SealedCode, SealedLogin};
use crate::secret::{Secret, is_token};

/// The longest code of the provider: with it, ours keeps its size.
const LONGEST_CODE: usize = 1024;

/// `GET /callback`
pub(crate) async fn callback(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    let Ok(parameters) = Parameters::of_query(&request) else {
        return Page::LoginOver.into_response();
    };
    let state = parameters.get("state").unwrap_or_default();
    let Ok(login) = app.open::<SealedLogin>(Kind::State, state) else {
        return Page::LoginOver.into_response();
    };
    // The settings may have changed while the person was away.
    if !app
        .settings
        .client(&login.client)
        .is_some_and(|client| client.allows(&login.redirect))
    {
        return Page::WrongRedirect.into_response();
    }
    let (redirect, client_state) = (login.redirect.clone(), login.state.clone());
    let outcome = outcome(&app, &parameters, login);
    let outcome = outcome.as_ref().map(Secret::expose).map_err(|error| *error);
    back(&app, &redirect, Some(&client_state), outcome)
}

/// The code for the client, or the error.
fn outcome(app: &App, parameters: &Parameters, login: SealedLogin) -> Result<Secret, &'static str> {
    let known = app.psc.known();
    let metadata = known.as_ref().map(|known| &known.metadata);
    let named = match (parameters.get("iss"), metadata) {
        (Some(said), Some(metadata)) => said == metadata.issuer,
        (None, Some(metadata)) => !metadata.authorization_response_iss_parameter_supported,
        // An instance that has not read the description yet: the id token will tell.
        (_, None) => true,
    };
    if !named {
        tracing::warn!("an answer came in the name of another provider");
        return Err("server_error");
    }
    if let Some(error) = parameters.get("error") {
        return Err(told(error));
    }
    let code = parameters
        .get("code")
        .filter(|code| is_token(code, LONGEST_CODE))
        .ok_or("server_error")?;
    let content = SealedCode {
        code: Secret::new(code.to_owned()),
        login,
    };
    let until = app.after(app.now(), app.settings.lifetimes.code);
    let sealed = app.keys().sealer.seal(Kind::Code, &content, until);
    sealed.map(Secret::new).map_err(|_| "server_error")
}

/// The provider's error as one of those that a client may be told (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
fn told(error: &str) -> &'static str {
    const KNOWN: [&str; 7] = [
        "access_denied",
        "temporarily_unavailable",
        "login_required",
        "interaction_required",
        "account_selection_required",
        "consent_required",
        "unmet_authentication_requirements",
    ];
    KNOWN
        .into_iter()
        .find(|known| *known == error)
        .unwrap_or("server_error")
}
