//! Verification: everything that the journal holds is read again and held against the chain, the seals and the anchors;
//! the first place where it does not hold is named.
//!
//! Periods are read side by side, and long ones in several stretches: each begins after a hash that the stretch before
//! checks. The places where something is wrong are gathered and the one that explains the others is told: what became of
//! the traces before what became of their labels.

mod ground;
mod problem;
mod scan;
mod walk;
mod whole;

use std::collections::BTreeSet;
use std::hash::RandomState;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use rusqlite::Connection;

pub use problem::Problem;

pub(crate) use ground::{salt, salt_setting};

use crate::anchor::Anchor;
use crate::catalogue::{self, Catalogue};
use crate::database;
use crate::entry::Sequence;
use crate::error::JournalError;
use crate::journal::{Head, Journal, chain, lock};
use crate::keys::Keys;
use crate::place::KeyPlace;
use crate::seal;
use crate::seal_book::{Book, PUBLIC_KEY, setting};
use crate::succession::{self, Signers};
use ground::{Ground, Held, Listing};
use walk::{PLACES, SET_BACK, Shared, Stretch, Walked, walk};
use whole::Together;

/// A stretch is at least so many traces, where there are that many.
const STRETCH: u64 = 32_768;
/// More threads gain nothing: the disk and the memory are shared.
const THREADS: usize = 8;
/// A verification that a pruning crossed is begun again so many times.
const AGAIN: usize = 4;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// How many traces were found sound, from the first on.
    pub sound: u64,
    /// The first trace that should be there: 1, or the first after what was pruned.
    pub first: Sequence,
    /// The last trace that should be there; `first` − 1 when there is none.
    pub last: Sequence,
    /// The last seal that holds, and when it was made; none when none does.
    pub sealed_until: Option<(Sequence, Timestamp)>,
    /// How many traces came after it.
    pub unsealed: u64,
    /// The first 100 traces before which the clock was set back by more than a second, and by how many milliseconds.
    pub clock_set_back: Vec<(Sequence, u64)>,
    /// How many there are of them.
    pub clock_set_back_count: u64,
    /// Every pruning, oldest first.
    pub anchors: Vec<Anchor>,
    /// How many traces were pruned, all in all.
    pub pruned: u64,
    /// What is wrong; none when all is sound.
    pub problem: Option<Problem>,
}

impl Journal {
    /// Reads the whole journal again: every octet of every file, the chain, the labels, the seals, the anchors. Calls
    /// `progress` now and then, from several threads, with how many traces were read and how many there are. Traces may be
    /// written meanwhile: what is verified is the journal as it was when this was called.
    ///
    /// # Errors
    /// When the disk refuses. Damage is no error: it is what [`Verification::problem`] says.
    pub fn verify(&self, progress: impl Fn(u64, u64) + Sync) -> Result<Verification, JournalError> {
        let mut again = AGAIN;
        loop {
            let writer = lock(&self.writer);
            let (held, public) = {
                let keys = lock(&self.keys);
                (Held::of(&keys), seal::public_of(&seal::pair(keys.seed())?))
            };
            let listing = listing(&self.catalogue)?;
            let pruned = listing.book.anchors.len();
            let ground = Ground::open(&self.dir, &held, public, listing, || drop(writer))?;
            let found = examine(ground, &self.catalogue, &self.dir.join(Catalogue::NAME), &progress)?;
            again -= 1;
            if again == 0 || self.anchors()?.len() == pruned {
                return Ok(found);
            }
        }
    }
}

