//! Connections that are cut in the middle, over and over: nothing is lost, nothing comes twice.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Bench, MARTIN, add, folder, here, inbox, letter, rows, there, until};
use pli_store::Flags;

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_cut_again_and_again_ends_whole() {
    let bench = Bench::start(true);
    let engine = bench.logged_in(true).await;
    let account = add(&engine, MARTIN).await.id;
    for _ in 0..4 {
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        bench.operator.restart_mail().unwrap();
        engine.sync_now(Some(account)).unwrap();
    }
    // The last cut may be noticed by this very round: it ends with an error then, and the next one goes on.
    until("a round ends well", async || {
        engine.sync_and_wait(Some(account)).await.is_ok()
    })
    .await;
    for folder in engine.folder_list(account).await.unwrap() {
        let theirs = there(&bench.operator, MARTIN, &folder.server.name);
        assert!(here(&engine, folder.id).await == theirs, "{}", folder.server.name);
    }
    engine.stop().await;
}

/// A small generator: the same steps at each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// The server says no when the message has just gone by the other's hand.
fn asked(outcome: Result<(), pli_operator::Error>) {
    if let Err(error) = outcome {
        assert!(error.to_string().contains("EXPUNGEISSUED"), "{error}");
    }
}

/// Two clients change the same box in any order, with syncs in between: both end with the same box.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_two_clients_do_both_end_with_the_same_box() {
    let bench = Bench::start(false);
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    for n in 0..30 {
        other
            .append("INBOX", &[], &letter(&format!("Lettre {n}"), "Bonjour."))
            .unwrap();
    }
    let engine = bench.logged_in(true).await;
    let account = add(&engine, MARTIN).await.id;
    engine.sync_and_wait(Some(account)).await.unwrap();
    let inbox = inbox(&engine, account).await;
    let (archive, trash) = (
        folder(&engine, account, "Archive").await.id,
        folder(&engine, account, "Trash").await.id,
    );
    for seed in 0..4 {
        let mut dice = Dice(seed);
        for _ in 0..25 {
            let ours = [inbox, archive, trash][dice.below(3)];
            let shown = rows(&engine, ours).await;
            let name = ["INBOX", "Archive", "Trash"][dice.below(3)];
            let uids: Vec<u32> = other.flags(name).unwrap().into_iter().map(|(uid, _)| uid).collect();
            match dice.below(9) {
                0 | 1 if !shown.is_empty() => {
                    let id = shown[dice.below(shown.len())].id;
                    let flag = [Flags::SEEN, Flags::FLAGGED][dice.below(2)];
                    engine.message_flag(vec![id], flag, dice.below(2) == 0).await.unwrap();
                }
                2 | 3 if !shown.is_empty() => {
                    let id = shown[dice.below(shown.len())].id;
                    engine
                        .message_move(vec![id], [inbox, archive][dice.below(2)])
                        .await
                        .unwrap();
                }
                4 if !shown.is_empty() => {
                    engine
                        .message_delete(vec![shown[dice.below(shown.len())].id])
                        .await
                        .unwrap();
                }
                5 if !uids.is_empty() => {
                    asked(other.set_flags(name, uids[dice.below(uids.len())], &["\\Flagged", "$Vu"]));
                }
                6 if !uids.is_empty() => asked(other.delete(name, uids[dice.below(uids.len())])),
                7 if !uids.is_empty() && name != "Archive" => {
                    asked(other.move_to(name, uids[dice.below(uids.len())], "Archive"));
                }
                _ => engine.sync_and_wait(Some(account)).await.unwrap(),
            }
        }
        engine.sync_and_wait(Some(account)).await.unwrap();
        engine.sync_and_wait(Some(account)).await.unwrap();
        for (id, name) in [(inbox, "INBOX"), (archive, "Archive"), (trash, "Trash")] {
            let (ours, theirs) = (here(&engine, id).await, there(&bench.operator, MARTIN, name));
            let flags = |content: &std::collections::BTreeMap<u32, (Vec<String>, Vec<u8>)>| {
                content
                    .iter()
                    .map(|(uid, (flags, _))| (*uid, flags.clone()))
                    .collect::<Vec<_>>()
            };
            assert_eq!(flags(&ours), flags(&theirs), "{name}, seed {seed}");
            assert!(ours == theirs, "{name}, seed {seed}");
        }
    }
    engine.stop().await;
}
