//! What was said of a message that is gone for long is removed from the server, and nothing else of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{Timestamp, ToSpan as _, Zoned};
use pli_engine::{Clock, SystemClock};

use crate::common::CABINET;
use crate::people::{LEROY, MARTIN, Practice};
use crate::taken;

/// The system's clock, some days ahead.
#[derive(Debug, Default)]
struct Ahead(AtomicI64);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now() + (self.0.load(Ordering::SeqCst) * 24).hours()
    }

    fn zoned(&self) -> Zoned {
        self.now().to_zoned(jiff::tz::TimeZone::UTC)
    }
}

fn entries(practice: &Practice) -> usize {
    let dir = practice
        .bench
        .operator
        .info()
        .dir
        .join("mail/alpha.mssante.test/cabinet");
    let text = std::fs::read(dir.join("dovecot-attributes")).unwrap_or_default();
    String::from_utf8_lossy(&text).matches("vendor.pli/handling").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_of_messages_that_are_gone_for_30_days_are_removed() {
    let practice = Practice::open(2).await;
    let clock = Arc::new(Ahead::default());
    let martin = practice.open_with(MARTIN, "martin", false, Some(clock.clone())).await;
    let leroy = practice.open_as(LEROY, "leroy", false).await;
    for subject in ["Lettre 0", "Lettre 1"] {
        for one in [&martin, &leroy] {
            one.say(subject, taken()).await;
            one.engine.sync_and_wait(None).await.unwrap();
        }
    }
    assert_eq!(entries(&practice), 4);
    let mut other = practice.bench.operator.mailbox(CABINET).unwrap();
    let uid = martin.row("Lettre 0").await.uid.unwrap().get();
    martin.engine.sync_and_wait(None).await.unwrap();
    other.delete("INBOX", uid).unwrap();
    for (days, left) in [(0, 4), (20, 4), (31, 2)] {
        clock.0.store(days, Ordering::SeqCst);
        martin.engine.sync_and_wait(None).await.unwrap();
        assert_eq!(entries(&practice), left, "after {days} days");
    }
    assert!(martin.handling("Lettre 1").await.conflict);
    martin.engine.stop().await;
    leroy.engine.stop().await;
}
