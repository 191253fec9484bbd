//! Redirection to another box of the same professional (EX_GBM_4480).

use pli_engine::{EngineError, Redirect, RulesProblem, RulesSet};
use pli_operator::boxes;
use pli_terms::{Address, BalKind};

use crate::common::{CABINET, MARTIN, add, traces};
use crate::stage::{LABO, LEROY, Stage, add_of_kind, engine, letter, log_in};

const OTHER: &str = "c.martin@beta.mssante.test";

fn to(address: &str, same_person: bool) -> RulesSet {
    RulesSet {
        redirect: Some(Redirect {
            enabled: true,
            to: Address::parse(address).unwrap(),
            keep_copy: true,
            confirmed_by: Some("n'importe qui".to_owned()),
            confirmed_at: None,
        }),
        same_person,
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
async fn mail_goes_to_her_other_box_once_she_confirmed_that_it_is_hers() {
    let stage = Stage::start().await;
    stage.open(OTHER).await;
    let refused = stage
        .engine
        .rules_set(stage.account, to(OTHER, false))
        .await
        .unwrap_err();
    assert_eq!(problem(&refused), RulesProblem::Unconfirmed);
    assert!(
        stage.engine.sieve_scripts(stage.account).await.unwrap().is_empty(),
        "nothing was written"
    );

    let rules = stage.set(to(OTHER, true)).await;
    let form = rules.redirect.unwrap();
    assert_eq!(form.confirmed_by.as_deref(), Some("Claire MARTIN (899700000013)"));
    assert!(form.confirmed_at.is_some() && form.keep_copy);
    let raw = letter(LABO, MARTIN, "Résultats", &[], "Bonjour.");
    stage.deliver(LABO, MARTIN, &raw);
    let (here, there) = (stage.folder(MARTIN, "INBOX"), stage.folder(OTHER, "INBOX"));
    assert_eq!((here.len(), there.len()), (1, 1), "it went there, and a copy stays");
    let body = |raw: &[u8]| pli_message::parse(raw).text;
    assert_eq!(body(&here[0]), body(&there[0]));

    // While it goes on, it is not asked again; to another box, it is; and once it was off.
    let mut without_copy = to(OTHER, false);
    if let Some(form) = &mut without_copy.redirect {
        form.keep_copy = false;
    }
    let rules = stage.set(without_copy.clone()).await;
    assert_eq!(rules.redirect.unwrap().confirmed_at, form.confirmed_at);
    stage.deliver(LABO, MARTIN, &letter(LABO, MARTIN, "Suite", &[], "Bonjour."));
    assert_eq!(
        (stage.folder(MARTIN, "INBOX").len(), stage.folder(OTHER, "INBOX").len()),
        (1, 2)
    );
    let elsewhere = stage
        .engine
        .rules_set(stage.account, to(LEROY, false))
        .await
        .unwrap_err();
    assert_eq!(problem(&elsewhere), RulesProblem::Unconfirmed);
    let mut off = without_copy;
    if let Some(form) = &mut off.redirect {
        form.enabled = false;
    }
    let rules = stage.set(off).await;
    assert_eq!(rules.redirect.unwrap().confirmed_by, None);
    let again = stage
        .engine
        .rules_set(stage.account, to(OTHER, false))
        .await
        .unwrap_err();
    assert_eq!(problem(&again), RulesProblem::Unconfirmed);
    stage.deliver(LABO, MARTIN, &letter(LABO, MARTIN, "Fin", &[], "Bonjour."));
    assert_eq!(
        (stage.folder(MARTIN, "INBOX").len(), stage.folder(OTHER, "INBOX").len()),
        (2, 2)
    );

    let verbs: Vec<String> = traces(&stage.engine)
        .await
        .iter()
        .map(|record| record.entry.request.verb.as_str().to_owned())
        .collect();
    for told in ["with copy", "without copy"] {
        let verb = format!("SET RULES redirect to {OTHER} {told} sorting 0");
        assert!(verbs.contains(&verb), "{verb}: {verbs:?}");
    }
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_nowhere_else_than_to_another_personal_box_of_the_trust_space() {
    let stage = Stage::start().await;
    let cabinet = add_of_kind(&stage.engine, CABINET, BalKind::Cab).await;
    for (account, target) in [
        (stage.account, MARTIN),
        (stage.account, "DR.Martin@alpha.mssante.test"),
        (stage.account, "c.martin@gmail.com"),
        (stage.account, "c.martin@faux-mssante.test"),
        (stage.account, "271087511405174@patient.mssante.test"),
        (stage.account, CABINET),
        (cabinet, OTHER),
    ] {
        let refused = stage.engine.rules_set(account, to(target, true)).await.unwrap_err();
        assert_eq!(problem(&refused), RulesProblem::BadTarget, "{target}");
        assert!(stage.engine.sieve_scripts(account).await.unwrap().is_empty());
    }
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_boxes_that_redirect_to_each_other_do_not_turn_in_circles() {
    let stage = Stage::start().await;
    let other = engine(&stage.bench, "leroy", "Europe/Paris").await;
    log_in(&stage.bench, &other, boxes::DR_LEROY, "Paul LEROY").await;
    let leroy = add(&other, LEROY).await.id;
    other.rules_set(leroy, to(MARTIN, true)).await.unwrap();
    stage.set(to(LEROY, true)).await;
    stage.deliver(LABO, MARTIN, &letter(LABO, MARTIN, "Boucle", &[], "Bonjour."));
    let (here, there) = (stage.folder(MARTIN, "INBOX").len(), stage.folder(LEROY, "INBOX").len());
    eprintln!("copies: {here} in one box, {there} in the other");
    assert!((1..=2).contains(&here) && there == 1, "{here} and {there}");
    assert!(stage.folder(LABO, "INBOX").is_empty(), "no report for it");
    other.stop().await;
    stage.engine.stop().await;
}
