//! The store's own ids: one type each, never reused (AUTOINCREMENT), meaningless outside this store.

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// The id that came from this store as a number, for instance through the window.
            #[must_use]
            pub fn from_raw(value: i64) -> Self {
                Self(value)
            }

            /// The number.
            #[must_use]
            pub fn get(self) -> i64 {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.0))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map(Self)
            }
        }
    };
}

id!(
    /// An account (a BAL).
    AccountId
);
id!(
    /// A folder of an account.
    FolderId
);
id!(
    /// A message as this store knows it: it stays the same when the message moves to another folder.
    MailId
);
id!(
    /// A draft.
    DraftId
);
id!(
    /// A file attached to a draft.
    DraftAttachmentId
);
id!(
    /// A message in the outbox.
    OutboxId
);
id!(
    /// A change that waits to be told to the server.
    OperationId
);
id!(
    /// A purge.
    PurgeId
);
id!(
    /// A message of a purge's plan.
    PurgeMailId
);
