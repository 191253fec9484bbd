//! What is still to be dealt with, and by whom: two people of a practice, each asking for their own.

use pli_engine::{Event, HandlingSet, HandlingState, ToHandle};
use pli_store::{Filter, Scope};

use crate::common::{told, until};
use crate::people::{Practice, Reader};
use crate::{state, taken};

async fn left(of: &Reader, filter: Filter) -> Vec<String> {
    let page = of.engine.message_list(Scope::Everything, filter, 0, 100).await.unwrap();
    assert_eq!(page.total, page.rows.len() as u64);
    let mut subjects: Vec<String> = page.rows.into_iter().map(|row| row.display_subject).collect();
    subjects.sort();
    subjects
}

async fn counts(of: &Reader) -> ToHandle {
    of.engine.account(of.account).await.unwrap().to_handle
}

fn for_(name: &str) -> HandlingSet {
    HandlingSet {
        state: Some(HandlingState::Todo),
        for_: Some(name.to_owned()),
        ..HandlingSet::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_has_what_is_left_to_them_and_is_told_when_it_changes() {
    let practice = Practice::open(4).await;
    let (martin, leroy) = (practice.martin().await, practice.leroy().await);
    assert_eq!(
        (counts(&martin).await, counts(&leroy).await),
        (ToHandle::default(), ToHandle::default())
    );

    let mut events = leroy.engine.subscribe();
    martin.say("Lettre 1", for_("docteur  Paul Leroy")).await;
    martin.say("Lettre 2", state(HandlingState::Todo)).await;
    martin.say("Lettre 3", taken()).await;
    assert_eq!(left(&martin, Filter::Mine).await, ["Lettre 2", "Lettre 3"]);
    assert_eq!(counts(&martin).await, ToHandle { open: 3, mine: 2 });
    until("the other has what is theirs", async || {
        left(&leroy, Filter::Mine).await == ["Lettre 1", "Lettre 2"] && left(&leroy, Filter::Open).await.len() == 3
    })
    .await;
    assert_eq!(counts(&leroy).await, ToHandle { open: 3, mine: 2 });
    let accounts = |event: &Event| matches!(event, Event::Accounts);
    told("the counts changed", &mut events, accounts).await;

    // Both take it: neither loses sight of it before they have talked.
    leroy.say("Lettre 3", taken()).await;
    until("a conflict is seen", async || {
        martin.handling("Lettre 3").await.conflict
    })
    .await;
    for reader in [&martin, &leroy] {
        assert!(left(reader, Filter::Mine).await.contains(&"Lettre 3".to_owned()));
    }

    let mut events = martin.engine.subscribe();
    leroy.say("Lettre 1", state(HandlingState::Done)).await;
    until("what is done is nobody's any more", async || {
        left(&martin, Filter::Open).await == ["Lettre 2", "Lettre 3"]
    })
    .await;
    told("the counts changed", &mut events, accounts).await;
    assert_eq!(left(&leroy, Filter::Open).await, ["Lettre 2", "Lettre 3"]);
    martin.engine.stop().await;
    leroy.engine.stop().await;
}
