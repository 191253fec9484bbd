//! A model of a server beside the store: whatever is changed on either side, once all is told they say the same.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{at, header, open, uid};
use pli_store::{Change, Filter, FlagUpdate, Flags, FolderId, MailId, NewMessage, Scope, SyncCursor, Told};
use pli_terms::{Uid, UidSet, UidValidity};
use proptest::prelude::*;

/// One step of the world.
#[derive(Debug, Clone)]
enum Step {
    /// A message arrives on the server, in one of its two folders.
    Arrives(bool),
    /// Another client changes flags on the server.
    FlagThere(prop::sample::Index, u32),
    /// Another client removes a message.
    RemoveThere(prop::sample::Index),
    /// The folder gets a new UIDVALIDITY.
    Renumber(bool),
    /// The person changes flags here.
    FlagHere(prop::sample::Index, u32, u32),
    /// The person moves a message to the other folder.
    MoveHere(prop::sample::Index),
    /// The person removes a message.
    RemoveHere(prop::sample::Index),
    /// The person keeps a message on this workstation: its octets come first.
    KeepHere(prop::sample::Index),
    /// Another client moves a message to the other folder.
    MoveThere(prop::sample::Index),
    /// A few queued changes are told; the server says the new UID or not.
    Tell(usize, bool),
    /// A folder is followed.
    Follow(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<prop::sample::Index>;
    let step = prop_oneof![
        4 => any::<bool>().prop_map(Step::Arrives),
        2 => (index(), 0u32..8).prop_map(|(i, f)| Step::FlagThere(i, f)),
        1 => index().prop_map(Step::RemoveThere),
        1 => any::<bool>().prop_map(Step::Renumber),
        3 => (index(), 0u32..8, 0u32..8).prop_map(|(i, a, r)| Step::FlagHere(i, a, r)),
        3 => index().prop_map(Step::MoveHere),
        1 => index().prop_map(Step::RemoveHere),
        2 => index().prop_map(Step::KeepHere),
        1 => index().prop_map(Step::MoveThere),
        3 => (1usize..4, any::<bool>()).prop_map(|(n, place)| Step::Tell(n, place)),
        4 => any::<bool>().prop_map(Step::Follow),
    ];
    proptest::collection::vec(step, 1..40)
}

/// The server: each folder's UIDs, and what stands under them.
#[derive(Default)]
struct Server {
    folders: [BTreeMap<u32, (u32, Flags)>; 2],
    validity: [u32; 2],
    next: [u32; 2],
    born: u32,
}

struct World {
    b: common::Box,
    server: Server,
    // The UIDVALIDITY under which the store last saw each folder.
    seen: [u32; 2],
    // What the person keeps, whatever becomes of it on the server.
    kept: BTreeSet<MailId>,
}

impl World {
    fn folder(&self, which: usize) -> FolderId {
        [self.b.inbox, self.b.archive][which]
    }

    fn which(&self, folder: FolderId) -> usize {
        usize::from(folder == self.b.archive)
    }

    fn listed(&self) -> Vec<MailId> {
        let page = self.b.store.list(Scope::Everything, Filter::All, 0, 1000).unwrap();
        let theirs = page
            .rows
            .iter()
            .filter(|row| row.folder == Some(self.b.inbox) || row.folder == Some(self.b.archive));
        theirs.map(|r| r.id).collect()
    }

    /// What is kept is readable and listed, and nothing of the local folder waits to be told.
    fn check_kept(&self) {
        let store = &self.b.store;
        let kept: Vec<MailId> = self.kept.iter().copied().collect();
        assert_eq!(store.kept_among(&kept).unwrap(), kept);
        for mail in &kept {
            assert_eq!(store.raw(*mail).unwrap(), b"kept octets");
            let row = store.message(*mail).unwrap().row;
            assert!(row.folder.is_some(), "listed");
            let only = !store.only_here(&[*mail]).unwrap().is_empty();
            assert!(!only || (row.uid.is_none() && !row.pending), "{row:?}");
        }
    }

