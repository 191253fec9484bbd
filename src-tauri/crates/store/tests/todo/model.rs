//! The lists held against a model that reads every fact of every message, whatever happened to the mailbox.

use std::collections::BTreeMap;

use pli_store::{
    AccountId, AuthorId, Change, Fact, FactWhat, Filter, FlagUpdate, Flags, FolderId, FolderRole, HandlingSet,
    HandlingState, MailId, Me, NewMessage, Person, Scope, Store, ToHandle, Told, resolve,
};
use pli_terms::MessageId;
use proptest::prelude::*;

use crate::common::{account, at, folder, header, open};
use crate::{PEOPLE, author, ids, me, person, say};

/// Names as they are typed, and whose they are.
const TYPED: [(&str, &str); 5] = [
    ("", ""),
    ("dr  helene martin", "helene martin"),
    ("Paul LEROY", "paul leroy"),
    ("SECRETARIAT", "secretariat"),
    ("Docteur Inconnu", "inconnu"),
];

/// Something that happens to a mailbox. Numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Happens {
    Arrives {
        bal: usize,
        folder: usize,
        name: usize,
        words: usize,
    },
    Said {
        mail: usize,
        by: usize,
        state: usize,
        for_: usize,
        note: bool,
    },
    Told {
        mail: usize,
        by: usize,
        state: usize,
        for_: usize,
        second: i64,
    },
    Words {
        mail: usize,
        words: usize,
    },
    Moved {
        mail: usize,
        folder: usize,
    },
    Removed {
        mail: usize,
    },
    Gone {
        mail: usize,
    },
    Roles {
        bal: usize,
        role: usize,
    },
    Settled {
        bal: usize,
        refused: bool,
    },
    Forgotten {
        mail: usize,
    },
}

fn happens() -> impl Strategy<Value = Happens> {
    use Happens::*;
    let n = 0usize..1000;
    let n = move || n.clone();
    prop_oneof![
        8 => (n(), n(), 0usize..4, n()).prop_map(|(bal, folder, name, words)| Arrives { bal, folder, name, words }),
        6 => (n(), n(), n(), n(), any::<bool>()).prop_map(|(mail, by, state, for_, note)| Said { mail, by, state, for_, note }),
        4 => (n(), n(), n(), n(), 0i64..40).prop_map(|(mail, by, state, for_, second)| Told { mail, by, state, for_, second }),
        2 => (n(), n()).prop_map(|(mail, words)| Words { mail, words }),
        3 => (n(), n()).prop_map(|(mail, folder)| Moved { mail, folder }),
        1 => n().prop_map(|mail| Removed { mail }),
        3 => n().prop_map(|mail| Gone { mail }),
        1 => (n(), n()).prop_map(|(bal, role)| Roles { bal, role }),
        1 => (n(), any::<bool>()).prop_map(|(bal, refused)| Settled { bal, refused }),
        1 => n().prop_map(|mail| Forgotten { mail }),
    ]
}

const ROLES: [FolderRole; 4] = [
    FolderRole::Other,
    FolderRole::Trash,
    FolderRole::Junk,
    FolderRole::Archive,
];
const WORDS: [&[&str]; 7] = [
    &[],
    &["$PliTodo"],
    &["$plitaken", "$PliNote"],
    &["$PliDone"],
    &["$PliTodo", "$PliDone", "Autre"],
    &["$PliTaken", "$PliTodo"],
    &["$PliNone", "$PliTodone"],
];

struct World {
    store: Store,
    bals: Vec<(AccountId, Vec<FolderId>)>,
    mails: Vec<MailId>,
    uid: u32,
    _dir: tempfile::TempDir,
}

