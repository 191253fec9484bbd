//! The machine against servers and deaths that no real one gives on demand: cut before and after each command, killed at each
//! step, another client between any two commands, a folder replaced under its name. Whatever happens, nothing that was not
//! planned is ever deleted, and each deletion is told once.

mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use pli_store::{
    AccountId, AuthMethod, Flags, FolderId, FolderRole, KeptWhy, MailKind, MasterKey, NewAccount, NewMessage, NewPurge,
    PurgeChoice, PurgeFolder, PurgeId, PurgeMail, PurgeStep, ServerFolder, Store, StoreError, SyncCursor,
};
use pli_terms::{Address, BalKind, MessageId, Uid, UidValidity};
use proptest::prelude::*;

use super::batch::{Round, work};
use super::desk::{Desk, Said, Written};
use super::hands::Hands;
use super::judge::Terms;
use crate::error::{EngineError, PurgeProblem};
use server::{Deed, Fault, Server, Session, VALIDITY, Who};

/// Messages of a batch here: several batches, soon.
const BATCH: u32 = 4;

const TERMS: Terms = Terms {
    keep_local: false,
    chosen: false,
};

fn date(uid: u32) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + i64::from(uid)).unwrap()
}

/// A store with a folder of these messages, all planned but those of `kept`, and a journal that is a list.
struct Scene {
    _dir: tempfile::TempDir,
    store: Arc<Store>,
    folder: FolderId,
    purge: PurgeId,
    journal: Mutex<Vec<(u64, u32, Said)>>,
    /// Operations of the desk left before it dies; an odd number dies after what it does, an even one before.
    life: AtomicU64,
    exchange: AtomicU64,
}

impl Scene {
    fn new(count: u32, kept: &BTreeSet<u32>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &MasterKey::from_bytes([9; 32])).unwrap();
        let account = account(&store);
        let sent = ServerFolder {
            raw_name: "Sent".into(),
            name: "Sent".into(),
            delimiter: Some('/'),
            role: FolderRole::Sent,
            selectable: true,
        };
        store.sync_folders(account, &[sent]).unwrap();
        let folder = store.folders(account).unwrap()[0].id;
        let cursor = SyncCursor {
            uid_validity: UidValidity::new(VALIDITY),
            ..SyncCursor::default()
        };
        store.set_cursor(folder, &cursor).unwrap();
        let rows: Vec<NewMessage> = (1..=count).map(|uid| header(uid, kept.contains(&uid))).collect();
        store.apply_headers(folder, &rows).unwrap();
        let purge = store
            .plan_purge(&NewPurge {
                account,
                scope: "{}".into(),
                choice: PurgeChoice::Sent {
                    folder: Some(folder),
                    before: Timestamp::from_second(2_000_000_000).unwrap(),
                    keep_flagged: true,
                    keep_unknown_fate: true,
                    keep_unfiled: true,
                },
                keep_local: false,
                scheduled: false,
                obstacle: "",
                at: date(0),
            })
            .unwrap();
        assert!(store.begin_purge(purge, None, date(0)).unwrap());
        Self {
            _dir: dir,
            store: Arc::new(store),
            folder,
            purge,
            journal: Mutex::default(),
            life: AtomicU64::new(u64::MAX),
            exchange: AtomicU64::new(1),
        }
    }

    fn rows(&self) -> Vec<PurgeMail> {
        self.store.purge_page(self.purge, 0, 1_000).unwrap()
    }

    fn planned(&self) -> BTreeSet<u32> {
        self.rows().iter().map(|row| row.uid.get()).collect()
    }

    /// Whether the desk goes on, before and after what it does.
    fn pulse(&self) -> Result<bool, EngineError> {
        match self.life.load(Ordering::SeqCst) {
            u64::MAX => Ok(true),
            0 => Err(EngineError::Stopped),
            left => {
                self.life.store(left - 1, Ordering::SeqCst);
                match left {
                    1 => Ok(false),
                    _ => Ok(true),
                }
            }
        }
    }

    /// One life of the process: from its connection to its end, or its death.
    async fn live(&self, server: &Arc<Mutex<Server>>, take_back: bool) -> Result<(), EngineError> {
        let mut session = Session(Arc::clone(server));
        let record = self.store.purge(self.purge)?;
        let mut round = Round::new(self.purge, TERMS, record.journal_from, take_back);
        for folder in self.store.purge_folders(self.purge, true)? {
            let mut hands = Hands::open(&mut session, folder).await?;
            loop {
                let batch = self.store.purge_batch(self.purge, self.folder, BATCH)?;
                let begun = batch.iter().any(|mail| mail.step != PurgeStep::Planned);
                if batch.is_empty() || (take_back && !begun) {
                    break;
                }
                work(&mut hands, self, &mut round, batch).await?;
            }
        }
        Ok(())
    }
}

