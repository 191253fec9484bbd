//! One file of a message, decoded.

use crate::file_name::safe_file_name;
use crate::guard;
use crate::parse;
use crate::transfer;

/// The decoded octets of a file, by the id of [`crate::Attachment`]. `None` when there is no such file.
///
/// Only the transfer encoding is undone: text keeps its charset, its line ends and its NULs, whatever was declared.
#[must_use]
pub fn part_bytes(raw: &[u8], part_id: u32) -> Option<Vec<u8>> {
    part_content(raw, part_id).map(|(_, _, bytes)| bytes)
}

/// The same with the declared type and a safe name: `(mime, name, bytes)`.
#[must_use]
pub fn part_content(raw: &[u8], part_id: u32) -> Option<(String, String, Vec<u8>)> {
    let guarded = guard::guard(raw);
    let message = guard::message(&guarded.bytes)?;
    let (files, _) = parse::files(&message);
    let file = files.into_iter().find(|file| file.id == part_id)?;
    let name = safe_file_name(&parse::name_of(raw, &file));
    let bytes = transfer::octets(raw, file.part).into_owned();
    Some((file.mime, name, bytes))
}
