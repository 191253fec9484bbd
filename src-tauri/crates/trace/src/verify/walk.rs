//! One stretch of traces, read in order: the chain, each label, and what a whole period needs to know of them.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use rusqlite::{Connection, OptionalExtension};

use crate::canonical;
use crate::entry::Sequence;
use crate::error::JournalError;
use crate::journal::chain;
use crate::period_index::{Row, Summary, pack};
use crate::period_writer::digest;
use crate::verify::ground::Site;
use crate::verify::is_damage;
use crate::verify::problem::Problem;
use crate::verify::scan::Scanned;

/// The clock is said to have gone back when a trace is written more than this before the one before it, in milliseconds.
pub(crate) const SET_BACK: i64 = 1000;
/// So many places where the clock was set back are kept.
pub(crate) const PLACES: usize = 100;
/// Progress is told each time so many traces were read.
const STEP: u64 = 4096;

/// Which traces to walk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    pub(crate) site: usize,
    pub(crate) first: u64,
    pub(crate) last: u64,
}

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    pub(crate) site: usize,
    pub(crate) first: u64,
    /// How many traces hold, from the first one.
    pub(crate) sound: u64,
    pub(crate) problem: Option<Problem>,
    /// When the first and the last trace were written.
    pub(crate) moments: Option<(i64, i64)>,
    pub(crate) span: Option<(i64, i64)>,
    pub(crate) back: Vec<(Sequence, u64)>,
    pub(crate) back_count: u64,
    /// A sum over the names of messages that can only be that of the same names.
    pub(crate) names: u64,
    /// Intentions of the first format, which nothing ties to their outcome.
    pub(crate) untied: Vec<u64>,
    /// Sequence, exchange, whether it is an intention.
    pub(crate) ties: Vec<(u64, u64, bool)>,
    pub(crate) authors: HashSet<[String; 3]>,
    pub(crate) bals: HashSet<[String; 2]>,
    /// The marks whose hash is another one.
    pub(crate) unmet: Vec<u64>,
}

/// What all walks share.
pub(crate) struct Shared<'a> {
    pub(crate) journal: [u8; 16],
    pub(crate) hasher: &'a RandomState,
    /// Hashes that the chain must pass by: what is sealed, by sequence.
    pub(crate) marks: &'a [(u64, [u8; 32])],
    pub(crate) progress: &'a (dyn Fn(u64) + Sync),
}

impl Shared<'_> {
    /// What one name of a trace's message adds to the sum.
    pub(crate) fn name(&self, name: i64, sequence: u64) -> u64 {
        self.hasher.hash_one((name, sequence))
    }
}

/// Walks a stretch.
pub(crate) fn walk(
    shared: &Shared<'_>,
    site: &Site,
    stretch: Stretch,
    connection: &Connection,
) -> Result<Walked, JournalError> {
    let mut walk = Walk {
        shared,
        site,
        connection,
        parties: HashMap::new(),
        chunk: site
            .chunks
            .iter()
            .position(|chunk| chunk.0 >= stretch.first)
            .unwrap_or(usize::MAX),
        rows: Vec::new(),
        marks: shared.marks.partition_point(|mark| mark.0 < stretch.first),
        found: Walked {
            site: stretch.site,
            first: stretch.first,
            ..Walked::default()
        },
    };
    match walk.run(stretch) {
        Ok(problem) => walk.found.problem = problem,
        Err(error) if is_damage(&error) => {
            walk.found.problem = Some(Problem::Unreadable {
                period: site.number,
                after: Sequence(stretch.first - 1 + walk.found.sound),
            });
        }
        Err(error) => return Err(error),
    }
    Ok(walk.found)
}

struct Walk<'a> {
    shared: &'a Shared<'a>,
    site: &'a Site,
    connection: &'a Connection,
    /// The parties already held against their text: by id, what their octets hash to.
    parties: HashMap<i64, u64>,
    /// The chunk that the trace at hand is in.
    chunk: usize,
    rows: Vec<Row>,
    marks: usize,
    found: Walked,
}

