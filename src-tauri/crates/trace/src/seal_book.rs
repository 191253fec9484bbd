//! The seals, anchors and counts that the catalogue keeps, and their bonds: each seal and each anchor names the one before
//! it, so that the last signature vouches for all of them.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::anchor::Anchor;
use crate::entry::Sequence;
use crate::error::JournalError;
use crate::seal::{Seal, verifies};
use crate::statistics::{self, MonthCount};
use crate::succession::Signers;
use crate::verify::Problem;

/// The setting that says which key the journal was begun with, in hexadecimal.
pub(crate) const PUBLIC_KEY: &str = "public_key";

/// Everything signed, as the catalogue keeps it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book {
    /// By sequence.
    pub(crate) seals: Vec<Seal>,
    /// Oldest first.
    pub(crate) anchors: Vec<Anchor>,
    counts: Vec<(u64, Vec<u8>, Vec<u8>)>,
    /// What is in the catalogue and is none of these.
    strange: Option<Problem>,
}

impl Book {
    /// Reads it.
    pub(crate) fn read(tx: &Transaction<'_>, journal: &[u8; 16]) -> Result<Self, JournalError> {
        let mut book = Self::default();
        let mut statement = tx.prepare("SELECT sequence, octets, signature FROM seal ORDER BY sequence")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (sequence, octets, signature) = signed(row)?;
            match Seal::read(journal, octets, signature).filter(|seal| seal.sequence.0 == sequence) {
                Some(seal) => book.seals.push(seal),
                None => book.note(Problem::SealForged { at: Sequence(sequence) }),
            }
        }
        drop(rows);
        let mut statement = tx.prepare("SELECT number, octets, signature FROM anchor ORDER BY number")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (number, octets, signature) = signed(row)?;
            let at = book.anchors.last().map_or(Sequence(0), |anchor| anchor.last);
            let expected = book.anchors.len() as u64 + 1;
            match Anchor::read(journal, octets, signature).filter(|_| number == expected) {
                Some(anchor) => book.anchors.push(anchor),
                None => book.note(Problem::AnchorForged { at }),
            }
        }
        drop(rows);
        let mut statement = tx.prepare("SELECT number, octets, signature FROM statistic ORDER BY number")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (number, octets, signature) = signed(row)?;
            book.counts.push((number, octets.to_vec(), signature.to_vec()));
        }
        Ok(book)
    }

    fn note(&mut self, problem: Problem) {
        self.strange.get_or_insert(problem);
    }

    /// How many traces were pruned.
    pub(crate) fn pruned(&self) -> u64 {
        self.anchors.iter().map(Anchor::count).sum()
    }

    /// The counts left, oldest pruning first; what cannot be read is left out, and verification says so.
    pub(crate) fn counts(&self, journal: &[u8; 16]) -> Vec<MonthCount> {
        let read = |(_, octets, _): &(u64, Vec<u8>, Vec<u8>)| statistics::read(journal, octets);
        self.counts.iter().filter_map(read).flatten().collect()
    }

    /// The digest that the next anchor names.
    pub(crate) fn last_anchor_digest(&self, journal: &[u8; 16]) -> [u8; 32] {
        self.anchors.last().map_or([0; 32], |anchor| anchor.digest(journal))
    }

    /// The digest that the next seal names.
    pub(crate) fn last_seal_digest(&self, journal: &[u8; 16]) -> [u8; 32] {
        let folded = self.anchors.last().map_or([0; 32], |anchor| anchor.folded);
        self.seals.last().map_or(folded, |seal| seal.digest(journal))
    }

    /// What is wrong with the anchors, given where the journal's chain begins.
    pub(crate) fn anchors_problem(&self, signers: &Signers, journal: &[u8; 16], start: u64) -> Option<Problem> {
        if let Some(problem @ Problem::AnchorForged { .. }) = &self.strange {
            return Some(problem.clone());
        }
        let (mut after, mut previous, mut counted) = (start, [0; 32], 0);
        for (index, anchor) in self.anchors.iter().enumerate() {
            let public = signers.of_anchor(index as u64);
            let forged = Some(Problem::AnchorForged { at: anchor.last });
            if anchor.first.0 != after + 1
                || anchor.last < anchor.first
                || anchor.previous != previous
                || !anchor.is_signed(public, journal)
            {
                return forged;
            }
            if anchor.statistics != [0; 32] {
                let number = index as u64 + 1;
                let Some((_, octets, signature)) = self.counts.iter().find(|counts| counts.0 == number) else {
                    return forged;
                };
                let signature = <&[u8; 64]>::try_from(signature.as_slice());
                if statistics::digest(octets) != anchor.statistics
                    || !signature.is_ok_and(|signature| verifies(public, octets, signature))
                {
                    return forged;
                }
                counted += 1;
            }
            after = anchor.last.0;
            previous = anchor.digest(journal);
        }
        (self.counts.len() != counted).then_some(Problem::AnchorForged { at: Sequence(after) })
    }

    /// What is wrong with the seals themselves. Only the last signature of each key is checked where the bonds hold.
    pub(crate) fn seals_problem(&self, signers: &Signers, journal: &[u8; 16]) -> Option<Problem> {
        if let Some(problem @ Problem::SealForged { .. }) = &self.strange {
            return Some(problem.clone());
        }
        let mut expected = self.anchors.last().map_or([0; 32], |anchor| anchor.folded);
        let mut before: Option<&Seal> = None;
        for seal in &self.seals {
            let forged = |seal: &&Seal| !seal.is_signed(signers.of_seal(seal.sequence.0), journal);
            if seal.previous != expected {
                let guilty = before.filter(forged).unwrap_or(seal);
                return Some(Problem::SealForged { at: guilty.sequence });
            }
            let passed = |before: &&Seal| signers.of_seal(before.sequence.0) != signers.of_seal(seal.sequence.0);
            if let Some(forged) = before.filter(passed).filter(forged) {
                return Some(Problem::SealForged { at: forged.sequence });
            }
            expected = seal.digest(journal);
            before = Some(seal);
        }
        let forged = before.filter(|last| !last.is_signed(signers.of_seal(last.sequence.0), journal));
        forged.map(|last| Problem::SealForged { at: last.sequence })
    }
}

