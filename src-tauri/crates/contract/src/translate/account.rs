//! BALs, folders, servers, logins.

use pli_engine::pli_store::{self, AuthMethod, FolderRole as StoreRole};
use pli_engine::pli_terms::{self, Address};
use pli_engine::pli_wire::autoconfig::Source;
use pli_engine::pli_wire::{Endpoint, TlsMode};

use super::{count, instant};
use crate::failure::Failure;
use crate::view::{
    Account, BalKind, BoxColor, Discovery, Folder, FolderRole, LoginMethod, Quota, Server, SessionState, ToHandle,
};

/// Characters of a short name.
const SHORT: usize = 8;

/// Levels of folders that are shown.
const DEEPEST: usize = 20;

pub(crate) fn account(account: pli_engine::Account) -> Account {
    let kind = kind(account.kind);
    Account {
        id: account.id.get(),
        short_name: short_name(&account.address, &account.name),
        address: account.address.as_str().to_owned(),
        name: account.name,
        color: color(account.color),
        kind,
        method: match account.method {
            AuthMethod::Psc => LoginMethod::Code,
            AuthMethod::Certificate => LoginMethod::Certificate,
        },
        unread: account.unread,
        to_handle: ToHandle {
            open: count(account.to_handle.open),
            mine: count(account.to_handle.mine),
        },
        quota: account.quota.map(|quota| Quota {
            used: quota.used,
            limit: quota.limit,
            percent: quota.percent(),
        }),
        gauge: super::quota::gauge(&account.gauge),
        session: state(account.session),
        synced_at: account.synced_at.map(instant),
        problem: account.problem.map(|error| Failure::from(error.as_ref())),
        certificate: account.certificate.map(super::login::certificate),
    }
}

/// A name for narrow places: the last word of the name when the person gave one, else of the address.
fn short_name(address: &Address, name: &str) -> String {
    let from_address = name.is_empty() || name.eq_ignore_ascii_case(address.local_part());
    let source = if from_address { address.local_part() } else { name };
    let word = source
        .split(|c: char| c.is_whitespace() || "._-'".contains(c))
        .rfind(|word| !word.is_empty())
        .unwrap_or(source);
    let mut letters = word.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string())
        .unwrap_or_default();
    first
        .chars()
        .chain(letters.flat_map(char::to_lowercase))
        .take(SHORT)
        .collect()
}

fn color(color: pli_engine::BoxColor) -> BoxColor {
    use pli_engine::BoxColor as From;
    match color {
        From::Ink => BoxColor::Ink,
        From::Teal => BoxColor::Teal,
        From::Green => BoxColor::Green,
        From::Olive => BoxColor::Olive,
        From::Ochre => BoxColor::Ochre,
        From::Brick => BoxColor::Brick,
        From::Plum => BoxColor::Plum,
        From::Slate => BoxColor::Slate,
    }
}

pub(crate) fn color_of(color: BoxColor) -> pli_engine::BoxColor {
    use pli_engine::BoxColor as To;
    match color {
        BoxColor::Ink => To::Ink,
        BoxColor::Teal => To::Teal,
        BoxColor::Green => To::Green,
        BoxColor::Olive => To::Olive,
        BoxColor::Ochre => To::Ochre,
        BoxColor::Brick => To::Brick,
        BoxColor::Plum => To::Plum,
        BoxColor::Slate => To::Slate,
    }
}

pub(crate) fn kind(kind: pli_terms::BalKind) -> BalKind {
    match kind {
        pli_terms::BalKind::Per => BalKind::Per,
        pli_terms::BalKind::Cab => BalKind::Cab,
        pli_terms::BalKind::Org => BalKind::Org,
        pli_terms::BalKind::App => BalKind::App,
    }
}

impl From<BalKind> for pli_terms::BalKind {
    fn from(kind: BalKind) -> Self {
        match kind {
            BalKind::Per => Self::Per,
            BalKind::Cab => Self::Cab,
            BalKind::Org => Self::Org,
            BalKind::App => Self::App,
        }
    }
}

impl From<LoginMethod> for AuthMethod {
    fn from(method: LoginMethod) -> Self {
        match method {
            LoginMethod::Code => Self::Psc,
            LoginMethod::Certificate => Self::Certificate,
        }
    }
}

pub(crate) fn state(state: pli_engine::SessionState) -> SessionState {
    match state {
        pli_engine::SessionState::LoggedOut => SessionState::LoggedOut,
        pli_engine::SessionState::Connecting => SessionState::Connecting,
        pli_engine::SessionState::Online => SessionState::Online,
        pli_engine::SessionState::Offline => SessionState::Offline,
    }
}

pub(crate) fn discovery(found: pli_engine::Discovered) -> Discovery {
    Discovery {
        address: found.address.as_str().to_owned(),
        kind: found.kind.map(kind),
        imap: server(&found.servers.imap),
        smtp: server(&found.servers.smtp),
        source: match found.servers.source {
            Source::Srv => "srv",
            Source::Autoconfig => "autoconfig",
        }
        .to_owned(),
    }
}

fn server(endpoint: &Endpoint) -> Server {
    let tls = match endpoint.tls {
        TlsMode::Implicit => "implicit",
        TlsMode::StartTls => "startTls",
    };
    Server {
        host: endpoint.host.clone(),
        port: endpoint.port,
        tls: tls.to_owned(),
    }
}

pub(crate) fn folder(folder: &pli_store::Folder) -> Folder {
    let levels: Vec<&str> = match folder.server.delimiter {
        Some(delimiter) => folder.server.name.split(delimiter).collect(),
        None => vec![folder.server.name.as_str()],
    };
    Folder {
        id: folder.id.get(),
        account: folder.account.get(),
        name: levels.join(" / "),
        depth: u8::try_from((levels.len() - 1).min(DEEPEST)).unwrap_or(0),
        role: match folder.server.role {
            StoreRole::Inbox => FolderRole::Inbox,
            StoreRole::Sent => FolderRole::Sent,
            StoreRole::Drafts => FolderRole::Drafts,
            StoreRole::Trash => FolderRole::Trash,
            StoreRole::Junk => FolderRole::Junk,
            StoreRole::Archive => FolderRole::Archive,
            StoreRole::Kept => FolderRole::Kept,
            StoreRole::All | StoreRole::Flagged | StoreRole::Other => FolderRole::Other,
        },
        unread: count(folder.unread),
        total: count(folder.total),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_the_last_word_of_what_people_know() {
        let address = Address::parse("dr.martin@alpha.mssante.test").unwrap();
        assert_eq!(short_name(&address, "dr.martin"), "Martin");
        assert_eq!(short_name(&address, "Cabinet des Tilleuls"), "Tilleuls");
        assert_eq!(short_name(&address, ""), "Martin");
        assert_eq!(
            short_name(&Address::parse("secretariat@a.mssante.fr").unwrap(), ""),
            "Secretar"
        );
    }
}
