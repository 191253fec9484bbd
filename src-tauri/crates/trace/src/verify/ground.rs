//! What a verification stands on: the catalogue, the keys, and each period's file opened as of one moment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use zeroize::Zeroizing;

use crate::catalogue::{Listed, State};
use crate::database::{self, natural};
use crate::entry::Sequence;
use crate::error::JournalError;
use crate::journal::Head;
use crate::keys::Keys;
use crate::period::{self, Header, Period};
use crate::seal_book::Book;
use crate::succession::Succession;
use crate::verify::is_damage;
use crate::verify::problem::Problem;

/// The name of the setting that remembers the first octets of a period's file (its salt), in hexadecimal: they never
/// change, so that another file in its place is told from a damaged one.
pub(crate) fn salt_setting(number: u64) -> String {
    format!("salt-{number:06}")
}

/// The first octets of a file.
pub(crate) fn salt(path: &Path) -> Option<[u8; 16]> {
    use std::io::Read as _;
    let mut salt = [0; 16];
    std::fs::File::open(path).ok()?.read_exact(&mut salt).ok()?;
    Some(salt)
}

/// The keys, of one moment.
pub(crate) struct Held {
    pub(crate) periods: BTreeMap<u64, Zeroizing<[u8; 32]>>,
    /// The last seal, as the place of the secret remembers it.
    pub(crate) sealed: Head,
}

impl Held {
    pub(crate) fn of(keys: &Keys) -> Self {
        Self {
            periods: keys
                .numbers()
                .filter_map(|number| Some((number, keys.get(number)?)))
                .collect(),
            sealed: keys.sealed(),
        }
    }
}

/// What the catalogue says, of one moment.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub(crate) journal: [u8; 16],
    /// The chain begins after this.
    pub(crate) origin: Head,
    pub(crate) periods: Vec<Listed>,
    pub(crate) book: Book,
    /// The key that the journal was begun with, once it was sealed.
    pub(crate) public: Option<String>,
    /// Where that key passed on to another; none when what is kept of it is not what was written.
    pub(crate) successions: Option<Vec<Succession>>,
    /// The first octets of the periods' files, by number.
    pub(crate) salts: Vec<(u64, [u8; 16])>,
}

impl Listing {
    /// What stands before the first trace that was not pruned.
    pub(crate) fn start(&self) -> Head {
        self.book.anchors.last().map_or(self.origin, |anchor| Head {
            sequence: anchor.last.0,
            hash: anchor.hash,
        })
    }
}

/// A kind, as the table says it.
#[derive(Debug, Clone)]
pub(crate) struct KindText {
    pub(crate) bal: String,
    pub(crate) author: String,
    pub(crate) action: String,
    pub(crate) class: i64,
}

/// A period's file, as of one moment.
pub(crate) struct Site {
    pub(crate) number: u64,
    pub(crate) month: i32,
    pub(crate) path: PathBuf,
    pub(crate) key: Zeroizing<[u8; 32]>,
    pub(crate) header: Header,
    /// What stands before its first trace, by what comes before it.
    pub(crate) before: Head,
    /// The last trace that it should hold.
    pub(crate) last: Head,
    /// Whether traces are still written in it.
    pub(crate) newest: bool,
    /// The times that the catalogue says its traces are between.
    pub(crate) span: Option<(i64, i64)>,
    /// Whether the catalogue says so of all of them: it was closed in order.
    pub(crate) spanned: bool,
    /// In a transaction begun with everything else.
    pub(crate) connection: Mutex<Connection>,
    /// By place; ids grow.
    pub(crate) kinds: Vec<Option<KindText>>,
    pub(crate) parties: Vec<Option<Box<str>>>,
    used_kinds: Vec<AtomicBool>,
    used_parties: Vec<AtomicBool>,
    /// First and last trace of each chunk.
    pub(crate) chunks: Vec<(u64, u64)>,
}

impl Site {
    /// Another connection to it.
    pub(crate) fn open(&self) -> Result<Connection, JournalError> {
        database::readable(&self.path, &self.key)
    }

    pub(crate) fn first(&self) -> u64 {
        self.before.sequence + 1
    }

    pub(crate) fn kind(&self, id: i64) -> Option<&KindText> {
        let place = usize::try_from(id).ok()?;
        self.used_kinds.get(place)?.store(true, Ordering::Relaxed);
        self.kinds.get(place)?.as_ref()
    }

    pub(crate) fn party(&self, id: i64) -> Option<&str> {
        let place = usize::try_from(id).ok()?;
        self.used_parties.get(place)?.store(true, Ordering::Relaxed);
        self.parties.get(place)?.as_deref()
    }

    /// Whether a kind or a party stands in its table and no trace is of it.
    pub(crate) fn has_unused(&self) -> bool {
        let unused = |used: &AtomicBool| !used.load(Ordering::Relaxed);
        let mut kinds = self.kinds.iter().zip(&self.used_kinds);
        let mut parties = self.parties.iter().zip(&self.used_parties);
        kinds.any(|(kind, used)| kind.is_some() && unused(used))
            || parties.any(|(party, used)| party.is_some() && unused(used))
    }
}

