//! The line cut at every step of a change: what ran still runs, and what is read back is the one or the other, whole.

use std::collections::BTreeMap;

use pli_engine::{Engine, EngineError, Home, Standing};
use pli_operator::boxes;
use pli_store::{AccountId, Store, Vault};
use secrecy::SecretString;

use crate::common::{Bench, MARTIN};
use crate::proxy::{Line, Proxy};
use crate::stage::{Stage, answering, engine, log_in, reply};

/// The same profile, whose ManageSieve is behind this port.
async fn reroute(bench: &Bench, engine: Engine, account: AccountId, port: u16) -> Engine {
    engine.stop().await;
    drop(engine);
    let home = Home::at(bench.dir.path().join("profile"));
    let passphrase = SecretString::from("une phrase de passe");
    let key = Vault::at(&home.vault()).open_with_passphrase(&passphrase).unwrap();
    let store = Store::open(&home.store(), &key).unwrap();
    let mut settings = store.account(account).unwrap().settings;
    settings.servers["sieve"]["port"] = port.into();
    store.update_account(account, &settings).unwrap();
    drop(store);
    let engine = self::engine(bench, "profile", "Europe/Paris").await;
    log_in(bench, &engine, boxes::DR_MARTIN, "Claire MARTIN").await;
    engine
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_cut_anywhere_leaves_the_former_rules_or_the_new_ones_running() {
    let Stage { bench, engine, account } = Stage::start().await;
    let proxy = Proxy::to(bench.operator.info().ports.sieve);
    let engine = reroute(&bench, engine, account, proxy.port).await;
    let mut former = "Absente depuis toujours.".to_owned();
    engine.rules_set(account, answering(reply(&former))).await.unwrap();
    let mut other = bench.operator.scripts(MARTIN).unwrap();
    let mut ended: BTreeMap<&str, u32> = BTreeMap::new();
    // A change takes between four and five thousand octets: the last of these cut nothing.
    let cuts = (1_000..5_500).step_by(90).map(Line::Cut);
    let deaf = (2_500..6_500).step_by(500).map(Line::Deaf);
    for (turn, line) in cuts.chain(deaf).enumerate() {
        let next = format!("Absente, tour {turn}.");
        proxy.set(line);
        let done = engine.rules_set(account, answering(reply(&next))).await;
        proxy.set(Line::Whole);
        match &done {
            Ok(_) => {}
            Err(EngineError::Wire(error)) => assert!(error.is_transient(), "{line:?}: {error}"),
            Err(error) => panic!("{line:?}: {error}"),
        }

        // At no time is there nothing that runs: one script does, and it is a whole one of ours.
        let running: Vec<String> = other
            .list()
            .unwrap()
            .into_iter()
            .filter(|(_, runs)| *runs)
            .map(|(name, _)| name)
            .collect();
        assert_eq!(running.len(), 1, "{line:?}");
        let text = String::from_utf8(other.get(&running[0]).unwrap()).unwrap();
        assert!(text.contains(&next) || text.contains(&former), "{line:?}: {text}");

        let rules = engine.rules_get(account).await.unwrap();
        assert_eq!(rules.standing, Standing::Ours, "{line:?}");
        let now = rules.answer.unwrap();
        assert!(
            now.enabled && (now.text == next || now.text == former),
            "{line:?}: {}",
            now.text
        );
        if done.is_ok() {
            assert_eq!((now.text.as_str(), rules.differs), (next.as_str(), false), "{line:?}");
        }
        *ended
            .entry(match (&done, now.text == next, rules.differs) {
                (Ok(_), ..) => "done",
                (Err(_), false, _) => "cut before, the former ones run",
                (Err(_), true, true) => "cut in between, the former ones run and it is said",
                (Err(_), true, false) => "cut after, the new ones run",
            })
            .or_default() += 1;
        former = now.text;
        // What was running is told of as what counts, or as different from it: then the person sets it again.
        if rules.differs {
            former = format!("Absente, remise {turn}.");
            let again = engine.rules_set(account, answering(reply(&former))).await.unwrap();
            assert!(!again.differs);
        }
    }
    eprintln!("{ended:?}");
    assert!(ended.len() >= 3 && ended.contains_key("done"), "{ended:?}");
    engine.rules_set(account, answering(reply("Fin."))).await.unwrap();
    assert_eq!(
        other.list().unwrap(),
        [("pli".to_owned(), true)],
        "nothing is left behind"
    );
    engine.stop().await;
}
