//! BALs: set up, listed, renamed, forgotten.

use std::sync::Arc;

use jiff::Timestamp;
use pli_store::{AccountId, AuthMethod, FolderRole, Me, NewAccount, OutboxState, Store, StoreError, ToHandle};
use pli_terms::{Address, BalKind, NationalId, Wording};
use pli_trace::Action;

use crate::Engine;
use crate::audit::Local;
use crate::box_color::BoxColor;
use crate::certificates::CertificateView;
use crate::core::Core;
use crate::discovery::Servers;
use crate::error::EngineError;
use crate::event::{Event, SessionState};
use crate::quota::{self, Gauge, Quota};
use crate::{certificates, handling, settings};

/// The longest name a BAL may be given, in characters.
const LONGEST_NAME: usize = 80;

/// A BAL to set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBal {
    /// Its address, as typed.
    pub address: String,
    /// Its kind; PER when not told.
    pub kind: Option<BalKind>,
    /// How it is opened.
    pub method: AuthMethod,
    /// The name shown; the person's once known, when not told.
    pub name: Option<String>,
}

/// A BAL as shown.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its local number.
    pub id: AccountId,
    /// Its address.
    pub address: Address,
    /// The name shown.
    pub name: String,
    /// Its colour: the one chosen, else one that goes round.
    pub color: BoxColor,
    /// Its kind.
    pub kind: BalKind,
    /// How it is opened.
    pub method: AuthMethod,
    /// Its servers.
    pub servers: Option<Servers>,
    /// Unread messages of its inbox.
    pub unread: u32,
    /// What is still to be dealt with in it, and by the person of this profile.
    pub to_handle: ToHandle,
    /// Its quota, where the operator limits it.
    pub quota: Option<Quota>,
    /// Its room as a gauge shows it, estimates included.
    pub gauge: Gauge,
    /// Its connection.
    pub session: SessionState,
    /// When its last sync ended without an error.
    pub synced_at: Option<Timestamp>,
    /// What stopped its last sync.
    pub problem: Option<Arc<EngineError>>,
    /// Whether it opens to the profile's person, as its operator last said; `None` when it was never asked, and for a BAL
    /// opened by certificate.
    pub opens: Option<bool>,
    /// Its client certificate, once imported.
    pub certificate: Option<CertificateView>,
}

impl Engine {
    /// Sets a BAL up: finds its servers, then follows it as soon as somebody is logged in.
    ///
    /// # Errors
    /// [`EngineError::BadAddress`], [`EngineError::AccountExists`], and those of [`Engine::account_discover`].
    pub async fn account_add(&self, new: NewBal) -> Result<Account, EngineError> {
        let address = Address::parse(&new.address)?;
        let name = new.name.as_deref().map(name_of).transpose()?.unwrap_or_default();
        if self.known(&address).await? {
            return Err(EngineError::AccountExists(address));
        }
        let servers = self.servers_for(&address).await?;
        let servers =
            serde_json::to_value(&servers).map_err(|_| EngineError::BadRequest("servers that cannot be kept"))?;
        let account = NewAccount {
            address,
            kind: new.kind.unwrap_or(BalKind::Per),
            display_name: name,
            servers,
            auth: new.method,
            color: String::new(),
        };
        let bal = pli_trace::Bal {
            address: account.address.clone(),
            kind: Some(account.kind),
        };
        let added = Local::new(Action::Settings, Wording::fixed("ADD BAL")).of(Some(bal));
        self.core.trace(added).await?;
        let now = self.core.now();
        let id = self
            .core
            .with_store(move |store| store.add_account(&account, now))
            .await?;
        crate::sync::start_one(&self.core, id, new.method);
        self.core.emit(Event::Accounts);
        self.account(id).await
    }

