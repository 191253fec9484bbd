//! Writing in a period's file: each call is one commit, on the disk when it returns, or nothing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::canonical;
use crate::entry::{Author, Bal, Entry, Outcome, Sequence};
use crate::error::JournalError;
use crate::filter::names;
use crate::journal::{Head, chain, lock};
use crate::keys::random;
use crate::period::{self, Period};
use crate::period_index::{CHUNK, Index, Kind, Row, Summary, pack, party};

/// Parties remembered, so that their ids need not be looked up.
const PARTIES: usize = 4096;

/// The clock is said to have gone back when a trace is written more than this before the one before it, in milliseconds.
const SET_BACK: i64 = 1000;

/// A period being written.
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) period: Arc<Period>,
    pub(crate) journal: [u8; 16],
    pub(crate) head: Head,
    moment: i64,
    kinds: HashMap<Kind, u32>,
    parties: HashMap<Box<str>, u32>,
    authors: HashSet<Author>,
    bals: HashSet<Bal>,
    /// By exchange.
    open: HashMap<u64, Vec<u64>>,
}

/// A trace as it was written elsewhere, to be kept as it is.
pub(crate) struct Raw<'a> {
    pub(crate) sequence: u64,
    pub(crate) canonical: &'a [u8],
    pub(crate) hash: [u8; 32],
    /// Its time, for when its octets cannot be read.
    pub(crate) at: i64,
}

/// What changes with a commit, and with it only.
struct Staged {
    head: Head,
    moment: i64,
    kinds: HashMap<Kind, u32>,
    parties: HashMap<Box<str>, u32>,
    authors: Vec<Author>,
    bals: Vec<Bal>,
    chunks: Vec<Summary>,
    /// All of the tail, with what it was before when a chunk was made of it.
    tail: Vec<Row>,
    packed: bool,
    opened: Vec<(u64, u64)>,
    answered: Vec<u64>,
}

impl Writer {
    /// Takes up a period's file where it was left, and fills the period's index.
    pub(crate) fn open(connection: Connection, period: Arc<Period>, journal: [u8; 16]) -> Result<Self, JournalError> {
        let header = period::header(&connection)?;
        let index = period::index(&connection)?;
        let mut open: HashMap<u64, Vec<u64>> = HashMap::new();
        for (exchange, sequence) in period::unanswered(&connection)? {
            open.entry(exchange).or_default().push(sequence);
        }
        let known = |(id, kind): (usize, &Option<Kind>)| Some((kind.clone()?, u32::try_from(id).ok()?));
        let writer = Self {
            journal,
            head: header.head,
            moment: header.moment,
            kinds: index.kinds.iter().enumerate().filter_map(known).collect(),
            parties: HashMap::new(),
            authors: index.authors.iter().cloned().collect(),
            bals: index.bals.iter().cloned().collect(),
            open,
            connection,
            period: Arc::clone(&period),
        };
        *lock(&period.index) = Some(index);
        Ok(writer)
    }

    /// When the last trace was written, by its own saying.
    pub(crate) fn moment(&self) -> i64 {
        self.moment
    }

    /// The intentions without outcome: exchange and sequence.
    pub(crate) fn unanswered(&self) -> impl Iterator<Item = (u64, u64)> {
        self.open
            .iter()
            .flat_map(|(exchange, sequences)| sequences.iter().map(|sequence| (*exchange, *sequence)))
    }