/// Keeps a seal, among other changes.
pub(crate) fn put_seal(tx: &Transaction<'_>, journal: &[u8; 16], seal: &Seal) -> Result<(), JournalError> {
    tx.prepare_cached("INSERT INTO seal (sequence, octets, signature) VALUES (?1, ?2, ?3)")?
        .execute(params![seal.sequence.0 as i64, seal.octets(journal), seal.signature])?;
    Ok(())
}

/// Keeps an anchor and the counts it signs, lets go of the seals that covered nothing else, among other changes.
pub(crate) fn put_anchor(
    tx: &Transaction<'_>,
    journal: &[u8; 16],
    anchor: &Anchor,
    counts: Option<(&[u8], [u8; 64])>,
) -> Result<(), JournalError> {
    let number: i64 = tx.query_row("SELECT coalesce(max(number), 0) + 1 FROM anchor", [], |row| row.get(0))?;
    tx.execute(
        "INSERT INTO anchor (number, octets, signature) VALUES (?1, ?2, ?3)",
        params![number, anchor.octets(journal), anchor.signature],
    )?;
    if let Some((octets, signature)) = counts {
        tx.execute(
            "INSERT INTO statistic (number, octets, signature) VALUES (?1, ?2, ?3)",
            params![number, octets, signature],
        )?;
    }
    tx.execute("DELETE FROM seal WHERE sequence <= ?1", [anchor.last.0 as i64])?;
    Ok(())
}

/// A setting of the catalogue.
pub(crate) fn setting(tx: &Transaction<'_>, name: &str) -> Result<Option<String>, JournalError> {
    Ok(tx
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

/// Sets it, among other changes.
pub(crate) fn set_setting(tx: &Transaction<'_>, name: &str, value: &str) -> Result<(), JournalError> {
    tx.prepare_cached("INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)")?
        .execute([name, value])?;
    Ok(())
}

/// Takes it out, among other changes.
pub(crate) fn unset(tx: &Transaction<'_>, name: &str) -> Result<(), JournalError> {
    tx.execute("DELETE FROM setting WHERE name = ?1", [name])?;
    Ok(())
}

/// A number, and two blobs that are empty where they are no blobs. One below zero is read as 0, which nothing signed has.
fn signed<'a>(row: &'a Row<'_>) -> Result<(u64, &'a [u8], &'a [u8]), JournalError> {
    let number = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
    let blob = |index| Ok::<_, rusqlite::Error>(row.get_ref(index)?.as_blob().unwrap_or_default());
    Ok((number, blob(1)?, blob(2)?))
}
