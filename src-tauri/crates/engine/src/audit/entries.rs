//! What the wire reports, as the journal keeps it: one trace an exchange, or one a message where several are concerned
//! (EX_GDT_5050).

use pli_terms::{FolderWord, Uid, Wording};
use pli_trace as trace;
use pli_wire::audit::{self as wire, AuditEntry, AuditOutcome, TracedMessage};

use super::names::{self, Names};
use crate::workstation;

/// The traces of an entry. An intention is one; an outcome is one a message.
pub(super) fn of(entry: &AuditEntry, names: &Names, key: &[u8; 32], clock: trace::ClockTruth) -> Vec<trace::Entry> {
    let filled = filled(entry, names);
    match filled.as_slice() {
        [] => vec![one(entry, None, true, names, key, clock)],
        [message] => vec![one(entry, Some(message), true, names, key, clock)],
        _ if matches!(entry.outcome, AuditOutcome::Intended) => vec![one(entry, None, true, names, key, clock)],
        messages => {
            let traced = messages.iter().enumerate();
            traced
                .map(|(place, message)| one(entry, Some(message), place == 0, names, key, clock))
                .collect()
        }
    }
}

/// The messages of an entry with what the store knows of them: those it names, else those of its UIDs.
fn filled(entry: &AuditEntry, names: &Names) -> Vec<TracedMessage> {
    if entry.messages.is_empty() {
        return names
            .by_uid
            .values()
            .map(|known| TracedMessage {
                uid: Some(known.uid),
                message_id: known.message_id.clone(),
                from: known.from.clone(),
                to: Vec::new(),
                size: Some(known.size),
            })
            .collect();
    }
    let known = |message: &TracedMessage| message.uid.and_then(|uid| names.by_uid.get(&uid));
    entry
        .messages
        .iter()
        .map(|message| {
            let mut message = message.clone();
            if let Some(known) = known(&message) {
                message.message_id = message.message_id.or_else(|| known.message_id.clone());
                message.from = message.from.or_else(|| known.from.clone());
                message.size = message.size.or(Some(known.size));
            }
            message
        })
        .collect()
}

fn one(
    entry: &AuditEntry,
    message: Option<&TracedMessage>,
    first: bool,
    names: &Names,
    key: &[u8; 32],
    clock: trace::ClockTruth,
) -> trace::Entry {
    let folder = |name: &Option<String>| {
        name.as_ref()
            .map(|name| Wording::empty().and(&FolderWord::of(name, key)))
            .unwrap_or_default()
    };
    // What an exchange carried is told once, however many messages it was about.
    let octets = |octets: u64| if first { octets } else { 0 };
    trace::Entry {
        at: entry.started_at.timestamp(),
        utc_offset: entry.started_at.offset().seconds(),
        clock,
        author: author(&entry.context.author),
        bal: Some(trace::Bal {
            address: entry.context.bal.clone(),
            kind: Some(entry.context.kind),
        }),
        action: action(entry.action, entry.protocol),
        request: trace::Request {
            protocol: match entry.protocol {
                wire::Protocol::Imap => trace::Protocol::Imap,
                wire::Protocol::Smtp => trace::Protocol::Smtp,
                wire::Protocol::Sieve => trace::Protocol::Sieve,
            },
            verb: entry.request.clone(),
            mailbox: folder(&entry.mailbox),
            target: folder(&entry.target),
            uids: match message.and_then(|message| message.uid) {
                Some(uid) => Wording::empty().and(uid),
                None => Wording::empty().and(&entry.uids),
            },
            octets_out: octets(entry.octets_out),
            octets_in: octets(entry.octets_in),
        },
        outcome: outcome(&entry.outcome),
        exchange: Some(trace::Exchange(entry.exchange)),
        duration_ms: u64::try_from(entry.took.as_millis()).unwrap_or(u64::MAX),
        mail: message
            .map(|message| mail(entry.mailbox.as_deref(), message, names, key))
            .unwrap_or_default(),
        message_id: message.and_then(|message| message.message_id.clone()),
        sender: message.and_then(|message| message.from.clone()),
        recipients: message.map(|message| message.to.clone()).unwrap_or_default(),
        encoded_size: message.and_then(|message| message.size),
        workstation: workstation(entry.local.map(|local| Wording::empty().and(local))),
        server: Some(trace::Server {
            name: Wording::fact(&entry.server.host),
            address: match entry.server.ip {
                Some(ip) => Wording::empty().and(std::net::SocketAddr::new(ip, entry.server.port)),
                None => Wording::fixed(":").then(entry.server.port),
            },
        }),
    }
}

