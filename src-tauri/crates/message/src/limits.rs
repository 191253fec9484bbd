//! The bounds of everything that is read. Generous for real mail, small for an attacker.

/// Lines that begin like a MIME delimiter; past this many, the rest of the message is left out.
pub(crate) const DELIMITER_LINES: usize = 10_000;
/// Multiparts in one message: the parser looks through the rest of the bytes once for each.
pub(crate) const MULTIPARTS: usize = 100;
/// Attachments that are listed.
pub(crate) const ATTACHMENTS: usize = 500;
/// Addresses kept of one field.
pub(crate) const ADDRESSES: usize = 2_000;
/// Characters kept of a subject or a display name.
pub(crate) const FIELD_CHARACTERS: usize = 2_000;
/// Message ids kept of `References`.
pub(crate) const REFERENCES: usize = 100;
/// Octets kept of a text body.
pub(crate) const TEXT_OCTETS: usize = 4 * 1024 * 1024;
/// Octets of HTML that are cleaned; the rest is left out and said so.
pub(crate) const HTML_OCTETS: usize = 2 * 1024 * 1024;
/// Tags of HTML that are cleaned: the tree builder's work may grow with the square of their number.
pub(crate) const HTML_TAGS: usize = 20_000;
/// `<` and `&` of HTML that are read, tags included.
pub(crate) const HTML_MARKS: usize = 30_000;
/// Entities and stray brackets in one run of text.
pub(crate) const HTML_RUN: usize = 4_000;
/// Attributes of one tag: looking for doubles costs the square of their number.
pub(crate) const HTML_ATTRIBUTES: usize = 300;
/// Elements open at once; formatting elements count for much more, since each paragraph repeats those left open.
pub(crate) const HTML_DEPTH: usize = 400;
/// Formatting elements (`<b>`, `<font>`…) open at once.
pub(crate) const HTML_FORMATTING: usize = 48;
/// Octets of a header block that are read for a list row or before a body.
pub(crate) const HEADER_OCTETS: usize = 512 * 1024;
/// Octets of text that go into the search index for one message.
pub(crate) const SEARCH_OCTETS: usize = 512 * 1024;
/// Recipients kept of one delivery report.
pub(crate) const REPORT_RECIPIENTS: usize = 2_000;
