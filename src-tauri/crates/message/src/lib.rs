//! Pure: MIME in and out, safe HTML, delivery reports. No I/O, no clock.
//!
//! Everything that comes in is hostile: each reader is bounded in size, depth and count, and none of them fails: what
//! is wrong with a message is listed beside what could be read of it, so that it can still be shown.

mod build;
mod charset;
mod encoded_word;
mod file_name;
mod guard;
pub mod html;
mod kind;
mod limits;
mod model;
mod parse;
mod part;
mod person;
mod reply;
pub mod report;
mod row;
mod status;
mod subject;
mod text;
mod transfer;

pub use build::{Attached, BuildError, Built, FieldText, MssHeaders, Outgoing, build};
pub use file_name::safe_file_name;
pub use html::{LinkWarning, SafeHtml, sanitise, text::html_to_text};
pub use kind::{Kind, KindReason, has_valid_ins_key};
pub use model::{Attachment, Defect, HeaderRow, Mailbox, Moment, Parsed, Report, View, XMss};
pub use parse::parse;
pub use part::{part_bytes, part_content};
pub use reply::{Prefill, forward, reply, reply_all};
pub use report::{Action, Disposition, Dsn, Mdn, RecipientReport, parse_dsn, parse_mdn};
pub use row::parse_headers;
pub use status::explain_status;
pub use subject::display_subject;
pub use text::{searchable_text, snippet};
