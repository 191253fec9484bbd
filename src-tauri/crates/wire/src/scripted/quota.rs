//! Servers that tell quotas as no real one should.

use super::imap::server;
use super::on;
use crate::WireError;
use crate::imap::{ImapSession, QuotaResource, QuotaRoot};

const ROOT: &str = "GETQUOTAROOT INBOX";

fn resource(used: u64, limit: u64) -> Option<QuotaResource> {
    Some(QuotaResource { used, limit })
}

#[tokio::test]
async fn every_root_is_told_in_octets_and_messages() {
    let answer = "* QUOTAROOT INBOX \"User quota\" \"Domain\" empty\r\n\
        * QUOTA \"User quota\" (STORAGE 10 512 MESSAGE 20 1000)\r\n\
        * QUOTA Domain (storage 7 0 MAILBOX 3 9)\r\n\
        * QUOTA \"again\" (STORAGE 7 0)\r\n\
        * QUOTA empty ()\r\n$ OK done\r\n";
    let mut server = server("QUOTA", vec![on(ROOT, answer)]).await;
    let quota = server.session.quota().await.unwrap().unwrap();
    let user = QuotaRoot {
        storage: resource(10 * 1024, 512 * 1024),
        messages: resource(20, 1000),
    };
    let domain = QuotaRoot {
        storage: resource(7 * 1024, 0),
        messages: None,
    };
    assert_eq!(quota.roots, [user, domain]);
}

#[tokio::test]
async fn numbers_beyond_all_octets_are_the_largest_and_roots_are_bounded() {
    let huge = format!("* QUOTA \"\" (STORAGE {} {})\r\n$ OK\r\n", u64::MAX, u64::MAX / 2);
    let many: String = (1..=500)
        .map(|n| format!("* QUOTA r{n} (STORAGE {n} 1000)\r\n"))
        .collect();
    let turns = vec![
        on(ROOT, huge),
        on(ROOT, format!("{many}$ OK\r\n")),
        on(ROOT, "* QUOTAROOT INBOX\r\n$ OK no root at all\r\n"),
        on(ROOT, "$ NO [NOPERM] not for you\r\n"),
        on(ROOT, "$ BAD what?\r\n"),
        on("NOOP", "$ OK\r\n"),
    ];
    let mut server = server("QUOTA", turns).await;
    let session = &mut server.session;
    let storage = session.quota().await.unwrap().unwrap().roots[0].storage;
    assert_eq!(storage, resource(u64::MAX, u64::MAX));
    assert_eq!(session.quota().await.unwrap().unwrap().roots.len(), 32);
    for _ in 0..3 {
        assert_eq!(session.quota().await.unwrap(), None);
    }
    session.noop().await.unwrap();
}

#[tokio::test]
async fn figures_that_are_no_numbers_end_the_connection_and_nothing_is_made_of_them() {
    let odd = [
        "STORAGE -1 -1",
        "STORAGE 99999999999999999999999999 1",
        "STORAGE 10",
        "STORAGE ten 20",
    ];
    for told in odd {
        let answer = format!("* QUOTA \"\" ({told})\r\n$ OK\r\n");
        let mut server = server("QUOTA", vec![on(ROOT, answer)]).await;
        let error = server.session.quota().await.unwrap_err();
        assert!(matches!(error, WireError::Unreadable { .. }), "{told}: {error:?}");
        assert!(!server.session.is_usable());
    }
}
