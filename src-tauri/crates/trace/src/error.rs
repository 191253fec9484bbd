//! What can go wrong with the journal.

use std::path::PathBuf;

use crate::place::KeyPlaceError;

/// Why the journal could not do what was asked. When a trace cannot be written, the action must not happen.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
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
    /// The file cannot be read under this key: another key, or damage.
    #[error("opening the journal: it cannot be read under this key")]
    Unreadable,
    /// The journal was written by a newer version of the program.
    #[error("opening the journal: its schema is {found}, this version knows {known}")]
    NewerSchema {
        /// The schema found on disk.
        found: i64,
        /// The newest schema this build knows.
        known: i64,
    },
    /// A trace is not what was written; `verify` says where.
    #[error("reading the journal: trace {sequence} is damaged")]
    Damaged {
        /// Where.
        sequence: u64,
    },
    /// There is no such trace.
    #[error("there is no trace {sequence}")]
    NotFound {
        /// Where it was looked for.
        sequence: u64,
    },
    /// The place of the journal's secret did not answer, or holds none though the journal exists.
    #[error("{doing}: {source}")]
    Keys {
        /// What was being done.
        doing: &'static str,
        /// What the place says.
        source: KeyPlaceError,
    },
    /// Another process has this journal open.
    #[error("opening the journal: another process has it open ({})", .path.display())]
    InUse {
        /// The journal's folder.
        path: PathBuf,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
    /// A report of so many traces would be read by nobody: a narrower period, or a table.
    #[error("exporting the journal: a report holds {limit} traces at most")]
    TooLarge {
        /// The most traces it holds.
        limit: u64,
    },
    /// There is a file of that name already, and replacing it was not asked.
    #[error("exporting the journal: there is a file already ({})", .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The report could not be set; nothing was written.
    #[error("exporting the journal: the report could not be set ({what})")]
    Report {
        /// What the setting of pages complained about.
        what: &'static str,
    },
}

impl JournalError {
    /// Whether the same call may succeed later without anybody doing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Keys { source, .. } => source.transient,
            Self::InUse { .. } => true,
            _ => matches!(
                self.code(),
                Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
            ),
        }
    }

    /// Whether the disk has no room left.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::File { source, .. } => matches!(
                source.kind(),
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded | std::io::ErrorKind::FileTooLarge
            ),
            _ => self.code() == Some(rusqlite::ErrorCode::DiskFull),
        }
    }

    pub(crate) fn is_damage(&self) -> bool {
        matches!(
            self.code(),
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
        )
    }

    pub(crate) fn is_absence(&self) -> bool {
        self.code() == Some(rusqlite::ErrorCode::CannotOpen)
    }

    pub(crate) fn while_doing(self, label: &'static str) -> Self {
        match self {
            Self::Database { source, .. } => Self::Database { doing: label, source },
            other => other,
        }
    }

    fn code(&self) -> Option<rusqlite::ErrorCode> {
        match self {
            Self::Database { source, .. } => source.sqlite_error_code(),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for JournalError {
    fn from(source: rusqlite::Error) -> Self {
        Self::Database {
            doing: "working with the journal",
            source,
        }
    }
}
