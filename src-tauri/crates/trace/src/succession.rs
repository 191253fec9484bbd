//! Successions: where the key that seals passed on to another one, because the journal was copied to be kept elsewhere or
//! restored from such a copy. The key that was there signs the one that comes, and where the chain ended then; so the chain
//! of keys leads from the one that the journal was begun with to the one at hand, and each seal and each anchor is held
//! against the key of its own time.
//!
//! They are kept among the catalogue's settings, under their number.

use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use ring::signature::Ed25519KeyPair;
use rusqlite::Transaction;

use crate::entry::Sequence;
use crate::error::JournalError;
use crate::journal::Journal;
use crate::seal::{finish, public_of, sign, verifies};
use crate::seal_book::set_setting;
use crate::verify::hex;

const SUCCESSION: &[u8] = b"pli-trace succession 1\0";
/// Octets of one: what is signed, then the signature.
const LENGTH: usize = SUCCESSION.len() + 16 + 8 + 32 + 8 + 8 + 32 + 32 + 32 + 64;
const NAME: &str = "succession-";
/// More than these are not this program's.
const MOST: usize = 10_000;

/// One succession: from this trace on, another key seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Succession {
    /// The last trace of the former key's time; 0 when there was none.
    pub sequence: Sequence,
    /// Its hash, and so that of everything before it.
    pub hash: [u8; 32],
    /// How many prunings there had been.
    pub anchors: u64,
    /// When, by the clock of the workstation that made it.
    pub at: Timestamp,
    /// The former key (Ed25519).
    pub from: [u8; 32],
    /// The key that comes.
    pub to: [u8; 32],
    /// The digest of the succession before; zeros for the first.
    pub previous: [u8; 32],
    /// Made with the former key over the tag, the journal's id and all of the above.
    pub signature: [u8; 64],
}

impl Succession {
    /// This succession, signed by the key that goes.
    pub(crate) fn signed(mut self, pair: &Ed25519KeyPair, journal: &[u8; 16]) -> Self {
        self.from = public_of(pair);
        self.signature = sign(pair, &self.octets(journal));
        self
    }

    fn octets(&self, journal: &[u8; 16]) -> Vec<u8> {
        let mut out = Vec::with_capacity(LENGTH);
        out.extend_from_slice(SUCCESSION);
        out.extend_from_slice(journal);
        out.extend_from_slice(&self.sequence.0.to_le_bytes());
        out.extend_from_slice(&self.hash);
        out.extend_from_slice(&self.anchors.to_le_bytes());
        out.extend_from_slice(&self.at.as_millisecond().to_le_bytes());
        out.extend_from_slice(&self.from);
        out.extend_from_slice(&self.to);
        out.extend_from_slice(&self.previous);
        out
    }

    fn read(journal: &[u8; 16], text: &str) -> Option<Self> {
        if text.len() != 2 * LENGTH || !text.is_ascii() {
            return None;
        }
        let octets: Vec<u8> = (0..LENGTH)
            .map(|place| u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok())
            .collect::<Option<_>>()?;
        let rest = octets.strip_prefix(SUCCESSION)?.strip_prefix(journal.as_slice())?;
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let (hash, rest) = rest.split_first_chunk::<32>()?;
        let (anchors, rest) = rest.split_first_chunk::<8>()?;
        let (at, rest) = rest.split_first_chunk::<8>()?;
        let (from, rest) = rest.split_first_chunk::<32>()?;
        let (to, rest) = rest.split_first_chunk::<32>()?;
        let (previous, signature) = rest.split_first_chunk::<32>()?;
        let read = Self {
            sequence: Sequence(u64::from_le_bytes(*sequence)),
            hash: *hash,
            anchors: u64::from_le_bytes(*anchors),
            at: Timestamp::from_millisecond(i64::from_le_bytes(*at)).ok()?,
            from: *from,
            to: *to,
            previous: *previous,
            signature: signature.try_into().ok()?,
        };
        // One way to write it.
        (read.text(journal) == text).then_some(read)
    }

