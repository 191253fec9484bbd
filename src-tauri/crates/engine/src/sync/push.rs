//! Telling the server what was changed here, in the order it was changed.
//!
//! The rules, when both sides changed the same message:
//! - a flag changed here wins until it is told; from then on the server's word counts;
//! - a message that vanished on the server is gone: what was queued for it is dropped;
//! - a message moved here keeps its number and its body: its new UID comes with the answer (COPYUID), else it is
//!   recognised by Message-ID and size when its header shows up in the target folder;
//! - what the server refuses for good is undone here.
//!
//! Each operation may be told twice, when the connection was lost before the answer: nothing more happens then.

use std::collections::BTreeSet;

use pli_store::{Change, FolderId, MailId, Operation, OperationId, Told};
use pli_terms::{Uid, UidSet, UidValidity};
use pli_wire::WireError;
use pli_wire::imap::{ImapSession, MailboxName};

use super::headers::COMMAND;
use super::link::Link;
use super::{folder, round, rows};
use crate::error::EngineError;
use crate::event::Event;

/// Operations of one command.
const BATCH: usize = 500;

/// How often an operation is told to a server that refuses it before it is undone.
const ATTEMPTS: u32 = 5;

/// Tells everything that can be told now; answers how many messages were moved or deleted.
///
/// # Errors
/// What ended the connection, or the store: operations not settled stay queued.
pub(crate) async fn push<S: ImapSession>(link: &mut Link<S>) -> Result<usize, EngineError> {
    let account = link.account();
    let mut went = 0;
    // Who hears of a keyword looks for what was said: it has to be there.
    crate::handling::exchange::tell(link).await?;
    let mut put_off: BTreeSet<OperationId> = BTreeSet::new();
    loop {
        link.still_wanted()?;
        let all = link
            .store(move |store| store.operations(account, 2 * BATCH as u32))
            .await?;
        let waiting: Vec<Operation> = all.into_iter().filter(|one| !put_off.contains(&one.id)).collect();
        let group = first_group(&waiting);
        let Some(first) = group.first() else {
            // Somebody else may have spoken between what was read before and our own keyword.
            crate::handling::exchange::read(link).await?;
            return Ok(went);
        };
        if link.selected != Some(first.folder) {
            match folder::follow(link, first.folder).await {
                // What was queued may have been changed by what the server just told: look again.
                Ok(_) => {}
                Err(error) if round::is_about_one_folder(&error) => {
                    put_off.extend(
                        waiting
                            .iter()
                            .filter(|one| one.folder == first.folder)
                            .map(|one| one.id),
                    );
                }
                Err(error) => return Err(error),
            }
            continue;
        }
        if matches!(first.change, Change::Move { .. } | Change::Delete) {
            went += group.len();
        }
        let told = tell(link, &group).await?;
        put_off.extend(
            told.iter()
                .filter(|(_, how)| matches!(how, Told::Later { .. }))
                .map(|(id, _)| *id),
        );
        let touched: BTreeSet<FolderId> = group
            .iter()
            .flat_map(|one| {
                [
                    Some(one.folder),
                    if let Change::Move { to } = one.change {
                        Some(to)
                    } else {
                        None
                    },
                ]
            })
            .flatten()
            .collect();
        let undone = told.iter().any(|(_, how)| matches!(how, Told::Refused));
        link.store(move |store| store.settle_operations(&told)).await?;
        if undone {
            link.core.emit(Event::Accounts);
        }
        for folder in touched {
            link.core.emit(Event::Messages {
                account,
                folder,
                new: 0,
            });
        }
    }
}

/// The first operations that one command can tell: of one folder, the same change, each message once.
fn first_group(waiting: &[Operation]) -> Vec<Operation> {
    let Some(first) = waiting.first() else {
        return Vec::new();
    };
    let mut group: Vec<Operation> = Vec::new();
    let mut mails: BTreeSet<MailId> = BTreeSet::new();
    let mut text = 0;
    for one in waiting {
        let same = one.folder == first.folder && one.change == first.change && !mails.contains(&one.mail);
        if !same || group.len() == BATCH || text + 11 > COMMAND {
            break;
        }
        text += 11;
        mails.insert(one.mail);
        group.push(one.clone());
    }
    group
}

/// Tells one group, of the selected folder.
async fn tell<S: ImapSession>(
    link: &mut Link<S>,
    group: &[Operation],
) -> Result<Vec<(OperationId, Told)>, EngineError> {
    let Some(first) = group.first() else {
        return Ok(Vec::new());
    };
    let uids: UidSet = group.iter().map(|one| one.uid).collect();
    let answer = match first.change {
        Change::Flags { add, remove } => {
            let mut answer = Ok(());
            for (on, flags) in [(true, add), (false, remove)] {
                if !flags.is_empty() && answer.is_ok() {
                    answer = link
                        .session
                        .store_flags(&uids, on, &rows::to_wire(flags), None)
                        .await
                        .map(|_| ());
                }
            }
            answer.map(|()| group.iter().map(|one| (one.id, Told::Done { place: None })).collect())
        }
        Change::Keywords { add, remove } => {
            // Taken away first: a keyword in both is put on anew, which every client of the folder is told of.
            let mut answer = Ok(());
            for (on, keywords) in [(false, remove), (true, add)] {
                if !keywords.is_empty() && answer.is_ok() {
                    answer = link
                        .session
                        .store_flags(&uids, on, &rows::keywords(keywords), None)
                        .await
                        .map(|_| ());
                }
            }
            answer.map(|()| group.iter().map(|one| (one.id, Told::Done { place: None })).collect())
        }
        Change::Move { to } => return relocate(link, group, &uids, to).await,
        Change::Delete => link
            .session
            .uid_expunge(&uids)
            .await
            .map(|()| group.iter().map(|one| (one.id, Told::Done { place: None })).collect()),
    };
    link.listen()?;
    match answer {
        Ok(told) => Ok(told),
        Err(error) => refused(group, error),
    }
}