fn three(role: FolderRole) -> [pli_store::ServerFolder; 3] {
    [
        folder("INBOX", FolderRole::Inbox),
        folder("Archives", FolderRole::Archive),
        folder("Divers", role),
    ]
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let first = open(dir.path());
        let second = first
            .store
            .add_account(&account("cabinet@alpha.mssante.test"), at(0))
            .unwrap();
        let bals = [first.account, second].map(|bal| {
            first.store.sync_folders(bal, &three(FolderRole::Trash)).unwrap();
            let folders = first.store.folders(bal).unwrap();
            (bal, folders.iter().map(|folder| folder.id).collect())
        });
        Self {
            store: first.store,
            bals: bals.to_vec(),
            mails: Vec::new(),
            uid: 0,
            _dir: dir,
        }
    }

    fn mail(&self, number: usize) -> Option<MailId> {
        let there = |mail: &&MailId| self.store.message(**mail).is_ok();
        let mails: Vec<&MailId> = self.mails.iter().filter(there).collect();
        (!mails.is_empty()).then(|| *mails[number % mails.len()])
    }

    fn happen(&mut self, what: &Happens, second: i64) {
        match what {
            Happens::Arrives {
                bal,
                folder,
                name,
                words,
            } => {
                let (_, folders) = &self.bals[bal % self.bals.len()];
                self.uid += 1;
                let row = NewMessage {
                    // Two may have come at the same moment.
                    internal_date: at(i64::from(self.uid / 2)),
                    message_id: (*name > 0).then(|| MessageId::parse(&format!("{name}@b")).unwrap()),
                    keywords: WORDS[words % WORDS.len()]
                        .iter()
                        .map(|word| (*word).to_owned())
                        .collect(),
                    ..header(self.uid)
                };
                let added = self
                    .store
                    .apply_headers(folders[folder % folders.len()], &[row])
                    .unwrap()
                    .added;
                self.mails.extend(added);
            }
            Happens::Said {
                mail,
                by,
                state,
                for_,
                note,
            } => {
                let Some(mail) = self.mail(*mail) else { return };
                let set = HandlingSet {
                    state: HandlingState::ALL.get(state % 5).copied(),
                    for_: TYPED.get(for_ % 7).map(|(typed, _)| (*typed).to_owned()),
                    note: note.then(|| "vu".to_owned()),
                };
                say(&self.store, mail, by % PEOPLE.len(), &set, second);
            }
            Happens::Told {
                mail,
                by,
                state,
                for_,
                second,
            } => {
                let Some(mail) = self.mail(*mail) else { return };
                let stored = self.store.message(mail).unwrap();
                let Some(name) = stored.message_id else { return };
                let of = by % PEOPLE.len();
                let fact = |what| Fact {
                    by: person(of),
                    author: author(of),
                    what,
                    at: at(*second),
                };
                let whom = PEOPLE.get(for_ % 6).map(|_| person(for_ % 6));
                let facts = vec![
                    fact(FactWhat::State(HandlingState::ALL[state % HandlingState::ALL.len()])),
                    fact(FactWhat::For(whom)),
                ];
                let told = [(name.as_str().to_owned(), facts)];
                self.store.handling_read(stored.row.account, &told, at(100)).unwrap();
            }
            Happens::Words { mail, words } => {
                let Some(mail) = self.mail(*mail) else { return };
                let row = self.store.message(mail).unwrap().row;
                let (Some(folder), Some(uid)) = (row.folder, row.uid) else {
                    return;
                };
                let update = FlagUpdate {
                    uid,
                    flags: Flags::SEEN,
                    keywords: WORDS[words % WORDS.len()]
                        .iter()
                        .map(|word| (*word).to_owned())
                        .collect(),
                };
                self.store.apply_flags(folder, &[update]).unwrap();
            }
            Happens::Moved { mail, folder } => {
                let Some(mail) = self.mail(*mail) else { return };
                let account = self.store.message(mail).unwrap().row.account;
                let (_, folders) = self.bals.iter().find(|(bal, _)| *bal == account).unwrap();
                let to = folders[folder % folders.len()];
                // A message that is being removed stays where it is.
                let _ = self.store.queue(&[mail], Change::Move { to }, at(second));
            }
            Happens::Removed { mail } => {
                let Some(mail) = self.mail(*mail) else { return };
                let _ = self.store.queue(&[mail], Change::Delete, at(second));
            }
            Happens::Gone { mail } => {
                let Some(mail) = self.mail(*mail) else { return };
                let row = self.store.message(mail).unwrap().row;
                let (Some(folder), Some(uid)) = (row.folder, row.uid) else {
                    return;
                };
                self.store.remove_uids(folder, &[uid].into_iter().collect()).unwrap();
            }
            Happens::Roles { bal, role } => {
                let (bal, _) = self.bals[bal % self.bals.len()];
                self.store.sync_folders(bal, &three(ROLES[role % ROLES.len()])).unwrap();
            }
            Happens::Settled { bal, refused } => {
                let (bal, _) = self.bals[bal % self.bals.len()];
                let told: Vec<_> = self
                    .store
                    .operations(bal, 100)
                    .unwrap()
                    .iter()
                    .map(|one| {
                        (
                            one.id,
                            if *refused {
                                Told::Refused
                            } else {
                                Told::Done { place: None }
                            },
                        )
                    })
                    .collect();
                self.store.settle_operations(&told).unwrap();
            }
            Happens::Forgotten { mail } => {
                let Some(mail) = self.mail(*mail) else { return };
                let stored = self.store.message(mail).unwrap();
                if let Some(name) = stored.message_id {
                    self.store.handling_forget(stored.row.account, name.as_str()).unwrap();
                }
            }
        }
    }

    /// The folders of a scope and whether they are listed together, by the words of the filters.
    fn folders(&self, scope: Scope) -> (Vec<FolderId>, bool) {
        let all = |bal: AccountId| {
            let folders = self.store.folders(bal).unwrap();
            let excluded = [
                FolderRole::Trash,
                FolderRole::Junk,
                FolderRole::All,
                FolderRole::Flagged,
            ];
            folders
                .into_iter()
                .filter(move |folder| !excluded.contains(&folder.server.role))
        };
        match scope {
            Scope::Folder(id) => (vec![id], false),
            Scope::Inboxes => {
                let inboxes = self.bals.iter().flat_map(|(bal, _)| all(*bal));
                let inboxes = inboxes.filter(|folder| folder.server.role == FolderRole::Inbox);
                (inboxes.map(|folder| folder.id).collect(), false)
            }
            Scope::Account(bal) => (all(bal).map(|folder| folder.id).collect(), true),
            Scope::Everything => {
                let folders = self.bals.iter().flat_map(|(bal, _)| all(*bal));
                (folders.map(|folder| folder.id).collect(), true)
            }
        }
    }

    /// What a filter lists, by reading everything.
    fn model(&self, of: Option<usize>, scope: Scope, filter: Filter) -> Vec<MailId> {
        let (folders, once) = self.folders(scope);
        let mut found = Vec::new();
        for one in self.open_in(&folders) {
            if filter == Filter::Open || left_to(of, &one.facts, &one.said) {
                found.push((one.at, one.key));
            }
        }
        found.sort();
        found.reverse();
        if once {
            let mut seen = std::collections::BTreeSet::new();
            // Of copies, the newest that is left to do stands for it, whoever it is left to.
            let first = self.firsts();
            found.retain(|((_, mail), key)| first.get(key) == Some(mail) && seen.insert(key.clone()));
        }
        found.into_iter().map(|((_, mail), _)| mail).collect()
    }

    /// What is open in these folders, read message by message.
    fn open_in(&self, folders: &[FolderId]) -> Vec<Open> {
        let mut found = Vec::new();
        for folder in folders {
            let page = self.store.list(Scope::Folder(*folder), Filter::All, 0, 1000).unwrap();
            for row in page.rows {
                let kept = self.store.handling(row.id).unwrap();
                let said = resolve(&kept.facts, kept.keywords);
                if !matches!(said.state, HandlingState::Todo | HandlingState::Taken) && !said.conflict {
                    continue;
                }
                let name = self.store.message(row.id).unwrap().message_id;
                let name = name.map_or_else(|| format!("{:?}", row.id), |name| name.as_str().to_owned());
                found.push(Open {
                    at: (row.internal_date, row.id),
                    key: (row.account, name),
                    facts: kept.facts,
                    said,
                });
            }
        }
        found
    }

    fn firsts(&self) -> BTreeMap<(AccountId, String), MailId> {
        let mut firsts = BTreeMap::new();
        for one in self.open_in(&self.folders(Scope::Everything).0) {
            let newest = firsts.entry(one.key).or_insert(one.at);
            *newest = (*newest).max(one.at);
        }
        firsts.into_iter().map(|(key, (_, mail))| (key, mail)).collect()
    }
}

