//! Polling a login by phone (CIBA Core §10). A decoy answers as a person who has not looked at their phone yet, until its time is over.

use axum::response::Response;
use tokio::time::{Instant, sleep_until};

use crate::app::App;
use crate::id_token::Answers;
use crate::parameters::Parameters;
use crate::pkce;
use crate::refusal::Refusal;
use crate::seal::{Kind, SealProblem};
use crate::sealed::SealedAuthRequest;
use crate::settings::KnownClient;
use crate::token::{CIBA, accepted};
use crate::tokens::{Given, give};

pub(crate) async fn poll(app: &App, client: &KnownClient, parameters: &Parameters) -> Result<Response, Refusal> {
    let sealed = parameters
        .get("auth_req_id")
        .ok_or(Refusal::request("auth_req_id is missing"))?;
    let content: SealedAuthRequest = app.open(Kind::AuthRequest, sealed).map_err(|problem| match problem {
        SealProblem::Expired => Refusal::code("expired_token"),
        _ => Refusal::grant(),
    })?;
    let verifier = parameters.get("code_verifier").unwrap_or_default();
    if content.client != client.id || !pkce::proves(verifier, &content.challenge) {
        return Err(Refusal::grant());
    }
    let keys = app.keys();
    let pace = app
        .limiter
        .take(app.rates.poll, &keys.counting, sealed.as_bytes())
        .await;
    pace.map_err(|_| Refusal::code("slow_down"))?;
    let floor = Instant::now() + app.settings.floor();
    let outcome = ask(app, client, &content).await;
    sleep_until(floor).await;
    outcome
}

async fn ask(app: &App, client: &KnownClient, content: &SealedAuthRequest) -> Result<Response, Refusal> {
    let Some(request) = &content.request else {
        return Err(Refusal::code("authorization_pending"));
    };
    let form = vec![("grant_type", CIBA), ("auth_req_id", request.expose())];
    let reply = app.psc.token(form).await.map_err(|_| Refusal::unavailable())?;
    let given = Given {
        client: &client.id,
        answers: Answers::Ciba,
        nonce: None,
    };
    give(app, accepted(reply)?, given).await
}