    /// Writes traces.
    pub(crate) fn append(&mut self, entries: &[Entry]) -> Result<Vec<Sequence>, JournalError> {
        let run = |writer: &Self, tx: &Transaction<'_>, staged: &mut Staged| {
            let mut sequences = Vec::with_capacity(entries.len());
            for entry in entries {
                let sequence = Sequence(staged.head.sequence + 1);
                let at = entry.at.as_millisecond();
                let back = staged.moment.saturating_sub(moment(entry));
                let set_back = (staged.moment != i64::MIN && back > SET_BACK).then(|| back.unsigned_abs());
                let canonical = canonical::write(sequence, &random()?, set_back, entry);
                let hash = chain(&staged.head.hash, &canonical);
                let raw = Raw {
                    sequence: sequence.0,
                    canonical: &canonical,
                    hash,
                    at,
                };
                writer.stage(tx, staged, &raw, Some(entry))?;
                sequences.push(sequence);
            }
            Ok(sequences)
        };
        self.commit(run).map_err(|error| error.while_doing("writing a trace"))
    }

    /// Writes traces as they were elsewhere: sequence, octets and hash. They follow the last one.
    pub(crate) fn copy(&mut self, raws: &[Raw<'_>]) -> Result<(), JournalError> {
        self.commit(|writer, tx, staged| {
            for raw in raws {
                let read = canonical::read(raw.canonical).filter(|read| read.sequence.0 == raw.sequence);
                writer.stage(tx, staged, raw, read.as_ref().map(|read| &read.entry))?;
            }
            Ok(())
        })
        .map_err(|error| error.while_doing("copying traces"))
    }

    /// Says that these exchanges need no outcome any more, or that these intentions are open: what is carried from a period
    /// to the next, or forgotten with what is destroyed.
    pub(crate) fn set_open(&mut self, open: &[(u64, u64)]) -> Result<(), JournalError> {
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute("DELETE FROM open", [])?;
        for (exchange, sequence) in open {
            insert_open(&tx, *exchange, *sequence)?;
        }
        tx.commit()?;
        self.open.clear();
        for (exchange, sequence) in open {
            self.open.entry(*exchange).or_default().push(*sequence);
        }
        Ok(())
    }

    /// Whether a trace could be written now, as far as can be told without writing one.
    pub(crate) fn ready(&mut self) -> Result<(), JournalError> {
        let mut run = || {
            let tx = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            tx.prepare_cached("SELECT head_sequence FROM period")?
                .query_row([], |_| Ok(()))?;
            Ok(())
        };
        run().map_err(|error: JournalError| error.while_doing("preparing to write a trace"))
    }

    /// Closes the period: nothing more is written in it, so that its tail is a chunk too.
    pub(crate) fn close(&mut self) -> Result<(), JournalError> {
        self.commit(|writer, tx, staged| writer.pack(tx, staged, 1))?;
        self.finish()
    }

    /// Ends the file: what is in its log goes into it, and it needs no log any more.
    pub(crate) fn finish(&mut self) -> Result<(), JournalError> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    fn commit<T>(
        &mut self,
        work: impl FnOnce(&Self, &Transaction<'_>, &mut Staged) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let mut staged = Staged {
            head: self.head,
            moment: self.moment,
            kinds: HashMap::new(),
            parties: HashMap::new(),
            authors: Vec::new(),
            bals: Vec::new(),
            chunks: Vec::new(),
            tail: Vec::new(),
            packed: false,
            opened: Vec::new(),
            answered: Vec::new(),
        };
        // The transaction borrows nothing that is changed before it is done.
        let tx = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let done = work(self, &tx, &mut staged)?;
        period::set_head(&tx, staged.head, staged.moment)?;
        tx.commit()?;
        self.apply(staged);
        Ok(done)
    }

    fn stage(
        &self,
        tx: &Transaction<'_>,
        staged: &mut Staged,
        raw: &Raw<'_>,
        entry: Option<&Entry>,
    ) -> Result<(), JournalError> {
        let (mut kind, mut members, mut at) = (0, 0, raw.at);
        if let Some(entry) = entry {
            kind = self.kind(tx, staged, Kind::of(entry))?;
            members = self.party(tx, staged, party(entry))?;
            at = entry.at.as_millisecond();
            self.learn(tx, staged, entry)?;
            let mut statement = tx.prepare_cached("INSERT OR IGNORE INTO message (name, sequence) VALUES (?1, ?2)")?;
            for name in names(entry) {
                statement.execute(params![digest(&self.journal, name), raw.sequence as i64])?;
            }
            self.tie(tx, staged, raw.sequence, entry)?;
            staged.moment = moment(entry);
        }
        tx.prepare_cached(
            "INSERT INTO record (sequence, at, kind, party, hash, canonical) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![raw.sequence as i64, at, kind, members, raw.hash, raw.canonical])?;
        staged.head = Head {
            sequence: raw.sequence,
            hash: raw.hash,
        };
        staged.tail.push(Row {
            at,
            sequence: raw.sequence,
            kind,
            party: members,
        });
        self.pack(tx, staged, CHUNK)
    }

    /// Makes a chunk of the tail when it is this long.
    fn pack(&self, tx: &Transaction<'_>, staged: &mut Staged, enough: usize) -> Result<(), JournalError> {
        let before = lock(&self.period.index).as_ref().map_or(0, |index| index.tail.len());
        let length = staged.tail.len() + if staged.packed { 0 } else { before };
        if length < enough {
            return Ok(());
        }
        let mut rows = Vec::with_capacity(CHUNK);
        if !staged.packed {
            rows.extend(
                lock(&self.period.index)
                    .iter()
                    .flat_map(|index| index.tail.iter().copied()),
            );
        }
        rows.append(&mut staged.tail);
        staged.packed = true;
        // A tail is never longer than a chunk, but where somebody took chunks away.
        for rows in rows.chunks(CHUNK) {
            let Some(summary) = Summary::of(rows) else { continue };
            tx.prepare_cached(
                "INSERT INTO chunk (first, last, min_at, max_at, counts, columns) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                summary.first as i64,
                summary.last as i64,
                summary.min_at,
                summary.max_at,
                summary.packed_counts(),
                pack(rows),
            ])?;
            staged.chunks.push(summary);
        }
        Ok(())
    }

    fn kind(&self, tx: &Transaction<'_>, staged: &mut Staged, kind: Kind) -> Result<u32, JournalError> {
        if let Some(id) = self.kinds.get(&kind).or_else(|| staged.kinds.get(&kind)) {
            return Ok(*id);
        }
        tx.prepare_cached("INSERT INTO kind (bal, author, action, class) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                kind.bal,
                kind.author,
                kind.action.as_str(),
                kind.class.number()
            ])?;
        let id = last_id(tx)?;
        staged.kinds.insert(kind, id);
        Ok(id)
    }

    fn party(&self, tx: &Transaction<'_>, staged: &mut Staged, members: String) -> Result<u32, JournalError> {
        if members.is_empty() {
            return Ok(0);
        }
        let known = self.parties.get(members.as_str());
        if let Some(id) = known.or_else(|| staged.parties.get(members.as_str())) {
            return Ok(*id);
        }
        let mut digest = digest(&self.journal, &members);
        // Two that have one digest stand one after the other.
        let id = loop {
            let found: Option<(i64, bool)> = tx
                .prepare_cached("SELECT id, addresses = ?2 FROM party WHERE digest = ?1")?
                .query_row(params![digest, members], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            match found {
                Some((id, true)) => break u32::try_from(id).unwrap_or_default(),
                Some((_, false)) => digest = digest.wrapping_add(1),
                None => {
                    tx.prepare_cached("INSERT INTO party (digest, addresses) VALUES (?1, ?2)")?
                        .execute(params![digest, members])?;
                    break last_id(tx)?;
                }
            }
        };
        staged.parties.insert(members.into_boxed_str(), id);
        Ok(id)
    }

    fn learn(&self, tx: &Transaction<'_>, staged: &mut Staged, entry: &Entry) -> Result<(), JournalError> {
        if let Some(author) = &entry.author
            && !self.authors.contains(author)
            && !staged.authors.contains(author)
        {
            let id = author.national_id.as_ref().map(|id| id.as_str()).unwrap_or_default();
            tx.prepare_cached("INSERT OR IGNORE INTO author (national_id, name, method) VALUES (?1, ?2, ?3)")?
                .execute(params![id, author.name.as_str(), author.method.as_str()])?;
            staged.authors.push(author.clone());
        }
        if let Some(bal) = &entry.bal
            && !self.bals.contains(bal)
            && !staged.bals.contains(bal)
        {
            let kind = bal.kind.map(|kind| kind.as_str()).unwrap_or_default();
            tx.prepare_cached("INSERT OR IGNORE INTO bal (address, kind) VALUES (?1, ?2)")?
                .execute(params![bal.address.as_str(), kind])?;
            staged.bals.push(bal.clone());
        }
        Ok(())
    }

    /// Ties an outcome to its intentions: they are answered.
    fn tie(&self, tx: &Transaction<'_>, staged: &mut Staged, sequence: u64, entry: &Entry) -> Result<(), JournalError> {
        let Some(exchange) = entry.exchange.map(|exchange| exchange.0) else {
            return Ok(());
        };
        if entry.outcome == Outcome::Intended {
            insert_open(tx, exchange, sequence)?;
            staged.opened.push((exchange, sequence));
        } else if self.open.contains_key(&exchange) || staged.opened.iter().any(|(open, _)| *open == exchange) {
            tx.prepare_cached("DELETE FROM open WHERE exchange = ?1")?
                .execute([exchange.cast_signed()])?;
            staged.opened.retain(|(open, _)| *open != exchange);
            staged.answered.push(exchange);
        }
        Ok(())
    }

    fn apply(&mut self, staged: Staged) {
        self.head = staged.head;
        self.moment = staged.moment;
        for exchange in &staged.answered {
            self.open.remove(exchange);
        }
        for (exchange, sequence) in staged.opened {
            self.open.entry(exchange).or_default().push(sequence);
        }
        let mut index = lock(&self.period.index);
        let index = index.get_or_insert_with(Index::default);
        for (kind, id) in staged.kinds {
            index.learn(id, kind.clone());
            self.kinds.insert(kind, id);
        }
        if self.parties.len() > PARTIES {
            self.parties.clear();
        }
        self.parties.extend(staged.parties);
        if !staged.authors.is_empty() {
            Arc::make_mut(&mut index.authors).extend(staged.authors.iter().cloned());
            self.authors.extend(staged.authors);
        }
        if !staged.bals.is_empty() {
            Arc::make_mut(&mut index.bals).extend(staged.bals.iter().cloned());
            self.bals.extend(staged.bals);
        }
        if staged.packed {
            index.tail.clear();
            Arc::make_mut(&mut index.chunks).extend(staged.chunks.into_iter().map(Arc::new));
        }
        index.tail.extend(staged.tail);
    }
}

fn insert_open(tx: &Transaction<'_>, exchange: u64, sequence: u64) -> Result<(), JournalError> {
    tx.prepare_cached("INSERT OR IGNORE INTO open (exchange, sequence) VALUES (?1, ?2)")?
        .execute(params![exchange.cast_signed(), sequence as i64])?;
    Ok(())
}

fn last_id(tx: &Transaction<'_>) -> Result<u32, JournalError> {
    crate::period_index::id(tx.last_insert_rowid()).ok_or(JournalError::Random)
}

/// When a trace was written, by its own saying: an outcome bears the time at which its exchange began.
pub(crate) fn moment(entry: &Entry) -> i64 {
    let took = i64::try_from(entry.duration_ms).unwrap_or(i64::MAX);
    entry.at.as_millisecond().saturating_add(took)
}

/// A text as the tables of messages and parties have it: what it digests to differs from journal to journal, so that
/// nobody can prepare two that meet.
pub(crate) fn digest(journal: &[u8; 16], text: &str) -> i64 {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(journal);
    context.update(text.as_bytes());
    let digest = context.finish();
    let first = digest.as_ref().first_chunk::<8>().copied().unwrap_or_default();
    i64::from_le_bytes(first)
}
