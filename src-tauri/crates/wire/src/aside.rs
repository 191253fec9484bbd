//! Responses that are put aside before imap-proto sees them: those of METADATA (RFC 5464 §4.4).
//!
//! Its parser wants every mailbox between quotes, which servers do not write around INBOX, and cannot bear octets that are
//! no UTF-8, which anybody who opens the box may have put there: one entry would end every connection to it. So they are
//! taken out of the stream, within a bound, and read by [`crate::imap`] itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::ReadBuf;

/// How a response to put aside begins, in any case.
const BEGINS: &[u8] = b"* METADATA ";

/// Octets kept of one command's responses.
const MOST: usize = 1 << 20;

/// What was put aside, for whoever asked for it.
#[derive(Debug, Default)]
pub(crate) struct Shelf(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    open: bool,
    octets: Vec<u8>,
    over: bool,
}

impl Shelf {
    /// From here on what is put aside is kept: before, and after [`Shelf::take`], nobody asked for it.
    pub(crate) fn open(&self) {
        *self.kept() = Kept {
            open: true,
            ..Kept::default()
        };
    }

    /// What was kept, and whether there was more.
    pub(crate) fn take(&self) -> (Vec<u8>, bool) {
        let kept = std::mem::take(&mut *self.kept());
        (kept.octets, kept.over)
    }

    fn put(&self, octets: &[u8]) {
        let mut kept = self.kept();
        if !kept.open || kept.over {
            return;
        }
        let room = MOST - kept.octets.len();
        kept.over = octets.len() > room;
        kept.octets.extend_from_slice(&octets[..octets.len().min(room)]);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sorts one stream.
#[derive(Debug, Default)]
pub(crate) struct Aside {
    shelf: Arc<Shelf>,
    /// The response that goes on at the beginning of what comes next is put aside.
    taking: bool,
    /// The beginning of a response of which it is not known yet what it is: as [`BEGINS`] so far.
    held: Vec<u8>,
    /// Sorted, and not given yet.
    ready: Vec<u8>,
}

impl Aside {
    pub(crate) fn shelf(&self) -> Arc<Shelf> {
        Arc::clone(&self.shelf)
    }

    /// Gives what is ready; whether there was any.
    pub(crate) fn give(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let given = self.ready.len().min(buf.remaining());
        if given == 0 {
            return false;
        }
        buf.put_slice(&self.ready[..given]);
        self.ready.drain(..given);
        true
    }

    /// Nothing more comes: what was held back is given as it is.
    pub(crate) fn end(&mut self) {
        self.ready.append(&mut self.held);
    }

    /// Sorts octets in which responses begin at `starts`. `false`: all of them are for the parser, just as they are;
    /// otherwise [`Aside::give`] has what is.
    pub(crate) fn sort(&mut self, octets: &[u8], starts: &[usize]) -> bool {
        let may = |start: &usize| {
            let there = &octets[*start..];
            let length = there.len().min(BEGINS.len());
            there[..length].eq_ignore_ascii_case(&BEGINS[..length])
        };
        if !self.taking && self.held.is_empty() && !starts.iter().any(may) {
            return false;
        }
        let ends = starts.iter().copied().chain([octets.len()]);
        let mut from = 0;
        for (place, end) in ends.enumerate() {
            if place > 0 {
                // A response begins here, whatever the former was.
                (self.taking, from) = (false, starts[place - 1]);
            }
            self.piece(&octets[from..end], place > 0);
        }
        true
    }

    /// A piece of one response, up to its end or to the end of what came.
    fn piece(&mut self, octets: &[u8], begins: bool) {
        if octets.is_empty() {
            return;
        }
        if self.taking {
            return self.shelf.put(octets);
        }
        if !begins && self.held.is_empty() {
            return self.ready.extend_from_slice(octets);
        }
        self.held.extend_from_slice(octets);
        let length = self.held.len().min(BEGINS.len());
        let as_begun = self.held[..length].eq_ignore_ascii_case(&BEGINS[..length]);
        if !as_begun {
            self.ready.append(&mut self.held);
        } else if length == BEGINS.len() {
            self.taking = true;
            self.shelf.put(&self.held);
            self.held.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Guard;
    use proptest::prelude::*;

    /// What reaches the parser, and what is kept, of pieces that come one after the other.
    fn sorted(pieces: &[&[u8]]) -> (Vec<u8>, Vec<u8>) {
        let (mut guard, mut aside, mut passed) = (Guard::default(), Aside::default(), Vec::new());
        aside.shelf().open();
        for piece in pieces {
            let mut starts = Vec::new();
            guard.follow(piece, &mut starts).unwrap();
            if aside.sort(piece, &starts) {
                passed.append(&mut aside.ready);
            } else {
                passed.extend_from_slice(piece);
            }
        }
        aside.end();
        passed.append(&mut aside.ready);
        let kept = aside.shelf().take().0;
        (passed, kept)
    }

    const STREAM: &[u8] =
        b"* 1 EXISTS\r\n* METADATA INBOX (/shared/a {17}\r\n* METADATA \xff\r\n* ) /shared/b NIL)\r\n\
        * 1 FETCH (BODY[] {18}\r\n* METADATA INBOX (\r\n)\r\n* metadata \"\" /shared/c\r\n* METAXX 1\r\nA1 OK done\r\n";

    #[test]
    fn whole_responses_are_put_aside_and_nothing_else() {
        let (passed, kept) = sorted(&[STREAM]);
        let text = String::from_utf8_lossy(&passed);
        assert_eq!(
            text,
            "* 1 EXISTS\r\n* 1 FETCH (BODY[] {18}\r\n* METADATA INBOX (\r\n)\r\n* METAXX 1\r\nA1 OK done\r\n"
        );
        assert_eq!(kept.len() + passed.len(), STREAM.len());
        assert!(kept.starts_with(b"* METADATA INBOX") && kept.ends_with(b"/shared/c\r\n"));
    }

    #[test]
    fn what_nobody_asked_for_is_not_kept_and_what_is_kept_is_bounded() {
        let shelf = Shelf::default();
        shelf.put(b"unasked");
        assert_eq!(shelf.take(), (Vec::new(), false));
        shelf.open();
        for _ in 0..3 {
            shelf.put(&vec![0; MOST / 2]);
        }
        let (octets, over) = shelf.take();
        assert_eq!((octets.len(), over), (MOST, true));
    }

    proptest! {
        #[test]
        fn where_the_stream_is_cut_changes_nothing(cuts in proptest::collection::vec(0usize..STREAM.len(), 0..6)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts {
                pieces.push(&STREAM[from..cut]);
                from = cut;
            }
            pieces.push(&STREAM[from..]);
            prop_assert_eq!(sorted(&pieces), sorted(&[STREAM]));
        }

        #[test]
        fn a_stream_without_metadata_passes_untouched(lines in proptest::collection::vec("[* A-Za-z0-9]{0,30}", 0..12), cut in 0usize..200) {
            let text: String = lines.iter().filter(|line| !line.to_uppercase().starts_with("* METADATA ")).map(|line| format!("{line}\r\n")).collect();
            let cut = cut.min(text.len());
            let (passed, kept) = sorted(&[&text.as_bytes()[..cut], &text.as_bytes()[cut..]]);
            prop_assert_eq!(passed, text.as_bytes());
            prop_assert!(kept.is_empty());
        }
    }
}
