//! Words searched in everything stored, newest first, with the place where they were found.

mod excerpt;

use std::time::{Duration, Instant};

use pli_store::{BodyState, ListRow, Scope, Store};

use crate::Engine;
use crate::error::EngineError;

/// Rows given at most.
const LIMIT: u32 = 200;

/// Bodies opened to show where a word stands: the first rows only, of messages that are small, and no longer than this
/// in all. What is found in sender, subject or first words costs nothing.
const OPENED: usize = 12;
const OPENED_SIZE: u64 = 64 * 1024;
const OPENED_FOR: Duration = Duration::from_millis(6);

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchResult {
    /// The rows, newest first, each with the place where the words stand, marked by `‹` and `›`, when it was found.
    pub rows: Vec<(ListRow, Option<String>)>,
    /// Whether there are older ones beyond the limit.
    pub more: bool,
}

impl Engine {
    /// The newest `limit` messages (at most 200) that hold every word; the last word may be unfinished.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Store`].
    pub async fn search(&self, text: &str, scope: Scope, limit: u32) -> Result<SearchResult, EngineError> {
        let words = excerpt::words(text);
        let text = text.to_owned();
        self.core
            .with_store(move |store| {
                let found = store.search(&text, scope, limit.clamp(1, LIMIT))?;
                let since = Instant::now();
                let mut opened = 0;
                let rows = found
                    .rows
                    .into_iter()
                    .map(|row| {
                        let cheap = excerpt::of(&row.snippet, &words);
                        let shown = cheap.or_else(|| {
                            let may = opened < OPENED
                                && row.size <= OPENED_SIZE
                                && row.body_state == BodyState::Stored
                                && since.elapsed() < OPENED_FOR
                                && !excerpt::holds(&row.display_subject, &words);
                            opened += usize::from(may);
                            may.then(|| within(store, &row, &words)).flatten()
                        });
                        (row, shown)
                    })
                    .collect();
                Ok(SearchResult { rows, more: found.more })
            })
            .await
    }
}

fn within(store: &Store, row: &ListRow, words: &[String]) -> Option<String> {
    let raw = store.raw(row.id).ok()?;
    excerpt::of(&pli_message::parse(&raw).text, words)
}