/// A message that is still to be dealt with.
struct Open {
    at: (jiff::Timestamp, MailId),
    /// What its copies have in common.
    key: (AccountId, String),
    facts: Vec<Fact>,
    said: pli_store::Resolved,
}

/// Whether an open message is left to somebody, by the words of the filter.
fn left_to(of: Option<usize>, facts: &[Fact], said: &pli_store::Resolved) -> bool {
    let is = |person: &Person, by: Option<&AuthorId>| {
        let Some(of) = of else { return false };
        let (number, _) = PEOPLE[of];
        match (person.id.as_ref(), number) {
            _ if by == Some(&author(of)) => true,
            (Some(theirs), Some(own)) => theirs.as_str() == own,
            _ => known_as(&person.name) == known_as(PEOPLE[of].1),
        }
    };
    let mut last: BTreeMap<&AuthorId, (&Fact, HandlingState)> = BTreeMap::new();
    for fact in facts {
        if let FactWhat::State(state) = fact.what {
            let latest = last.entry(&fact.author).or_insert((fact, state));
            if fact.at >= latest.0.at {
                *latest = (fact, state);
            }
        }
    }
    let counts = said.state == HandlingState::Taken || said.conflict;
    let holders: Vec<&Fact> = last
        .into_values()
        .filter(|(_, state)| {
            counts && (*state == HandlingState::Taken || (said.conflict && *state == HandlingState::Done))
        })
        .map(|(fact, _)| fact)
        .collect();
    let for_me = said.for_.as_ref().is_some_and(|person| is(person, None));
    let by_me = holders.iter().any(|fact| is(&fact.by, Some(&fact.author)));
    let nobodys = said.for_.is_none() && said.state == HandlingState::Todo;
    for_me || by_me || nobodys
}

