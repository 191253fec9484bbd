//! What can go wrong with the store, said so that the caller can decide.

use std::path::PathBuf;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the store: two of them would send twice.
    #[error("opening the store in {}: another process already uses it", .dir.display())]
    InUse {
        /// The store's folder.
        dir: PathBuf,
    },
    /// The key is not the one this store was made with.
    #[error("opening the store: this is not its key")]
    WrongKey,
    /// The store was written by a newer version of the program (downgrade refused).
    #[error("opening the store: its schema is {found}, this version knows {known}")]
    NewerSchema {
        /// The schema found on disk.
        found: i64,
        /// The newest schema this build knows.
        known: i64,
    },
    /// What is on disk is not what was written: a flipped byte, a cut file, a foreign file.
    #[error("{doing}: what is on disk is damaged ({what})")]
    Damaged {
        /// What was being done.
        doing: &'static str,
        /// What is damaged, without any content.
        what: String,
    },
    /// The database refused.
    #[error("{doing}: {source}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// SQLite's own error.
        source: rusqlite::Error,
    },
    /// The file system refused.
    #[error("{doing} ({}): {source}", .path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's own error.
        source: std::io::Error,
    },
    /// Nothing has this id, or not any more.
    #[error("there is no such {what}")]
    NotFound {
        /// The kind of thing that was looked for.
        what: &'static str,
    },
    /// The outbox does not go from this state to that one.
    #[error("{what} cannot go from {from} to {to}")]
    IllegalTransition {
        /// `outbox` or `recipient`.
        what: &'static str,
        /// The state it is in.
        from: &'static str,
        /// The state that was asked for.
        to: &'static str,
    },
    /// The caller gave something that cannot be kept.
    #[error("{what}")]
    Invalid {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A value could not be written as JSON, or is not the JSON it should be.
    #[error("{doing}: {source}")]
    Json {
        /// What was being done.
        doing: &'static str,
        /// The reader's or writer's own error.
        source: serde_json::Error,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
}

impl StoreError {
    /// Whether the same call may succeed later without anybody doing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database { source, .. } => matches!(
                source.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
            ),
            Self::File { source, .. } => source.kind() == std::io::ErrorKind::Interrupted,
            _ => false,
        }
    }

    /// Whether the disk has no room left: freeing some makes the same call succeed.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Database { source, .. } => source.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull),
            Self::File { source, .. } => {
                matches!(
                    source.kind(),
                    std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
                )
            }
            _ => false,
        }
    }

    /// Whether stored bytes are not those that were written. A message in that state is fetched again from the server.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } => true,
            Self::Database { source, .. } => matches!(
                source.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
            ),
            _ => false,
        }
    }

    /// Whether nothing has the id that was given.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    pub(crate) fn while_doing(self, label: &'static str) -> Self {
        match self {
            Self::Database { source, .. } => Self::Database { doing: label, source },
            other => other,
        }
    }

    pub(crate) fn file(doing: &'static str, path: &std::path::Path, source: std::io::Error) -> Self {
        Self::File {
            doing,
            path: path.to_owned(),
            source,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(source: rusqlite::Error) -> Self {
        Self::Database {
            doing: "working with the database",
            source,
        }
    }
}

impl From<getrandom::Error> for StoreError {
    fn from(_: getrandom::Error) -> Self {
        Self::Random
    }
}
