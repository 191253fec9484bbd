//! Every command, once: its name, its argument, its answer.
//!
//! [`with_commands`](crate::with_commands) hands the list to a macro of the caller's: the shell makes its handlers of it, the
//! test host its routes, the tests the TypeScript. Arguments are structures, so that a name crosses with each value.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::secret::Secret;
use crate::view::{Channel, DraftFrom, Filter, Flag, Id, LoginMethod, LoginWay, Scope};

/// Calls `$callback! { name(Argument) -> Answer; … }` with every command of the contract.
#[macro_export]
macro_rules! with_commands {
    ($callback:path) => {
        $callback! {
            /// The program's state: which screen to show first.
            status(Nothing) -> Status;
            /// Opens the store: by the keyring when `passphrase` is absent. Creates it the first time.
            vault_open(VaultOpen) -> Status;
            /// Finds an address's servers (ECO.1.1.9). Sends nothing but names.
            account_discover(AccountDiscover) -> Discovery;
            /// Adds a BAL whose servers were discovered.
            account_add(AccountAdd) -> Account;
            /// Every BAL.
            account_list(Nothing) -> Vec<Account>;
            /// Changes the name shown.
            account_rename(AccountRename) -> Account;
            /// Changes the name shown and the colour.
            account_set(AccountSet) -> Account;
            /// Forgets a BAL and its local copy. Nothing is deleted on the server.
            account_remove(AccountOf) -> Nothing;
            /// A BAL's room as last read, its past, and when it would be full.
            quota_get(AccountOf) -> QuotaView;
            /// Asks the operator for a BAL's room now.
            quota_read(AccountOf) -> QuotaView;
            /// The warnings that stand and were not put off, the fullest BAL first.
            quota_warnings(Nothing) -> Vec<QuotaWarning>;
            /// Puts a BAL's warning off until it is told again.
            quota_dismiss(AccountOf) -> Nothing;
            /// What weighs in a BAL, by groups.
            space_get(SpaceOf) -> Space;
            /// Part of what weighs in a BAL: filed first, then the heaviest.
            space_messages(SpaceMessages) -> SpacePage;
            /// The heaviest messages that nobody would miss, until so many octets would be free.
            space_suggest(SpaceSuggest) -> Vec<Id>;
            /// Plans a purge: which messages, what is left and why. Nothing is deleted.
            purge_plan(PurgePlan) -> Purge;
            /// Begins a purge that was planned, or goes on with one that was stopped; events tell its progress.
            purge_start(PurgeOf) -> Purge;
            /// Stops a purge, in order; it may go on later.
            purge_stop(PurgeOf) -> Purge;
            /// A purge: its plan, then its report.
            purge_get(PurgeOf) -> Purge;
            /// The purges of a BAL in the last year, newest first.
            purge_list(AccountOf) -> Vec<Purge>;
            /// Writes a plan out, message by message, to a file chosen in a dialogue. `null`: they changed their mind.
            purge_export(PurgeOf) -> Option<Saved>;
            /// When a BAL's purge runs by itself.
            purge_schedule(AccountOf) -> PurgeSchedule;
            /// Sets when a BAL's purge runs by itself; what the organisation fixed is refused.
            purge_schedule_set(PurgeScheduleSet) -> PurgeSchedule;
            /// The folder that holds what was sent; `null`: nobody said.
            sent_folder(AccountOf) -> Option<SentFolder>;
            /// Says which folder holds what was sent.
            sent_folder_set(SentFolderSet) -> Nothing;
            /// The rules of a BAL, read from its server now.
            rules_get(AccountOf) -> Rules;
            /// Writes the rules of a BAL, all at once; somebody else's are never written over.
            rules_set(RulesSet) -> Rules;
            /// Stops the automatic reply of a BAL; its form stays.
            rules_stop_answer(AccountOf) -> Rules;
            /// The automatic reply that runs now, as the server was last read; `null`: none.
            rules_answering(AccountOf) -> Option<AnswerNotice>;
            /// The automatic reply stays, although its owner wrote: it is not proposed to stop it before they write again.
            rules_keep_answer(AccountOf) -> Nothing;
            /// What is to be known of a BAL's life, and of its end.
            box_life(AccountOf) -> BoxLife;
            /// What was told of BALs' lives and is still so, unless it was put aside.
            box_notices(Nothing) -> Vec<BoxAnnouncement>;
            /// Puts aside what was told of a BAL's life, for a week.
            box_notice_dismiss(AccountOf) -> Nothing;
            /// Keeps messages on this workstation, whatever becomes of them on the server.
            box_keep(BoxKeep) -> BoxKept;
            /// Sets how long bodies stay on this workstation.
            box_retention_set(BoxRetentionSet) -> BoxLife;
            /// Begins a login by Pro Santé Connect, by the browser or by two digits; what follows comes as events. Works while
            /// locked: the same person's login unlocks.
            login_start(LoginStart) -> LoginState;
            /// Gives a login up. One that has ended is no error. Works while locked.
            login_cancel(LoginOf) -> Nothing;
            /// What is remembered of the last login. Works while locked.
            login_hint(Nothing) -> LoginHint;
            /// Imports the client certificate of a BAL, from a file chosen in a dialogue: kept encrypted, used at each opening.
            login_certificate(LoginCertificate) -> LoginState;
            /// Who is logged in; the last session of this run once it is over; `null`: nobody yet. Works while locked.
            session_get(Nothing) -> Option<Session>;
            /// Ends the session: connections close, what is stored stays.
            logout(Nothing) -> Nothing;
            /// The way to Pro Santé Connect. Works while locked.
            provider_get(Nothing) -> Provider;
            /// Sets the way to Pro Santé Connect, unless it is fixed. Not while locked: a login by it unlocks.
            provider_set(ProviderSet) -> Provider;
            /// Asks whether Pro Santé Connect answers, and offers the two digits. Works while locked.
            provider_check(Nothing) -> ProviderCheck;
            /// Locks the profile now.
            lock_now(Nothing) -> Nothing;
            /// The lock; `null`: the profile is not locked. Works while locked.
            lock_get(Nothing) -> Option<Lock>;
            /// Opens a locked profile by its PIN or passphrase.
            unlock(Unlock) -> Status;
            /// When the profile locks.
            lock_settings(Nothing) -> LockSettings;
            /// Sets when the profile locks.
            lock_set(LockSet) -> LockSettings;
            /// Sets, changes or removes the profile's PIN.
            pin_set(PinSet) -> LockSettings;
            /// The person acts: the time of inactivity begins anew. Call it at most every 10 seconds. Works while locked.
            activity(Nothing) -> Nothing;
            /// Every profile of this workstation's user. Works while locked.
            profile_list(Nothing) -> Vec<Profile>;
            /// Makes a profile; it is not shown until it is switched to. Works while locked.
            profile_add(ProfileAdd) -> Profile;
            /// Locks the profile shown and shows another. Works while locked.
            profile_switch(ProfileOf) -> Status;
            /// Names a profile. Works while locked.
            profile_rename(ProfileRename) -> Profile;
            /// The terms of use. Works while locked.
            terms_get(Nothing) -> Terms;
            /// Accepts the terms of use for this profile. Works while locked.
            terms_accept(TermsAccept) -> Nothing;
            /// Syncs now, one BAL or all.
            sync_now(SyncNow) -> Nothing;
            /// A BAL's folders.
            folder_list(AccountOf) -> Vec<Folder>;
            /// Part of a list.
            message_list(MessageList) -> Page;
            /// A message.
            message_get(MessageOf) -> Message;
            /// Sets or clears a flag.
            message_flag(MessageFlag) -> Nothing;
            /// Moves messages to a folder of the same BAL.
            message_move(MessageMove) -> Nothing;
            /// Moves messages to the bin; from the bin, deletes them for good.
            message_delete(MessagesOf) -> Nothing;
            /// A message is about to be printed: the journal has it first. The window prints once this has answered, and not
            /// when it fails.
            message_print(MessageOf) -> Nothing;
            /// Saves an attachment where the person says. `null`: they changed their mind.
            attachment_save(AttachmentOf) -> Option<Saved>;
            /// Searches words in everything stored.
            search(Search) -> Page;
            /// Correspondents known from past mail whose name or address begins like this.
            suggest(Suggest) -> Vec<Party>;
            /// Who takes charge of a message.
            handling_get(MessageOf) -> Handling;
            /// Says who takes charge of messages: here at once, on the server as soon as it can be.
            handling_set(HandlingSet) -> Nothing;
            /// Everybody met in what was said of a BAL's messages.
            handling_people(AccountOf) -> Vec<Person>;
            /// How what is said of a BAL's messages reaches the others who read it.
            handling_support(AccountOf) -> Carried;
            /// A new draft, blank or about a message.
            draft_new(DraftNew) -> Draft;
            /// The drafts kept here.
            draft_list(Nothing) -> Vec<Draft>;
            /// A draft.
            draft_get(DraftOf) -> Draft;
            /// Stores a draft.
            draft_save(DraftSave) -> Draft;
            /// Attaches files that the person chooses.
            draft_attach(DraftOf) -> Draft;
            /// Takes an attachment away.
            draft_detach(DraftDetach) -> Draft;
            /// What would happen if it left now.
            draft_check(DraftOf) -> DraftCheck;
            /// The person confirms the BAL that an answer leaves from, though another one received the message.
            draft_confirm_box(DraftOf) -> Draft;
            /// Deletes a draft.
            draft_delete(DraftOf) -> Nothing;
            /// Commits a draft to the outbox.
            draft_send(DraftOf) -> Outgoing;
            /// What was sent in the last days, newest first.
            outbox_list(OutboxList) -> Vec<Outgoing>;
            /// One message on its way.
            outbox_get(OutgoingOf) -> Outgoing;
            /// Takes a message back before it leaves: it is a draft again.
            outbox_cancel(OutgoingOf) -> Draft;
            /// Tries a queued message now.
            outbox_retry(OutgoingOf) -> Outgoing;
            /// Settles a message whose fate is not known, by the person's word.
            outbox_settle(OutboxSettle) -> Outgoing;
            /// Traces under a filter, newest first.
            journal_list(JournalList) -> JournalPage;
            /// How many traces each day has under a filter, newest day first.
            journal_days(JournalDays) -> Vec<JournalDay>;
            /// One trace.
            journal_get(JournalGet) -> Trace;
            /// The whole life of the message that a trace is about, oldest first; the trace alone when it is about none.
            journal_life(JournalGet) -> Vec<Trace>;
            /// Verifies the whole chain, its seals and its anchors. `journalProgress` tells how far it is.
            journal_verify(Nothing) -> Verification;
            /// Exports traces to a file chosen in a dialogue, its signed manifest beside. `null`: they changed their mind.
            journal_export(JournalExport) -> Option<Exported>;
            /// Checks an export chosen in a dialogue against its manifest. `null`: they changed their mind.
            journal_check(Nothing) -> Option<Checked>;
            /// How long traces are kept, and what becomes of them.
            journal_settings(Nothing) -> JournalSettings;
            /// Sets how long traces are kept; what the organisation fixed is refused.
            journal_set(JournalSet) -> JournalSettings;
            /// What a destruction would take. Nothing changes.
            journal_prune_plan(JournalPrunePlan) -> PrunePlan;
            /// Destroys the traces of before an instant, for good. A signed anchor stays in their place.
            journal_prune(JournalPrune) -> Pruned;
            /// Makes a backup where the person says, and reads it back whole. `null`: they changed their mind.
            backup_create(BackupCreate) -> Option<Backup>;
            /// Reads a backup that the person chooses, whole; changes nothing. `null`: they changed their mind.
            backup_check(BackupRead) -> Option<BackupChecked>;
            /// Restores a backup that the person chooses into this empty profile; one BAL's, into a profile that has not this
            /// BAL. `null`: they changed their mind.
            backup_restore(BackupRestore) -> Option<BackupChecked>;
            /// The backups that are made by themselves.
            backup_schedule(Nothing) -> BackupSchedule;
            /// Sets the backups that are made by themselves. `null`: they changed their mind in the dialogue.
            backup_schedule_set(BackupScheduleSet) -> Option<BackupSchedule>;
        }
    };
}

