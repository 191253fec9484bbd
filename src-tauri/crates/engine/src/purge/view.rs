//! A purge as stored becomes a purge as shown, and what stopped it is kept in a few words.

use std::sync::Arc;

use pli_store::{PurgeFolder, PurgePart, PurgeRecord, PurgeState, PurgeStep, Store, StoreError};
use pli_wire::WireError;
use serde::{Deserialize, Serialize};

use super::model::{Kept, Purge, PurgeGroup, PurgeScope};
use crate::error::{EngineError, PurgeProblem};
use crate::sync::rows::count;

/// What stopped a purge, as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
enum Remembered {
    /// A word of [`word`].
    Problem { word: String },
    /// The server refused.
    Refused { code: Option<String>, text: String },
    /// Nobody was logged in any more.
    Login,
    /// Anything else: it is in the technical log.
    Other,
}

/// The word that a problem is stored under.
pub(super) fn word(problem: PurgeProblem) -> &'static str {
    match problem {
        PurgeProblem::NoSentFolder => "no_sent_folder",
        PurgeProblem::NoUidPlus => "no_uidplus",
        PurgeProblem::ReadOnly => "read_only",
        PurgeProblem::Stale => "stale",
        PurgeProblem::UnderWay => "under_way",
    }
}

/// The problem of this word.
pub(super) fn problem(word: &str) -> Option<PurgeProblem> {
    let all = [
        PurgeProblem::NoSentFolder,
        PurgeProblem::NoUidPlus,
        PurgeProblem::ReadOnly,
        PurgeProblem::Stale,
        PurgeProblem::UnderWay,
    ];
    all.into_iter().find(|problem| self::word(*problem) == word)
}

/// What stopped a purge, as JSON.
pub(super) fn remember(error: &EngineError) -> String {
    let remembered = match error.root() {
        EngineError::Purge(problem) => Remembered::Problem {
            word: word(*problem).to_owned(),
        },
        EngineError::Wire(WireError::Refused { code, text, .. }) => Remembered::Refused {
            code: code.clone(),
            text: text.clone(),
        },
        error if error.needs_login() => Remembered::Login,
        _ => Remembered::Other,
    };
    serde_json::to_string(&remembered).unwrap_or_default()
}

fn recall(text: &str) -> Option<EngineError> {
    Some(match serde_json::from_str(text).ok()? {
        Remembered::Problem { word } => EngineError::Purge(problem(&word)?),
        Remembered::Refused { code, text } => EngineError::Wire(WireError::Refused {
            verb: "UID EXPUNGE",
            code,
            text,
        }),
        Remembered::Login => EngineError::LoginNeeded,
        Remembered::Other => EngineError::WrongState("the purge was stopped by a failure"),
    })
}

/// A purge as shown. `live`: what its task of this process met last; none when it has no task.
pub(super) fn of(
    store: &Store,
    record: PurgeRecord,
    live: Option<Option<Arc<EngineError>>>,
) -> Result<Purge, StoreError> {
    let parts = store.purge_parts(record.id)?;
    let folders = store.purge_folders(record.id, false)?;
    Ok(build(record, &parts, &folders, live))
}

fn build(
    record: PurgeRecord,
    parts: &[PurgePart],
    folders: &[PurgeFolder],
    live: Option<Option<Arc<EngineError>>>,
) -> Purge {
    let at = |step: PurgeStep| {
        let of = parts.iter().filter(|part| part.step == step);
        of.map(|part| part.count).sum::<u64>()
    };
    let mut groups: Vec<PurgeGroup> = Vec::new();
    let mut spared: Vec<Kept> = Vec::new();
    for part in parts {
        let amount = small(part.count);
        match groups.iter_mut().find(|group| group.kind == part.kind) {
            Some(group) => {
                group.count = group.count.saturating_add(amount);
                group.octets = group.octets.saturating_add(part.octets);
                group.oldest = group.oldest.min(Some(part.oldest));
                group.newest = group.newest.max(Some(part.newest));
            }
            None => groups.push(PurgeGroup {
                kind: part.kind,
                count: amount,
                octets: part.octets,
                oldest: Some(part.oldest),
                newest: Some(part.newest),
            }),
        }
        if let (PurgeStep::Spared, Some(why)) = (part.step, part.why) {
            match spared.iter_mut().find(|kept| kept.why == why) {
                Some(kept) => kept.count = kept.count.saturating_add(amount),
                None => spared.push(Kept { why, count: amount }),
            }
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.octets));
    let all: u64 = parts.iter().map(|part| part.count).sum();
    let open = parts
        .iter()
        .filter(|part| !part.step.is_final())
        .map(|part| part.count)
        .sum();
    let state = match (record.state, &live) {
        // It runs in nobody's hands: the process that had it is gone.
        (PurgeState::Running, None) => PurgeState::Stopped,
        (state, _) => state,
    };
    Purge {
        id: record.id,
        account: record.account,
        scope: serde_json::from_str(&record.scope).unwrap_or(PurgeScope::Chosen(Vec::new())),
        keep_local: record.keep_local,
        scheduled: record.scheduled,
        state,
        planned_at: record.planned_at,
        started_at: record.started_at,
        ended_at: record.ended_at,
        folder_name: match folders {
            [only] => Some(only.name.clone()),
            _ => None,
        },
        count: small(all),
        octets: parts.iter().map(|part| part.octets).sum(),
        oldest: parts.iter().map(|part| part.oldest).min(),
        newest: parts.iter().map(|part| part.newest).max(),
        groups,
        kept: record
            .kept
            .into_iter()
            .map(|(why, count)| Kept { why, count })
            .collect(),
        obstacle: problem(&record.obstacle),
        done: small(at(PurgeStep::Gone)),
        already_gone: small(at(PurgeStep::Absent)),
        spared,
        left: small(open),
        quota_before: record.quota_before,
        quota_after: record.quota_after,
        problem: live.flatten().or_else(|| recall(&record.problem).map(Arc::new)),
    }
}

fn small(value: u64) -> u32 {
    count(usize::try_from(value).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stopped_a_purge_is_recalled_with_its_kind() {
        for problem in [PurgeProblem::Stale, PurgeProblem::NoUidPlus, PurgeProblem::ReadOnly] {
            let kept = remember(&EngineError::Purge(problem));
            assert!(matches!(recall(&kept), Some(EngineError::Purge(found)) if found == problem));
        }
        let refused = EngineError::Wire(WireError::Refused {
            verb: "UID EXPUNGE",
            code: Some("NOPERM".to_owned()),
            text: "no".to_owned(),
        });
        assert!(matches!(
            recall(&remember(&refused)),
            Some(EngineError::Wire(WireError::Refused { code: Some(code), .. })) if code == "NOPERM"
        ));
        assert!(recall(&remember(&EngineError::LoginNeeded)).is_some_and(|error| error.needs_login()));
        assert!(recall("").is_none());
    }
}
