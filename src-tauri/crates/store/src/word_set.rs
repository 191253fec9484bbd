//! Sets of the words of IMAP that Pli gives a meaning to, as bits: what is stored is a number.

/// Declares such a set: each word's constant, its bit, and the word as IMAP writes it.
macro_rules! word_set {
    (
        $(#[$about:meta])*
        $set:ident {
            $($(#[$meaning:meta])* $word:ident = $bit:literal, $name:literal;)+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $set(u32);

        impl $set {
            /// None of them.
            pub const NONE: Self = Self(0);
            $($(#[$meaning])* pub const $word: Self = Self($bit);)+

            const NAMES: &'static [(Self, &'static str)] = &[$((Self::$word, $name)),+];

            /// The set made of these bits; bits without a meaning are dropped.
            #[must_use]
            pub fn from_bits(bits: u32) -> Self {
                Self(bits & (0 $(| $bit)+))
            }

            /// The bits, as stored.
            #[must_use]
            pub fn bits(self) -> u32 {
                self.0
            }

            /// The one that the server writes so, in any case (RFC 9051 §2.3.2); `None` for any other word.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::NAMES
                    .iter()
                    .find(|(_, known)| known.eq_ignore_ascii_case(name))
                    .map(|(word, _)| *word)
            }

            /// The names, as IMAP writes them.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                Self::NAMES
                    .iter()
                    .filter(move |(word, _)| self.contains(*word))
                    .map(|(_, name)| *name)
            }

            /// Whether all of `other` is in this set.
            #[must_use]
            pub fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// This set with `other`.
            #[must_use]
            pub fn with(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// This set without `other`.
            #[must_use]
            pub fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// Whether the set is empty.
            #[must_use]
            pub fn is_empty(self) -> bool {
                self.0 == 0
            }
        }
    };
}

pub(crate) use word_set;
