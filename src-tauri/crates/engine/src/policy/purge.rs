//! `[purge]`: the purge of sent items that an organisation decides for its workstations (EX_GBP_3050).

use serde::Deserialize;

use crate::purge::{Every, LONGEST_DAYS};

/// What a policy fixes of the purge that runs by itself. Without [`PolicyPurge::sent_days`] it fixes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PolicyPurge {
    /// Sent items older than so many days are purged, 0 to 3,650.
    pub sent_days: Option<u32>,
    /// How often; each week when not told.
    pub every: Option<Every>,
    /// Whether what is flagged is kept; it is when not told.
    pub keep_flagged: Option<bool>,
    /// Whether what is not known to have been delivered is kept; it is when not told.
    pub keep_unknown_fate: Option<bool>,
    /// Whether what is with a patient and not filed yet is kept; it is when not told.
    pub keep_unfiled: Option<bool>,
    /// Whether a copy stays on the workstation; none does when not told.
    pub keep_local: Option<bool>,
    /// The bin is emptied of what is older than so many days, 0 to 3,650; it is left alone when not told.
    pub trash_days: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OnDisk {
    sent_days: Option<toml::Spanned<u32>>,
    every: Option<toml::Spanned<String>>,
    keep_flagged: Option<bool>,
    keep_unknown_fate: Option<bool>,
    keep_unfiled: Option<bool>,
    keep_local: Option<bool>,
    trash_days: Option<toml::Spanned<u32>>,
}

pub(super) fn read(read: OnDisk, at: impl Fn(usize, &str) -> String) -> Result<PolicyPurge, String> {
    let days = |given: Option<toml::Spanned<u32>>, what: &str| match given {
        Some(days) if *days.get_ref() > LONGEST_DAYS => Err(at(days.span().start, what)),
        days => Ok(days.map(toml::Spanned::into_inner)),
    };
    let every = match &read.every {
        None => None,
        Some(word) => Some(match word.get_ref().as_str() {
            "day" => Every::Daily,
            "week" => Every::Weekly,
            "month" => Every::Monthly,
            _ => return Err(at(word.span().start, "every is \"day\", \"week\" or \"month\"")),
        }),
    };
    let lone = |start: usize| at(start, "this is of no use without sent_days");
    if read.sent_days.is_none() {
        if let Some(word) = &read.every {
            return Err(lone(word.span().start));
        }
        if let Some(days) = &read.trash_days {
            return Err(lone(days.span().start));
        }
    }
    Ok(PolicyPurge {
        sent_days: days(read.sent_days, "sent_days goes from 0 to 3650")?,
        every,
        keep_flagged: read.keep_flagged,
        keep_unknown_fate: read.keep_unknown_fate,
        keep_unfiled: read.keep_unfiled,
        keep_local: read.keep_local,
        trash_days: days(read.trash_days, "trash_days goes from 0 to 3650")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Policy;
    use super::*;

    #[test]
    fn what_is_fixed_is_read_and_what_is_wrong_is_said_with_its_line() {
        let policy = Policy::parse("[purge]\nsent_days = 60\nevery = \"month\"\nkeep_flagged = false\ntrash_days = 0");
        let fixed = policy.unwrap().purge();
        assert_eq!(
            (fixed.sent_days, fixed.every, fixed.keep_flagged),
            (Some(60), Some(Every::Monthly), Some(false))
        );
        assert_eq!((fixed.trash_days, fixed.keep_local), (Some(0), None));
        let wrong = [
            ("[purge]\nsent_days = 3651", 2),
            ("[purge]\nsent_days = 3\nevery = \"hour\"", 3),
            ("[purge]\ntrash_days = 3", 2),
            ("[purge]\nsent_days = 3\n\ntrash_days = 4000", 4),
        ];
        for (text, line) in wrong {
            let said = Policy::parse(text).unwrap_err();
            assert!(said.starts_with(&format!("line {line}: ")), "{text:?}: {said}");
        }
    }
}