/// Everything, opened; and what is wrong with it already.
pub(crate) struct Ground {
    pub(crate) listing: Listing,
    pub(crate) public: [u8; 32],
    /// The last seal, as the place of the secret remembers it.
    pub(crate) remembered: Head,
    pub(crate) sites: Vec<Site>,
    /// The last trace that there should be.
    pub(crate) last: u64,
    pub(crate) problems: Vec<Problem>,
}

impl Ground {
    /// Opens everything; calls `release` as soon as traces may be written again.
    pub(crate) fn open(
        dir: &Path,
        keys: &Held,
        public: [u8; 32],
        listing: Listing,
        release: impl FnOnce(),
    ) -> Result<Self, JournalError> {
        let mut ground = Self {
            public,
            remembered: keys.sealed,
            sites: Vec::new(),
            last: 0,
            problems: Vec::new(),
            listing,
        };
        let start = ground.listing.start();
        let periods = std::mem::take(&mut ground.listing.periods);
        let sealed = ground.listing.book.seals.last().map_or(0, |seal| seal.sequence.0);
        let passed = ground.listing.successions.iter().flatten().map(|step| step.sequence.0);
        let known = sealed
            .max(ground.remembered.sequence)
            .max(passed.max().unwrap_or_default());
        let listed = |number: u64| periods.iter().any(|listed| listed.number == number);
        for (number, key) in keys.periods.iter().filter(|(number, _)| !listed(**number)) {
            // A key is made before its period is listed, and destroyed after it is taken off the list: what holds traces is
            // neither, and the list is an older one.
            let path = Period::path(dir, *number);
            let full =
                path.exists() && begin(&path, key).is_ok_and(|opened| opened.header.head != opened.header.before);
            if full {
                ground.problems.push(Problem::Replaced {
                    period: 0,
                    first: Sequence(0),
                });
            }
        }
        let mut newest_opened = periods.last().map(|listed| {
            let key = keys.periods.get(&listed.number).ok_or(JournalError::Unreadable)?;
            begin(&Period::path(dir, listed.number), key)
        });
        release();
        let mut before = start;
        let count = periods.len();
        for (index, listed) in periods.iter().enumerate() {
            let newest = index + 1 == count;
            ground.continues(before, listed);
            let opened = newest_opened.take_if(|_| newest);
            let opened = ground.site(dir, keys, before, listed, opened, known)?;
            before = match opened {
                Some(site) => {
                    let last = site.last;
                    ground.sites.push(site);
                    last
                }
                None => listed.last,
            };
        }
        ground.last = before.sequence;
        ground.listing.periods = periods;
        Ok(ground)
    }

    /// Whether a period is listed where the one before ends.
    fn continues(&mut self, before: Head, listed: &Listed) {
        if listed.before.sequence > before.sequence {
            self.problems.push(Problem::Missing {
                first: Sequence(before.sequence + 1),
                last: Sequence(listed.before.sequence),
            });
        } else if listed.before != before {
            self.problems.push(Problem::Mislabelled {
                at: Sequence(listed.before.sequence.min(before.sequence) + 1),
            });
        }
    }

