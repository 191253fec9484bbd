//! What messages carry, and why they are kept.

use pli_engine::pli_store;

use crate::view::{DocumentKind, KeptWhy};

pub(crate) fn why(why: pli_store::KeptWhy) -> KeptWhy {
    use pli_store::KeptWhy as From;
    match why {
        From::TooRecent => KeptWhy::TooRecent,
        From::Flagged => KeptWhy::Flagged,
        From::FateUnknown => KeptWhy::FateUnknown,
        From::NotFiled => KeptWhy::NotFiled,
        From::Unread => KeptWhy::Unread,
        From::HandledBySomebody => KeptWhy::HandledBySomebody,
        From::NotStoredHere => KeptWhy::NotStoredHere,
        From::FlaggedSince => KeptWhy::FlaggedSince,
        From::AnotherMessage => KeptWhy::AnotherMessage,
        From::ChangedSince => KeptWhy::ChangedSince,
    }
}

pub(crate) fn document_kind(kind: pli_store::DocumentKind) -> DocumentKind {
    match kind {
        pli_store::DocumentKind::Document => DocumentKind::Document,
        pli_store::DocumentKind::Pdf => DocumentKind::Pdf,
        pli_store::DocumentKind::Image => DocumentKind::Image,
        pli_store::DocumentKind::Other => DocumentKind::Other,
        pli_store::DocumentKind::None => DocumentKind::None,
    }
}

pub(crate) fn document_kind_of(kind: DocumentKind) -> pli_store::DocumentKind {
    match kind {
        DocumentKind::Document => pli_store::DocumentKind::Document,
        DocumentKind::Pdf => pli_store::DocumentKind::Pdf,
        DocumentKind::Image => pli_store::DocumentKind::Image,
        DocumentKind::Other => pli_store::DocumentKind::Other,
        DocumentKind::None => pli_store::DocumentKind::None,
    }
}