/// What the names of these tests are, however they are typed.
fn known_as(name: &str) -> &str {
    let typed = TYPED.iter().find(|(typed, _)| *typed == name).map(|(_, known)| *known);
    typed.unwrap_or(match name {
        "Hélène MARTIN" => "helene martin",
        "Paul LEROY" | "Paul Leroy" => "paul leroy",
        "Secrétariat" => "secretariat",
        other => other,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_lists_are_what_the_facts_say(steps in proptest::collection::vec(happens(), 1..140)) {
        let mut world = World::new();
        for (second, step) in steps.iter().enumerate() {
            world.happen(step, second as i64);
        }
        let mut scopes = vec![Scope::Inboxes, Scope::Everything];
        for (bal, folders) in &world.bals {
            scopes.push(Scope::Account(*bal));
            scopes.extend(folders.iter().map(|folder| Scope::Folder(*folder)));
        }
        for scope in &scopes {
            let open = ids(&world.store, &Me::default(), *scope, Filter::Open);
            prop_assert_eq!(&open, &world.model(None, *scope, Filter::Open), "open of {:?}", scope);
            for of in [None, Some(0), Some(1), Some(2), Some(3)] {
                let who = of.map(me).unwrap_or_default();
                let mine = ids(&world.store, &who, *scope, Filter::Mine);
                prop_assert_eq!(&mine, &world.model(of, *scope, Filter::Mine), "of {:?} in {:?}", of, scope);
                prop_assert!(mine.iter().all(|mail| open.contains(mail)));
                if let Scope::Account(bal) = scope {
                    let counts = ToHandle { open: open.len() as u64, mine: mine.len() as u64 };
                    prop_assert_eq!(world.store.to_handle(&who, *bal).unwrap(), counts);
                }
            }
        }
    }
}
