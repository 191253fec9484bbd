//! Which identity provider to log in with: the workstation's policy first, then, in development builds, the local operator,
//! then what the person set. A heavy client reaches Pro Santé Connect through an intermediary, which looks like a provider.

use std::time::Duration;

use pli_identity::Settings;
use pli_terms::{Domain, Wording};
use pli_trace::Action;

use crate::Engine;
use crate::audit::{Local, witness};
use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;
use crate::profile::ProfileProvider;

/// How long a provider is waited for when it is only asked whether it is there.
const CHECK: Duration = Duration::from_secs(5);

/// The client id that an intermediary of ours knows this program by, unless another is set.
const CLIENT: &str = "pli";

/// The provider to log in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSetting {
    /// The whole address of its discovery document; `None` when nobody said yet.
    pub discovery: Option<String>,
    /// The client id that it knows this program by.
    pub client_id: String,
    /// Whether the workstation's policy fixes it, so that [`Engine::provider_set`] is refused.
    pub fixed: bool,
}

/// What a provider answers now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderCheck {
    /// Whether it answers, and describes itself as a provider does.
    pub available: bool,
    /// Whether it offers to ask the person's phone (SC.PSC.13).
    pub ciba: bool,
}

impl Engine {
    /// Which provider a login asks. Works while locked.
    #[must_use]
    pub fn provider(&self) -> ProviderSetting {
        setting(&self.core)
    }

    /// Sets the provider of this profile; without a discovery address, forgets it. The session that is under way goes on
    /// with the provider that began it.
    ///
    /// # Errors
    /// [`EngineError::ProviderFixed`], [`EngineError::Identity`] when the address is not HTTPS or the client id is empty,
    /// [`EngineError::Home`].
    pub async fn provider_set(
        &self,
        discovery: Option<String>,
        client_id: Option<String>,
    ) -> Result<ProviderSetting, EngineError> {
        let core = &self.core;
        if core.policy.login().is_some() {
            return Err(EngineError::ProviderFixed);
        }
        let client_id = client_id.map_or_else(|| CLIENT.to_owned(), |id| id.trim().to_owned());
        let provider = match discovery.map(|address| address.trim().to_owned()) {
            Some(discovery) if !discovery.is_empty() => {
                Settings::new(&discovery, &client_id)?;
                Some(ProfileProvider { discovery, client_id })
            }
            _ => None,
        };
        let host = provider.as_ref().and_then(|set| host(&set.discovery));
        let verb = match &host {
            Some(host) => Wording::fixed("SET PROVIDER").and(host),
            None => Wording::fixed("SET PROVIDER"),
        };
        core.trace_anytime(Local::new(Action::Settings, verb)).await?;
        core.blocking(move |core| core.profile.change(|profile| profile.provider = provider))
            .await?;
        core.identities.forget_provider().await;
        core.emit(Event::Profile);
        Ok(setting(core))
    }

    /// Whether the provider answers now, and offers to ask the phone: what a window shows beside its two ways. Takes 5 s at
    /// most. Works while locked.
    ///
    /// # Errors
    /// [`EngineError::LoginNotConfigured`], [`EngineError::Identity`] for a setting that is not usable. A provider that
    /// does not answer is no error.
    pub async fn provider_check(&self) -> Result<ProviderCheck, EngineError> {
        let settings = settings(&self.core)?;
        let asked = tokio::time::timeout(CHECK, self.core.identities.discover(&settings, witness(&self.core))).await;
        Ok(match asked {
            Ok(Ok(provider)) => ProviderCheck {
                available: true,
                ciba: provider.offers_ciba(),
            },
            Ok(Err(error)) => {
                tracing::info!(%error, "the identity provider cannot be used now");
                ProviderCheck {
                    available: false,
                    ciba: false,
                }
            }
            Err(_) => ProviderCheck {
                available: false,
                ciba: false,
            },
        })
    }
}

/// The host of a discovery address.
fn host(discovery: &str) -> Option<Domain> {
    let rest = discovery.split_once("://")?.1;
    let host = rest.split(['/', ':', '?', '#']).next()?;
    Domain::parse(host).ok()
}

fn setting(core: &Core) -> ProviderSetting {
    if let Some(fixed) = core.policy.login() {
        return ProviderSetting {
            discovery: Some(fixed.discovery.clone()),
            client_id: fixed.client_id.clone(),
            fixed: true,
        };
    }
    #[cfg(feature = "local-operator")]
    if let Some(local) = core.reach.local() {
        return ProviderSetting {
            discovery: Some(local.psc_discovery.clone()),
            client_id: local.psc_client_id.clone(),
            fixed: false,
        };
    }
    let set = core.profile.get().provider;
    ProviderSetting {
        client_id: set
            .as_ref()
            .map_or_else(|| CLIENT.to_owned(), |set| set.client_id.clone()),
        discovery: set.map(|set| set.discovery),
        fixed: false,
    }
}

/// The provider to log in with.
///
/// # Errors
/// [`EngineError::LoginNotConfigured`], [`EngineError::Identity`] for one that is not usable.
pub(crate) fn settings(core: &Core) -> Result<Settings, EngineError> {
    let setting = setting(core);
    let discovery = setting.discovery.ok_or(EngineError::LoginNotConfigured)?;
    // The operator's own authority is believed besides, for the operator's own addresses.
    #[cfg(feature = "local-operator")]
    if let Some(local) = core.reach.local() {
        if discovery == local.psc_discovery {
            return Ok(Settings::local(local)?);
        }
        if discovery == local.psc_direct_discovery {
            return Ok(Settings::local_direct(local)?);
        }
    }
    Ok(Settings::new(&discovery, &setting.client_id)?)
}
