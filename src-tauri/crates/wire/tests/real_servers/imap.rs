//! Reading and changing a mailbox on a real Dovecot.

use std::sync::Arc;
use std::time::Duration;

use pli_operator::{Operator, Seed, boxes};
use pli_terms::{MessageId, Uid, UidSet};
use pli_wire::audit::{Action, AuditOutcome};
use pli_wire::imap::{
    BodyPiece, BodyRequest, Flags, HeaderRow, IdleEnd, ImapSession, Known, MailboxName, Search, Session, SpecialUse,
    SyncLevel, Unsolicited,
};
use pli_wire::{TlsMode, WireError};
use tokio::sync::{Notify, mpsc};

use crate::support::{self, LABO, LEROY, MARTIN, PLEIN, Recorder, bearer, context, letter, open, operator};

/// A folder of its own for each test: they share one box.
async fn folder(session: &mut Session, name: &str) -> MailboxName {
    let name = MailboxName::new(name).unwrap();
    session.create(&name).await.unwrap();
    name
}

async fn headers(session: &mut Session, uids: &UidSet, structure: bool) -> Vec<HeaderRow> {
    let (rows, mut came) = mpsc::channel(1000);
    session.fetch_headers(uids, structure, rows).await.unwrap();
    let mut all = Vec::new();
    while let Some(row) = came.recv().await {
        all.push(row);
    }
    all
}

async fn bodies(session: &mut Session, wanted: &[BodyRequest]) -> Vec<BodyPiece> {
    let (pieces, mut came) = mpsc::channel(1000);
    session.fetch_bodies(wanted, pieces).await.unwrap();
    let mut all = Vec::new();
    while let Some(piece) = came.recv().await {
        all.push(piece);
    }
    all
}

fn everything() -> UidSet {
    UidSet::from_ranges([(Uid::new(1).unwrap(), Uid::new(u32::MAX).unwrap())])
}

#[tokio::test]
async fn login_by_each_mechanism_in_both_tls_modes() {
    let operator = operator();
    for tls in [TlsMode::Implicit, TlsMode::StartTls] {
        let recorder = Recorder::new();
        let token = operator.token(boxes::DR_MARTIN).unwrap();
        let endpoint = support::imap_endpoint(operator, tls);
        let context = context(MARTIN, Some(boxes::DR_MARTIN));
        let network = support::network(operator, None);
        let mut session = Session::open(&network, &endpoint, &bearer(MARTIN, &token), recorder.clone(), context)
            .await
            .unwrap();
        assert!(session.capabilities().qresync() && session.capabilities().idle() && session.is_usable());
        session.logout().await.unwrap();
        assert!(!session.is_usable());
        let login = recorder.last("AUTHENTICATE");
        assert_eq!(
            (login.request.as_str(), login.action),
            ("AUTHENTICATE XOAUTH2", Action::Login)
        );
        assert!(login.local.is_some() && login.server.ip.is_some());
        assert!(!recorder.text().contains(&token), "a token in the trace");
    }
    for legacy in [false, true] {
        let recorder = Recorder::new();
        let network = support::network(operator, Some(support::certificate(operator, legacy)));
        let credentials = pli_wire::Credentials::External {
            user: support::address(boxes::SECRETARIAT),
        };
        let endpoint = support::imap_endpoint(operator, TlsMode::Implicit);
        let context = context(boxes::SECRETARIAT, None);
        let mut session = Session::open(&network, &endpoint, &credentials, recorder.clone(), context)
            .await
            .unwrap();
        assert_eq!(recorder.last("AUTHENTICATE").request.as_str(), "AUTHENTICATE EXTERNAL");
        session.select(&MailboxName::inbox(), None).await.unwrap();
    }
}

#[tokio::test]
async fn a_refused_token_is_told_as_such_and_recorded() {
    let operator = operator();
    for (bal, token) in [
        (MARTIN, "wrong-token".to_owned()),
        (LABO, operator.token(boxes::DR_MARTIN).unwrap()),
    ] {
        let recorder = Recorder::new();
        let endpoint = support::imap_endpoint(operator, TlsMode::Implicit);
        let network = support::network(operator, None);
        let context = context(bal, Some(boxes::DR_MARTIN));
        let error = Session::open(&network, &endpoint, &bearer(bal, &token), recorder.clone(), context)
            .await
            .unwrap_err();
        assert!(error.is_token_refused(), "{error:?}");
        assert!(!error.is_transient());
        let entry = recorder.last("AUTHENTICATE");
        assert!(
            matches!(entry.outcome, AuditOutcome::Answered { accepted: false, .. }),
            "{:?}",
            entry.outcome
        );
        assert!(!recorder.text().contains(&token));
    }
}

