//! Ways to the servers: how they are reached, with which proof of identity, and what is done when a token is refused.

use std::sync::Arc;

use pli_store::{Account, AccountId, AuthMethod};
use pli_tls::{ClientIdentity, Connector, CrlCache, HttpCrlFetch, Policy};
use pli_wire::audit::{AuditContext, Authentication, Author};
use pli_wire::{Auditor, Credentials, Endpoint, Network, Resolver, WireError, imap, sieve, smtp};

use crate::core::Core;
use crate::discovery::Servers;
use crate::error::EngineError;
use crate::event::Event;
use crate::home::Home;
use crate::options::Options;
use crate::settings;

/// How servers are reached: whom TLS believes, what it knows of revocation, who resolves names.
pub(crate) struct Reach {
    policy: Policy,
    crls: Arc<CrlCache>,
    #[cfg(feature = "local-operator")]
    local: Option<pli_tls::local::LocalOperator>,
}

impl Reach {
    pub(crate) fn new(home: &Home, options: &Options) -> Result<Self, EngineError> {
        let crls = CrlCache::new(Some(home.revocation()), Arc::new(HttpCrlFetch::new()?));
        #[cfg(feature = "local-operator")]
        if let Some(local) = &options.local {
            return Ok(Self {
                policy: local.policy()?,
                crls,
                local: Some(local.clone()),
            });
        }
        let _ = options;
        Ok(Self {
            policy: Policy::production()?,
            crls,
            #[cfg(feature = "local-operator")]
            local: None,
        })
    }

    /// The operator of this machine, in builds that may trust one.
    #[cfg(feature = "local-operator")]
    pub(crate) fn local(&self) -> Option<&pli_tls::local::LocalOperator> {
        self.local.as_ref()
    }

    /// A way to the servers, made anew for each connection: the workstation may have changed networks meanwhile.
    pub(crate) fn network(&self, client: Option<ClientIdentity>) -> Result<Network, EngineError> {
        let connector = Connector::new(self.policy.clone(), Arc::clone(&self.crls), client)?;
        Ok(Network::new(self.resolver()?, connector))
    }

    /// What secures the way to the organisation's collector: its own authority (PEM) where the policy names one, for it alone;
    /// else the trust space.
    pub(crate) fn to_collector(
        &self,
        authority: Option<&[u8]>,
        client: Option<ClientIdentity>,
    ) -> Result<Connector, pli_tls::TlsError> {
        let policy = match authority {
            Some(pem) => Policy::for_collector(pem)?,
            None => self.policy.clone(),
        };
        Connector::new(policy, Arc::clone(&self.crls), client)
    }

    fn resolver(&self) -> Result<Resolver, EngineError> {
        #[cfg(feature = "local-operator")]
        if let Some(local) = &self.local {
            return Ok(Resolver::local(local.dns)?);
        }
        Ok(Resolver::system()?)
    }
}

/// Everything a connection needs, gathered before it is tried.
struct Access {
    network: Network,
    servers: Servers,
    credentials: Credentials,
    context: AuditContext,
    auditor: Arc<dyn Auditor>,
    /// The BAL.
    account: AccountId,
    /// Which token this is, when it is one.
    token: Option<u64>,
}

/// Opens an authenticated IMAP connection. A refused token is renewed once; the refused one is never sent again.
///
/// # Errors
/// [`EngineError::LoginNeeded`] without an identity in memory, else what the way or the server answers.
pub(crate) async fn open_imap(core: &Arc<Core>, account: AccountId) -> Result<imap::Session, EngineError> {
    let open = async |access: &Access, endpoint: &Endpoint| {
        let (auditor, context) = (Arc::clone(&access.auditor), access.context.clone());
        imap::Session::open(&access.network, endpoint, &access.credentials, auditor, context).await
    };
    let mut again = false;
    loop {
        let access = access(core, account).await?;
        match open(&access, &access.servers.imap).await {
            Ok(session) => {
                opened(core, &access).await;
                return Ok(session);
            }
            Err(error) => again = refused(core, &access, error, again).await?,
        }
    }
}

/// Opens an authenticated SMTP connection, like [`open_imap`].
///
/// # Errors
/// As [`open_imap`].
pub(crate) async fn open_smtp(core: &Arc<Core>, account: AccountId) -> Result<smtp::Connection, EngineError> {
    let mut again = false;
    loop {
        let access = access(core, account).await?;
        let (auditor, context) = (Arc::clone(&access.auditor), access.context.clone());
        let endpoint = &access.servers.smtp;
        match smtp::Connection::open(&access.network, endpoint, &access.credentials, auditor, context).await {
            Ok(connection) => return Ok(connection),
            Err(error) => again = refused(core, &access, error, again).await?,
        }
    }
}