    /// What a sync without CONDSTORE does: all UIDs and flags compared, then the headers of the unknown ones.
    fn follow(&mut self, which: usize) {
        let (folder, store) = (self.folder(which), &self.b.store);
        let validity = self.server.validity[which];
        let new_validity = self.seen[which] != validity;
        if new_validity {
            store.reset_folder(folder, UidValidity::new(validity).unwrap()).unwrap();
            self.seen[which] = validity;
        }
        let there = &self.server.folders[which];
        let known: Vec<Uid> = store.uids(folder).unwrap().into_iter().map(|(uid, _)| uid).collect();
        let gone: UidSet = known
            .iter()
            .copied()
            .filter(|uid| !there.contains_key(&uid.get()))
            .collect();
        store.remove_uids(folder, &gone).unwrap();
        let updates: Vec<FlagUpdate> = there
            .iter()
            .map(|(n, (_, flags))| FlagUpdate {
                uid: uid(*n),
                flags: *flags,
                keywords: Vec::new(),
            })
            .collect();
        store.apply_flags(folder, &updates).unwrap();
        let rows: Vec<NewMessage> = there
            .iter()
            .filter(|(n, _)| !known.contains(&uid(**n)))
            .map(|(n, (who, flags))| NewMessage {
                uid: uid(*n),
                flags: *flags,
                ..header(*who)
            })
            .collect();
        store.apply_headers(folder, &rows).unwrap();
        store.finish_sync(folder).unwrap();
    }

    fn tell(&mut self, count: usize, say_place: bool) {
        for operation in self.b.store.operations(self.b.account, count as u32).unwrap() {
            let from = self.which(operation.folder);
            if self.seen[from] != self.server.validity[from] {
                // An engine selects the folder first, and sees that it was renumbered.
                self.follow(from);
                return;
            }
            let told = match (
                self.server.folders[from].get_mut(&operation.uid.get()),
                operation.change,
            ) {
                (None, _) => Told::Gone,
                (Some((_, flags)), Change::Flags { add, remove }) => {
                    *flags = flags.without(remove).with(add);
                    Told::Done { place: None }
                }
                (Some(_), Change::Keywords { .. }) => Told::Done { place: None },
                (Some(_), Change::Delete) => {
                    self.server.folders[from].remove(&operation.uid.get());
                    Told::Done { place: None }
                }
                (Some(_), Change::Move { to }) => {
                    let to = self.which(to);
                    let message = self.server.folders[from].remove(&operation.uid.get()).unwrap();
                    self.server.next[to] += 1;
                    let new = self.server.next[to];
                    self.server.folders[to].insert(new, message);
                    let place = UidValidity::new(self.server.validity[to]).map(|v| (v, uid(new)));
                    Told::Done {
                        place: place.filter(|_| say_place),
                    }
                }
            };
            self.b.store.settle_operations(&[(operation.id, told)]).unwrap();
        }
    }

