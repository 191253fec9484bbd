//! What verification and sealing say of a journal that nobody damaged, and of what cannot be damage.

use pli_trace::{Journal, Sequence, fingerprint, signed_by};

use crate::bench::{KINDS, desk, kept, listed};
use crate::sample::{BEGAN, DAY, Desk, at, entry, entry_at};

#[test]
fn an_untouched_journal_verifies_and_says_what_it_holds() {
    let mut pruned = 0;
    for kind in 0..KINDS {
        let desk = desk(kind);
        let found = desk.verify();
        let periods = listed(&desk);
        assert_eq!(found.problem, None);
        assert_eq!(found.first.0, periods[0].first);
        assert_eq!(found.last.0, periods.last().unwrap().last);
        assert_eq!(found.sound, found.last.0 + 1 - found.first.0);
        assert_eq!(found.pruned, found.first.0 - 1);
        assert_eq!(
            found.anchors.iter().map(pli_trace::Anchor::count).sum::<u64>(),
            found.pruned
        );
        assert_eq!(found.sealed_until.unwrap().0, found.last);
        assert_eq!(found.unsealed, 0);
        pruned += found.pruned;
        // Opening and closing it changes nothing of that.
        let journal = Journal::open(desk.folder(), &crate::sample::KEY, desk.place.clone()).unwrap();
        assert_eq!(journal.verify(|_, _| ()).unwrap(), found);
        assert_eq!(journal.last_seal().unwrap().unwrap().sequence, found.last);
        assert_eq!(journal.seal(at(BEGAN + 900 * DAY)).unwrap(), None);
        drop(journal);
        assert_eq!(desk.verify(), found);
    }
    assert!(pruned > 0);
    assert!(!kept(0).secret.is_empty());
}

#[test]
fn a_clock_set_back_is_listed_and_is_no_problem() {
    let desk = Desk::new();
    let journal = desk.open();
    journal.append(&entry_at(1, 0)).unwrap();
    journal.append(&entry_at(2, -5_000)).unwrap();
    journal.append(&entry_at(3, DAY)).unwrap();
    journal.append(&entry_at(4, DAY - 900)).unwrap();
    journal.append(&entry_at(5, 40 * DAY)).unwrap();
    journal.append(&entry_at(6, 2 * DAY)).unwrap();
    let found = journal.verify(|_, _| ()).unwrap();
    assert_eq!(found.problem, None);
    assert_eq!(found.clock_set_back_count, 2);
    let back = 38 * u64::try_from(DAY).unwrap();
    assert_eq!(found.clock_set_back, [(Sequence(2), 5_000), (Sequence(6), back)]);
}

#[test]
fn progress_reaches_the_end_while_traces_are_written() {
    let desk = Desk::new();
    let journal = desk.open();
    for batch in 0..20 {
        let entries: Vec<_> = (batch * 1000..(batch + 1) * 1000).map(entry).collect();
        journal.append_batch(&entries).unwrap();
    }
    journal.seal(at(BEGAN)).unwrap().unwrap();
    let last = std::sync::Mutex::new((0, 0));
    let writing = std::sync::atomic::AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 20_000;
            while writing.load(std::sync::atomic::Ordering::Relaxed) {
                journal.append(&entry(number)).unwrap();
                number += 1;
            }
        });
        for _ in 0..5 {
            let found = journal
                .verify(|done, total| {
                    assert!(done <= total);
                    let mut last = last.lock().unwrap();
                    *last = (*last).max((done, total));
                })
                .unwrap();
            assert_eq!(found.problem, None);
            assert!(found.sound >= 20_000);
            assert_eq!(found.sound - 20_000, found.unsealed);
            let (done, total) = *last.lock().unwrap();
            assert_eq!(done, total);
        }
        writing.store(false, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn a_manifest_is_signed_for_this_journal_and_for_nothing_else() {
    let desk = Desk::new();
    let journal = desk.open();
    journal.append(&entry(1)).unwrap();
    let seal = journal.seal(at(BEGAN)).unwrap().unwrap();
    let signature = journal.sign(b"a manifest").unwrap();
    let public = journal.public_key();
    assert!(signed_by(&public, b"a manifest", &signature));
    assert!(!signed_by(&public, b"a manifesT", &signature));
    assert!(!signed_by(&[1; 32], b"a manifest", &signature));
    assert!(!signed_by(&public, b"a manifest", &seal.signature));
    let other = Desk::new().open();
    assert!(!signed_by(&other.public_key(), b"a manifest", &signature));
    assert_eq!(journal.fingerprint(), fingerprint(&public));
    assert_eq!(journal.fingerprint().len(), 39);
    assert_ne!(journal.fingerprint(), other.fingerprint());
}

#[test]
fn a_new_seal_does_not_cover_what_is_missing() {
    let desk = Desk::new();
    let journal = desk.open();
    journal.append_batch(&[entry(1), entry(2)]).unwrap();
    drop(journal);
    let earlier = tempfile::tempdir().unwrap();
    crate::bench::copy(&desk.folder(), earlier.path());
    let journal = desk.open();
    journal.append(&entry(3)).unwrap();
    assert!(journal.seal(at(BEGAN)).unwrap().is_some());
    assert!(journal.seal(at(BEGAN)).unwrap().is_none());
    drop(journal);
    // Everything is put back as it was, and used again.
    std::fs::remove_dir_all(desk.folder()).unwrap();
    crate::bench::copy(earlier.path(), &desk.folder());
    let journal = desk.open();
    journal.append_batch(&[entry(4), entry(5)]).unwrap();
    let _ = journal.seal(at(BEGAN)).unwrap();
    let found = journal.verify(|_, _| ()).unwrap().problem.unwrap();
    assert_eq!(
        (found.from(), found.until()),
        (Some(Sequence(3)), Some(Sequence(3))),
        "{found:?}"
    );
}

#[test]
fn an_older_catalogue_put_back_loses_nothing_and_shows() {
    let desk = Desk::new();
    let journal = desk.open();
    journal.append_batch(&[entry(1), entry(2)]).unwrap();
    journal.seal(at(BEGAN)).unwrap().unwrap();
    drop(journal);
    let earlier = std::fs::read(desk.folder().join("catalogue.db")).unwrap();
    let journal = desk.open();
    journal.append_batch(&[entry(3), entry(4)]).unwrap();
    journal
        .append_batch(&[entry_at(5, 40 * DAY), entry_at(6, 41 * DAY)])
        .unwrap();
    journal.append_batch(&[entry_at(7, 80 * DAY)]).unwrap();
    journal.seal(at(BEGAN + 81 * DAY)).unwrap().unwrap();
    drop(journal);
    std::fs::write(desk.folder().join("catalogue.db"), earlier).unwrap();
    let journal = desk.open();
    for number in 1..=7 {
        assert_eq!(
            journal.get(Sequence(number)).unwrap().entry,
            [
                entry(1),
                entry(2),
                entry(3),
                entry(4),
                entry_at(5, 40 * DAY),
                entry_at(6, 41 * DAY),
                entry_at(7, 80 * DAY),
            ][number as usize - 1]
        );
    }
    let found = journal.verify(|_, _| ()).unwrap();
    assert_eq!(found.last, Sequence(7));
    assert!(found.problem.is_some());
}