    /// Every BAL, oldest first.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Store`].
    pub async fn account_list(&self) -> Result<Vec<Account>, EngineError> {
        let who = self.who();
        let found = self
            .core
            .blocking(move |core| {
                let store = core.store()?;
                let me = handling::me(core, &store)?;
                let accounts = store.accounts()?.into_iter();
                let found = accounts.map(|account| facts(&store, account, who.as_ref(), &me));
                Ok(found.collect::<Result<Vec<_>, _>>()?)
            })
            .await?;
        Ok(found.into_iter().map(|facts| self.shown(facts)).collect())
    }

    /// One BAL.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn account(&self, id: AccountId) -> Result<Account, EngineError> {
        let who = self.who();
        let facts = self
            .core
            .blocking(move |core| {
                let store = core.store()?;
                let me = handling::me(core, &store)?;
                Ok(facts(&store, store.account(id)?, who.as_ref(), &me)?)
            })
            .await?;
        Ok(self.shown(facts))
    }

    /// Changes the name shown and the colour, by which people tell BALs apart.
    ///
    /// # Errors
    /// [`EngineError::BadRequest`] when the name is empty or longer than 80 characters, [`EngineError::NotFound`].
    pub async fn account_set(&self, id: AccountId, name: &str, color: BoxColor) -> Result<Account, EngineError> {
        let name = name_of(name)?;
        let bal = self.core.blocking(move |core| Ok(core.bal(id))).await?;
        let changed = Local::new(Action::Settings, Wording::fixed("SET BAL")).of(bal);
        self.core.trace(changed).await?;
        self.core
            .with_store(move |store| {
                let mut settings = store.account(id)?.settings;
                settings.display_name = name;
                settings.color = color.as_str().to_owned();
                store.update_account(id, &settings)
            })
            .await?;
        self.core.emit(Event::Accounts);
        self.account(id).await
    }

    /// Changes the name shown.
    ///
    /// # Errors
    /// [`EngineError::BadRequest`] when it is empty or longer than 80 characters, [`EngineError::NotFound`].
    pub async fn account_rename(&self, id: AccountId, name: &str) -> Result<Account, EngineError> {
        let name = name_of(name)?;
        let bal = self.core.blocking(move |core| Ok(core.bal(id))).await?;
        let renamed = Local::new(Action::Settings, Wording::fixed("RENAME BAL")).of(bal);
        self.core.trace(renamed).await?;
        self.core
            .with_store(move |store| {
                let mut settings = store.account(id)?.settings;
                settings.display_name = name;
                store.update_account(id, &settings)
            })
            .await?;
        self.core.emit(Event::Accounts);
        self.account(id).await
    }

    /// Forgets a BAL and its local copy. Nothing is deleted on the server.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; [`EngineError::WrongState`] while a message still waits to leave from it, or may have: it
    /// would be lost unseen.
    pub async fn account_remove(&self, id: AccountId) -> Result<(), EngineError> {
        let waiting = self
            .core
            .with_store(move |store| {
                store.account(id)?;
                store.outbox(true, u32::MAX)
            })
            .await?;
        let open = [OutboxState::Queued, OutboxState::Sending, OutboxState::Unknown];
        if waiting
            .iter()
            .any(|outgoing| outgoing.account == id && open.contains(&outgoing.state))
        {
            return Err(EngineError::WrongState("messages still wait to leave from this BAL"));
        }
        let bal = self.core.blocking(move |core| Ok(core.bal(id))).await?;
        let removed = Local::new(Action::Settings, Wording::fixed("REMOVE BAL")).of(bal);
        self.core.trace(removed).await?;
        let runtime = self.core.runtimes().remove(&id);
        if let Some(runtime) = runtime {
            runtime.remove();
            runtime.ended().await;
        }
        certificates::forget(&self.core, id).await?;
        self.core.with_store(move |store| store.remove_account(id)).await?;
        self.core.emit(Event::Accounts);
        Ok(())
    }

    async fn known(&self, address: &Address) -> Result<bool, EngineError> {
        let accounts = self.core.with_store(|store| store.accounts()).await?;
        Ok(accounts
            .iter()
            .any(|account| account.settings.address.same_mailbox(address)))
    }

    /// The person whose BALs are shown: who is logged in, else the profile's.
    fn who(&self) -> Option<NationalId> {
        let author = self.core.identities.author();
        author
            .and_then(|author| author.national_id)
            .or_else(|| self.core.profile.get().national_id)
    }

    fn shown(&self, facts: Facts) -> Account {
        let state = self
            .core
            .runtime(facts.account.id)
            .map(|runtime| runtime.state())
            .unwrap_or_default();
        let (gauge, quota) = quota::gauge(facts.quota.as_ref(), self.core.now());
        let settings = facts.account.settings;
        let name = if settings.display_name.is_empty() {
            settings.address.local_part().to_owned()
        } else {
            settings.display_name
        };
        Account {
            id: facts.account.id,
            color: BoxColor::of(facts.account.id, &settings.color),
            servers: serde_json::from_value(settings.servers).ok(),
            address: settings.address,
            name,
            kind: settings.kind,
            method: settings.auth,
            unread: facts.unread,
            to_handle: facts.to_handle,
            quota,
            gauge,
            session: state.session,
            synced_at: state.synced_at.or(facts.synced_at),
            problem: state.problem,
            opens: facts.opens,
            certificate: facts
                .certificate
                .map(|(subject, not_after)| CertificateView::new(subject, not_after, self.core.now())),
        }
    }
}