macro_rules! argument {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name { $($(#[$fdoc])* pub $field: $type),* }
    };
}

mod box_life;
mod handling;
mod journal;
mod purge;
mod quota;
mod rules;

pub use box_life::*;
pub use handling::*;
pub use journal::*;
pub use purge::*;
pub use quota::*;
pub use rules::*;

argument!(
    /// No argument, or no answer.
    Nothing {}
);
argument!(
    /// How to open the vault.
    VaultOpen {
        /// The passphrase, where there is no keyring.
        #[ts(as = "Option<String>")]
        passphrase: Option<Secret>,
    }
);
argument!(
    /// An address to find servers for.
    AccountDiscover {
        /// As typed.
        address: String,
    }
);
argument!(
    /// A BAL to add.
    AccountAdd {
        /// Its address.
        address: String,
        /// Its kind; `null`: PER.
        kind: Option<crate::view::BalKind>,
        /// How it is opened.
        method: LoginMethod,
        /// The name shown; `null`: the person's or the address's.
        name: Option<String>,
    }
);
argument!(
    /// A BAL.
    AccountOf {
        /// Its number.
        account: Id,
    }
);
argument!(
    /// A new name.
    AccountRename {
        /// The BAL.
        account: Id,
        /// 1 to 80 characters.
        name: String,
    }
);
argument!(
    /// A login.
    LoginOf {
        /// Its number.
        login: Id,
    }
);
argument!(
    /// A login by Pro Santé Connect.
    LoginStart {
        /// By which way.
        way: LoginWay,
        /// Who logs in, for the two digits: the 11 digits of the RPPS, or `8` before them; spaces are dropped. A wrong key
        /// answers `unknownPerson` at once. The browser needs none.
        national_id: Option<String>,
        /// With what the two digits are confirmed; the browser asks there.
        channel: Channel,
        /// The BAL it was asked from; `null`: none in particular. One login serves every BAL all the same.
        account: Option<Id>,
    }
);
argument!(
    /// The way to Pro Santé Connect.
    ProviderSet {
        /// The `https` address of the intermediary's discovery document, at most 500 characters; `null`: none.
        discovery: Option<String>,
        /// Pli's name there, 1 to 128 visible characters.
        client_id: String,
    }
);
argument!(
    /// What opens a locked profile.
    Unlock {
        /// The PIN or the passphrase.
        #[ts(as = "String")]
        secret: Secret,
    }
);
argument!(
    /// When the profile locks.
    LockSet {
        /// After how many minutes of inactivity, 1 to [`crate::view::LockSettings::longest`].
        minutes: u32,
        /// Whether the end of the session locks too.
        at_session_end: bool,
    }
);
argument!(
    /// A PIN. A PIN that is set already is changed or removed only by whoever knows it.
    PinSet {
        /// The present PIN, when there is one.
        #[ts(as = "Option<String>")]
        current: Option<Secret>,
        /// The new one, 4 to 64 characters; `null`: none any more.
        #[ts(as = "Option<String>")]
        pin: Option<Secret>,
    }
);
argument!(
    /// A new profile.
    ProfileAdd {
        /// Its name, 1 to 80 characters.
        name: String,
    }
);
argument!(
    /// A profile.
    ProfileOf {
        /// What names it.
        profile: String,
    }
);
argument!(
    /// A profile's new name.
    ProfileRename {
        /// What names it.
        profile: String,
        /// Its name, 1 to 80 characters.
        name: String,
    }
);
argument!(
    /// The terms of use accepted.
    TermsAccept {
        /// The version that was shown; another than the present one is refused.
        version: u32,
    }
);
argument!(
    /// A client certificate to import. The host asks for the file.
    LoginCertificate {
        /// The BAL.
        account: Id,
        /// The file's passphrase.
        #[ts(as = "String")]
        passphrase: Secret,
    }
);
argument!(
    /// What to sync.
    SyncNow {
        /// One BAL; `null`: all.
        account: Option<Id>,
    }
);
argument!(
    /// Part of a list.
    MessageList {
        /// Of what.
        scope: Scope,
        /// Which rows.
        filter: Filter,
        /// Rows to skip.
        offset: u32,
        /// Rows to give, at most 500.
        limit: u32,
    }
);
argument!(
    /// A message.
    MessageOf {
        /// Its number.
        message: Id,
    }
);
argument!(
    /// Messages.
    MessagesOf {
        /// Their numbers, at most 10,000.
        messages: Vec<Id>,
    }
);
argument!(
    /// A flag to set or clear.
    MessageFlag {
        /// On which, at most 10,000.
        messages: Vec<Id>,
        /// Which flag.
        flag: Flag,
        /// Set or clear.
        on: bool,
    }
);
argument!(
    /// A move.
    MessageMove {
        /// What, at most 10,000.
        messages: Vec<Id>,
        /// Where to.
        folder: Id,
    }
);
argument!(
    /// An attachment.
    AttachmentOf {
        /// Of which message.
        message: Id,
        /// Which.
        part: u32,
    }
);
argument!(
    /// A search.
    Search {
        /// What was typed.
        text: String,
        /// In what; `null`: everything, all folders.
        scope: Option<Scope>,
        /// Rows to give, at most 200.
        limit: u32,
    }
);
argument!(
    /// A beginning of a name or an address.
    Suggest {
        /// What was typed.
        text: String,
    }
);
argument!(
    /// A new draft.
    DraftNew {
        /// The BAL it will leave from; `null`: the message's, or the first.
        account: Option<Id>,
        /// Where it starts from.
        from: DraftFrom,
        /// The message answered or forwarded.
        about: Option<Id>,
    }
);
argument!(
    /// A draft.
    DraftOf {
        /// Its number.
        draft: Id,
    }
);
argument!(
    /// A draft to store. Its attachments are not changed by it.
    DraftSave {
        /// The draft, with the revision it was read at.
        draft: crate::view::Draft,
    }
);
argument!(
    /// An attachment of a draft.
    DraftDetach {
        /// The draft.
        draft: Id,
        /// The attachment.
        attachment: Id,
    }
);
argument!(
    /// Which entries of the outbox.
    OutboxList {
        /// Queued within this many days, 1 to 3,650; whatever is not settled is always given.
        days: u32,
    }
);
argument!(
    /// An entry of the outbox.
    OutgoingOf {
        /// Its number.
        outgoing: Id,
    }
);
argument!(
    /// The person's word on a message whose fate is not known.
    OutboxSettle {
        /// The entry.
        outgoing: Id,
        /// `true`: it has left, leave it so. `false`: send the same message again.
        left: bool,
    }
);
/// A file written for the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Saved {
    /// Its name, without the folder.
    pub name: String,
}