#[tokio::test]
async fn external_without_a_certificate_is_refused() {
    let operator = operator();
    let credentials = pli_wire::Credentials::External {
        user: support::address(boxes::SECRETARIAT),
    };
    let endpoint = support::imap_endpoint(operator, TlsMode::Implicit);
    let context = context(boxes::SECRETARIAT, None);
    let network = support::network(operator, None);
    let error = Session::open(&network, &endpoint, &credentials, Recorder::new(), context)
        .await
        .unwrap_err();
    assert!(
        matches!(error, WireError::LoginRefused { transient: false, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn folders_have_their_uses_and_their_accents() {
    let mut session = open(operator(), LEROY, &Recorder::new()).await.unwrap();
    let name = folder(&mut session, "Comptes-rendus_é & \"guillemets\" \\ fin").await;
    folder(&mut session, "Comptes-rendus_é & \"guillemets\" \\ fin").await;
    let folders = session.list().await.unwrap();
    assert!(
        folders.iter().any(|folder| folder.name == name && folder.selectable),
        "{folders:?}"
    );
    for special_use in [
        SpecialUse::Inbox,
        SpecialUse::Sent,
        SpecialUse::Drafts,
        SpecialUse::Trash,
    ] {
        assert!(
            folders.iter().any(|folder| folder.special_use == Some(special_use)),
            "{special_use:?}"
        );
    }
    assert!(folders.iter().all(|folder| folder.delimiter.is_some()));
    session.select(&name, None).await.unwrap();
    let missing = session
        .select(&MailboxName::new("Absent").unwrap(), None)
        .await
        .unwrap_err();
    assert!(matches!(missing, WireError::Refused { .. }), "{missing:?}");
    assert!(session.is_usable());
}

#[tokio::test]
async fn what_is_appended_comes_back_byte_for_byte() {
    let recorder = Recorder::new();
    let mut session = open(operator(), MARTIN, &recorder).await.unwrap();
    let name = folder(&mut session, "Aller et retour").await;
    let date = "2026-01-02T03:04:05+01:00[+01:00]".parse().unwrap();
    let small = letter("petit@alpha.mssante.test", LABO);
    let line = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n";
    let mut large = letter("grand@alpha.mssante.test", LABO);
    large.extend(line.iter().copied().cycle().take(40_000 * line.len()));
    let mut eight_bit = letter("octets@alpha.mssante.test", LABO);
    eight_bit.extend((0..=255u8).filter(|b| !b"\0\r\n".contains(b)));
    eight_bit.extend(b"\r\n");
    let mut wanted = Vec::new();
    for (message, size) in [
        (&small, Some(small.len() as u64)),
        (&large, Some(large.len() as u64)),
        (&eight_bit, None),
    ] {
        let flags = Flags {
            flagged: true,
            ..Flags::seen()
        };
        let (_, uid) = session
            .append(&name, &flags, Some(&date), message)
            .await
            .unwrap()
            .unwrap();
        wanted.push(BodyRequest { uid, size });
    }
    let entry = recorder.last("APPEND");
    assert_eq!(
        entry.messages[0].message_id.as_ref().unwrap().as_str(),
        "octets@alpha.mssante.test"
    );
    assert!(entry.octets_out > eight_bit.len() as u64 && entry.octets_in > 0);

    let selected = session.select(&name, None).await.unwrap();
    assert_eq!((selected.exists, selected.level), (3, SyncLevel::Qresync));
    let rows = headers(&mut session, &everything(), true).await;
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0].size, Some(small.len() as u64));
    assert_eq!(rows[0].received.unwrap().to_string(), "2026-01-02T02:04:05Z");
    assert_eq!(rows[0].attachments, Some(false));
    assert!(rows[0].flags.seen && rows[0].flags.flagged && rows[0].modseq.is_some());
    assert!(String::from_utf8_lossy(&rows[0].header).contains("Sujet-secret"));
    let traced = recorder.last("UID FETCH");
    assert_eq!(traced.messages[0].to, [support::address(LABO)]);

    let pieces = bodies(&mut session, &wanted).await;
    for (request, message) in wanted.iter().zip([&small, &large, &eight_bit]) {
        let mut whole = Vec::new();
        for piece in pieces.iter().filter(|piece| piece.uid == request.uid) {
            assert_eq!(piece.offset, whole.len() as u64);
            whole.extend_from_slice(&piece.bytes);
            assert_eq!(piece.last, whole.len() == message.len());
        }
        assert!(whole == **message, "UID {}", request.uid);
    }
    assert!(pieces.len() > 4, "the large message must come in pieces");

    let (pieces, _came) = mpsc::channel(10);
    let gone = BodyRequest {
        uid: Uid::new(999_999).unwrap(),
        size: Some(10),
    };
    let gone_large = BodyRequest {
        uid: Uid::new(999_998).unwrap(),
        size: None,
    };
    let report = session.fetch_bodies(&[gone, gone_large], pieces).await.unwrap();
    assert_eq!(report.missing.to_string(), "999998:999999");
    assert!(!recorder.text().contains("secret"), "content in the trace");
}

#[tokio::test]
async fn flags_moves_and_deletions() {
    let recorder = Recorder::new();
    let mut session = open(operator(), MARTIN, &recorder).await.unwrap();
    let from = folder(&mut session, "Départ").await;
    let to = folder(&mut session, "Arrivée").await;
    let mut uids = Vec::new();
    for n in 0..4 {
        let message = letter(&format!("m{n}@alpha.mssante.test"), LABO);
        uids.push(
            session
                .append(&from, &Flags::default(), None, &message)
                .await
                .unwrap()
                .unwrap()
                .1,
        );
    }
    session.select(&from, None).await.unwrap();
    let set = |uids: &[Uid]| uids.iter().copied().collect::<UidSet>();
    let mut flags = Flags::seen();
    flags.keywords.insert("$Classé".to_owned());
    flags.keywords.insert("$Done".to_owned());
    session.store_flags(&set(&uids), true, &flags, None).await.unwrap();
    session
        .store_flags(&set(&uids[..1]), false, &Flags::seen(), None)
        .await
        .unwrap();
    let sweep = session.fetch_flags(uids[0], None, None).await.unwrap();
    assert_eq!(sweep.rows.len(), 4);
    assert!(!sweep.rows[0].flags.seen && sweep.rows[1].flags.seen);
    assert!(sweep.rows[0].flags.keywords.contains("$Done"));
    let before = sweep.rows.iter().filter_map(|row| row.modseq).max().unwrap();

    // A conditional change leaves alone what changed meanwhile.
    session
        .store_flags(
            &set(&uids[1..2]),
            true,
            &Flags {
                flagged: true,
                ..Flags::default()
            },
            None,
        )
        .await
        .unwrap();
    let left = session
        .store_flags(&set(&uids[1..3]), false, &Flags::seen(), Some(before))
        .await
        .unwrap();
    assert_eq!(left, set(&uids[1..2]));

    let moved = session.uid_move(&set(&uids[..2]), &to).await.unwrap();
    assert_eq!(moved.iter().map(|pair| pair.0).collect::<Vec<_>>(), uids[..2]);
    assert!(
        session
            .drain()
            .iter()
            .any(|item| matches!(item, Unsolicited::Vanished(_) | Unsolicited::Expunge(_)))
    );
    session.uid_expunge(&set(&uids[2..3])).await.unwrap();
    let sweep = session.fetch_flags(uids[0], None, Some(before)).await.unwrap();
    assert!(uids[..3].iter().all(|uid| sweep.vanished.contains(*uid)), "{sweep:?}");
    let mut other = operator().mailbox(MARTIN).unwrap();
    assert_eq!(
        (other.count("Départ").unwrap(), other.count("Arrivée").unwrap()),
        (1, 2)
    );

    let entries = recorder.entries();
    let moves: Vec<_> = entries.iter().filter(|entry| entry.action == Action::Move).collect();
    assert_eq!(moves.len(), 2, "an intention, then an outcome");
    assert_eq!(moves[0].outcome, AuditOutcome::Intended);
    assert_eq!(moves[0].exchange, moves[1].exchange);
    assert_eq!(
        (moves[1].mailbox.as_deref(), moves[1].target.as_deref()),
        (Some("Départ"), Some("Arrivée"))
    );
    assert_eq!(moves[1].request.as_str(), "UID MOVE");
}

#[tokio::test]
async fn only_what_changed_is_told_again() {
    let operator = operator();
    let mut session = open(operator, MARTIN, &Recorder::new()).await.unwrap();
    let name = folder(&mut session, "Reprise").await;
    let mut uids = Vec::new();
    for n in 0..5 {
        let message = letter(&format!("r{n}@alpha.mssante.test"), LABO);
        uids.push(
            session
                .append(&name, &Flags::default(), None, &message)
                .await
                .unwrap()
                .unwrap()
                .1,
        );
    }
    let first = session.select(&name, None).await.unwrap();
    assert!(!first.resumed && first.changed.is_empty());
    let known = Known {
        uid_validity: first.uid_validity.unwrap(),
        modseq: first.highest_modseq.unwrap(),
        uids: uids.iter().copied().collect(),
    };
    session.logout().await.unwrap();

    let mut other = operator.mailbox(MARTIN).unwrap();
    other.set_flags("Reprise", uids[1].get(), &["\\Seen"]).unwrap();
    other.delete("Reprise", uids[2].get()).unwrap();
    other
        .append("Reprise", &[], &letter("nouveau@alpha.mssante.test", LABO))
        .unwrap();

    let mut session = open(operator, MARTIN, &Recorder::new()).await.unwrap();
    let again = session.select(&name, Some(&known)).await.unwrap();
    assert!(again.resumed && again.exists == 5);
    assert!(again.vanished.contains(uids[2]) && !again.vanished.contains(uids[0]));
    let changed: Vec<_> = again.changed.iter().map(|row| (row.uid, row.flags.seen)).collect();
    assert_eq!(changed, [(uids[1], true)]);
    let new = session.fetch_flags(first.uid_next.unwrap(), None, None).await.unwrap();
    assert_eq!(new.rows.len(), 1);
    let unlisted = Known {
        uids: UidSet::default(),
        ..known.clone()
    };
    assert_eq!(session.select(&name, Some(&unlisted)).await.unwrap().changed.len(), 2);

    // Another UIDVALIDITY: nothing of what was known holds.
    let other = Known {
        uid_validity: pli_terms::UidValidity::new(1).unwrap(),
        ..known
    };
    let void = session.select(&name, Some(&other)).await.unwrap();
    assert!(!void.resumed && void.vanished.is_empty() && void.changed.is_empty());
}

#[tokio::test]
async fn searches_are_answered_and_their_words_kept_out_of_the_trace() {
    let recorder = Recorder::new();
    let mut session = open(operator(), MARTIN, &recorder).await.unwrap();
    let name = folder(&mut session, "Recherche").await;
    let mut message = letter("cherche-moi@alpha.mssante.test", LABO);
    message.extend("Résultat d'hémoglobine\r\n".as_bytes());
    let uid = session
        .append(&name, &Flags::default(), None, &message)
        .await
        .unwrap()
        .unwrap()
        .1;
    session.select(&name, None).await.unwrap();
    let found: UidSet = [uid].into_iter().collect();
    let id = MessageId::parse("<cherche-moi@alpha.mssante.test>").unwrap();
    assert_eq!(session.search_message_id(&id).await.unwrap(), found);
    assert_eq!(
        session.search(&Search::Text("hémoglobine".to_owned())).await.unwrap(),
        found
    );
    assert_eq!(
        session
            .search(&Search::Text("absent \"mot\"".to_owned()))
            .await
            .unwrap(),
        UidSet::default()
    );
    assert_eq!(session.search(&Search::All).await.unwrap(), found);
    assert!(!recorder.text().contains("moglobine") && !recorder.text().contains("absent"));
}

#[tokio::test]
async fn idle_wakes_on_news_on_interruption_and_in_time() {
    let operator = operator();
    let recorder = Recorder::new();
    let mut session = open(operator, LEROY, &recorder).await.unwrap();
    let name = folder(&mut session, "Veille").await;
    session.select(&name, None).await.unwrap();
    let interrupt = Arc::new(Notify::new());
    assert_eq!(
        session.idle(Duration::from_millis(50), &interrupt).await.unwrap(),
        IdleEnd::Elapsed
    );
    interrupt.notify_one();
    assert_eq!(
        session.idle(Duration::from_secs(60), &interrupt).await.unwrap(),
        IdleEnd::Interrupted
    );
    let writing = std::thread::spawn(move || {
        let mut other = operator.mailbox(LEROY).unwrap();
        other
            .append("Veille", &[], &letter("veille@alpha.mssante.test", LEROY))
            .unwrap();
    });
    assert_eq!(
        session.idle(Duration::from_secs(60), &interrupt).await.unwrap(),
        IdleEnd::News
    );
    writing.join().unwrap();
    let news = session.drain();
    assert!(news.contains(&Unsolicited::Exists(1)), "{news:?}");
    session.noop().await.unwrap();
    assert!(matches!(
        recorder.last("IDLE").outcome,
        AuditOutcome::Answered { accepted: true, .. }
    ));
}

#[tokio::test]
async fn a_full_box_says_so() {
    let mut session = open(operator(), PLEIN, &Recorder::new()).await.unwrap();
    let quota = session.quota().await.unwrap().unwrap();
    assert_eq!(
        quota.roots[0].storage.unwrap().limit,
        u64::from(boxes::FULL_QUOTA_KIB) * 1024
    );
    let message = [letter("trop@alpha.mssante.test", PLEIN), vec![b'x'; 20_000]].concat();
    let error = session
        .append(&MailboxName::inbox(), &Flags::default(), None, &message)
        .await
        .unwrap_err();
    assert!(error.is_over_quota(), "{error:?}");
    assert!(session.is_usable());
    session.noop().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_done() {
    let recorder = Recorder::new();
    let mut session = open(operator(), MARTIN, &recorder).await.unwrap();
    let name = folder(&mut session, "Sans trace").await;
    recorder.refuse(true);
    let message = letter("trace@alpha.mssante.test", LABO);
    let error = session
        .append(&name, &Flags::default(), None, &message)
        .await
        .unwrap_err();
    assert!(matches!(error, WireError::Audit(_)), "{error:?}");
    assert_eq!(operator().mailbox(MARTIN).unwrap().count("Sans trace").unwrap(), 0);
    recorder.refuse(false);
    session.noop().await.unwrap();
    recorder.refuse(true);
    let error = open(operator(), MARTIN, &recorder).await.unwrap_err();
    assert!(matches!(error, WireError::Audit(_)), "{error:?}");
}

#[tokio::test]
async fn a_dropped_command_leaves_the_session_unusable_and_traced() {
    let recorder = Recorder::new();
    let mut session = open(operator(), MARTIN, &recorder).await.unwrap();
    session.select(&MailboxName::inbox(), None).await.unwrap();
    let interrupt = Notify::new();
    let idling = session.idle(Duration::from_secs(60), &interrupt);
    assert!(tokio::time::timeout(Duration::from_millis(100), idling).await.is_err());
    assert!(!session.is_usable());
    assert!(matches!(session.noop().await, Err(WireError::Broken)));
    assert!(matches!(recorder.last("IDLE").outcome, AuditOutcome::Failed { .. }));
}

#[tokio::test]
async fn more_news_than_a_small_channel_holds_are_all_kept() {
    let operator = operator();
    let seeds: Vec<Seed> = (0..300).map(|n| seed("Foule", n)).collect();
    operator.seed(MARTIN, &seeds).unwrap();
    let mut session = open(operator, MARTIN, &Recorder::new()).await.unwrap();
    session.select(&MailboxName::new("Foule").unwrap(), None).await.unwrap();
    let mut second = open(operator, MARTIN, &Recorder::new()).await.unwrap();
    second.select(&MailboxName::new("Foule").unwrap(), None).await.unwrap();
    let all = UidSet::from_ranges([(Uid::new(1).unwrap(), Uid::new(300).unwrap())]);
    second.store_flags(&all, true, &Flags::seen(), None).await.unwrap();
    session.noop().await.unwrap();
    let told = session.drain();
    let flags = told
        .iter()
        .filter(|item| matches!(item, Unsolicited::Flags { flags, .. } if flags.seen))
        .count();
    assert_eq!(flags, 300);
}

fn seed(folder: &str, n: i64) -> Seed {
    Seed {
        folder: folder.to_owned(),
        flags: Vec::new(),
        internal_date_unix: 1_790_000_000 + n,
        raw: letter(&format!("s{n}@alpha.mssante.test"), LABO),
    }
}

/// Used by the module of measures.
pub(crate) async fn open_for(operator: &Operator) -> Session {
    open(operator, MARTIN, &Recorder::new()).await.unwrap()
}
