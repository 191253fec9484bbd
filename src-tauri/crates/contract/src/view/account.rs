//! BALs, their servers, folders and sessions.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Id, Instant};

/// The kind of a BAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "UPPERCASE")]
pub enum BalKind {
    /// Personal.
    Per,
    /// Shared by a practice.
    Cab,
    /// Organisational.
    Org,
    /// Applicative.
    App,
}

/// How a BAL is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum LoginMethod {
    /// Pro Santé Connect, by the browser or by two digits: one login serves every BAL that it opens.
    Code,
    /// A client certificate (PKCS#12).
    Certificate,
}

/// What autoconfiguration found for an address (ECO.1.1.9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Discovery {
    /// The address, normalised.
    pub address: String,
    /// The kind, when the address itself tells it.
    pub kind: Option<BalKind>,
    /// Where mail is read.
    pub imap: Server,
    /// Where mail is handed over.
    pub smtp: Server,
    /// `srv` or `autoconfig`.
    pub source: String,
}

/// One server of an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    /// Host name.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// `implicit` (TLS from the first byte) or `startTls`.
    pub tls: String,
}

/// A BAL as the sidebar shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Its local number.
    pub id: Id,
    /// Its address.
    pub address: String,
    /// The name shown: the person's for PER, else what the user wrote, else the local part.
    pub name: String,
    /// A short name for rows and the narrow sidebar, at most 8 characters.
    pub short_name: String,
    /// Its colour.
    pub color: super::BoxColor,
    /// Its kind.
    pub kind: BalKind,
    /// How it is opened.
    pub method: LoginMethod,
    /// Unread messages of its inbox.
    pub unread: u32,
    /// What is still to be dealt with in it, bin and unwanted mail apart. The sum over the BALs is what the list of all of
    /// them holds.
    pub to_handle: super::ToHandle,
    /// Its quota, where the operator limits it.
    pub quota: Option<Quota>,
    /// Its room as a gauge shows it, estimates included.
    pub gauge: super::Gauge,
    /// Its connection.
    pub session: SessionState,
    /// When its last sync ended without an error.
    pub synced_at: Option<Instant>,
    /// What stopped its last sync, as a code of [`crate::failure::Code`].
    pub problem: Option<crate::failure::Failure>,
    /// Its client certificate, once one was imported.
    pub certificate: Option<super::Certificate>,
}

/// A BAL's room (EX_GBM_4470).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Quota {
    /// Octets used.
    #[ts(type = "number")]
    pub used: u64,
    /// Octets allowed.
    #[ts(type = "number")]
    pub limit: u64,
    /// Whole percent used, 0 to 999.
    pub percent: u16,
}

/// A BAL's connection as a person understands it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum SessionState {
    /// No identity: a login is needed before anything can reach the server.
    LoggedOut,
    /// Identity known, server being reached.
    Connecting,
    /// Connected.
    Online,
    /// Identity known, server not reachable: tried again by itself.
    Offline,
}

/// A folder of a BAL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Folder {
    /// Its local number.
    pub id: Id,
    /// The BAL it belongs to.
    pub account: Id,
    /// Its whole name, decoded, levels separated by ` / `.
    pub name: String,
    /// Depth below the root, 0 to 20.
    pub depth: u8,
    /// What it is for.
    pub role: FolderRole,
    /// Unread messages.
    pub unread: u32,
    /// Messages.
    pub total: u32,
}

/// What a folder is for (RFC 6154).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum FolderRole {
    /// Where mail arrives.
    Inbox,
    /// Sent items.
    Sent,
    /// Drafts.
    Drafts,
    /// Bin.
    Trash,
    /// Unwanted mail.
    Junk,
    /// Archive.
    Archive,
    /// What is kept on this workstation alone: no server has this folder.
    Kept,
    /// Any other.
    Other,
}