    fn run(&mut self, step: Step) {
        let pick =
            |index: prop::sample::Index, list: &[MailId]| (!list.is_empty()).then(|| list[index.index(list.len())]);
        let places = |server: &Server| -> Vec<(usize, u32)> {
            (0..2)
                .flat_map(|f| server.folders[f].keys().map(move |n| (f, *n)))
                .collect()
        };
        let now = at(0);
        match step {
            Step::Arrives(second) => {
                let which = usize::from(second);
                self.server.born += 1;
                self.server.next[which] += 1;
                let (number, who) = (self.server.next[which], self.server.born);
                self.server.folders[which].insert(number, (who, Flags::NONE));
            }
            Step::FlagThere(index, bits) => {
                let all = places(&self.server);
                if !all.is_empty() {
                    let (which, number) = all[index.index(all.len())];
                    self.server.folders[which].get_mut(&number).unwrap().1 = Flags::from_bits(bits);
                }
            }
            Step::RemoveThere(index) => {
                let all = places(&self.server);
                if !all.is_empty() {
                    let (which, number) = all[index.index(all.len())];
                    self.server.folders[which].remove(&number);
                }
            }
            Step::Renumber(second) => {
                let which = usize::from(second);
                self.server.validity[which] += 1;
                let messages: Vec<_> = std::mem::take(&mut self.server.folders[which]).into_values().collect();
                self.server.next[which] = messages.len() as u32;
                self.server.folders[which] = (1..).zip(messages).collect();
            }
            Step::FlagHere(index, add, remove) => {
                let change = Change::Flags {
                    add: Flags::from_bits(add),
                    remove: Flags::from_bits(remove),
                };
                if let Some(mail) = pick(index, &self.listed()) {
                    self.b.store.queue(&[mail], change, now).unwrap();
                    let flags = self.b.store.message(mail).unwrap().row.flags;
                    assert!(flags.contains(Flags::from_bits(add)), "done here at once");
                }
            }
            Step::MoveHere(index) => {
                if let Some(mail) = pick(index, &self.listed()) {
                    let here = self.b.store.message(mail).unwrap().row.folder.unwrap();
                    let to = self.folder(1 - self.which(here));
                    self.b.store.queue(&[mail], Change::Move { to }, now).unwrap();
                    assert_eq!(self.b.store.message(mail).unwrap().row.folder, Some(to));
                }
            }
            Step::RemoveHere(index) => {
                if let Some(mail) = pick(index, &self.listed()) {
                    self.b.store.queue(&[mail], Change::Delete, now).unwrap();
                    assert!(!self.listed().contains(&mail));
                    self.kept.remove(&mail);
                }
            }
            Step::KeepHere(index) => {
                if let Some(mail) = pick(index, &self.listed()) {
                    let store = &self.b.store;
                    assert_eq!(store.keep_locally(&[mail], now).unwrap().kept, self.kept_now(mail));
                    store
                        .store_bodies(&[common::body(mail, b"kept octets", "mots")])
                        .unwrap();
                    assert_eq!(store.keep_locally(&[mail], now).unwrap().kept, [mail]);
                    self.kept.insert(mail);
                }
            }
            Step::MoveThere(index) => {
                let all = places(&self.server);
                if !all.is_empty() {
                    let (which, number) = all[index.index(all.len())];
                    let message = self.server.folders[which].remove(&number).unwrap();
                    let to = 1 - which;
                    self.server.next[to] += 1;
                    let new = self.server.next[to];
                    self.server.folders[to].insert(new, message);
                }
            }
            Step::Tell(count, place) => self.tell(count, place),
            Step::Follow(second) => self.follow(usize::from(second)),
        }
    }

    /// What keeping gives before the octets are brought: itself when they are here, nothing otherwise.
    fn kept_now(&self, mail: MailId) -> Vec<MailId> {
        let here = self.b.store.raw(mail).is_ok();
        here.then_some(mail).into_iter().collect()
    }

    /// Counts are those of the rows.
    fn check_counts(&self) {
        for which in 0..2 {
            let folder = self.b.store.folder(self.folder(which)).unwrap();
            let page = self
                .b
                .store
                .list(Scope::Folder(folder.id), Filter::All, 0, 1000)
                .unwrap();
            let unread = page.rows.iter().filter(|r| !r.flags.contains(Flags::SEEN)).count() as u64;
            let flagged = page.rows.iter().filter(|r| r.flags.contains(Flags::FLAGGED)).count() as u64;
            assert_eq!(
                (folder.total, folder.unread, folder.flagged),
                (page.rows.len() as u64, unread, flagged)
            );
        }
    }

    fn settle_all(&mut self) {
        for _ in 0..50 {
            self.follow(0);
            self.follow(1);
            if self.b.store.count_operations(self.b.account).unwrap() == 0 {
                return;
            }
            self.tell(3, true);
        }
        panic!("queued changes do not end");
    }

