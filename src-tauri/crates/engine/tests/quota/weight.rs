//! « Libérer de la place » on the real servers: what weighs, what is never proposed, and what a choice would free.

use pli_engine::pli_store::{KeptWhy, MailId};
use pli_engine::{DocumentKind, SpaceBy, SpaceFilter};
use pli_operator::Seed;

use crate::common::{Bench, MARTIN};
use crate::stage::{letter_of, ready};

fn seed(n: usize, flags: &[&str], weight: usize) -> Seed {
    Seed {
        folder: if n.is_multiple_of(4) {
            "Archive".to_owned()
        } else {
            "INBOX".to_owned()
        },
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        internal_date_unix: 1_768_201_200 + n as i64 * 86_400,
        raw: letter_of(&format!("lettre {n}"), weight),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_filed_read_and_not_flagged_is_proposed_the_heaviest_first() {
    let bench = Bench::start(false);
    let mut seeds = Vec::new();
    for n in 0..24 {
        let flags: &[&str] = [
            &["\\Seen", "$PliFiled"][..],
            &["\\Seen", "\\Flagged", "$PliFiled"],
            &["$PliFiled"],
            &["\\Seen"],
            &["\\Seen", "$PliFiled", "$PliTaken"],
            &[],
        ][n % 6];
        let flags: Vec<&str> = flags.iter().filter(|flag| flag.starts_with('\\')).copied().collect();
        seeds.push(seed(n, &flags, 2000 + n * 100));
    }
    bench.operator.seed(MARTIN, &seeds).unwrap();
    // Keywords are given by another client, as another Pli would.
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    for folder in ["INBOX", "Archive"] {
        for message in other.messages(folder).unwrap() {
            let text = String::from_utf8_lossy(&message.raw).into_owned();
            let n: usize = text
                .split("Subject: lettre ")
                .nth(1)
                .unwrap()
                .split("\r\n")
                .next()
                .unwrap()
                .parse()
                .unwrap();
            let keywords = [
                Some("$PliFiled"),
                Some("$PliFiled"),
                Some("$PliFiled"),
                None,
                Some("$PliFiled $PliTaken"),
                None,
            ][n % 6];
            let flags: Vec<&str> = message.flags.iter().map(String::as_str).chain(keywords).collect();
            other.set_flags(folder, message.uid, &flags).unwrap();
        }
    }
    let (engine, account, _) = ready(&bench).await;
    engine.sync_and_wait(Some(account)).await.unwrap();

    let all = engine
        .space_messages(account, SpaceFilter::default(), 0, 100)
        .await
        .unwrap();
    assert_eq!((all.total, all.rows.len()), (24, 24));
    assert!(all.rows.iter().take(16).all(|row| row.filed) && !all.rows.iter().skip(16).any(|row| row.filed));
    for found in &all.rows {
        let n: usize = found
            .row
            .display_subject
            .strip_prefix("lettre ")
            .unwrap()
            .parse()
            .unwrap();
        let expected: &[KeptWhy] = [
            &[][..],
            &[KeptWhy::Flagged],
            &[KeptWhy::Unread],
            &[KeptWhy::NotFiled],
            &[KeptWhy::HandledBySomebody],
            &[KeptWhy::Unread, KeptWhy::NotFiled],
        ][n % 6];
        assert_eq!(found.keep, expected, "{n}");
        assert_eq!((found.octets, found.kind), (2000 + n as u64 * 100, DocumentKind::None));
    }
    let whole: Vec<MailId> = engine.space_suggest(account, u64::MAX).await.unwrap();
    let proposed: Vec<MailId> = all
        .rows
        .iter()
        .filter(|row| row.keep.is_empty())
        .map(|row| row.row.id)
        .collect();
    assert_eq!((whole.len(), &whole), (4, &proposed), "n = 18, 12, 6, 0");
    assert_eq!(engine.space_suggest(account, 3801).await.unwrap(), whole[..2]);

    let folders = engine.space_get(account, SpaceBy::Folder).await.unwrap();
    let labels: Vec<(&str, u64)> = folders
        .groups
        .iter()
        .map(|group| (group.label.as_str(), group.count))
        .collect();
    assert_eq!((folders.count, labels), (24, vec![("INBOX", 18), ("Archive", 6)]));
    let people = engine.space_get(account, SpaceBy::Correspondent).await.unwrap();
    assert_eq!(people.groups.len(), 1);
    assert_eq!(
        (
            people.groups[0].key.as_str(),
            people.groups[0].label.as_str(),
            people.groups[0].octets
        ),
        ("anne.petit@beta.mssante.test", "Dr Anne Petit", folders.octets)
    );
    engine.stop().await;
}
