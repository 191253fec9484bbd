//! « Libérer de la place »: what weighs in a BAL, and what may go (EX_GBM_4470). Deleting it is a purge of what was chosen.
//!
//! Nothing is proposed that is unread, flagged, in somebody's hands, or not filed: each row says why it is kept.

use jiff::Timestamp;
use pli_store::{AccountId, FILED, Flags, KeptWhy, ListRow, MailId, Store, StoreError};

pub use pli_store::{DocumentKind, SpaceBy, SpaceFilter};

use crate::Engine;
use crate::error::EngineError;

/// Messages that one suggestion names at most: as many as one purge takes.
const SUGGESTED: u32 = 10_000;

/// Octets of an address in a filter, at most.
const ADDRESS: usize = 4096;

/// What weighs in a BAL, by groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// Messages known here.
    pub count: u64,
    /// Their octets, by the sizes that the server gave.
    pub octets: u64,
    /// The groups: by age, oldest first; else the heaviest first. 50 at most.
    pub groups: Vec<SpaceGroup>,
}

/// Messages that have something in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceGroup {
    /// What names it. By age: `two_years` (older than), `year`, `half_year`, `quarter`, `month`, `recent`. By size: `huge`
    /// (10 MiB or more), `large` (5), `medium` (1), `small` (100 KiB), `tiny`. By kind: the words of [`DocumentKind`]. By
    /// correspondent: the address, empty for all others together. By folder: its id.
    pub key: String,
    /// A correspondent's name, a folder's name; else the key.
    pub label: String,
    /// Messages.
    pub count: u64,
    /// Their octets.
    pub octets: u64,
    /// When the oldest was received.
    pub oldest: Timestamp,
    /// When the newest was received.
    pub newest: Timestamp,
    /// Those that are filed in a patient's record.
    pub filed: u64,
}

/// Messages that weigh: filed ones first, then the heaviest.
#[derive(Debug, Clone, PartialEq)]
pub struct SpacePage {
    /// The rows asked for.
    pub rows: Vec<SpaceRow>,
    /// Messages under the filter.
    pub total: u64,
    /// Their octets.
    pub octets: u64,
}

/// A message by its weight.
#[derive(Debug, Clone, PartialEq)]
pub struct SpaceRow {
    /// The message.
    pub row: ListRow,
    /// Its octets on the server.
    pub octets: u64,
    /// What it holds.
    pub kind: DocumentKind,
    /// Whether it is filed.
    pub filed: bool,
    /// Why it is never proposed; empty: it may be.
    pub keep: Vec<KeptWhy>,
}

impl Engine {
    /// What weighs in a BAL.
    ///
    /// # Errors
    /// [`EngineError::Store`] when the BAL is gone.
    pub async fn space_get(&self, account: AccountId, by: SpaceBy) -> Result<Space, EngineError> {
        let now = self.core.now();
        self.core
            .with_store(move |store| {
                store.account(account)?;
                let groups = store.space(account, by, now)?;
                Ok(Space {
                    count: groups.iter().map(|group| group.count).sum(),
                    octets: groups.iter().fold(0, |sum, group| group.octets.saturating_add(sum)),
                    groups: named(store, account, by, groups)?,
                })
            })
            .await
    }

    /// Messages that weigh, filed ones first, then the heaviest: `limit` (1,000 at most) after the first `offset`.
    ///
    /// # Errors
    /// [`EngineError::BadRequest`] when the filter is beyond its bounds, [`EngineError::Store`] when the BAL is gone.
    pub async fn space_messages(
        &self,
        account: AccountId,
        filter: SpaceFilter,
        offset: u64,
        limit: u32,
    ) -> Result<SpacePage, EngineError> {
        if filter
            .correspondent
            .as_ref()
            .is_some_and(|address| address.len() > ADDRESS)
        {
            return Err(EngineError::BadRequest("an address beyond its bound"));
        }
        let now = self.core.now();
        self.core
            .with_store(move |store| {
                store.account(account)?;
                let page = store.space_messages(account, &filter, now, offset, limit)?;
                let rows = page.rows.into_iter().map(|found| SpaceRow {
                    octets: found.row.size,
                    kind: found.kind,
                    filed: found.filed,
                    keep: why_kept(&found.row, found.filed),
                    row: found.row,
                });
                Ok(SpacePage {
                    rows: rows.collect(),
                    total: page.total,
                    octets: page.octets,
                })
            })
            .await
    }

    /// The heaviest messages that nobody would miss — filed, read, not flagged, in nobody's hands — until so many octets
    /// would be free; fewer when there are not enough, 10,000 at most.
    ///
    /// # Errors
    /// [`EngineError::Store`] when the BAL is gone.
    pub async fn space_suggest(&self, account: AccountId, octets_wanted: u64) -> Result<Vec<MailId>, EngineError> {
        self.core
            .with_store(move |store| {
                store.account(account)?;
                store.space_to_free(account, octets_wanted, SUGGESTED)
            })
            .await
    }
}

fn named(
    store: &Store,
    account: AccountId,
    by: SpaceBy,
    groups: Vec<pli_store::SpaceGroup>,
) -> Result<Vec<SpaceGroup>, StoreError> {
    let names: Vec<Option<String>> = match by {
        SpaceBy::Correspondent => store.names_of(&groups.iter().map(|group| group.key.clone()).collect::<Vec<_>>())?,
        SpaceBy::Folder => {
            let folders = store.folders(account)?;
            let name = |key: &str| folders.iter().find(|folder| folder.id.to_string() == key);
            groups
                .iter()
                .map(|group| name(&group.key).map(|folder| folder.server.name.clone()))
                .collect()
        }
        SpaceBy::Age | SpaceBy::Size | SpaceBy::Kind => vec![None; groups.len()],
    };
    let with_name = |(group, name): (pli_store::SpaceGroup, Option<String>)| SpaceGroup {
        label: name.unwrap_or_else(|| group.key.clone()),
        key: group.key,
        count: group.count,
        octets: group.octets,
        oldest: group.oldest,
        newest: group.newest,
        filed: group.filed,
    };
    Ok(groups.into_iter().zip(names).map(with_name).collect())
}

/// Why a message is never proposed by itself.
fn why_kept(row: &ListRow, filed: bool) -> Vec<KeptWhy> {
    let has = |word: &str| row.keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(word));
    [
        (!row.flags.contains(Flags::SEEN), KeptWhy::Unread),
        (row.flags.contains(Flags::FLAGGED), KeptWhy::Flagged),
        (!(filed || has(FILED)), KeptWhy::NotFiled),
        (has("$PliTaken") || has("$PliTodo"), KeptWhy::HandledBySomebody),
    ]
    .into_iter()
    .filter_map(|(is_so, why)| is_so.then_some(why))
    .collect()
}