/// What the store knows of a BAL.
struct Facts {
    account: pli_store::Account,
    unread: u32,
    to_handle: ToHandle,
    quota: Option<pli_store::QuotaKept>,
    synced_at: Option<Timestamp>,
    opens: Option<bool>,
    certificate: Option<(String, Timestamp)>,
}

fn facts(store: &Store, account: pli_store::Account, who: Option<&NationalId>, me: &Me) -> Result<Facts, StoreError> {
    let inbox = store.folder_by_role(account.id, FolderRole::Inbox)?;
    let (opens, certificate) = match account.settings.auth {
        AuthMethod::Psc => (
            who.map(|who| settings::opens(store, account.id, who))
                .transpose()?
                .flatten(),
            None,
        ),
        AuthMethod::Certificate => (None, store.certificate(account.id)?),
    };
    Ok(Facts {
        opens,
        certificate: certificate.map(|kept| (kept.subject, kept.not_after)),
        quota: store.quota(account.id)?,
        to_handle: store.to_handle(me, account.id)?,
        unread: inbox
            .as_ref()
            .map_or(0, |inbox| u32::try_from(inbox.unread).unwrap_or(u32::MAX)),
        synced_at: inbox.and_then(|inbox| inbox.cursor.synced_at),
        account,
    })
}

/// A personal BAL bears its person's name, unless somebody chose another.
pub(crate) async fn name_after(core: &Core, id: AccountId, name: &str) -> Result<(), EngineError> {
    let Ok(name) = name_of(name) else { return Ok(()) };
    let changed = core
        .with_store(move |store| {
            let mut settings = store.account(id)?.settings;
            if settings.kind != BalKind::Per || !settings.display_name.is_empty() {
                return Ok(false);
            }
            settings.display_name = name;
            store.update_account(id, &settings)?;
            Ok(true)
        })
        .await?;
    if changed {
        core.emit(Event::Accounts);
    }
    Ok(())
}

fn name_of(text: &str) -> Result<String, EngineError> {
    let name: String = text.trim().chars().filter(|c| !c.is_control()).collect();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(EngineError::BadRequest("a name has 1 to 80 characters"));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(name_of("  Cabinet\u{0} des Lilas ").unwrap(), "Cabinet des Lilas");
        assert!(name_of(" ").is_err() && name_of(&"a".repeat(81)).is_err());
    }
}