/// This workstation, by the network address of a connection where there is one.
pub(crate) fn workstation(address: Option<Wording>) -> trace::Workstation {
    let facts = workstation::facts();
    trace::Workstation {
        os: Wording::fact(&facts.os),
        os_version: Wording::fact(&facts.os_version),
        pli_version: Wording::fact(&facts.pli),
        host: Wording::fact(&facts.host),
        address: address.unwrap_or_default(),
    }
}

/// The message as this workstation names it for ever: in the outbox, in the store, and its place on the server.
fn mail(mailbox: Option<&str>, message: &TracedMessage, names: &Names, key: &[u8; 32]) -> Wording {
    let known = |uid: &Uid| names.by_uid.get(uid).map(|known| names::in_store(known.mail));
    let place = |uid: Uid| Some(names::place(mailbox?, names.validity, uid, names.account, key));
    let words = [
        names.outgoing.map(names::in_outbox),
        message.uid.as_ref().and_then(known),
        message.uid.and_then(place),
    ];
    let words = words.iter().flatten();
    words.fold(Wording::empty(), |all, word| all.and(word))
}

/// Who acts, as a trace names them; none before anybody was authenticated.
pub(crate) fn author(author: &wire::Author) -> Option<trace::Author> {
    let method = match author.authentication {
        wire::Authentication::PscCode => trace::Authentication::PscCode,
        wire::Authentication::PscCiba => trace::Authentication::PscCiba,
        wire::Authentication::Certificate => trace::Authentication::Certificate,
        wire::Authentication::None => return None,
    };
    Some(trace::Author {
        national_id: author.national_id.clone(),
        name: Wording::fact(&author.display),
        method,
    })
}

fn action(action: wire::Action, protocol: wire::Protocol) -> trace::Action {
    match action {
        wire::Action::Connect => trace::Action::Connect,
        wire::Action::Login => trace::Action::Login,
        wire::Action::ListFolders | wire::Action::CreateFolder => trace::Action::Folders,
        wire::Action::OpenFolder | wire::Action::Watch => trace::Action::Sync,
        wire::Action::ReadHeaders | wire::Action::Examine | wire::Action::ReadMessages => trace::Action::Receive,
        wire::Action::ChangeFlags | wire::Action::Mark => trace::Action::Flag,
        wire::Action::Move => trace::Action::Move,
        wire::Action::Store => trace::Action::Append,
        wire::Action::Delete | wire::Action::Purge => trace::Action::Delete,
        wire::Action::Search => trace::Action::Search,
        wire::Action::ReadQuota => trace::Action::Quota,
        wire::Action::ReadRules | wire::Action::ChangeRules => trace::Action::Rule,
        wire::Action::Inquire => match protocol {
            wire::Protocol::Imap => trace::Action::Sync,
            wire::Protocol::Smtp | wire::Protocol::Sieve => trace::Action::Connect,
        },
        wire::Action::AddressMessage | wire::Action::Send => trace::Action::Send,
        wire::Action::Disconnect => trace::Action::Disconnect,
    }
}