async fn relocate<S: ImapSession>(
    link: &mut Link<S>,
    group: &[Operation],
    uids: &UidSet,
    to: FolderId,
) -> Result<Vec<(OperationId, Told)>, EngineError> {
    let target = link.store(move |store| store.folder(to)).await?;
    let name = MailboxName::from_raw(&target.server.raw_name);
    let answer = link.session.uid_move(uids, &name).await;
    link.listen()?;
    let places = match answer {
        Ok(places) => places,
        Err(error) => return refused(group, error),
    };
    let validity = target.cursor.uid_validity;
    let placed = |one: &Operation| place(&places, one.uid, validity);
    if group.iter().all(|one| placed(one).is_some()) {
        return Ok(group
            .iter()
            .map(|one| (one.id, Told::Done { place: placed(one) }))
            .collect());
    }
    // The server did not say where (all of) them went: those moved before, by a command whose answer was lost, or by
    // someone else, are looked for where they should be. What is not there is gone.
    match folder::follow(link, to).await {
        Ok(_) => {}
        Err(error) if round::is_about_one_folder(&error) => {}
        Err(error) => return Err(error),
    }
    let mails: Vec<MailId> = group.iter().map(|one| one.mail).collect();
    let arrived: BTreeSet<MailId> = link
        .store(move |store| store.rows(&mails))
        .await?
        .into_iter()
        .filter(|row| row.folder == Some(to) && row.uid.is_some())
        .map(|row| row.id)
        .collect();
    let told = |one: &Operation| match placed(one) {
        Some(place) => Told::Done { place: Some(place) },
        None if arrived.contains(&one.mail) => Told::Done { place: None },
        None => Told::Gone,
    };
    Ok(group.iter().map(|one| (one.id, told(one))).collect())
}

fn place(places: &[(Uid, Uid)], from: Uid, validity: Option<UidValidity>) -> Option<(UidValidity, Uid)> {
    let (_, to) = places.iter().find(|(old, _)| *old == from)?;
    Some((validity?, *to))
}

/// What a failed command means for its operations: undone when it will never pass, kept when it may, and an error when
/// the connection itself is gone.
fn refused(group: &[Operation], error: WireError) -> Result<Vec<(OperationId, Told)>, EngineError> {
    if error.breaks_connection() || matches!(error, WireError::Audit(_)) {
        return Err(error.into());
    }
    let hopeless = matches!(error, WireError::Missing(_) | WireError::Name);
    let why = error.to_string();
    let told = |one: &Operation| {
        if hopeless || one.attempts + 1 >= ATTEMPTS {
            Told::Refused
        } else {
            Told::Later { why: why.clone() }
        }
    };
    Ok(group.iter().map(|one| (one.id, told(one))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use pli_store::{AccountId, Flags};

    fn operation(id: i64, mail: i64, folder: i64, change: Change) -> Operation {
        let text = format!("{{\"id\":{id}}}");
        let id: OperationId =
            serde_json::from_value(serde_json::from_str::<serde_json::Value>(&text).unwrap()["id"].clone()).unwrap();
        Operation {
            id,
            account: AccountId::from_raw(1),
            mail: MailId::from_raw(mail),
            folder: FolderId::from_raw(folder),
            uid: Uid::new(mail as u32).unwrap(),
            change,
            attempts: 0,
            last_error: String::new(),
            queued_at: Timestamp::UNIX_EPOCH,
        }
    }

    const READ: Change = Change::Flags {
        add: Flags::SEEN,
        remove: Flags::NONE,
    };
    const UNREAD: Change = Change::Flags {
        add: Flags::NONE,
        remove: Flags::SEEN,
    };

    #[test]
    fn a_group_never_reorders_what_was_done_to_one_message() {
        let waiting = [
            operation(1, 5, 1, READ),
            operation(2, 6, 1, READ),
            operation(3, 5, 1, UNREAD),
            operation(4, 7, 1, READ),
        ];
        let ids: Vec<i64> = first_group(&waiting).iter().map(|one| one.id.get()).collect();
        assert_eq!(ids, [1, 2]);
        assert_eq!(first_group(&waiting[2..]).len(), 1);
    }

    #[test]
    fn what_may_pass_later_stays_and_what_never_will_is_undone() {
        let group = [operation(1, 5, 1, READ)];
        let busy = WireError::Refused {
            verb: "STORE",
            code: Some("INUSE".into()),
            text: String::new(),
        };
        assert!(matches!(refused(&group, busy).unwrap()[0].1, Told::Later { .. }));
        assert_eq!(
            refused(&group, WireError::Missing("UIDPLUS")).unwrap()[0].1,
            Told::Refused
        );
        assert!(refused(&group, WireError::Closed { during: "STORE" }).is_err());
        let tired = [Operation {
            attempts: ATTEMPTS - 1,
            ..group[0].clone()
        }];
        let never = WireError::Refused {
            verb: "STORE",
            code: None,
            text: String::new(),
        };
        assert_eq!(refused(&tired, never).unwrap()[0].1, Told::Refused);
    }
}