/// Verifies the journal in this folder, which nobody has open, even when it is too damaged to be opened.
///
/// # Errors
/// When the disk refuses, or the place of the secret does not answer.
pub fn verify_folder(
    dir: &Path,
    key: &[u8; 32],
    place: Arc<dyn KeyPlace>,
    progress: impl Fn(u64, u64) + Sync,
) -> Result<Verification, JournalError> {
    let path = dir.join(Catalogue::NAME);
    let keys = Keys::open(dir, key, place, true, None)?;
    let public = seal::public_of(&seal::pair(keys.seed())?);
    let nothing = Head::default();
    // An empty one would be made anew.
    let there = std::fs::metadata(&path).is_ok_and(|file| file.len() > 0);
    let opened = if there {
        Catalogue::open(dir, key, keys.journal(), nothing, false).and_then(|open| Ok((listing(&open)?, open)))
    } else {
        Err(JournalError::Unreadable)
    };
    match opened {
        Ok((listing, catalogue)) => {
            let ground = Ground::open(dir, &Held::of(&keys), public, listing, || ())?;
            examine(ground, &catalogue, &path, &progress)
        }
        Err(error) if is_damage(&error) => Ok(Verification {
            sound: 0,
            first: Sequence(1),
            last: Sequence(keys.sealed().sequence),
            sealed_until: None,
            unsealed: 0,
            clock_set_back: Vec::new(),
            clock_set_back_count: 0,
            anchors: Vec::new(),
            pruned: 0,
            problem: Some(Problem::Unreadable {
                period: 0,
                after: Sequence(0),
            }),
        }),
        Err(error) => Err(error),
    }
}

/// What the catalogue says, of one moment.
fn listing(catalogue: &Catalogue) -> Result<Listing, JournalError> {
    let periods = catalogue.periods()?;
    catalogue.read("reading the catalogue", |tx| {
        let (journal, origin) = tx.query_row("SELECT unique_id, start, start_hash FROM journal", [], |row| {
            Ok((row.get(0)?, catalogue::head(row, 1)?))
        })?;
        let mut salts = Vec::new();
        for period in &periods {
            let text = setting(tx, &salt_setting(period.number))?;
            salts.extend(text.and_then(|text| Some((period.number, unhex(&text)?))));
        }
        Ok(Listing {
            journal,
            origin,
            book: Book::read(tx, &journal)?,
            public: setting(tx, PUBLIC_KEY)?,
            successions: succession::kept(tx, &journal)?,
            salts,
            periods: periods.clone(),
        })
    })
}

/// One piece of the work.
enum Job {
    Walk(Stretch),
    Names(usize),
    Pages(usize),
    Catalogue,
}

/// What the pieces found.
#[derive(Default)]
struct Gathered {
    walked: Vec<Walked>,
    /// By site.
    names: Vec<(usize, Option<u64>)>,
    /// The sites that have a page which is not as it was written.
    torn: BTreeSet<usize>,
    catalogue_torn: bool,
    error: Option<JournalError>,
}

fn examine(
    ground: Ground,
    catalogue: &Catalogue,
    catalogue_path: &Path,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Verification, JournalError> {
    let mut problems = ground.problems.clone();
    let start = ground.listing.start();
    let total = ground.last.saturating_sub(start.sequence);
    let mut jobs = vec![Job::Catalogue];
    for (index, site) in ground.sites.iter().enumerate() {
        let (stretches, problem) = whole::stretches(site, STRETCH);
        problems.extend(problem);
        let walks = stretches.into_iter().map(|(first, last)| {
            Job::Walk(Stretch {
                site: index,
                first,
                last,
            })
        });
        // The longest first.
        jobs.push(Job::Pages(index));
        jobs.push(Job::Names(index));
        jobs.extend(walks);
    }
    let marks = marks(&ground);
    let done = AtomicU64::new(0);
    let tell = |count: u64| {
        let done = done.fetch_add(count, Ordering::Relaxed) + count;
        progress(done.min(total), total);
    };
    let hasher = RandomState::new();
    let shared = Shared {
        journal: ground.listing.journal,
        hasher: &hasher,
        marks: &marks,
        progress: &tell,
    };
    let gathered = work(&ground, &shared, &jobs, catalogue, catalogue_path)?;
    progress(total, total);
    judge(&ground, &shared, gathered, problems, catalogue)
}

/// The hashes that the chain must pass by.
fn marks(ground: &Ground) -> Vec<(u64, [u8; 32])> {
    let book = &ground.listing.book;
    let mut marks: Vec<_> = book.seals.iter().map(|seal| (seal.sequence.0, seal.hash)).collect();
    marks.push((ground.remembered.sequence, ground.remembered.hash));
    let newest = ground.listing.periods.last();
    marks.extend(newest.map(|newest| (newest.last.sequence, newest.last.hash)));
    let passed = ground.listing.successions.iter().flatten();
    marks.extend(passed.map(|step| (step.sequence.0, step.hash)));
    marks.sort_unstable();
    marks
}

fn work(
    ground: &Ground,
    shared: &Shared<'_>,
    jobs: &[Job],
    catalogue: &Catalogue,
    catalogue_path: &Path,
) -> Result<Gathered, JournalError> {
    let next = AtomicUsize::new(0);
    let gathered = Mutex::new(Gathered::default());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS);
    let worker = || {
        let mut at_hand: Option<(usize, Connection)> = None;
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let done = piece(ground, shared, job, &mut at_hand, catalogue, catalogue_path);
            let mut gathered = lock(&gathered);
            match done {
                Ok(Done::Walked(walked)) => gathered.walked.push(*walked),
                Ok(Done::Names(site, sum)) => gathered.names.push((site, sum)),
                Ok(Done::Torn(Some(site))) => drop(gathered.torn.insert(site)),
                Ok(Done::Torn(None)) => gathered.catalogue_torn = true,
                Ok(Done::Whole) => {}
                Err(error) => {
                    gathered.error = Some(error);
                    return;
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(worker);
        }
    });
    let mut gathered = gathered.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(error) = gathered.error.take() {
        return Err(error.while_doing("verifying the journal"));
    }
    gathered.walked.sort_by_key(|walked| walked.first);
    Ok(gathered)
}

