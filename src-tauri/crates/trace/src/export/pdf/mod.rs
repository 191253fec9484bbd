//! The report: what a judge's clerk receives and reads. A4, French, one typeface, embedded; the same traces asked for in the
//! same words at the same time give the same octets.

mod cover;
mod draw;
mod layout;
mod rows;
mod sheet;
mod typeface;

#[cfg(test)]
mod report_tests;

use super::About;
use super::manifest::Source;
use crate::entry::Record;
use crate::error::JournalError;
use crate::filter::Filter;

/// What the report says beside its traces.
pub(super) struct Context<'a> {
    pub(super) filter: &'a Filter,
    pub(super) about: &'a About,
    pub(super) source: Source,
}

/// The PDF of these traces.
///
/// # Errors
/// [`JournalError::Report`] when it could not be set.
pub(super) fn report(records: &[Record], context: &Context<'_>) -> Result<Vec<u8>, JournalError> {
    let face = typeface::Typeface::load()?;
    let (sheet, begins) = layout::report(&face, records, context);
    draw::draw(&face, &sheet, begins, context)
}