    fn check_same(&self) {
        for which in 0..2 {
            let page = self
                .b
                .store
                .list(Scope::Folder(self.folder(which)), Filter::All, 0, 1000)
                .unwrap();
            let mut here: Vec<_> = page
                .rows
                .iter()
                .map(|r| (r.uid.map_or(0, Uid::get), r.size, r.flags))
                .collect();
            here.sort_unstable_by_key(|r| r.0);
            let there: Vec<_> = self.server.folders[which]
                .iter()
                .map(|(n, (who, flags))| (*n, 1000 + u64::from(*who), *flags))
                .collect();
            assert_eq!(here, there, "folder {which}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_sides_end_the_same(steps in steps()) {
        let dir = tempfile::tempdir().unwrap();
        let b = open(dir.path());
        let server = Server { validity: [7, 7], ..Server::default() };
        let mut world = World { b, server, seen: [7, 7], kept: BTreeSet::new() };
        for step in steps {
            world.run(step);
            world.check_counts();
            world.check_kept();
        }
        world.settle_all();
        world.check_same();
        world.check_kept();
    }
}

#[test]
fn a_refused_change_is_undone_and_a_moved_message_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let id = b.store.apply_headers(b.inbox, &[header(1)]).unwrap().added[0];
    b.store
        .queue(
            &[id],
            Change::Flags {
                add: Flags::SEEN,
                remove: Flags::NONE,
            },
            at(1),
        )
        .unwrap();
    b.store.queue(&[id], Change::Move { to: b.archive }, at(2)).unwrap();
    let queued = b.store.operations(b.account, 10).unwrap();
    assert_eq!(queued.len(), 2);
    let later = Told::Later {
        why: "connection lost".into(),
    };
    b.store.settle_operations(&[(queued[0].id, later)]).unwrap();
    assert_eq!(b.store.operations(b.account, 10).unwrap()[0].attempts, 1);
    b.store
        .settle_operations(&[(queued[0].id, Told::Refused), (queued[1].id, Told::Refused)])
        .unwrap();
    let row = b.store.message(id).unwrap().row;
    assert_eq!(
        (row.folder, row.uid, row.flags),
        (Some(b.inbox), Some(uid(1)), Flags::NONE)
    );
}

#[test]
fn a_target_folder_that_vanishes_gives_back_what_was_moved_into_it() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let id = b.store.apply_headers(b.inbox, &[header(1)]).unwrap().added[0];
    b.store.queue(&[id], Change::Move { to: b.archive }, at(1)).unwrap();
    let inbox = common::folder("INBOX", pli_store::FolderRole::Inbox);
    assert_eq!(b.store.sync_folders(b.account, &[inbox]).unwrap().removed, [b.archive]);
    let row = b.store.message(id).unwrap().row;
    assert_eq!((row.folder, row.uid), (Some(b.inbox), Some(uid(1))));
    assert_eq!(b.store.count_operations(b.account).unwrap(), 0);
}

#[test]
fn a_body_survives_a_new_uidvalidity() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let ids = b.store.apply_headers(b.inbox, &[header(1), header(2)]).unwrap().added;
    b.store.store_bodies(&[common::body(ids[0], b"one", "un")]).unwrap();
    b.store.reset_folder(b.inbox, UidValidity::new(8).unwrap()).unwrap();
    b.store
        .set_cursor(
            b.inbox,
            &SyncCursor {
                uid_validity: UidValidity::new(8),
                ..SyncCursor::default()
            },
        )
        .unwrap();
    let applied = b
        .store
        .apply_headers(
            b.inbox,
            &[NewMessage {
                uid: uid(30),
                ..header(1)
            }],
        )
        .unwrap();
    assert_eq!(applied.adopted, [ids[0]]);
    assert_eq!(b.store.finish_sync(b.inbox).unwrap(), [ids[1]]);
    assert_eq!(b.store.raw(ids[0]).unwrap(), b"one");
    assert_eq!(b.store.message(ids[0]).unwrap().row.uid, Some(uid(30)));
}
