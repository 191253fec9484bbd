//! A mailbox's room as it is kept: one point a day, a bounded history, warnings across restarts.

#![allow(clippy::unwrap_used)]

mod common;

use common::{account, at, key, open};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use pli_store::{QUOTA_DAYS, QuotaLevel, QuotaReading, QuotaRefusal, QuotaSource, QuotaTold, Room, Store};

const DAY: Date = date(2026, 11, 22);

fn reading(used: u64, limit: Option<u64>) -> QuotaReading {
    QuotaReading {
        source: QuotaSource::Server,
        storage: Some(Room { used, limit }),
        messages: Some(Room { used: 3, limit: None }),
        left: limit.map(|limit| limit.saturating_sub(used)),
        at: Some(at(9)),
    }
}

#[test]
fn all_of_a_reading_comes_back_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    assert_eq!(b.store.quota(b.account).unwrap(), None);
    let told = QuotaTold {
        level: QuotaLevel::AlmostFull,
        percent: 93,
        at: Some(at(1)),
        snoozed: true,
        notified: Some(at(1)),
    };
    let refusal = Some(QuotaRefusal { at: at(2), size: 5 });
    let kept = b
        .store
        .keep_quota(b.account, &reading(u64::MAX, Some(100)), refusal, DAY, |before| {
            assert!(before.is_none());
            told
        })
        .unwrap();
    drop(b.store);
    let store = Store::open(dir.path(), &key()).unwrap();
    let mut again = store.quota(b.account).unwrap().unwrap();
    // What no column can hold is the largest one that it can.
    assert_eq!(again.reading.storage.unwrap().used, i64::MAX as u64);
    again.reading.storage = kept.reading.storage;
    assert_eq!(again, kept);
    // A change of the warning leaves the reading alone.
    let changed = store
        .change_quota_told(b.account, |kept| QuotaTold {
            snoozed: false,
            ..kept.told
        })
        .unwrap()
        .unwrap();
    assert!(!changed.told.snoozed && changed.refusal == refusal);
    store.remove_account(b.account).unwrap();
    assert_eq!(store.quota(b.account).unwrap(), None);
    assert!(store.quota_history(b.account).unwrap().is_empty());
    let other = store.add_account(&account("autre@alpha.mssante.test"), at(1)).unwrap();
    assert_eq!(store.change_quota_told(other, |kept| kept.told).unwrap(), None);
}

#[test]
fn a_day_has_one_point_and_the_history_ends() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let keep = |used, day| {
        b.store
            .keep_quota(b.account, &reading(used, Some(1000)), None, day, |_| {
                QuotaTold::default()
            })
            .unwrap();
    };
    for back in (0..500).rev() {
        keep(back as u64, DAY - back.days());
    }
    keep(77, DAY);
    let history = b.store.quota_history(b.account).unwrap();
    assert_eq!(history.len() as i64, QUOTA_DAYS);
    assert!(history.is_sorted_by(|a, b| a.on < b.on));
    let last = history.last().unwrap();
    assert_eq!((last.on, last.used, last.limit), (DAY, 77, Some(1000)));
    assert_eq!(history[0].on, DAY - 399.days());
    // A clock that is wrong once, on either side, costs no more than a point.
    keep(1, DAY + 3650.days());
    keep(1, DAY - 3650.days());
    let after = b.store.quota_history(b.account).unwrap();
    assert_eq!(after[..399], history[1..]);
    assert_eq!(after.len(), 400);
}

#[test]
fn a_reading_without_octets_makes_no_point() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let none = QuotaReading {
        storage: None,
        ..reading(0, None)
    };
    b.store
        .keep_quota(b.account, &none, None, DAY, |_| QuotaTold::default())
        .unwrap();
    assert!(b.store.quota_history(b.account).unwrap().is_empty());
    let kept = b.store.quota(b.account).unwrap().unwrap();
    assert_eq!(kept.reading, none);
}