enum Done {
    Walked(Box<Walked>),
    /// None where the table could not be read.
    Names(usize, Option<u64>),
    Torn(Option<usize>),
    Whole,
}

fn piece(
    ground: &Ground,
    shared: &Shared<'_>,
    job: &Job,
    at_hand: &mut Option<(usize, Connection)>,
    catalogue: &Catalogue,
    catalogue_path: &Path,
) -> Result<Done, JournalError> {
    let site = |index: usize| ground.sites.get(index).ok_or(JournalError::Unreadable);
    Ok(match job {
        Job::Walk(stretch) => {
            let site = site(stretch.site)?;
            let connection = match at_hand.take_if(|(index, _)| *index == stretch.site) {
                Some((_, connection)) => connection,
                None => site.open()?,
            };
            let walked = walk(shared, site, *stretch, &connection)?;
            *at_hand = Some((stretch.site, connection));
            Done::Walked(Box::new(walked))
        }
        Job::Names(index) => match whole::names(shared, site(*index)?) {
            Ok(sum) => Done::Names(*index, Some(sum)),
            Err(error) if is_damage(&error) => Done::Names(*index, None),
            Err(error) => return Err(error),
        },
        Job::Pages(index) => {
            let site = site(*index)?;
            if whole::is_whole(&site.path, || site.open())? {
                Done::Whole
            } else {
                Done::Torn(Some(*index))
            }
        }
        Job::Catalogue => {
            if catalogue.is_whole(catalogue_path)? {
                Done::Whole
            } else {
                Done::Torn(None)
            }
        }
    })
}

impl Catalogue {
    /// Whether every page of it is as it was written.
    fn is_whole(&self, path: &Path) -> Result<bool, JournalError> {
        self.read("verifying the catalogue", |tx| {
            let faults = tx
                .prepare("PRAGMA cipher_integrity_check")?
                .query([])?
                .next()?
                .is_some();
            let pages: i64 = tx.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            let size = std::fs::metadata(path).map_or(0, |file| file.len());
            Ok(!faults && size <= pages.unsigned_abs() * u64::from(database::PAGE))
        })
    }
}

/// How far a problem explains the others: the least is told, then the first.
fn rank(problem: &Problem) -> (u8, u64) {
    let rank = match problem {
        Problem::KeyChanged => 0,
        Problem::Unreadable { period: 0, .. } => 1,
        Problem::AnchorForged { .. } | Problem::SealForged { .. } => 2,
        Problem::Altered { .. }
        | Problem::Missing { .. }
        | Problem::Inserted { .. }
        | Problem::Unreadable { .. }
        | Problem::Replaced { period: 1.., .. } => 3,
        Problem::Rewritten { .. } => 4,
        Problem::Truncated { .. } => 5,
        Problem::Replaced { .. } => 6,
        Problem::Mislabelled { .. } => 7,
    };
    (rank, problem.from().map_or(0, |sequence| sequence.0))
}

