//! Events.

use super::{count, login, state};
use crate::event::Event;

impl From<pli_engine::Event> for Event {
    fn from(event: pli_engine::Event) -> Self {
        use pli_engine::Event as From;
        match event {
            From::Vault => Self::Vault,
            From::Accounts => Self::Accounts,
            From::Session { account, state: to } => Self::Session {
                account: account.get(),
                state: state(to),
            },
            From::Login { login: to } => Self::Login { login: login(to) },
            From::Identity => Self::Identity,
            From::Lock => Self::Lock,
            From::Profile => Self::Profile,
            From::Certificate { account, notice } => Self::Certificate {
                account: account.get(),
                notice,
            },
            From::Sync {
                account,
                phase,
                done,
                total,
            } => Self::Sync {
                account: account.get(),
                phase: phase.as_str().to_owned(),
                done,
                total,
            },
            From::Messages { account, folder, new } => Self::Messages {
                account: account.get(),
                folder: folder.get(),
                new,
            },
            From::Body { message } => Self::Body { message: message.get() },
            From::Folders { account } => Self::Folders { account: account.get() },
            From::Draft { draft, revision } => Self::Draft {
                draft: draft.get(),
                revision,
            },
            From::Outgoing { outgoing, state } => Self::Outgoing {
                outgoing: outgoing.get(),
                state: super::outbox::state(state),
            },
            From::Journal => Self::Journal,
            From::JournalProgress { done, total } => Self::JournalProgress {
                done: count(done),
                total: count(total),
            },
            From::Quota { account } => Self::Quota { account: account.get() },
            From::Purge {
                account,
                purge,
                done,
                total,
            } => Self::Purge {
                account: account.get(),
                purge,
                done: count(done),
                total: count(total),
            },
            From::Rules { account } => Self::Rules { account: account.get() },
            From::Handling { account } => Self::Handling { account: account.get() },
            From::BoxLife { account } => Self::BoxLife { account: account.get() },
            From::BackupProgress { done, total } => Self::BackupProgress {
                done: count(done / 1024),
                total: count(total / 1024),
            },
        }
    }
}