/// Opens an authenticated ManageSieve connection, like [`open_imap`].
///
/// # Errors
/// As [`open_imap`].
pub(crate) async fn open_sieve(core: &Arc<Core>, account: AccountId) -> Result<sieve::Session, EngineError> {
    let mut again = false;
    loop {
        let access = access(core, account).await?;
        let (auditor, context) = (Arc::clone(&access.auditor), access.context.clone());
        let endpoint = access.servers.sieve();
        match sieve::Session::open(&access.network, &endpoint, &access.credentials, auditor, context).await {
            Ok(session) => return Ok(session),
            Err(error) => again = refused(core, &access, error, again).await?,
        }
    }
}

/// Whether to try once more: after the first refusal of a token, with a new one. A token is not sent again where it was
/// refused; a BAL that refuses new ones too does not open to this identity, which says nothing of the others.
async fn refused(core: &Arc<Core>, access: &Access, error: WireError, again: bool) -> Result<bool, EngineError> {
    let (number, text) = match (access.token, error) {
        (Some(number), WireError::TokenRefused { text }) => (number, text),
        (_, error) => return Err(error.into()),
    };
    let identities = &core.identities;
    if identities.is_closed_to(access.account) || is_known_to_refuse(core, access).await {
        identities.note_refusal(access.account, number);
        remember(core, access, false).await;
        return Err(closed(text, false));
    }
    identities.refuse(number).await;
    if !again {
        return Ok(true);
    }
    let for_good = identities.note_refusal(access.account, number);
    if for_good {
        remember(core, access, false).await;
    }
    Err(closed(text, !for_good))
}

/// Whether the operator refused this identity at its last word, at an earlier login perhaps: one try, at no other's expense.
async fn is_known_to_refuse(core: &Arc<Core>, access: &Access) -> bool {
    let Some(identity) = access.context.author.national_id.clone() else {
        return false;
    };
    let account = access.account;
    let known = core.with_store(move |store| settings::opens(store, account, &identity));
    matches!(known.await, Ok(Some(false)))
}

fn closed(text: String, transient: bool) -> EngineError {
    WireError::LoginRefused { text, transient }.into()
}

/// The BAL opened to this identity: that is remembered.
async fn opened(core: &Arc<Core>, access: &Access) {
    if access.token.is_some() {
        core.identities.note_opened(access.account);
        remember(core, access, true).await;
    }
}

async fn remember(core: &Arc<Core>, access: &Access, opens: bool) {
    let Some(identity) = access.context.author.national_id.clone() else {
        return;
    };
    let account = access.account;
    let kept = core.with_store(move |store| settings::keep_opens(store, account, &identity, opens));
    match kept.await {
        Ok(true) => core.emit(Event::Accounts),
        Ok(false) => {}
        Err(error) => tracing::info!(%error, "whether a BAL opens to this identity was not remembered"),
    }
}

async fn access(core: &Arc<Core>, id: AccountId) -> Result<Access, EngineError> {
    let account = core.with_store(move |store| store.account(id)).await?;
    let servers = Servers::of(&account)?;
    let auditor = crate::audit::auditor(core)?;
    let user = account.settings.address.clone();
    match account.settings.auth {
        AuthMethod::Psc => {
            let token = core.identities.token(core.now()).await?;
            if core.identities.has_refused(id, token.number) {
                return Err(closed(String::new(), false));
            }
            let context = context(&account, token.author);
            let credentials = Credentials::Bearer {
                user,
                token: token.secret,
            };
            let network = core.reach.network(None)?;
            Ok(Access {
                network,
                servers,
                credentials,
                context,
                auditor,
                account: id,
                token: Some(token.number),
            })
        }
        AuthMethod::Certificate => {
            let identity = core.identities.certificate(id).ok_or(EngineError::LoginNeeded)?;
            if !identity.is_valid_at(core.now()) {
                return Err(EngineError::CertificateExpired);
            }
            let author = Author {
                national_id: None,
                display: identity.common_name().to_owned(),
                authentication: Authentication::Certificate,
            };
            let context = context(&account, author);
            let network = core.reach.network(Some(identity))?;
            Ok(Access {
                network,
                servers,
                credentials: Credentials::External { user },
                context,
                auditor,
                account: id,
                token: None,
            })
        }
    }
}

fn context(account: &Account, author: Author) -> AuditContext {
    AuditContext {
        author,
        bal: account.settings.address.clone(),
        kind: account.settings.kind,
    }
}