impl Walk<'_> {
    fn run(&mut self, stretch: Stretch) -> Result<Option<Problem>, JournalError> {
        // The stretch before checks this hash; where the trace is gone, it says so.
        let mut hash = if stretch.first == self.site.first() {
            Some(self.site.before.hash)
        } else {
            self.hash_of(stretch.first - 1)?
        };
        let mut mislabelled = None;
        let mut expected = stretch.first;
        let mut told = 0;
        let mut statement = self.connection.prepare(
            "SELECT sequence, at, kind, party, hash, canonical FROM record
             WHERE sequence BETWEEN ?1 AND ?2 ORDER BY sequence",
        )?;
        let mut rows = statement.query([stretch.first as i64, stretch.last as i64])?;
        while let Some(row) = rows.next()? {
            let here = row.get::<_, i64>(0)?.unsigned_abs();
            if here > expected {
                return Ok(Some(missing(expected, here - 1)));
            }
            let at = Sequence(here);
            let (Ok(octets), Ok(kept)) = (row.get_ref(5)?.as_blob(), row.get::<_, [u8; 32]>(4)) else {
                return Ok(Some(Problem::Altered { at }));
            };
            let own = octets
                .get(1..9)
                .and_then(|own| own.try_into().ok())
                .map(u64::from_le_bytes);
            let fits = hash.is_none_or(|hash| chain(&hash, octets) == kept);
            if !fits || own != Some(here) {
                return self.misfit(here, own, hash).map(Some);
            }
            hash = Some(kept);
            self.mark(here, &kept);
            let found = Labels {
                at: row.get(1)?,
                kind: row.get(2)?,
                party: row.get(3)?,
            };
            match self.labels(here, octets, &found)? {
                None => {}
                Some(problem @ Problem::Altered { .. }) => return Ok(Some(problem)),
                Some(problem) => mislabelled = mislabelled.or(Some(problem)),
            }
            if let Some(problem) = self.packed(here, &found)? {
                mislabelled = mislabelled.or(Some(problem));
            }
            self.found.sound += 1;
            expected += 1;
            if self.found.sound - told == STEP {
                (self.shared.progress)(STEP);
                told = self.found.sound;
            }
        }
        (self.shared.progress)(self.found.sound - told);
        if expected <= stretch.last {
            return self.ended_early(expected).map(Some);
        }
        if stretch.last == self.site.last.sequence && hash != Some(self.site.last.hash) {
            return Ok(Some(Problem::Altered {
                at: Sequence(stretch.last),
            }));
        }
        Ok(mislabelled)
    }

    fn hash_of(&self, sequence: u64) -> Result<Option<[u8; 32]>, JournalError> {
        let hash = self
            .connection
            .prepare_cached("SELECT hash FROM record WHERE sequence = ?1")?
            .query_row([sequence as i64], |row| Ok(row.get::<_, [u8; 32]>(0).ok()))
            .optional()?;
        Ok(hash.flatten())
    }

    /// No trace from `expected` on, up to the end of the stretch.
    fn ended_early(&self, expected: u64) -> Result<Problem, JournalError> {
        let next: Option<i64> = self.connection.query_row(
            "SELECT min(sequence) FROM record WHERE sequence > ?1",
            [expected as i64],
            |row| row.get(0),
        )?;
        let last = self.site.last.sequence;
        let next = next.map(i64::unsigned_abs).filter(|next| *next <= last);
        Ok(match next {
            Some(next) => missing(expected, next - 1),
            None if self.site.newest => Problem::Truncated {
                after: Sequence(expected - 1),
                until: Sequence(last),
            },
            None => missing(expected, last),
        })
    }

    /// A trace that does not follow the one before: what became of it is told by the next one.
    fn misfit(&self, here: u64, own: Option<u64>, hash: Option<[u8; 32]>) -> Result<Problem, JournalError> {
        let next = self
            .connection
            .prepare_cached("SELECT hash, canonical FROM record WHERE sequence = ?1")?
            .query_row([here as i64 + 1], |row| {
                let octets = row.get_ref(1)?.as_blob().map(<[u8]>::to_vec).unwrap_or_default();
                Ok((row.get::<_, [u8; 32]>(0).unwrap_or_default(), octets))
            })
            .optional()?;
        let next_own = next.as_ref().and_then(|(_, octets)| octets.get(1..9)?.try_into().ok());
        let next_own = next_own.map(u64::from_le_bytes);
        let at = Sequence(here);
        let own = own.unwrap_or(here);
        // The trace that should be here is the next one: this one was put before it.
        if let (Some(hash), Some((kept, octets))) = (hash, &next)
            && next_own == Some(here)
            && chain(&hash, octets) == *kept
        {
            return Ok(Problem::Inserted { at });
        }
        // All from here on say that they stand further on: what was between is gone.
        let end = self.site.last.sequence;
        let shifted = own > here && (next_own == Some(own + 1) || (next.is_none() && (here >= end || own >= end)));
        if shifted && own - here < 1 << 32 {
            return Ok(missing(here, own - 1));
        }
        Ok(Problem::Altered { at })
    }

    fn mark(&mut self, here: u64, hash: &[u8; 32]) {
        while let Some(mark) = self.shared.marks.get(self.marks).filter(|mark| mark.0 <= here) {
            if mark.0 == here && mark.1 != *hash {
                self.found.unmet.push(here);
            }
            self.marks += 1;
        }
    }

    /// Holds a trace's labels against what it says.
    fn labels(&mut self, here: u64, octets: &[u8], found: &Labels) -> Result<Option<Problem>, JournalError> {
        let at = Sequence(here);
        let span = self.found.span.get_or_insert((found.at, found.at));
        *span = (span.0.min(found.at), span.1.max(found.at));
        let Some(scanned) = Scanned::of(octets) else {
            return Ok(Some(Problem::Altered { at }));
        };
        if found.kind == 0 {
            // What could not be read when it was taken over has no label, and is no trace.
            let unread = canonical::read(octets).is_none();
            return Ok(Some(if unread {
                Problem::Altered { at }
            } else {
                Problem::Mislabelled { at }
            }));
        }
        self.remember(here, &scanned);
        let right =
            found.at == scanned.at && self.is_kind(found.kind, &scanned) && self.is_party(found.party, &scanned);
        Ok((!right).then_some(Problem::Mislabelled { at }))
    }

    fn is_kind(&self, id: i64, scanned: &Scanned<'_>) -> bool {
        let Some(kind) = self.site.kind(id) else { return false };
        let bal = scanned.bal.map_or("", |bal| bal[0]);
        kind.class == i64::from(scanned.outcome)
            && kind.action == scanned.action
            && kind.author == scanned.author.map_or("", |author| author[0])
            && (kind.bal == bal && !bal.bytes().any(|octet| octet.is_ascii_uppercase() || !octet.is_ascii())
                || kind.bal == bal.to_lowercase())
    }

    fn is_party(&mut self, id: i64, scanned: &Scanned<'_>) -> bool {
        let octets = scanned.party_octets();
        if octets.0.is_empty() && octets.1.is_empty() {
            return id == 0;
        }
        let own = self.shared.hasher.hash_one(octets);
        if self.parties.get(&id) == Some(&own) {
            return true;
        }
        let right = self.site.party(id).is_some_and(|party| party == scanned.party());
        if right {
            self.parties.insert(id, own);
        }
        right
    }

    /// What the period needs to know of a trace.
    fn remember(&mut self, here: u64, scanned: &Scanned<'_>) {
        let found = &mut self.found;
        if let Some((_, last)) = found.moments
            && last.saturating_sub(scanned.moment) > SET_BACK
        {
            found.back_count += 1;
            if found.back.len() < PLACES {
                found.back.push((Sequence(here), last.abs_diff(scanned.moment)));
            }
        }
        let first = found.moments.map_or(scanned.moment, |moments| moments.0);
        found.moments = Some((first, scanned.moment));
        let mut seen: [Option<i64>; 4] = [None; 4];
        for (index, name) in scanned.names().enumerate() {
            let name = digest(&self.shared.journal, name);
            // Two of the same are one row. Names beyond the fourth are rare enough to be looked for again.
            let again = seen.contains(&Some(name))
                || index > seen.len()
                    && scanned
                        .names()
                        .take(index)
                        .any(|other| digest(&self.shared.journal, other) == name);
            if !again {
                found.names = found.names.wrapping_add(self.shared.name(name, here));
            }
            if let Some(place) = seen.get_mut(index) {
                *place = Some(name);
            }
        }
        if let Some(exchange) = scanned.exchange {
            found.ties.push((here, exchange, scanned.outcome == 3));
        } else if scanned.outcome == 3 {
            found.untied.push(here);
        }
        if let Some(author) = scanned.author
            && !found.authors.iter().any(|known| *known == author)
        {
            found.authors.insert(author.map(str::to_owned));
        }
        if let Some(bal) = scanned.bal
            && !found.bals.iter().any(|known| *known == bal)
        {
            found.bals.insert(bal.map(str::to_owned));
        }
    }

    /// Holds a chunk against the traces that it packs, when its last one was read.
    fn packed(&mut self, here: u64, found: &Labels) -> Result<Option<Problem>, JournalError> {
        let Some((first, last)) = self.site.chunks.get(self.chunk).copied() else {
            return Ok(None);
        };
        if here < first {
            return Ok(None);
        }
        let id = |id: i64| u32::try_from(id).unwrap_or(u32::MAX);
        self.rows.push(Row {
            at: found.at,
            sequence: here,
            kind: id(found.kind),
            party: id(found.party),
        });
        if here < last {
            return Ok(None);
        }
        self.chunk += 1;
        let rows = std::mem::take(&mut self.rows);
        let summary = Summary::of(&rows);
        let right = self
            .connection
            .prepare_cached("SELECT min_at, max_at, counts, columns FROM chunk WHERE first = ?1")?
            .query_row([first as i64], |row| {
                let blob = |index| Ok::<_, rusqlite::Error>(row.get_ref(index)?.as_blob().unwrap_or_default());
                let summed = match &summary {
                    Some(summary) => {
                        summary.min_at == row.get::<_, i64>(0)?
                            && summary.max_at == row.get::<_, i64>(1)?
                            && summary.packed_counts() == blob(2)?
                    }
                    None => false,
                };
                Ok(summed && pack(&rows) == blob(3)?)
            })
            .optional()?;
        Ok((right != Some(true)).then_some(Problem::Mislabelled { at: Sequence(first) }))
    }
}

/// A trace's labels, as its row says them.
struct Labels {
    at: i64,
    kind: i64,
    party: i64,
}

fn missing(first: u64, last: u64) -> Problem {
    Problem::Missing {
        first: Sequence(first),
        last: Sequence(last),
    }
}
