//! A pruning cut at each of its steps: what is on the disk then is a journal that opens, verifies, has lost nothing that
//! was acknowledged, and finishes or begins again.

#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use pli_terms::Wording;
use zeroize::Zeroizing;

use crate::{
    Action, AtEnd, ClockTruth, Entry, Journal, JournalError, KeyPlace, KeyPlaceError, Outcome, Protocol, Request,
    Sequence, Workstation, verify_folder,
};

type Hook = Box<dyn FnMut(&'static str) -> Result<(), JournalError>>;

thread_local! {
    static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) };
}

/// Calls what a test put here.
pub(crate) fn fault(step: &'static str) -> Result<(), JournalError> {
    HOOK.with_borrow_mut(|hook| hook.as_mut().map_or(Ok(()), |hook| hook(step)))
}

const KEY: [u8; 32] = [9; 32];

#[derive(Default)]
struct Memory(Mutex<Option<Vec<u8>>>);

impl KeyPlace for Memory {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyPlaceError> {
        Ok(self.0.lock().unwrap().clone().map(Zeroizing::new))
    }

    fn keep(&self, secret: &[u8]) -> Result<(), KeyPlaceError> {
        *self.0.lock().unwrap() = Some(secret.to_vec());
        Ok(())
    }

    fn outside(&self) -> bool {
        true
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn entry(at: Timestamp, action: Action, number: u64) -> Entry {
    Entry {
        at,
        utc_offset: 3600,
        clock: ClockTruth::default(),
        author: None,
        bal: None,
        action,
        request: Request {
            protocol: Protocol::Local,
            verb: Wording::fixed("NUMBER").and(number),
            mailbox: Wording::empty(),
            target: Wording::empty(),
            uids: Wording::empty(),
            octets_out: 0,
            octets_in: 0,
        },
        outcome: Outcome::Done {
            code: Wording::fixed("OK"),
            enhanced: Wording::empty(),
            text: Wording::empty(),
        },
        exchange: None,
        duration_ms: 0,
        mail: Wording::empty(),
        message_id: None,
        sender: None,
        recipients: Vec::new(),
        encoded_size: None,
        workstation: Workstation {
            os: Wording::empty(),
            os_version: Wording::empty(),
            pli_version: Wording::empty(),
            host: Wording::empty(),
            address: Wording::empty(),
        },
        server: None,
    }
}

fn by() -> Entry {
    let mut by = entry(at("2026-05-20T10:00:00Z"), Action::JournalPrune, 0);
    by.request.verb = Wording::empty();
    by
}

/// Four months of 6 traces, one every five days.
fn filled(dir: &Path, place: &Arc<Memory>) -> Journal {
    let journal = Journal::open(dir, &KEY, place.clone()).unwrap();
    for month in 2..=5 {
        for day in [1, 5, 10, 15, 17, 19] {
            let time = at(&format!("2026-{month:02}-{day:02}T08:00:00Z"));
            journal.append(&entry(time, Action::Read, month * 100 + day)).unwrap();
        }
        if month == 3 {
            journal.seal(at("2026-03-20T08:00:00Z")).unwrap().unwrap();
        }
    }
    journal
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// What was on the disk and in the place at each step of a pruning.
fn images(dir: &Path, before: Timestamp, at_end: AtEnd) -> Vec<(&'static str, PathBuf, Arc<Memory>)> {
    let place = Arc::new(Memory::default());
    let home = dir.join("journal");
    let journal = filled(&home, &place);
    let images = Arc::new(Mutex::new(Vec::new()));
    let hook = {
        let (dir, images, place) = (dir.to_owned(), Arc::clone(&images), Arc::clone(&place));
        move |step| {
            let mut images = images.lock().unwrap();
            let to = dir.join(format!("image-{}", images.len()));
            copy(&home, &to);
            images.push((step, to, Arc::new(Memory(Mutex::new(place.0.lock().unwrap().clone())))));
            Ok(())
        }
    };
    HOOK.set(Some(Box::new(hook)));
    let pruned = journal.prune(before, at_end, by());
    HOOK.set(None);
    assert!(pruned.unwrap().count > 0);
    std::mem::take(&mut *images.lock().unwrap())
}

#[test]
fn a_pruning_cut_at_any_step_is_whole_and_can_be_finished() {
    for (before, kept, at_end) in [
        ("2026-04-12T00:00:00Z", 9, AtEnd::Anonymise),
        ("2026-04-01T00:00:00Z", 12, AtEnd::Destroy),
        ("2026-05-18T00:00:00Z", 1, AtEnd::Destroy),
        ("2026-05-20T09:00:00Z", 0, AtEnd::Anonymise),
    ] {
        {
            let dir = tempfile::tempdir().unwrap();
            let images = images(dir.path(), at(before), at_end);
            let steps: Vec<_> = images.iter().map(|image| image.0).collect();
            for step in [
                "before the intention",
                "before the catalogue",
                "after the catalogue",
                "before the new secret",
                "after the new secret",
                "before the files",
                "after the keys",
                "after the outcome",
                "before the seal",
            ] {
                assert!(steps.contains(&step), "{step} {steps:?}");
            }
            for (step, image, place) in images {
                let journal = Journal::open(&image, &KEY, place.clone()).unwrap();
                let found = journal.verify(|_, _| ()).unwrap();
                assert_eq!(found.problem, None, "{before} {step}");
                let pruned = found.pruned;
                assert!(pruned == 0 || pruned == 24 - kept, "{before} {step} {pruned}");
                // Whatever was acknowledged is there, or accounted for.
                assert_eq!(found.first.0, pruned + 1, "{before} {step}");
                assert!(found.last.0 >= 24, "{before} {step}");
                for number in found.first.0..=found.last.0 {
                    assert_eq!(journal.get(Sequence(number)).unwrap().sequence.0, number);
                }
                // Finished, or begun again.
                let again = journal.prune(at(before), at_end, by()).unwrap();
                assert_eq!(again.count, 24 - kept - pruned, "{before} {step}");
                let found = journal.verify(|_, _| ()).unwrap();
                assert_eq!((found.problem, found.pruned), (None, 24 - kept), "{before} {step}");
                assert_eq!(found.anchors.len(), 1);
                let counted: u64 = journal.statistics().unwrap().iter().map(|row| row.count).sum();
                assert_eq!(counted, if at_end == AtEnd::Anonymise { 24 - kept } else { 0 });
                let outcomes = |journal: &Journal| {
                    let prunings = journal.after(Sequence(24), 100).unwrap();
                    let done = |record: &crate::Record| matches!(record.entry.outcome, Outcome::Done { .. });
                    prunings.iter().filter(|record| done(record)).count()
                };
                assert_eq!(outcomes(&journal), 1, "{before} {step}");
                drop(journal);
                let found = verify_folder(&image, &KEY, place, |_, _| ()).unwrap();
                assert_eq!(found.problem, None, "{before} {step}");
            }
        }
    }
}

#[test]
fn a_pruning_that_fails_destroys_nothing_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let place = Arc::new(Memory::default());
    let journal = filled(dir.path(), &place);
    HOOK.set(Some(Box::new(|step| match step {
        "before the catalogue" => Err(JournalError::Random),
        _ => Ok(()),
    })));
    let refused = journal.prune(at("2026-04-12T00:00:00Z"), AtEnd::Destroy, by());
    HOOK.set(None);
    assert!(refused.is_err());
    let found = journal.verify(|_, _| ()).unwrap();
    assert_eq!((found.problem, found.pruned, found.sound), (None, 0, 26));
    let last = journal.get(Sequence(26)).unwrap();
    assert!(matches!(last.entry.outcome, Outcome::Failed { .. }));
    assert_eq!(
        journal
            .prune(at("2026-04-12T00:00:00Z"), AtEnd::Destroy, by())
            .unwrap()
            .count,
        15
    );
    assert_eq!(journal.verify(|_, _| ()).unwrap().problem, None);
}

#[test]
fn the_secret_that_cannot_be_replaced_is_replaced_later() {
    let dir = tempfile::tempdir().unwrap();
    let place = Arc::new(Memory::default());
    let journal = filled(dir.path(), &place);
    HOOK.set(Some(Box::new(|step| match step {
        "before the new secret" => Err(JournalError::Random),
        _ => Ok(()),
    })));
    let refused = journal.prune(at("2026-04-12T00:00:00Z"), AtEnd::Destroy, by());
    HOOK.set(None);
    assert!(refused.is_err());
    // Decided, accounted for, and not destroyed yet: the files are still there.
    assert_eq!(journal.anchors().unwrap().len(), 1);
    let files = || {
        std::fs::read_dir(dir.path())
            .unwrap()
            .flatten()
            .filter(|f| f.file_name().to_string_lossy().ends_with(".db"))
    };
    let before = files().count();
    // The next pruning has nothing more to do, and finishes this one.
    assert_eq!(
        journal
            .prune(at("2026-04-12T00:00:00Z"), AtEnd::Destroy, by())
            .unwrap()
            .count,
        0
    );
    assert_eq!(files().count(), before - 3);
    let last = journal.get(Sequence(journal.head().unwrap().sequence)).unwrap();
    assert_eq!(last.entry.action, Action::JournalPrune);
    assert!(matches!(last.entry.outcome, Outcome::Done { .. }));
    assert_eq!(journal.verify(|_, _| ()).unwrap().problem, None);
}
