//! One login from its beginning to its end, by either way.

use std::sync::Arc;

use pli_identity::{CibaFlow, CodeFlow, IdentityError, PATIENCE, Provider, Session};
use pli_terms::NationalId;

use super::accept;
use super::under_way::Pending;
use super::view::{LoginRequest, LoginWay};
use crate::audit::witness;
use crate::error::EngineError;
use crate::event::{Event, LoginState};
use crate::provider;

/// A login that waits for its person.
enum Flow {
    Browser(Box<CodeFlow>),
    Phone(CibaFlow),
}

/// Begins it; what follows is told by events.
pub(super) async fn start(
    pending: Pending,
    request: LoginRequest,
    expected: Option<NationalId>,
) -> Result<LoginState, EngineError> {
    let core = Arc::clone(&pending.core);
    let begun = tokio::select! {
        biased;
        () = pending.given_up() => return Err(EngineError::LoginCancelled),
        begun = begin(&pending, &request, expected.as_ref()) => begun,
    };
    let (flow, provider) = begun?;
    let login = pending.login;
    let state = match &flow {
        Flow::Browser(flow) => LoginState::Browser {
            login,
            url: flow.authorize_url().to_string(),
        },
        Flow::Phone(flow) => LoginState::Phone {
            login,
            digits: flow.digits().to_owned(),
            expires_at: flow.expires_at(),
            lifetime: flow.lifetime(),
        },
    };
    core.emit(Event::Login { login: state.clone() });
    tokio::spawn(finish(pending, request, flow, provider));
    if let LoginState::Browser { url, .. } = &state {
        // A desktop without a browser is no failure: the window shows the address.
        let (browser, url) = (Arc::clone(&core.options.browser), url.clone());
        let opened = tokio::task::spawn_blocking(move || browser(&url)).await?;
        if !opened {
            tracing::info!("no browser was opened for the login");
        }
    }
    Ok(state)
}

async fn begin(
    pending: &Pending,
    request: &LoginRequest,
    expected: Option<&NationalId>,
) -> Result<(Flow, Provider), EngineError> {
    let core = &pending.core;
    let provider = core
        .identities
        .provider(&provider::settings(core)?, witness(core))
        .await?;
    let flow = match &request.way {
        LoginWay::Browser => Flow::Browser(Box::new(CodeFlow::begin(&provider, expected).await?)),
        LoginWay::Phone { national_id, channel } => {
            Flow::Phone(CibaFlow::begin(&provider, national_id, *channel, core.now()).await?)
        }
    };
    Ok((flow, provider))
}

async fn finish(pending: Pending, request: LoginRequest, flow: Flow, provider: Provider) {
    let core = Arc::clone(&pending.core);
    let login = pending.login;
    let ended = wait(&pending, flow).await;
    let ended = match ended {
        // Given up in the very moment when the person said yes.
        Ok(session) if !pending.is_current() => {
            accept::turn_away(session, provider);
            Err(EngineError::LoginCancelled)
        }
        Ok(session) => accept::accept(&core, session, provider, &request).await,
        Err(IdentityError::Cancelled) => Err(EngineError::LoginCancelled),
        Err(error) => Err(error.into()),
    };
    drop(pending);
    let state = match ended {
        Ok(name) => LoginState::Done { login, name },
        Err(error) => {
            tracing::info!(%error, "a login ended without an identity");
            LoginState::Failed {
                login,
                error: Arc::new(error),
            }
        }
    };
    core.emit(Event::Login { login: state });
}

async fn wait(pending: &Pending, flow: Flow) -> Result<Session, IdentityError> {
    let clock = Arc::clone(&pending.core.options.clock);
    match flow {
        Flow::Browser(flow) => flow.finish(|| clock.now(), PATIENCE, pending.given_up()).await,
        Flow::Phone(flow) => flow.finish(|| clock.now(), pending.given_up()).await,
    }
}
