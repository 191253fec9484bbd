//! What is held against a whole period's file, besides its traces one by one: every octet of every page, the schema, and the
//! tables that repeat parts of the traces.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use rusqlite::Connection;

use crate::database::{self, natural};
use crate::entry::Sequence;
use crate::error::JournalError;
use crate::journal::lock;
use crate::period;
use crate::period_index::CHUNK;
use crate::period_writer::digest;
use crate::verify::ground::Site;
use crate::verify::is_damage;
use crate::verify::problem::Problem;
use crate::verify::walk::{Shared, Walked};

/// A file that is being written is looked at again so many times before it is said to be damaged.
const AGAIN: usize = 3;

/// Whether every page of this file is as it was written, those that hold nothing too, and nothing stands after them.
pub(crate) fn is_whole(path: &Path, open: impl Fn() -> Result<Connection, JournalError>) -> Result<bool, JournalError> {
    for _ in 0..AGAIN {
        let connection = match open() {
            Ok(connection) => connection,
            Err(error) if is_damage(&error) => continue,
            Err(error) => return Err(error),
        };
        let mut statement = connection.prepare("PRAGMA cipher_integrity_check")?;
        let faults = statement.query([])?.next()?.is_some();
        let size: u64 = connection
            .query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0))?
            .unsigned_abs();
        let found = std::fs::metadata(path).map_or(0, |file| file.len());
        if !faults && found <= size * u64::from(database::PAGE) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a database has the schema that these files make, and no more.
pub(crate) fn has_schema(connection: &Connection, files: &[&str]) -> Result<bool, JournalError> {
    let plain = Connection::open_in_memory()?;
    for sql in files {
        plain.execute_batch(sql)?;
    }
    let read = |connection: &Connection| {
        let mut statement =
            connection.prepare("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY 1, 2")?;
        let rows = statement.query_map([], |row| {
            Ok::<[String; 4], _>([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
        })?;
        rows.collect::<Result<Vec<_>, _>>()
    };
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(read(connection)? == read(&plain)? && version == files.len() as i64)
}

/// Whether this table has the one row that it should, under its number.
pub(crate) fn is_single(connection: &Connection, table: &str) -> Result<bool, JournalError> {
    let sql = format!("SELECT count(*) = 1 AND max(id) = 1 FROM {table}");
    Ok(connection.query_row(&sql, [], |row| row.get(0))?)
}

/// The sum over the names of messages of this period.
pub(crate) fn names(shared: &Shared<'_>, site: &Site) -> Result<u64, JournalError> {
    let connection = lock(&site.connection);
    let mut statement = connection.prepare("SELECT name, sequence FROM message")?;
    let mut rows = statement.query([])?;
    let mut sum = 0u64;
    while let Some(row) = rows.next()? {
        sum = sum.wrapping_add(shared.name(row.get(0)?, natural(row, 1)?));
    }
    Ok(sum)
}

/// Where the chunks do not follow one another as they should; the stretches that may be walked apart otherwise.
pub(crate) fn stretches(site: &Site, most: u64) -> (Vec<(u64, u64)>, Option<Problem>) {
    let (first, last) = (site.first(), site.last.sequence);
    let mut stretches = Vec::new();
    if last < first {
        let problem = (!site.chunks.is_empty()).then_some(Problem::Mislabelled { at: Sequence(first) });
        return (stretches, problem);
    }
    let mut begun = first;
    let mut expected = first;
    for (from, to) in &site.chunks {
        if *from != expected || *to < *from || *to > last {
            let at = Sequence(expected.min(last));
            return (vec![(first, last)], Some(Problem::Mislabelled { at }));
        }
        expected = to + 1;
        if expected - begun >= most {
            stretches.push((begun, *to));
            begun = expected;
        }
    }
    if begun <= last {
        stretches.push((begun, last));
    }
    let tail = last + 1 - expected;
    // What is closed is packed whole. Of the period at hand the end may not be packed: it is read from the traces then, so
    // that a chunk taken away there says nothing false.
    let unpacked = if site.newest { CHUNK as u64 } else { 1 };
    let problem = (tail >= unpacked).then_some(Problem::Mislabelled { at: Sequence(expected) });
    (stretches, problem)
}

/// What all walks of a period found, together.
pub(crate) struct Together<'a> {
    pub(crate) walked: &'a [&'a Walked],
    /// The sum over the table of messages.
    pub(crate) names: u64,
    /// The intentions without outcome when the period ends, by exchange and sequence.
    pub(crate) open: &'a BTreeSet<(u64, u64)>,
    /// Intentions of the first format up to the period's end: their ties are no one's to check.
    pub(crate) untied: &'a BTreeSet<u64>,
    /// What is said of traces up to this one is gone with them.
    pub(crate) pruned: u64,
    /// Whether the period's beginning was pruned.
    pub(crate) cut: bool,
}

