//! The colours of BALs: eight, by name; the window knows how each looks in light and dark.

use pli_store::AccountId;

/// A BAL's colour. It never says anything alone: the name stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BoxColor {
    /// Ink, a dark blue.
    Ink,
    /// Teal.
    Teal,
    /// Green.
    Green,
    /// Olive.
    Olive,
    /// Ochre.
    Ochre,
    /// Brick.
    Brick,
    /// Plum.
    Plum,
    /// Slate.
    Slate,
}

impl BoxColor {
    /// All of them, in the order in which BALs get one until somebody chooses.
    pub const ALL: [Self; 8] = [
        Self::Ink,
        Self::Teal,
        Self::Ochre,
        Self::Plum,
        Self::Green,
        Self::Brick,
        Self::Olive,
        Self::Slate,
    ];

    /// The word that the store and windows know it by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ink => "ink",
            Self::Teal => "teal",
            Self::Green => "green",
            Self::Olive => "olive",
            Self::Ochre => "ochre",
            Self::Brick => "brick",
            Self::Plum => "plum",
            Self::Slate => "slate",
        }
    }

    /// The colour of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|color| color.as_str() == word)
    }

    /// The colour of a BAL: the one kept, else the next in turn, so that neighbours differ.
    pub(crate) fn of(account: AccountId, kept: &str) -> Self {
        Self::from_word(kept).unwrap_or_else(|| {
            let turn = account.get().saturating_sub(1).unsigned_abs() % Self::ALL.len() as u64;
            usize::try_from(turn)
                .ok()
                .and_then(|turn| Self::ALL.get(turn).copied())
                .unwrap_or(Self::Ink)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_and_neighbours_differ() {
        for color in BoxColor::ALL {
            assert_eq!(BoxColor::from_word(color.as_str()), Some(color));
        }
        let turns: Vec<BoxColor> = (1..=9).map(|id| BoxColor::of(AccountId::from_raw(id), "")).collect();
        assert_eq!(turns[0], turns[8]);
        assert!(turns.windows(2).all(|two| two[0] != two[1]));
        assert_eq!(BoxColor::of(AccountId::from_raw(1), "plum"), BoxColor::Plum);
        assert_eq!(BoxColor::of(AccountId::from_raw(1), "#ff0000"), BoxColor::Ink);
    }
}