fn account(store: &Store) -> AccountId {
    store
        .add_account(
            &NewAccount {
                address: Address::parse("dr.martin@alpha.mssante.test").unwrap(),
                kind: BalKind::Per,
                display_name: String::new(),
                servers: serde_json::Value::Null,
                auth: AuthMethod::Psc,
                color: String::new(),
            },
            date(0),
        )
        .unwrap()
}

fn header(uid: u32, flagged: bool) -> NewMessage {
    NewMessage {
        uid: Uid::new(uid).unwrap(),
        flags: if flagged { Flags::FLAGGED } else { Flags::SEEN },
        keywords: Vec::new(),
        internal_date: date(uid),
        date: None,
        size: 1_000 + u64::from(uid),
        from_name: String::new(),
        from_address: "dr.martin@alpha.mssante.test".into(),
        recipients: "anne.petit@beta.mssante.test".into(),
        subject: String::new(),
        display_subject: String::new(),
        message_id: MessageId::parse(&format!("<{uid}@alpha.mssante.test>")),
        in_reply_to: None,
        references: Vec::new(),
        kind: MailKind::Professional,
        attachment_count: 0,
    }
}

impl Desk for Scene {
    async fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let goes_on = self.pulse()?;
        let done = work(&self.store)?;
        if goes_on { Ok(done) } else { Err(EngineError::Stopped) }
    }

    async fn write(&self, _: &PurgeFolder, said: Vec<(PurgeMail, Said)>) -> Result<(), EngineError> {
        if said.is_empty() {
            return Ok(());
        }
        let goes_on = self.pulse()?;
        let mut journal = self.journal.lock().unwrap();
        for (mail, said) in said {
            journal.push((mail.exchange.unwrap(), mail.uid.get(), said));
        }
        if goes_on { Ok(()) } else { Err(EngineError::Stopped) }
    }

    async fn journal_head(&self) -> Result<u64, EngineError> {
        Ok(self.journal.lock().unwrap().len() as u64)
    }

    async fn written_since(&self, from: u64, exchanges: BTreeSet<u64>) -> Result<Written, EngineError> {
        let mut written = Written::default();
        let journal = self.journal.lock().unwrap();
        for (own, _, said) in journal.iter().skip(usize::try_from(from).unwrap()) {
            if !exchanges.contains(own) {
                continue;
            }
            match said {
                Said::Intended => drop(written.intended.insert(*own)),
                said => drop(written.ended.insert(*own, *said == Said::Gone)),
            }
        }
        Ok(written)
    }

    fn may_go_on(&self) -> Result<(), EngineError> {
        Ok(())
    }

    fn now(&self) -> Timestamp {
        date(0)
    }

    fn exchange(&self) -> u64 {
        self.exchange.fetch_add(1, Ordering::SeqCst)
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// What must hold whatever happened.
fn hold(scene: &Scene, server: &Server, planned: &BTreeSet<u32>) {
    for (uid, id) in &server.expunged {
        assert!(planned.contains(uid), "{uid} was not planned");
        assert_eq!(
            *id,
            format!("<{uid}@alpha.mssante.test>"),
            "another message was deleted"
        );
    }
    assert!(server.wrongs.is_empty(), "{:?}", server.wrongs);
    let mut told: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
    let mut gone: BTreeMap<u32, usize> = BTreeMap::new();
    for (exchange, uid, said) in scene.journal.lock().unwrap().iter() {
        let counts = told.entry(*exchange).or_default();
        match said {
            Said::Intended => counts.0 += 1,
            _ => counts.1 += 1,
        }
        if *said == Said::Gone {
            *gone.entry(*uid).or_default() += 1;
        }
    }
    assert!(
        told.values().all(|(begun, ended)| *begun == 1 && *ended <= 1),
        "{told:?}"
    );
    assert!(gone.values().all(|times| *times == 1));
}

/// And what must hold once the plan has come to its end.
fn over(scene: &Scene, server: &Server) {
    let gone: BTreeSet<u32> = {
        let journal = scene.journal.lock().unwrap();
        let ends = journal.iter().filter(|(_, _, said)| *said != Said::Intended).count();
        assert_eq!(2 * ends, journal.len(), "what was begun has its end");
        let gone = journal.iter().filter(|(_, _, said)| *said == Said::Gone);
        gone.map(|(_, uid, _)| *uid).collect()
    };
    for row in scene.rows() {
        let uid = row.uid.get();
        assert!(row.step.is_final(), "{row:?}");
        assert_eq!(
            row.step == PurgeStep::Gone,
            gone.contains(&uid),
            "one record for each deletion: {uid}"
        );
        let there = server.messages.get(&uid);
        match row.step {
            PurgeStep::Gone | PurgeStep::Absent => assert!(there.is_none(), "{uid} is said to be gone"),
            _ => assert!(
                there.is_none_or(|message| message.marked != Some(Who::Us)),
                "our mark is left on {uid}"
            ),
        }
    }
    for uid in server.expunged.iter().map(|(uid, _)| uid) {
        assert!(gone.contains(uid), "{uid} was deleted and is not told");
    }
}

fn shared(server: Server) -> Arc<Mutex<Server>> {
    Arc::new(Mutex::new(server))
}

#[test]
fn a_plan_goes_and_nothing_else() {
    let kept = BTreeSet::from([3, 7]);
    let scene = Scene::new(10, &kept);
    let planned = scene.planned();
    assert_eq!(planned.len(), 8);
    let server = shared(Server::new(10, &kept));
    runtime().block_on(scene.live(&server, false)).unwrap();
    let server = server.lock().unwrap();
    hold(&scene, &server, &planned);
    over(&scene, &server);
    assert_eq!(server.messages.keys().copied().collect::<BTreeSet<_>>(), kept);
}

#[test]
fn a_connection_cut_at_each_command_before_or_after_it_ends_the_plan_all_the_same() {
    let kept = BTreeSet::from([4]);
    for condstore in [true, false] {
        let commands = {
            let scene = Scene::new(9, &kept);
            let server = shared(Server::new(9, &kept).with_condstore(condstore));
            runtime().block_on(scene.live(&server, false)).unwrap();
            server.lock().unwrap().commands
        };
        assert!(commands > 10);
        for at in 1..=commands {
            for fault in [Fault::Before, Fault::After, Fault::Half] {
                let scene = Scene::new(9, &kept);
                let planned = scene.planned();
                let server = shared(Server::new(9, &kept).with_condstore(condstore).failing(at, fault));
                let first = runtime().block_on(scene.live(&server, false));
                assert!(first.is_err(), "command {at}, {fault:?}");
                hold(&scene, &server.lock().unwrap(), &planned);
                runtime().block_on(scene.live(&server, false)).unwrap();
                let server = server.lock().unwrap();
                hold(&scene, &server, &planned);
                over(&scene, &server);
                let left: BTreeSet<u32> = server.messages.keys().copied().collect();
                assert_eq!(left, kept, "cut at {at}, {fault:?}");
            }
        }
    }
}

#[test]
fn a_death_at_each_step_of_the_store_and_of_the_journal_ends_the_plan_all_the_same() {
    let none = BTreeSet::new();
    for life in 1..60 {
        let scene = Scene::new(9, &none);
        let planned = scene.planned();
        let server = shared(Server::new(9, &none));
        scene.life.store(life, Ordering::SeqCst);
        let first = runtime().block_on(scene.live(&server, false));
        hold(&scene, &server.lock().unwrap(), &planned);
        scene.life.store(u64::MAX, Ordering::SeqCst);
        if first.is_err() {
            runtime().block_on(scene.live(&server, false)).unwrap();
        }
        let server = server.lock().unwrap();
        hold(&scene, &server, &planned);
        over(&scene, &server);
        assert!(server.messages.is_empty(), "died at {life}");
    }
}

#[test]
fn without_uidplus_nothing_is_asked() {
    let none = BTreeSet::new();
    let scene = Scene::new(3, &none);
    let mut without = Server::new(3, &none);
    without.uidplus = false;
    let server = shared(without);
    let ended = runtime().block_on(scene.live(&server, false));
    assert!(matches!(ended, Err(EngineError::Purge(PurgeProblem::NoUidPlus))));
    let server = server.lock().unwrap();
    assert_eq!((server.commands, server.messages.len()), (0, 3));
}

#[test]
fn a_refused_expunge_leaves_every_message_and_no_mark_of_ours() {
    for honest in [true, false] {
        let none = BTreeSet::new();
        let scene = Scene::new(6, &none);
        let planned = scene.planned();
        let mut refusing = Server::new(6, &none);
        refusing.expunges = if honest {
            server::Expunges::Refused
        } else {
            server::Expunges::Lies
        };
        refusing.messages.get_mut(&2).unwrap().marked = Some(Who::Other);
        let server = shared(refusing);
        let ended = runtime().block_on(scene.live(&server, false));
        assert!(matches!(ended, Err(EngineError::Wire(_))), "{ended:?}");
        let server = server.lock().unwrap();
        hold(&scene, &server, &planned);
        assert_eq!(server.messages.len(), 6);
        let marked: Vec<_> = server
            .messages
            .iter()
            .filter(|(_, message)| message.marked.is_some())
            .collect();
        assert!(
            matches!(marked[..], [(2, message)] if message.marked == Some(Who::Other)),
            "{marked:?}"
        );
        assert!(scene.rows().iter().all(|row| row.step == PurgeStep::Planned));
    }
}

#[test]
fn a_refused_mark_leaves_no_mark_of_ours() {
    let none = BTreeSet::new();
    let scene = Scene::new(6, &none);
    let mut refusing = Server::new(6, &none);
    refusing.refuses_marks = true;
    let server = shared(refusing);
    assert!(runtime().block_on(scene.live(&server, false)).is_err());
    let server = server.lock().unwrap();
    assert!(server.messages.values().all(|message| message.marked.is_none()) && server.messages.len() == 6);
}

#[test]
fn a_folder_replaced_at_each_command_told_or_not_loses_no_message() {
    let none = BTreeSet::new();
    for told in [true, false] {
        for at in 1..=12 {
            let scene = Scene::new(6, &none);
            let planned = scene.planned();
            let server = shared(Server::new(6, &none).meeting(at, Deed::Replace { told }));
            let ended = runtime().block_on(scene.live(&server, false));
            let mut server = server.lock().unwrap();
            hold(&scene, &server, &planned);
            if server.replaced {
                assert_eq!(server.messages.len(), 6, "at {at}: a message of the new folder is gone");
                assert!(
                    !told || matches!(ended, Err(EngineError::Purge(PurgeProblem::Stale))),
                    "at {at}: {ended:?}"
                );
                // Opened again, it is another folder in any case.
                server.fault = None;
            }
            drop(server);
        }
    }
}

#[test]
fn a_stop_takes_the_marks_back_and_deletes_nothing_more() {
    let none = BTreeSet::new();
    let scene = Scene::new(6, &none);
    // Cut once its first batch is marked.
    let server = shared(Server::new(6, &none).failing(4, Fault::Before));
    assert!(runtime().block_on(scene.live(&server, false)).is_err());
    let marked = |server: &Arc<Mutex<Server>>| {
        let server = server.lock().unwrap();
        server
            .messages
            .values()
            .filter(|message| message.marked == Some(Who::Us))
            .count()
    };
    assert_eq!(marked(&server), BATCH as usize);
    runtime().block_on(scene.live(&server, true)).unwrap();
    assert_eq!(marked(&server), 0);
    assert_eq!(server.lock().unwrap().messages.len(), 6);
    runtime().block_on(scene.live(&server, false)).unwrap();
    let server = server.lock().unwrap();
    over(&scene, &server);
    assert!(server.messages.is_empty());
}

fn deed() -> impl Strategy<Value = Deed> {
    let uid = 1..13u32;
    prop_oneof![
        uid.clone().prop_map(Deed::Flag),
        uid.clone().prop_map(Deed::Seen),
        uid.clone().prop_map(Deed::Mark),
        uid.clone().prop_map(Deed::Unmark),
        uid.clone().prop_map(Deed::Delete),
        uid.prop_map(Deed::Take),
        Just(Deed::Add),
        Just(Deed::ExpungeAll),
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![Just(Fault::Before), Just(Fault::After), Just(Fault::Half)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_another_client_and_death_do_nothing_unplanned_goes_and_each_deletion_is_told_once(
        kept in proptest::collection::btree_set(1..13u32, 0..4),
        deeds in proptest::collection::vec((1..30usize, deed()), 0..25),
        faults in proptest::collection::vec((1..12usize, fault(), 1..40u64), 0..6),
        condstore in any::<bool>(),
        issues in any::<bool>(),
    ) {
        let scene = Scene::new(12, &kept);
        let planned = scene.planned();
        let mut first = Server::new(12, &kept).with_condstore(condstore);
        first.deeds = deeds;
        first.strict = faults.is_empty() && !issues;
        first.issues = issues;
        let server = shared(first);
        let runtime = runtime();
        for (at, fault, life) in faults {
            {
                let mut server = server.lock().unwrap();
                let now = server.commands;
                server.fault = Some((now + at, fault));
            }
            scene.life.store(life, Ordering::SeqCst);
            let _ = runtime.block_on(scene.live(&server, false));
            hold(&scene, &server.lock().unwrap(), &planned);
        }
        server.lock().unwrap().fault = None;
        scene.life.store(u64::MAX, Ordering::SeqCst);
        runtime.block_on(scene.live(&server, false)).unwrap();
        let server = server.lock().unwrap();
        hold(&scene, &server, &planned);
        over(&scene, &server);
        // What is not planned is there, unless the other client took it.
        for uid in (1..13).filter(|uid| !planned.contains(uid)) {
            prop_assert!(server.messages.contains_key(&uid) || server.taken.contains(&uid), "{}", uid);
        }
        // What is spared has a reason, and is there unless it was taken later.
        for row in scene.rows().iter().filter(|row| row.step == PurgeStep::Spared) {
            let uid = row.uid.get();
            prop_assert!(row.why.is_some_and(|why| why != KeptWhy::AnotherMessage), "{row:?}");
            prop_assert!(server.messages.contains_key(&uid) || server.taken.contains(&uid));
        }
    }
}
