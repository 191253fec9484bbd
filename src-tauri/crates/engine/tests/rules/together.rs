//! Two programs that write at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use pli_engine::{Engine, EngineError, RulesProblem, RulesSet, SortRule, SortThen, SortWhen, Standing};
use pli_operator::boxes;
use pli_store::AccountId;

use crate::common::{MARTIN, PATIENCE, add};
use crate::stage::{Stage, answering, engine, letter, log_in, reply};

fn changed(error: &EngineError) -> bool {
    matches!(error.root(), EngineError::Rules(RulesProblem::Changed))
}

fn rule(name: String) -> SortRule {
    SortRule {
        id: String::new(),
        name,
        when: SortWhen::HasAttachment,
        then: SortThen::Flag,
        enabled: true,
    }
}

/// Adds one rule to those that are there, as a person does who is told when it changed meanwhile: reads again, adds again.
async fn add_rule(engine: &Engine, account: AccountId, name: &str) -> u32 {
    let mut late = 0;
    loop {
        let there = engine.rules_get(account).await.unwrap();
        let mut sort = there.sort;
        sort.push(rule(name.to_owned()));
        let set = RulesSet {
            answer: there.answer,
            sort,
            seen: Some(there.seen),
            ..RulesSet::default()
        };
        match engine.rules_set(account, set).await {
            Ok(_) => return late,
            Err(error) if changed(&error) => late += 1,
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workstations_lose_nothing_of_each_other_s_rules() {
    const EACH: usize = 12;
    let stage = Stage::start().await;
    let other = engine(&stage.bench, "other", "Europe/Paris").await;
    log_in(&stage.bench, &other, boxes::DR_MARTIN, "Claire MARTIN").await;
    let account = add(&other, MARTIN).await.id;
    let adding = |engine: Engine, account: AccountId, who: &'static str| async move {
        let mut late = 0;
        for turn in 0..EACH {
            late += add_rule(&engine, account, &format!("{who} {turn}")).await;
        }
        late
    };
    let (mine, theirs) = tokio::join!(
        tokio::spawn(adding(stage.engine.clone(), stage.account, "une")),
        tokio::spawn(adding(other.clone(), account, "autre")),
    );
    eprintln!(
        "came too late, were told so and read again: {} and {}",
        mine.unwrap(),
        theirs.unwrap()
    );
    let rules = stage.engine.rules_get(stage.account).await.unwrap();
    let mut names: Vec<_> = rules.sort.iter().map(|rule| rule.name.clone()).collect();
    names.sort();
    let mut all: Vec<String> = (0..EACH)
        .flat_map(|turn| [format!("une {turn}"), format!("autre {turn}")])
        .collect();
    all.sort();
    assert_eq!(names, all, "none is lost, none is there twice");
    assert!(!rules.differs && rules.standing == Standing::Ours);
    let scripts = stage.bench.operator.scripts(MARTIN).unwrap().list().unwrap();
    assert_eq!(scripts, [("pli".to_owned(), true)], "nothing is left behind");
    other.stop().await;
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_that_writes_its_own_script_all_the_time_finds_it_as_it_wrote_it() {
    let stage = Stage::start().await;
    let mut other = stage.bench.operator.scripts(MARTIN).unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let until = Arc::clone(&over);
    // It writes, has it run, and reads it back: at no time is there anything else than what it wrote. It also takes our name
    // where it is free.
    let writing = std::thread::spawn(move || {
        let mut turns = 0_u32;
        while !until.load(Ordering::SeqCst) {
            turns += 1;
            let name = ["webmail", "filtres"][turns as usize % 2];
            let text = format!(
                "# tour {turns}\nrequire \"fileinto\";\n\nif header \"X-Tour\" \"{turns}\" {{ fileinto \"INBOX\"; }}"
            );
            other.put(name, text.as_bytes()).unwrap();
            if turns.is_multiple_of(3) {
                other.activate(Some(name)).unwrap();
            }
            assert_eq!(other.get(name).unwrap(), text.as_bytes(), "turn {turns}");
            let listed = other.list().unwrap();
            assert!(listed.iter().any(|(there, _)| there == name), "turn {turns}");
        }
        turns
    });
    let (mut written, mut late, mut foreign) = (0, 0, 0);
    for turn in 0..60 {
        let mut set = answering(reply(&format!("Absente {turn}.")));
        set.include_in_foreign = turn % 2 == 0;
        match stage.engine.rules_set(stage.account, set).await {
            Ok(_) => written += 1,
            Err(error) if changed(&error) => late += 1,
            Err(EngineError::Rules(RulesProblem::Foreign)) => foreign += 1,
            Err(error) => panic!("{error}"),
        }
    }
    over.store(true, Ordering::SeqCst);
    let turns = writing.join().unwrap();
    eprintln!("the other wrote {turns} times; ours: {written} written, {late} too late, {foreign} left alone");
    assert!(turns > 10 && written > 0);
    let rules = stage.engine.rules_get(stage.account).await.unwrap();
    assert!(!rules.differs, "{:?}", rules.standing);
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_put_under_our_name_in_the_meantime_is_not_written_over() {
    let stage = Stage::start().await;
    let mut other = stage.bench.operator.scripts(MARTIN).unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let until = Arc::clone(&over);
    let text = b"# le n\xc3\xb4tre\nkeep;\n";
    // Again and again under our own name, while ours is being written there. Ours may have it in its hand for a moment, to see
    // whose it is; nobody ever finds anything else there.
    let writing = std::thread::spawn(move || {
        let mut turns = 0_u32;
        while !until.load(Ordering::SeqCst) {
            turns += 1;
            other.put("pli", text).unwrap();
            let asked = Instant::now();
            let there = loop {
                match other.get("pli") {
                    Ok(there) => break there,
                    Err(error) => assert!(asked.elapsed() < PATIENCE, "turn {turns}: {error}"),
                }
            };
            assert_eq!(there, text, "turn {turns}");
            let _ = other.activate(None);
            // It takes everything away, so that ours has to come back to that name, at any moment of the other's.
            let _ = (other.delete("pli"), other.delete("pli-2"));
        }
        turns
    });
    let (mut written, mut late) = (0, 0);
    for turn in 0..40 {
        match stage
            .engine
            .rules_set(stage.account, answering(reply(&format!("Absente {turn}."))))
            .await
        {
            Ok(_) => written += 1,
            Err(error) if changed(&error) || matches!(error, EngineError::Rules(RulesProblem::Foreign)) => late += 1,
            Err(error) => panic!("{error}"),
        }
    }
    over.store(true, Ordering::SeqCst);
    let turns = writing.join();
    eprintln!("the other wrote {turns:?} times under our name; ours: {written} written, {late} too late");
    turns.unwrap();
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_cut_half_way_is_taken_up_and_what_ran_still_ran() {
    let stage = Stage::start().await;
    let mut other = stage.bench.operator.scripts(MARTIN).unwrap();
    stage.set(answering(reply("Absente."))).await;
    let ours = other.get("pli").unwrap();
    // As it is between two steps: the former one aside and running, the new one not in its place yet.
    other.put("pli-old-0123456789abcdef", &ours).unwrap();
    other.activate(Some("pli-old-0123456789abcdef")).unwrap();
    other.delete("pli").unwrap();
    let newer = String::from_utf8(ours.clone())
        .unwrap()
        .replace("Absente.", "Nouvelle.");
    other.put("pli-new-0123456789abcdef", newer.as_bytes()).unwrap();
    // Others before it got as far as that, again and again: more than are looked at.
    for turn in 0..24 {
        let name = format!("pli-new-{turn:016x}");
        other.put(&name, newer.as_bytes()).unwrap();
    }
    let rules = stage.engine.rules_get(stage.account).await.unwrap();
    assert_eq!((rules.standing, rules.differs), (Standing::Ours, false));
    assert_eq!(rules.answer.unwrap().text, "Absente.");
    stage.open("coupe@beta.mssante.test").await;
    let sender = "coupe@beta.mssante.test";
    stage.deliver(sender, MARTIN, &letter(sender, MARTIN, "Avis", &[], "Bonjour."));
    assert_eq!(stage.answers(sender).len(), 1);
    // The next changes put all in order.
    for turn in 0..5 {
        let rules = stage.set(answering(reply(&format!("Toujours absente, {turn}.")))).await;
        assert_eq!((rules.standing, rules.differs), (Standing::Ours, false));
    }
    assert_eq!(other.list().unwrap(), [("pli".to_owned(), true)]);
    stage.engine.stop().await;
}
