use pli_terms::NationalId;

use super::*;
use crate::handling::AuthorId;

const MARTIN: &str = "899700000013";
const LEROY: &str = "899700000021";

fn id(number: &str) -> NationalId {
    NationalId::parse(number).unwrap()
}

fn named(name: &str, number: Option<&str>) -> Person {
    Person {
        id: number.map(id),
        name: name.to_owned(),
    }
}

fn me(names: &[&str], number: Option<&str>) -> Me {
    Me {
        author: number.map(|number| AuthorId::of_person(&id(number))),
        id: number.map(id),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn fact(name: &str, number: Option<&str>, what: FactWhat, millis: i64) -> Fact {
    Fact {
        by: named(name, number),
        author: number.map_or_else(
            || AuthorId::of_workstation(7),
            |number| AuthorId::of_person(&id(number)),
        ),
        what,
        at: jiff::Timestamp::from_millisecond(millis).unwrap(),
    }
}

fn concerned(me: &Me, facts: &[Fact], state: HandlingState) -> bool {
    Asking::of(me).concerns(&left_to(facts, state).unwrap().unwrap())
}

use HandlingState::{Done, None as Nothing, Taken, Todo};

#[test]
fn a_name_is_one_however_it_is_written() {
    for (one, other) in [
        ("Hélène Lefèvre", "helene  LEFEVRE"),
        ("Dr Hélène Lefèvre", "Hélène Lefèvre"),
        ("docteur  Cœur", "Pr. COEUR"),
        ("Professeur Dr Zoé", "zoé"),
        ("Jean-Paul Roy", "Jean Paul Roy"),
    ] {
        assert_eq!(folded_name(one), folded_name(other), "{one} / {other}");
    }
    assert_eq!(folded_name("Dr"), "dr", "a name may be a title");
    assert_ne!(folded_name("Drouot"), "ouot");
    assert_ne!(folded_name("Claire Martin"), folded_name("Paul Martin"));
}

#[test]
fn a_number_on_both_sides_decides_alone() {
    let for_ = |name: &str, number| [fact("X", None, FactWhat::For(Some(named(name, number))), 1)];
    let martin = me(&["Claire MARTIN"], Some(MARTIN));
    assert!(concerned(&martin, &for_("autre nom", Some(MARTIN)), Todo));
    assert!(
        !concerned(&martin, &for_("Claire Martin", Some(LEROY)), Todo),
        "a namesake"
    );
    assert!(concerned(&martin, &for_("dr claire martin", None), Todo));
    assert!(!concerned(&martin, &for_("Paul LEROY", None), Todo));
    // Who does not know their own number yet is known by name.
    assert!(concerned(
        &me(&["Claire MARTIN"], None),
        &for_("Claire Martin", Some(MARTIN)),
        Todo
    ));
    assert!(
        !concerned(&Me::default(), &for_("…", None), Todo),
        "a name of no letter is nobody's"
    );
}

#[test]
fn what_is_for_nobody_is_everybodys_until_it_is_taken() {
    let nobody = Me::default();
    let leroy = me(&["Paul LEROY"], Some(LEROY));
    assert!(concerned(&nobody, &[], Todo) && concerned(&leroy, &[], Todo));
    assert!(
        !concerned(&nobody, &[], Taken),
        "by somebody that a keyword does not name"
    );
    let taken = [fact("Claire MARTIN", Some(MARTIN), FactWhat::State(Taken), 1)];
    assert!(!concerned(&leroy, &taken, Taken));
    assert!(concerned(&me(&[], Some(MARTIN)), &taken, Taken));
    assert!(concerned(&leroy, &taken, Todo), "it was given back since");
    // Taken at a workstation where nobody's number was known.
    let here = Me {
        author: Some(AuthorId::of_workstation(7)),
        ..Me::default()
    };
    assert!(concerned(
        &here,
        &[fact("Poste 7", None, FactWhat::State(Taken), 1)],
        Taken
    ));
}

#[test]
fn who_disagrees_about_a_message_all_see_it() {
    let (martin, leroy, other) = (me(&[], Some(MARTIN)), me(&[], Some(LEROY)), me(&["Zoé"], None));
    let both = [
        fact("Claire MARTIN", Some(MARTIN), FactWhat::State(Taken), 1),
        fact("Paul LEROY", Some(LEROY), FactWhat::State(Taken), 2),
    ];
    assert!(concerned(&martin, &both, Taken) && concerned(&leroy, &both, Taken) && !concerned(&other, &both, Taken));
    let done = [
        fact("Claire MARTIN", Some(MARTIN), FactWhat::State(Taken), 1),
        fact("Paul LEROY", Some(LEROY), FactWhat::State(Done), 2),
    ];
    assert!(concerned(&martin, &done, Nothing) && concerned(&leroy, &done, Nothing));
    assert!(!concerned(&other, &done, Nothing));
    // For one, taken by another: both were told.
    let given = [
        fact("X", None, FactWhat::For(Some(named("Claire MARTIN", Some(MARTIN)))), 1),
        fact("Paul LEROY", Some(LEROY), FactWhat::State(Taken), 2),
    ];
    assert!(concerned(&martin, &given, Taken) && concerned(&leroy, &given, Taken) && !concerned(&other, &given, Taken));
    let agreed = [fact("Claire MARTIN", Some(MARTIN), FactWhat::State(Done), 3)];
    assert_eq!(left_to(&agreed, Nothing).unwrap(), None);
}