fn judge(
    ground: &Ground,
    shared: &Shared<'_>,
    gathered: Gathered,
    mut problems: Vec<Problem>,
    catalogue: &Catalogue,
) -> Result<Verification, JournalError> {
    let listing = &ground.listing;
    let start = listing.start();
    let book = &listing.book;
    problems.extend(gathered.walked.iter().filter_map(|walked| walked.problem.clone()));
    // A page that holds no trace is torn: nothing more can be said of where than which file.
    for index in &gathered.torn {
        if let Some(site) = ground.sites.get(*index) {
            let told = gathered
                .walked
                .iter()
                .any(|walked| walked.site == *index && matches!(walked.problem, Some(Problem::Unreadable { .. })));
            if !told {
                problems.push(Problem::Unreadable {
                    period: site.number,
                    after: Sequence(site.before.sequence),
                });
            }
        }
    }
    if gathered.catalogue_torn {
        problems.push(Problem::Unreadable {
            period: 0,
            after: Sequence(0),
        });
    }
    problems.extend(tables(ground, shared, &gathered)?);
    problems.extend(signatures(ground, &gathered));
    problems.extend(whole_catalogue(listing, catalogue)?);
    let problem = problems.into_iter().min_by_key(rank);
    let walked: u64 = gathered.walked.iter().map(|walked| walked.sound).sum();
    let sound = match problem.as_ref().and_then(Problem::from) {
        Some(from) => walked.min(from.0.saturating_sub(start.sequence + 1)),
        None => walked,
    };
    let good_until = problem.as_ref().map_or(u64::MAX, |_| start.sequence + sound);
    let key_holds = !matches!(problem, Some(Problem::KeyChanged | Problem::SealForged { .. }));
    let sealed = book.seals.iter().rev().find(|seal| seal.sequence.0 <= good_until);
    let sealed = sealed.filter(|_| key_holds);
    let mut back: Vec<_> = gathered
        .walked
        .iter()
        .flat_map(|walked| walked.back.iter().copied())
        .collect();
    let mut back_count: u64 = gathered.walked.iter().map(|walked| walked.back_count).sum();
    for pair in gathered.walked.windows(2) {
        if let [before, after] = pair
            && let (Some(a), Some(b)) = (before.moments, after.moments)
            && a.1.saturating_sub(b.0) > SET_BACK
        {
            back.push((Sequence(after.first), a.1.abs_diff(b.0)));
            back_count += 1;
        }
    }
    back.sort_unstable();
    back.truncate(PLACES);
    Ok(Verification {
        sound,
        first: Sequence(start.sequence + 1),
        last: Sequence(ground.last),
        sealed_until: sealed.map(|seal| (seal.sequence, seal.at)),
        unsealed: ground
            .last
            .saturating_sub(sealed.map_or(start.sequence, |seal| seal.sequence.0)),
        clock_set_back: back,
        clock_set_back_count: back_count,
        anchors: book.anchors.clone(),
        pruned: book.pruned(),
        problem,
    })
}

/// What is wrong with the periods' tables. A period of which a trace is not sound is left out: its tables cannot fit.
fn tables(ground: &Ground, shared: &Shared<'_>, gathered: &Gathered) -> Result<Vec<Problem>, JournalError> {
    let mut problems = Vec::new();
    let (mut open, mut untied) = (BTreeSet::new(), BTreeSet::new());
    let start = ground.listing.start().sequence;
    let mut followed = true;
    for (index, site) in ground.sites.iter().enumerate() {
        let walked: Vec<&Walked> = gathered.walked.iter().filter(|walked| walked.site == index).collect();
        let broken = walked.iter().any(|walked| {
            let problem = walked.problem.as_ref();
            problem.is_some_and(|problem| !matches!(problem, Problem::Mislabelled { .. }))
        });
        followed &= !broken;
        if !followed {
            continue;
        }
        whole::tie(&mut open, &walked);
        untied.extend(walked.iter().flat_map(|walked| &walked.untied));
        // One trace's label is told rather than its whole period's tables.
        if walked.iter().any(|walked| walked.problem.is_some()) {
            continue;
        }
        let names = gathered.names.iter().find(|(site, _)| *site == index);
        let Some((_, Some(names))) = names else {
            problems.push(Problem::Unreadable {
                period: site.number,
                after: Sequence(site.before.sequence),
            });
            continue;
        };
        let together = Together {
            walked: &walked,
            names: *names,
            open: &open,
            untied: &untied,
            pruned: start,
            cut: site.before.sequence == start && !ground.listing.book.anchors.is_empty(),
        };
        match whole::problem(shared, site, &together) {
            Ok(problem) => problems.extend(problem),
            Err(error) if is_damage(&error) => problems.push(Problem::Unreadable {
                period: site.number,
                after: Sequence(site.before.sequence),
            }),
            Err(error) => return Err(error),
        }
    }
    Ok(problems)
}

