//! What of the periods is kept open or unpacked, within bounds: twenty years are 240 periods.

use std::sync::{Arc, Mutex};

use rusqlite::Connection;

use crate::error::JournalError;
use crate::journal::lock;
use crate::period::{self, Period};
use crate::period_index::Row;

/// Connections kept open.
const CONNECTIONS: usize = 8;
/// Chunks kept unpacked, of 4,096 traces and 24 octets each: 31 MB, 1.3 million traces.
const CHUNKS: usize = 320;
/// Periods whose parties are kept.
const PARTIES: usize = 12;

/// The parties of a period: their addresses by id.
pub(crate) type Parties = Vec<Box<str>>;

/// What was used last, up to a number.
struct Recent<K, V> {
    /// The last used is last.
    items: Vec<(K, V)>,
    limit: usize,
}

impl<K: PartialEq, V: Clone> Recent<K, V> {
    fn new(limit: usize) -> Self {
        Self {
            items: Vec::new(),
            limit,
        }
    }

    fn get(&mut self, key: &K) -> Option<V> {
        let place = self.items.iter().rposition(|(own, _)| own == key)?;
        let item = self.items.remove(place);
        let value = item.1.clone();
        self.items.push(item);
        Some(value)
    }

    fn put(&mut self, key: K, value: V) {
        self.forget(|own| *own == key);
        if self.items.len() >= self.limit {
            self.items.remove(0);
        }
        self.items.push((key, value));
    }

    fn forget(&mut self, which: impl Fn(&K) -> bool) {
        self.items.retain(|(key, _)| !which(key));
    }
}

/// The chunks last read, by period and first sequence.
type Chunks = Recent<(u64, u64), Arc<[Row]>>;

/// What is kept of a journal's periods.
pub(crate) struct Cache {
    connections: Mutex<Recent<u64, Arc<Mutex<Connection>>>>,
    chunks: Mutex<Chunks>,
    parties: Mutex<Recent<u64, Arc<Parties>>>,
}

impl Cache {
    pub(crate) fn new() -> Self {
        Self {
            connections: Mutex::new(Recent::new(CONNECTIONS)),
            chunks: Mutex::new(Recent::new(CHUNKS)),
            parties: Mutex::new(Recent::new(PARTIES)),
        }
    }

    /// Reads a period. Who reads the same one waits.
    pub(crate) fn read<T>(
        &self,
        period: &Period,
        work: impl FnOnce(&Connection) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let known = lock(&self.connections).get(&period.number);
        let connection = match known {
            Some(connection) => connection,
            None => {
                let connection = Arc::new(Mutex::new(period.reader()?));
                lock(&self.connections).put(period.number, Arc::clone(&connection));
                connection
            }
        };
        let connection = lock(&connection);
        let run = || {
            let tx = connection.unchecked_transaction()?;
            work(&tx)
        };
        run().map_err(period::unreadable)
    }

    /// A chunk's traces, by time, then by sequence.
    pub(crate) fn chunk(&self, period: &Period, first: u64) -> Result<Arc<[Row]>, JournalError> {
        let place = (period.number, first);
        if let Some(rows) = lock(&self.chunks).get(&place) {
            return Ok(rows);
        }
        let mut rows = self.read(period, |connection| period::chunk(connection, first))?;
        rows.sort_by_key(Row::place);
        let rows: Arc<[Row]> = rows.into();
        lock(&self.chunks).put(place, Arc::clone(&rows));
        Ok(rows)
    }

    /// A period's parties, those of the last moment included.
    pub(crate) fn parties(&self, period: &Period, grows: bool) -> Result<Arc<Parties>, JournalError> {
        let known = lock(&self.parties).get(&period.number);
        let mut parties = match known {
            Some(parties) if !grows => return Ok(parties),
            Some(parties) => parties,
            None => Arc::default(),
        };
        let more = self.read(period, |connection| period::parties(connection, parties.len()))?;
        if let Some((last, _)) = more.last() {
            let all = Arc::make_mut(&mut parties);
            all.resize(*last as usize + 1, Box::default());
            for (id, addresses) in more {
                if let Some(place) = all.get_mut(id as usize) {
                    *place = addresses;
                }
            }
        }
        lock(&self.parties).put(period.number, Arc::clone(&parties));
        Ok(parties)
    }

    /// Lets go of a period.
    pub(crate) fn forget(&self, number: u64) {
        lock(&self.connections).forget(|own| *own == number);
        lock(&self.parties).forget(|own| *own == number);
        lock(&self.chunks).forget(|own| own.0 == number);
    }
}