fn outcome(outcome: &AuditOutcome) -> trace::Outcome {
    match outcome {
        AuditOutcome::Intended => trace::Outcome::Intended,
        AuditOutcome::Answered {
            accepted,
            code,
            detail,
            text,
        } => {
            let (code, enhanced) = (code.clone(), detail.clone().unwrap_or_default());
            let text = Wording::empty().and(text);
            if *accepted {
                trace::Outcome::Done { code, enhanced, text }
            } else {
                trace::Outcome::Refused { code, enhanced, text }
            }
        }
        AuditOutcome::Failed { what } => trace::Outcome::Failed { what: what.clone() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Zoned;
    use pli_store::{AccountId, MailId, OutboxId, TracedUid};
    use pli_terms::{Address, BalKind, MessageId, UidSet, UidValidity};
    use std::time::Duration;

    const KEY: [u8; 32] = [7; 32];

    fn asked(action: wire::Action, outcome: AuditOutcome) -> AuditEntry {
        AuditEntry {
            exchange: 41,
            started_at: Zoned::now(),
            took: Duration::ZERO,
            context: wire::AuditContext {
                author: wire::Author {
                    national_id: None,
                    display: "Dr Martin".to_owned(),
                    authentication: wire::Authentication::PscCode,
                },
                bal: Address::parse("dr.martin@alpha.mssante.test").unwrap(),
                kind: BalKind::Per,
            },
            protocol: wire::Protocol::Imap,
            action,
            server: wire::Server {
                host: "imap.alpha.mssante.test".to_owned(),
                port: 993,
                ip: None,
            },
            local: None,
            request: Wording::fixed("UID STORE +FLAGS.SILENT"),
            mailbox: Some("INBOX".to_owned()),
            target: None,
            uids: UidSet::default(),
            messages: vec![TracedMessage {
                uid: Uid::new(3),
                ..TracedMessage::default()
            }],
            octets_out: 0,
            octets_in: 0,
            outcome,
        }
    }

    fn done() -> AuditOutcome {
        AuditOutcome::Answered {
            accepted: true,
            code: Wording::fixed("OK"),
            detail: None,
            text: pli_terms::ServerText::default(),
        }
    }

    fn traces(entry: &AuditEntry, names: &Names) -> Vec<trace::Entry> {
        of(entry, names, &KEY, trace::ClockTruth::default())
    }

    #[test]
    fn a_message_is_named_by_all_that_is_known_of_it() {
        let entry = asked(wire::Action::ChangeFlags, AuditOutcome::Intended);
        let mut names = Names {
            validity: UidValidity::new(7),
            ..Names::default()
        };
        let mail = |names: &Names| traces(&entry, names)[0].mail.as_str().to_owned();
        assert_eq!(mail(&Names::default()), "INBOX;UID=3");
        assert_eq!(mail(&names), "INBOX;UIDVALIDITY=7;UID=3");
        names.account = Some(AccountId::from_raw(2));
        names.outgoing = Some(OutboxId::from_raw(12));
        assert_eq!(mail(&names), "outbox;ID=12 INBOX;UIDVALIDITY=7;UID=3;BAL=2");
    }

    #[test]
    fn messages_acted_on_by_uid_have_a_trace_each_and_their_names() {
        let mut entry = asked(wire::Action::Move, done());
        entry.messages.clear();
        entry.uids = [Uid::new(3), Uid::new(5)].into_iter().flatten().collect();
        (entry.octets_out, entry.octets_in) = (60, 40);
        entry.target = Some("Mme Dupont".to_owned());
        let mut names = Names::default();
        for uid in [3, 5] {
            let uid = Uid::new(uid).unwrap();
            let known = TracedUid {
                uid,
                mail: MailId::from_raw(i64::from(uid.get()) + 100),
                message_id: MessageId::parse("<un@alpha.mssante.test>"),
                from: Address::parse("dr.leroy@alpha.mssante.test").ok(),
                size: 512,
            };
            names.by_uid.insert(uid, known);
        }
        let found = traces(&entry, &names);
        let told: Vec<_> = found
            .iter()
            .map(|one| {
                (
                    one.mail.as_str(),
                    one.request.uids.as_str(),
                    one.request.octets_out,
                    one.encoded_size,
                )
            })
            .collect();
        let expected = [
            ("message;ID=103 INBOX;UID=3", "3", 60, Some(512)),
            ("message;ID=105 INBOX;UID=5", "5", 0, Some(512)),
        ];
        assert_eq!(told, expected);
        assert!(found.iter().all(|one| one.message_id.is_some() && one.sender.is_some()));
        assert!(found.iter().all(|one| one.exchange == Some(trace::Exchange(41))));
        assert!(found[0].request.target.as_str().starts_with("dossier-"), "{found:?}");
        // Before it is asked, one trace says all the UIDs.
        entry.outcome = AuditOutcome::Intended;
        let intended = traces(&entry, &names);
        assert_eq!((intended.len(), intended[0].request.uids.as_str()), (1, "3,5"));
    }

    #[test]
    fn the_name_of_a_place_is_one_word_and_never_a_patient_s() {
        let uid = Uid::new(9).unwrap();
        for folder in ["Sent Items", "Patients/DUPONT Jeanne"] {
            let word = names::place(folder, UidValidity::new(7), uid, None, &KEY);
            let text = word.as_str();
            assert!(
                text.starts_with("dossier-") && text.ends_with(";UIDVALIDITY=7;UID=9"),
                "{text}"
            );
            assert!(!text.contains(' '));
        }
    }
}
