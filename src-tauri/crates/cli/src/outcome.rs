//! How a verb ends.

use pli_contract::failure::{Code, Failure};

/// Why a verb did not do what was asked.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Refused or failed, with a code. Exit 1.
    Failed(Failure),
    /// Refused or failed, and there is another way. Exit 1.
    Advised(Failure, &'static str),
    /// Done, but the answer is not the one hoped for and was already printed. Exit 1.
    Said,
    /// Called wrongly. Exit 2.
    Misuse(String),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Code> for Trouble {
    fn from(code: Code) -> Self {
        Self::Failed(Failure::new(code))
    }
}