/// What is wrong with what is signed, and with the chain held against it.
fn signatures(ground: &Ground, gathered: &Gathered) -> Vec<Problem> {
    let (listing, book) = (&ground.listing, &ground.listing.book);
    let journal = &listing.journal;
    let mut problems = Vec::new();
    let steps = listing.successions.as_deref();
    let Some(signers) = Signers::of(journal, listing.public.as_deref(), steps, &ground.public) else {
        return vec![Problem::KeyChanged];
    };
    problems.extend(book.anchors_problem(&signers, journal, listing.origin.sequence));
    problems.extend(book.seals_problem(&signers, journal));
    let start = listing.start().sequence;
    let kept = book.seals.last().map_or(0, |seal| seal.sequence.0);
    let remembered = ground.remembered.sequence;
    let passed = steps.and_then(<[_]>::last).map_or(0, |step| step.sequence.0);
    let known = kept.max(remembered).max(passed);
    if known > ground.last {
        problems.push(Problem::Truncated {
            after: Sequence(ground.last),
            until: Sequence(known),
        });
    } else if remembered > kept.max(start) {
        // The catalogue is written before the place of the secret remembers: it is not the last one.
        problems.push(Problem::Replaced {
            period: 0,
            first: Sequence(0),
        });
    }
    if let Some(unmet) = gathered.walked.iter().flat_map(|walked| &walked.unmet).min() {
        let after = book
            .seals
            .iter()
            .map(|seal| seal.sequence.0)
            .filter(|sealed| sealed < unmet)
            .max();
        problems.push(Problem::Rewritten {
            after: Sequence(after.unwrap_or(start).max(start)),
            until: Sequence(*unmet),
        });
    }
    problems
}

/// What is wrong with the catalogue's own words.
fn whole_catalogue(listing: &Listing, catalogue: &Catalogue) -> Result<Option<Problem>, JournalError> {
    let expected = chain(&[0; 32], &listing.journal);
    let begins = listing.origin.sequence > 0 || listing.origin.hash == expected;
    let whole = catalogue.read("verifying the catalogue", |tx| {
        Ok(whole::has_schema(tx, catalogue::FILES)? && whole::is_single(tx, "journal")?)
    })?;
    Ok((!begins || !whole).then_some(Problem::Replaced {
        period: 0,
        first: Sequence(0),
    }))
}

/// Whether an error says that what is in a file is not what this program wrote there, rather than that it cannot be read.
fn is_damage(error: &JournalError) -> bool {
    use rusqlite::Error;
    match error {
        JournalError::Unreadable | JournalError::Damaged { .. } | JournalError::NewerSchema { .. } => true,
        JournalError::Database { source, .. } => {
            error.is_damage()
                || matches!(
                    source,
                    Error::QueryReturnedNoRows
                        | Error::FromSqlConversionFailure(..)
                        | Error::IntegralValueOutOfRange(..)
                        | Error::InvalidColumnType(..)
                        | Error::Utf8Error(..)
                )
                || matches!(source.sqlite_error_code(), Some(rusqlite::ErrorCode::Unknown))
        }
        _ => false,
    }
}

/// Octets in hexadecimal.
pub(crate) fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets
        .iter()
        .fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
            let _ = write!(text, "{octet:02x}");
            text
        })
}

/// Sixteen octets from hexadecimal.
fn unhex(text: &str) -> Option<[u8; 16]> {
    let mut octets = [0; 16];
    if text.len() != 32 {
        return None;
    }
    for (index, octet) in octets.iter_mut().enumerate() {
        *octet = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(octets)
}
