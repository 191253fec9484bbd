//! One file of a message, decoded.

use mail_parser::PartType;

use crate::file_name::safe_file_name;
use crate::guard;
use crate::parse::mime_of;

/// The decoded octets of a part, by the id of [`crate::Attachment`]. `None` when there is no such part.
///
/// Text parts come back in UTF-8, whatever their charset was.
#[must_use]
pub fn part_bytes(raw: &[u8], part_id: u32) -> Option<Vec<u8>> {
    part_content(raw, part_id).map(|(_, _, bytes)| bytes)
}

/// The same with the declared type and a safe name: `(mime, name, bytes)`.
#[must_use]
pub fn part_content(raw: &[u8], part_id: u32) -> Option<(String, String, Vec<u8>)> {
    let guarded = guard::guard(raw);
    let message = guard::message(&guarded.bytes)?;
    let part = message.parts.get(part_id as usize)?;
    let mime = mime_of(part);
    let name = safe_file_name(
        &crate::parse::parse(raw)
            .attachments
            .into_iter()
            .find(|a| a.part_id == part_id)?
            .name,
    );
    let bytes = match &part.body {
        PartType::Multipart(_) => return None,
        // A nested message that was sent as it is: its octets, and not those where the guard changed a letter.
        PartType::Binary(_) | PartType::InlineBinary(_) if part.encoding == mail_parser::Encoding::None => {
            raw.get(part.offset_body as usize..part.offset_end as usize)?.to_vec()
        }
        _ => part.contents().to_vec(),
    };
    Some((mime, name, bytes))
}
