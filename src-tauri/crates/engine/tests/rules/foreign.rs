//! A script of somebody else: shown, left alone, run beside ours when it is asked for, and never changed by an octet.

use pli_engine::{EngineError, RulesProblem, RulesSet, SortRule, SortThen, SortWhen, Standing};

use crate::common::MARTIN;
use crate::stage::{LABO, Stage, answering, letter, reply};

/// As another program writes one: its own lines, its own ways.
const THEIRS: &[u8] = b"# r\xc3\xa8gle:[Labo]\nrequire  [\"fileinto\" , \"mailbox\"];\r\n\n/* \"pli\" */ if header :contains \"subject\" \"CR\" {\tfileinto :create \"CR\"; stop; }\n# fin";

fn sorting(folder: &str) -> RulesSet {
    RulesSet {
        sort: vec![SortRule {
            id: String::new(),
            name: "Labo".to_owned(),
            when: SortWhen::Sender(LABO.to_owned()),
            then: SortThen::Folder(folder.to_owned()),
            enabled: true,
        }],
        ..RulesSet::default()
    }
}

fn problem(error: &EngineError) -> RulesProblem {
    match error.root() {
        EngineError::Rules(problem) => *problem,
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_runs_is_shown_left_alone_and_run_beside_ours_only_when_asked() {
    let stage = Stage::start().await;
    let operator = &stage.bench.operator;
    let mut other = operator.scripts(MARTIN).unwrap();
    other.put("webmail \"été\"", THEIRS).unwrap();
    other.activate(Some("webmail \"été\"")).unwrap();
    let intact = |other: &mut pli_operator::Scripts| other.get("webmail \"été\"").unwrap() == THEIRS;
    let alone = |rules: &pli_engine::Rules| matches!(&rules.standing, Standing::ForeignAlone { name, may_include: true, script } if name == "webmail \"été\"" && script.contains("fileinto :create"));

    let rules = stage.engine.rules_get(stage.account).await.unwrap();
    assert!(alone(&rules), "{:?}", rules.standing);
    let refused = stage
        .engine
        .rules_set(stage.account, sorting("Labo"))
        .await
        .unwrap_err();
    assert_eq!(problem(&refused), RulesProblem::Foreign);
    assert_eq!(
        other.list().unwrap(),
        [("webmail \"été\"".to_owned(), true)],
        "nothing was written"
    );
    // Forms that run nothing may be put by: what runs still runs.
    let mut off = reply("Absente.");
    off.enabled = false;
    assert!(alone(&stage.set(answering(off)).await));
    assert!(intact(&mut other));

    // Asked for: both run.
    let beside = RulesSet {
        include_in_foreign: true,
        ..sorting("Labo")
    };
    let rules = stage.set(beside).await;
    assert_eq!(
        rules.standing,
        Standing::Included {
            name: "webmail \"été\"".to_owned()
        }
    );
    assert!(intact(&mut other));
    stage.deliver(LABO, MARTIN, &letter(LABO, MARTIN, "Résultats", &[], "Bonjour."));
    let x = "x@beta.mssante.test";
    stage.deliver(x, MARTIN, &letter(x, MARTIN, "CR du 3", &[], "Bonjour."));
    let count = |folder: &str| stage.folder(MARTIN, folder).len();
    assert_eq!((count("Labo"), count("CR"), count("INBOX")), (1, 1, 0));
    // It goes on so without being asked again, and the answer runs with it.
    let mut both = answering(reply("Absente."));
    both.sort = sorting("Labo").sort;
    let rules = stage.set(both).await;
    assert!(matches!(rules.standing, Standing::Included { .. }));
    stage.open("y@beta.mssante.test").await;
    stage.deliver(
        "y@beta.mssante.test",
        MARTIN,
        &letter("y@beta.mssante.test", MARTIN, "CR du 4", &[], "Bonjour."),
    );
    assert_eq!((stage.answers("y@beta.mssante.test").len(), count("CR")), (1, 2));

    // All off: theirs runs by itself again, as it was.
    let rules = stage.set(RulesSet::default()).await;
    assert!(alone(&rules), "{:?}", rules.standing);
    assert!(intact(&mut other));
    let mut names = other.list().unwrap();
    names.sort();
    assert_eq!(names, [("pli".to_owned(), false), ("webmail \"été\"".to_owned(), true)]);
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_answers_never_run_together() {
    let stage = Stage::start().await;
    let mut other = stage.bench.operator.scripts(MARTIN).unwrap();
    let theirs = b"require \"vacation\";\r\nvacation \"Je suis absente.\";\r\n";
    other.put("absence", theirs).unwrap();
    other.activate(Some("absence")).unwrap();
    let mut ask = answering(reply("Absente."));
    ask.include_in_foreign = true;
    let refused = stage.engine.rules_set(stage.account, ask.clone()).await.unwrap_err();
    assert_eq!(problem(&refused), RulesProblem::Foreign);
    // Other rules run with it; then an answer of ours would be one too many all the same.
    ask.answer = None;
    ask.sort = sorting("Labo").sort;
    stage.set(ask).await;
    let mut both = answering(reply("Absente."));
    both.sort = sorting("Labo").sort;
    let refused = stage.engine.rules_set(stage.account, both).await.unwrap_err();
    assert_eq!(problem(&refused), RulesProblem::Foreign);
    stage.open("z@beta.mssante.test").await;
    stage.deliver(
        "z@beta.mssante.test",
        MARTIN,
        &letter("z@beta.mssante.test", MARTIN, "Avis", &[], "Bonjour."),
    );
    assert_eq!(stage.answers("z@beta.mssante.test").len(), 1, "theirs still answers");
    assert_eq!(other.get("absence").unwrap(), theirs);
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_includes_ours_keeps_the_lead() {
    let stage = Stage::start().await;
    let mut other = stage.bench.operator.scripts(MARTIN).unwrap();
    let mut off = sorting("Labo");
    off.sort[0].enabled = false;
    stage.set(off).await;
    let theirs = b"require \"include\";\ninclude :personal \"pli\";\n";
    other.put("principal", theirs).unwrap();
    other.activate(Some("principal")).unwrap();
    let rules = stage.set(sorting("Labo")).await;
    assert_eq!(
        rules.standing,
        Standing::Included {
            name: "principal".to_owned()
        }
    );
    stage.deliver(LABO, MARTIN, &letter(LABO, MARTIN, "Résultats", &[], "Bonjour."));
    assert_eq!(stage.folder(MARTIN, "Labo").len(), 1);
    assert_eq!(other.get("principal").unwrap(), theirs);
    assert!(other.list().unwrap().contains(&("principal".to_owned(), true)));
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_has_our_name_keeps_it() {
    let stage = Stage::start().await;
    let mut other = stage.bench.operator.scripts(MARTIN).unwrap();
    // Of all that looks like ours by its name, nothing is touched that has not our mark.
    let theirs = [
        ("pli", &b"# pli pas le v\xc3\xb4tre\nkeep;"[..]),
        ("pli-old-1", b"keep; # vieux"),
        ("pli-new-1", b"# pli 0x1 00\r\nkeep;"),
        ("Pli", b"discard;"),
    ];
    for (name, text) in theirs {
        other.put(name, text).unwrap();
    }
    let rules = stage.set(answering(reply("Absente."))).await;
    assert_eq!(rules.standing, Standing::Ours);
    let rules = stage.set(sorting("Labo")).await;
    assert_eq!((rules.standing, rules.answer), (Standing::Ours, None));
    for (name, text) in theirs {
        assert_eq!(other.get(name).unwrap(), text, "{name}");
    }
    let names: Vec<_> = other.list().unwrap().into_iter().filter(|(_, runs)| *runs).collect();
    assert_eq!(names, [("pli-2".to_owned(), true)]);
    // With both names taken, ours has no place, and says so.
    other.activate(None).unwrap();
    other.put("pli-2", b"keep;").unwrap();
    let refused = stage
        .engine
        .rules_set(stage.account, sorting("Labo"))
        .await
        .unwrap_err();
    assert_eq!(problem(&refused), RulesProblem::Foreign);
    assert_eq!(other.get("pli-2").unwrap(), b"keep;");
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_ours_made_elsewhere_is_told_and_replaced_only_knowingly() {
    let stage = Stage::start().await;
    let mut other = stage.bench.operator.scripts(MARTIN).unwrap();
    let before = stage.set(sorting("Labo")).await;
    let ours = other.get("pli").unwrap();
    let changed = String::from_utf8(ours)
        .unwrap()
        .replace("fileinto :create \"Labo\"", "discard");
    other.put("pli", changed.as_bytes()).unwrap();

    let mut set = sorting("Ailleurs");
    set.seen = Some(before.seen.clone());
    let refused = stage.engine.rules_set(stage.account, set.clone()).await.unwrap_err();
    assert_eq!(problem(&refused), RulesProblem::Changed);
    assert_eq!(other.get("pli").unwrap(), changed.as_bytes());
    let now = stage.engine.rules_get(stage.account).await.unwrap();
    assert!(now.differs && now.seen != before.seen);
    set.seen = Some(now.seen);
    let after = stage.engine.rules_set(stage.account, set).await.unwrap();
    assert!(!after.differs);
    assert_eq!(after.sort[0].then, SortThen::Folder("Ailleurs".to_owned()));

    // One that a newer Pli wrote is not taken apart.
    let newer = b"# pli 2 00\r\n#= e30=\r\nkeep;\r\n";
    other.put("pli", newer).unwrap();
    assert!(stage.engine.rules_get(stage.account).await.unwrap().differs);
    let refused = stage.engine.rules_stop_answer(stage.account).await.unwrap_err();
    assert_eq!(problem(&refused), RulesProblem::Changed);
    assert_eq!(other.get("pli").unwrap(), newer);
    stage.engine.stop().await;
}