    fn site(
        &mut self,
        dir: &Path,
        keys: &Held,
        before: Head,
        listed: &Listed,
        opened: Option<Result<Opened, JournalError>>,
        known: u64,
    ) -> Result<Option<Site>, JournalError> {
        let newest = opened.is_some();
        let first = Sequence(listed.before.sequence + 1);
        let path = Period::path(dir, listed.number);
        let unreadable = Problem::Unreadable {
            period: listed.number,
            after: Sequence(listed.before.sequence),
        };
        let replaced = Problem::Replaced {
            period: listed.number,
            first,
        };
        if !path.exists() {
            let until = listed.last.sequence.max(if newest { known } else { 0 });
            if listed.state == State::Announced && until <= listed.before.sequence {
                return Ok(None);
            }
            self.problems.push(if newest {
                Problem::Truncated {
                    after: Sequence(listed.before.sequence),
                    until: Sequence(until.max(first.0)),
                }
            } else {
                Problem::Missing {
                    first,
                    last: Sequence(until),
                }
            });
            return Ok(None);
        }
        let Some(key) = keys.periods.get(&listed.number).cloned() else {
            self.problems.push(unreadable);
            return Ok(None);
        };
        let other = |site: &Self| {
            let kept = site.listing.salts.iter().find(|(number, _)| *number == listed.number);
            // A flipped octet is damage; all of them another file.
            let differ = |(_, kept): &(u64, [u8; 16])| {
                let found = salt(&path).unwrap_or_default();
                kept.iter().zip(&found).filter(|(a, b)| a != b).count() > 8
            };
            kept.is_some_and(differ)
        };
        let opened = match opened.unwrap_or_else(|| begin(&path, &key)) {
            Ok(opened) => opened,
            Err(error) if is_damage(&error) => {
                let problem = if other(self) { replaced } else { unreadable };
                self.problems.push(problem);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let header = opened.header;
        if header.unique_id != self.listing.journal || header.number != listed.number {
            self.problems.push(replaced);
            return Ok(None);
        }
        let last = self.end(listed, &opened, newest);
        let state_fits = match listed.state {
            State::Closed => !newest,
            State::Writing => newest,
            State::Announced => newest && header.head == header.before,
            State::Unknown(_) => false,
        };
        if !state_fits || header.month != listed.month || header.before != listed.before || !opened.ordered {
            self.problems.push(Problem::Mislabelled { at: first });
        }
        let fresh = |length: usize| (0..length).map(|_| AtomicBool::new(false)).collect();
        Ok(Some(Site {
            number: listed.number,
            month: listed.month,
            path,
            key,
            header,
            before,
            last,
            newest,
            span: listed.span,
            spanned: listed.last == header.head,
            used_kinds: fresh(opened.kinds.len()),
            used_parties: fresh(opened.parties.len()),
            kinds: opened.kinds,
            parties: opened.parties,
            chunks: opened.chunks,
            connection: Mutex::new(opened.connection),
        }))
    }

    /// The last trace that a period should hold, and what is wrong with it.
    fn end(&mut self, listed: &Listed, opened: &Opened, newest: bool) -> Head {
        let head = opened.header.head;
        if newest {
            if head.sequence < listed.last.sequence {
                self.problems.push(Problem::Truncated {
                    after: Sequence(opened.rows.1.max(listed.before.sequence)),
                    until: Sequence(listed.last.sequence),
                });
            }
            return head;
        }
        if head == listed.last {
            return head;
        }
        let first = Sequence(listed.before.sequence + 1);
        let own_end = opened.rows.1 == head.sequence || (opened.rows.1 == 0 && head == opened.header.before);
        if own_end && head.sequence > listed.last.sequence {
            // It was closed unread, or what the catalogue says of it was changed.
            self.problems.push(Problem::Mislabelled { at: first });
            return head;
        }
        self.problems.push(if own_end && head.sequence < listed.last.sequence {
            // It holds together, and ends too early: an older copy of itself.
            Problem::Replaced {
                period: listed.number,
                first,
            }
        } else if opened.rows.1 == listed.last.sequence && head.sequence == listed.last.sequence {
            Problem::Altered {
                at: Sequence(head.sequence),
            }
        } else {
            Problem::Mislabelled { at: first }
        });
        listed.last
    }
}

struct Opened {
    connection: Connection,
    header: Header,
    /// The first and the last trace in the table; 0 when there is none.
    rows: (u64, u64),
    /// Whether kinds and parties are numbered as they should.
    ordered: bool,
    kinds: Vec<Option<KindText>>,
    parties: Vec<Option<Box<str>>>,
    chunks: Vec<(u64, u64)>,
}

/// Opens a period's file and begins the transaction that everything is read in.
fn begin(path: &Path, key: &[u8; 32]) -> Result<Opened, JournalError> {
    let connection = database::readable(path, key)?;
    connection.execute_batch("BEGIN")?;
    let header = period::header(&connection)?;
    let ends: (Option<i64>, Option<i64>) = connection.query_row(
        "SELECT (SELECT min(sequence) FROM record), (SELECT max(sequence) FROM record)",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let end = |end: Option<i64>| u64::try_from(end.unwrap_or_default()).unwrap_or_default();
    let mut ordered = true;
    let mut kinds = Vec::new();
    let mut statement = connection.prepare("SELECT id, bal, author, action, class FROM kind ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let text = |index| Ok::<_, rusqlite::Error>(row.get_ref(index)?.as_str().unwrap_or_default().to_owned());
        let kind = KindText {
            bal: text(1)?,
            author: text(2)?,
            action: text(3)?,
            class: row.get(4)?,
        };
        ordered &= put(&mut kinds, id, kind);
    }
    drop(rows);
    drop(statement);
    let mut parties = Vec::new();
    let mut statement = connection.prepare("SELECT id, addresses FROM party ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        ordered &= put(
            &mut parties,
            row.get(0)?,
            row.get_ref(1)?.as_str().unwrap_or_default().into(),
        );
    }
    drop(rows);
    drop(statement);
    let mut statement = connection.prepare("SELECT first, last FROM chunk ORDER BY first")?;
    let chunks = statement
        .query_map([], |row| Ok((natural(row, 0)?, natural(row, 1)?)))?
        .collect::<Result<_, _>>()?;
    drop(statement);
    Ok(Opened {
        header,
        rows: (end(ends.0), end(ends.1)),
        ordered,
        kinds,
        parties,
        chunks,
        connection,
    })
}

/// Puts what has this id in its place: ids begin at 1 and follow one another. `false` for one that does not.
fn put<T>(list: &mut Vec<Option<T>>, id: i64, item: T) -> bool {
    if list.is_empty() {
        list.push(None);
    }
    let follows = usize::try_from(id).is_ok_and(|id| id == list.len());
    list.push(Some(item));
    follows
}