/// Follows the exchanges of a period.
pub(crate) fn tie(open: &mut BTreeSet<(u64, u64)>, walked: &[&Walked]) {
    let mut by_exchange: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for (exchange, sequence) in open.iter() {
        by_exchange.entry(*exchange).or_default().push(*sequence);
    }
    for (sequence, exchange, intended) in walked.iter().flat_map(|walked| &walked.ties) {
        if *intended {
            by_exchange.entry(*exchange).or_default().push(*sequence);
        } else {
            by_exchange.remove(exchange);
        }
    }
    *open = by_exchange
        .into_iter()
        .flat_map(|(exchange, sequences)| sequences.into_iter().map(move |sequence| (exchange, sequence)))
        .collect();
}

/// Holds the tables of a period against its traces, all of which are sound.
pub(crate) fn problem(shared: &Shared<'_>, site: &Site, all: &Together<'_>) -> Result<Option<Problem>, JournalError> {
    let connection = lock(&site.connection);
    let first = Sequence(site.first());
    let mislabelled = Ok(Some(Problem::Mislabelled { at: first }));
    let outside: (Option<i64>, Option<i64>) = connection.query_row(
        "SELECT (SELECT min(sequence) FROM record WHERE sequence < ?1), (SELECT min(sequence) FROM record WHERE sequence > ?2)",
        [first.0 as i64, site.last.sequence as i64],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if let Some(at) = outside.0.or(outside.1) {
        return Ok(Some(Problem::Inserted {
            at: Sequence(u64::try_from(at).unwrap_or_default()),
        }));
    }
    if !has_schema(&connection, period::FILES)? || !is_single(&connection, "period")? {
        return mislabelled;
    }
    let expected = all
        .walked
        .iter()
        .fold(0u64, |sum, walked| sum.wrapping_add(walked.names));
    if expected != all.names {
        return mislabelled;
    }
    let still = |(_, sequence): &(u64, u64)| *sequence > all.pruned && !all.untied.contains(sequence);
    let kept: BTreeSet<(u64, u64)> = period::unanswered(&connection)?.into_iter().filter(still).collect();
    let expected: BTreeSet<(u64, u64)> = all.open.iter().copied().filter(still).collect();
    if let Some((_, sequence)) = kept.symmetric_difference(&expected).next() {
        return Ok(Some(Problem::Mislabelled {
            at: Sequence((*sequence).max(first.0)),
        }));
    }
    let authors = texts(&connection, "SELECT national_id, name, method FROM author")?;
    let bals = texts(&connection, "SELECT address, kind FROM bal")?;
    if authors.as_ref() != Some(&union(all.walked.iter().flat_map(|walked| &walked.authors)))
        || bals.as_ref() != Some(&union(all.walked.iter().flat_map(|walked| &walked.bals)))
        || site.has_unused()
        || !parties_are_found(shared, &connection)?
        || !are_numbered(&connection)?
    {
        return mislabelled;
    }
    let span = all.walked.iter().filter_map(|walked| walked.span);
    let span = span.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let listed_fits = if site.newest && !site.spanned {
        // What the catalogue says of the period at hand is as old as its last opening.
        site.span
            .is_none_or(|listed| span.is_some_and(|span| span.0 <= listed.0 && listed.1 <= span.1))
    } else {
        site.span == span
    };
    let moment = all
        .walked
        .iter()
        .rev()
        .find_map(|walked| walked.moments)
        .map(|moments| moments.1);
    let moment_fits = moment.is_none_or(|moment| moment == site.header.moment);
    let month_fits = span.is_none_or(|span| {
        let latest = jiff::Timestamp::from_millisecond(span.1).map(period::month);
        latest.is_ok_and(|latest| latest == site.month || all.cut && latest < site.month)
    });
    if !listed_fits || !moment_fits || !month_fits {
        return mislabelled;
    }
    Ok(None)
}

/// Whether each party stands under its own digest.
fn parties_are_found(shared: &Shared<'_>, connection: &Connection) -> Result<bool, JournalError> {
    let mut statement = connection.prepare("SELECT digest, addresses FROM party")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let own = digest(&shared.journal, row.get_ref(1)?.as_str().unwrap_or_default());
        if row.get::<_, i64>(0)? != own {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether authors and mailboxes are numbered from 1 on.
fn are_numbered(connection: &Connection) -> Result<bool, JournalError> {
    Ok(connection.query_row(
        "SELECT (SELECT count(*) = coalesce(max(id), 0) AND coalesce(min(id), 1) = 1 FROM author)
            AND (SELECT count(*) = coalesce(max(id), 0) AND coalesce(min(id), 1) = 1 FROM bal)",
        [],
        |row| row.get(0),
    )?)
}

/// A table of texts; `None` when something else stands in it, or twice the same.
fn texts<const N: usize>(connection: &Connection, sql: &str) -> Result<Option<HashSet<[String; N]>>, JournalError> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut found = HashSet::new();
    while let Some(row) = rows.next()? {
        let mut texts = [const { String::new() }; N];
        for (index, text) in texts.iter_mut().enumerate() {
            *text = row.get_ref(index)?.as_str().unwrap_or_default().to_owned();
        }
        if !found.insert(texts) {
            return Ok(None);
        }
    }
    Ok(Some(found))
}

fn union<'a, const N: usize>(found: impl Iterator<Item = &'a [String; N]>) -> HashSet<[String; N]> {
    found.cloned().collect()
}
