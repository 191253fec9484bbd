//! The encrypted store: database, raw message files, migrations, search.
//!
//! One folder holds it all, and nothing in it can be read without the [`MasterKey`] of the [`Vault`]:
//!
//! * `mail.db`, SQLCipher: accounts, folders, list rows, the search index, queued changes, drafts, the outbox;
//! * `raw/*.pack`, AES-256-GCM: messages exactly as received, attachments of drafts, messages on their way out;
//! * `key-check`, sixteen digits that tell a wrong key from a damaged file, and `lock`.
//!
//! It knows no protocol: the engine tells it what a server said ([`Store::apply_headers`], [`Store::apply_flags`],
//! [`Store::remove_uids`]) and asks it what the server is to be told ([`Store::operations`], [`Store::due`]). Every call
//! blocks and is short; time is always passed in.

mod account;
mod attempts;
mod backup;
mod backup_bal;
mod backup_file;
mod backup_restore;
mod body;
mod certificate;
mod connection;
mod correspondent;
mod draft;
mod error;
mod flags;
mod folder;
mod handling;
mod handling_rows;
mod id;
mod journal_secret;
mod key;
mod keyring;
mod keywords;
mod last_sent;
mod life;
mod list;
mod mail;
mod me;
mod migration;
mod mirror;
mod operation;
mod outbox;
mod outbox_links;
mod outbox_state;
mod pack;
mod passphrase;
mod pin;
mod purge;
mod purge_plan;
mod purge_words;
mod quota;
mod recipient_line;
mod record;
mod retention;
mod search;
mod setting;
mod space;
mod store;
mod time;
mod todo;
mod traced;
mod vault;
mod vault_error;
mod word;
mod word_set;

pub use account::{Account, AuthMethod, NewAccount};
pub use attempts::Attempts;
pub use backup::{Snapshot, SnapshotCounts};
pub use backup_bal::Merging;
pub use backup_file::{BackupFileError, BackupKey, BackupReader, BackupWriter};
pub use backup_restore::Restoring;
pub use body::{MissingBody, NewBody};
pub use certificate::Certificate;
pub use correspondent::Correspondent;
pub use draft::{Draft, DraftAttachment, DraftContent};
pub use error::StoreError;
pub use flags::Flags;
pub use folder::{Folder, FolderChanges, FolderRole, ServerFolder, SyncCursor};
pub use handling::{
    AUTHORS_LIMIT, AuthorId, Carried, FACTS_LIMIT, Fact, FactWhat, HandlingMark, HandlingState, NAME_LIMIT, NOTE_LIMIT,
    Person, Resolved, bounded, merged, message_word, one_line, resolve,
};
pub use handling_rows::{EntryFate, HandlingKept, HandlingSet, WaitingEntry};
pub use id::{AccountId, DraftAttachmentId, DraftId, FolderId, MailId, OperationId, OutboxId, PurgeId, PurgeMailId};
pub use journal_secret::JournalSecret;
pub use key::{DerivedKey, MasterKey, Purpose};
pub use keywords::Keywords;
pub use life::{Leaving, LeavingBefore, Life};
pub use list::{Filter, PAGE_LIMIT, Page, Scope};
pub use mail::{Attachment, BodyState, ListRow, MailKind, Message, NewMessage};
pub use me::{Me, ToHandle};
pub use mirror::{Applied, FlagUpdate};
pub use operation::{Change, Operation, Told};
pub use outbox::{NewOutgoing, NewRecipient, Outgoing, Recipient, RecipientUpdate, ReportEffect};
pub use outbox_links::KeptReport;
pub use outbox_state::{OutboxState, RecipientField, RecipientState, SentCopy};
pub use pack::Compacted;
pub use purge::{PurgeFolder, PurgeHere, PurgeMail, PurgeMove, PurgePart, PurgeRecord};
pub use purge_plan::{NewPurge, PurgeChoice, is_in_hand};
pub use purge_words::{KeptWhy, PurgeState, PurgeStep};
pub use quota::{
    QUOTA_DAYS, QuotaKept, QuotaLevel, QuotaPoint, QuotaReading, QuotaRefusal, QuotaSource, QuotaTold, Room,
};
pub use recipient_line::{read_recipients, write_recipients};
pub use retention::{Kept, Offloadable, Offloaded, Retention};
pub use search::Found;
pub use space::{DocumentKind, FILED, SpaceBy, SpaceFilter, SpaceGroup, SpacePage, SpaceRow};
pub use store::Store;
pub use traced::{TracedFolder, TracedMail, TracedUid};
pub use vault::{Vault, VaultState};
pub use vault_error::VaultError;
