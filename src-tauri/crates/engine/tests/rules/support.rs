//! Servers that have no rules, or not all of them.

use pli_engine::{EngineError, RulesProblem, RulesSet, RulesSupport, SortRule, SortThen, SortWhen, Standing};
use pli_operator::boxes;

use crate::common::{MARTIN, add};
use crate::stage::{LABO, Stage, answering, engine, letter, log_in, reply};

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_without_managesieve_is_said_to_be_one() {
    let stage = Stage::start().await;
    // This domain publishes no ManageSieve, and nothing answers at its port.
    let other = engine(&stage.bench, "labo", "Europe/Paris").await;
    log_in(&stage.bench, &other, boxes::BIOLOGIST, "Benoît AMAR").await;
    let labo = add(&other, LABO).await.id;
    let rules = other.rules_get(labo).await.unwrap();
    assert_eq!(rules.support, RulesSupport::NoManageSieve);
    assert_eq!((rules.standing, rules.read_at), (Standing::None, None));
    let refused = other.rules_set(labo, answering(reply("Absent."))).await.unwrap_err();
    assert!(
        matches!(refused, EngineError::Rules(RulesProblem::Unsupported)),
        "{refused}"
    );
    // One that publishes it and is away is away, not without.
    stage.bench.operator.pause().unwrap();
    let away = stage.engine.rules_get(stage.account).await.unwrap_err();
    assert!(away.is_transient(), "{away}");
    other.stop().await;
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_lacks_is_said_and_the_rest_still_works() {
    let stage = Stage::start().await;
    let all = stage.engine.rules_get(stage.account).await.unwrap();
    assert_eq!((all.support, all.standing), (RulesSupport::Yes, Standing::None));
    stage
        .bench
        .operator
        .set_sieve("sieve_extensions = -vacation -imap4flags -envelope -mime -mailbox")
        .unwrap();
    let some = stage.engine.rules_get(stage.account).await.unwrap();
    assert_eq!(
        some.support,
        RulesSupport::NoExtension("vacation imap4flags".to_owned())
    );
    assert!(!some.offers.answer && !some.offers.flags && some.offers.folders && some.offers.copy);
    let refused = stage
        .engine
        .rules_set(stage.account, answering(reply("Absente.")))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, EngineError::Rules(RulesProblem::Unsupported)),
        "{refused}"
    );
    assert!(stage.engine.sieve_scripts(stage.account).await.unwrap().is_empty());

    // Folders there are, although none can be made: what has none is not lost.
    let rule = |name: &str, when: SortWhen, folder: &str| SortRule {
        id: String::new(),
        name: name.to_owned(),
        when,
        then: SortThen::Folder(folder.to_owned()),
        enabled: true,
    };
    let mut off = reply("Absente.");
    off.enabled = false;
    stage
        .set(RulesSet {
            answer: Some(off),
            sort: vec![
                rule("là", SortWhen::SubjectPrefix("A".to_owned()), "Archive"),
                rule("pas là", SortWhen::SubjectPrefix("B".to_owned()), "Absent"),
                rule("pièces", SortWhen::HasAttachment, "Junk"),
            ],
            ..RulesSet::default()
        })
        .await;
    for subject in ["A", "B", "C"] {
        stage.deliver(LABO, MARTIN, &letter(LABO, MARTIN, subject, &[], "Bonjour."));
    }
    let attached = ["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"];
    stage.deliver(LABO, MARTIN, &letter(LABO, MARTIN, "D", &attached, "--b--"));
    let count = |folder: &str| stage.folder(MARTIN, folder).len();
    assert_eq!((count("Archive"), count("INBOX"), count("Junk")), (1, 2, 1));
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_works_without_a_look_at_the_envelope() {
    let stage = Stage::start().await;
    stage.bench.operator.set_sieve("sieve_extensions = -envelope").unwrap();
    stage.set(answering(reply("Absente."))).await;
    for (from, path) in [
        ("un@beta.mssante.test", "un@beta.mssante.test"),
        ("deux@beta.mssante.test", ""),
    ] {
        stage.open(from).await;
        stage.deliver(path, MARTIN, &letter(from, MARTIN, "Avis", &[], "Bonjour."));
    }
    assert_eq!(stage.answers("un@beta.mssante.test").len(), 1);
    assert!(
        stage.answers("deux@beta.mssante.test").is_empty(),
        "a report has no return path"
    );
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_fit_where_only_one_script_does() {
    let stage = Stage::start().await;
    stage.bench.operator.set_sieve("sieve_quota_max_scripts = 1").unwrap();
    for text in ["Absente.", "Encore absente."] {
        let rules = stage.set(answering(reply(text))).await;
        assert_eq!(
            (rules.standing, rules.answer.unwrap().text.as_str()),
            (Standing::Ours, text)
        );
    }
    // A script that is too large for the server is refused, and the former one still runs.
    stage.bench.operator.set_sieve("sieve_max_script_size = 3k").unwrap();
    let before = stage.engine.rules_get(stage.account).await.unwrap();
    let refused = stage
        .engine
        .rules_set(stage.account, answering(reply(&"x".repeat(5_000))))
        .await
        .unwrap_err();
    assert!(!refused.is_transient(), "{refused}");
    assert_eq!(stage.engine.rules_get(stage.account).await.unwrap().seen, before.seen);
    stage.engine.stop().await;
}