    fn text(&self, journal: &[u8; 16]) -> String {
        hex(&[self.octets(journal).as_slice(), &self.signature].concat())
    }

    pub(crate) fn digest(&self, journal: &[u8; 16]) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        context.update(&self.octets(journal));
        context.update(&self.signature);
        finish(context)
    }
}

/// The successions that the catalogue keeps, oldest first; `None` when what stands there is none of them.
pub(crate) fn kept(tx: &Transaction<'_>, journal: &[u8; 16]) -> Result<Option<Vec<Succession>>, JournalError> {
    let mut statement =
        tx.prepare("SELECT name, value FROM setting WHERE name >= ?1 AND name < 'succession.' ORDER BY name LIMIT ?2")?;
    let rows = statement.query_map((NAME, MOST as i64 + 1), |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    let mut found = Vec::new();
    for row in rows {
        let (name, text) = row?;
        let read = Succession::read(journal, &text);
        match read.filter(|_| name == setting_of(found.len() + 1) && found.len() < MOST) {
            Some(succession) => found.push(succession),
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// Adds one after those that are there, among other changes.
pub(crate) fn put(
    tx: &Transaction<'_>,
    journal: &[u8; 16],
    before: usize,
    succession: &Succession,
) -> Result<(), JournalError> {
    set_setting(tx, &setting_of(before + 1), &succession.text(journal))
}

fn setting_of(number: usize) -> String {
    format!("{NAME}{number:06}")
}

/// Which key signed what.
#[derive(Debug, Clone)]
pub(crate) struct Signers {
    first: [u8; 32],
    steps: Vec<Succession>,
}

impl Signers {
    /// The keys of a journal: begun with `public` (as its catalogue says, in hexadecimal; none before the first seal), and
    /// sealed by `current` now. None when they do not lead from the one to the other.
    pub(crate) fn of(
        journal: &[u8; 16],
        public: Option<&str>,
        steps: Option<&[Succession]>,
        current: &[u8; 32],
    ) -> Option<Self> {
        let steps = steps?;
        let first = steps.first().map_or(*current, |step| step.from);
        let begun = match public {
            Some(public) => public == hex(&first),
            None => steps.is_empty(),
        };
        if !begun {
            return None;
        }
        let (mut key, mut previous, mut place, mut anchors) = (first, [0; 32], 0, 0);
        for step in steps {
            let holds = step.from == key
                && step.previous == previous
                && step.sequence.0 >= place
                && step.anchors >= anchors
                && verifies(&step.from, &step.octets(journal), &step.signature);
            if !holds {
                return None;
            }
            (key, previous, place, anchors) = (step.to, step.digest(journal), step.sequence.0, step.anchors);
        }
        (key == *current).then(|| Self {
            first,
            steps: steps.to_vec(),
        })
    }

    /// The key that the seal of this trace is held against.
    pub(crate) fn of_seal(&self, sequence: u64) -> &[u8; 32] {
        let passed = self.steps.iter().take_while(|step| step.sequence.0 < sequence);
        passed.last().map_or(&self.first, |step| &step.to)
    }

    /// The key that the anchor of this place, from 0, is held against.
    pub(crate) fn of_anchor(&self, index: u64) -> &[u8; 32] {
        let passed = self.steps.iter().take_while(|step| step.anchors <= index);
        passed.last().map_or(&self.first, |step| &step.to)
    }
}

impl Journal {
    /// Where the key that seals passed on to another, oldest first: each time that the journal was copied to be kept, and
    /// each time that it was restored from a copy. Those after the last copy are those of this journal alone.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub fn successions(&self) -> Result<Vec<Succession>, JournalError> {
        let found = self
            .catalogue
            .read("reading the journal's keys", |tx| kept(tx, &self.id))?;
        Ok(found.unwrap_or_default())
    }
}
