//! What a seal holds, whatever is put in and whatever is done to it.

use proptest::prelude::*;

use super::*;

const KINDS: [Kind; 5] = [Kind::State, Kind::Code, Kind::Refresh, Kind::AuthRequest, Kind::Hint];

fn sealer(first: u8) -> Sealer {
    Sealer::new(&[Zeroizing::new([first; 32])], "https://relais.test").unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

proptest! {
    #[test]
    fn what_was_sealed_is_what_is_opened(content in "\\PC{0,900}", kind in 0..5usize, life in 1..100_000i64) {
        let seal = sealer(7).seal(KINDS[kind], &content, at(life));
        if let Ok(seal) = seal {
            let opened: String = sealer(7).open(KINDS[kind], &seal, at(life - 1)).unwrap();
            prop_assert_eq!(opened, content);
            prop_assert_eq!(sealer(7).open::<String>(KINDS[kind], &seal, at(life)), Err(SealProblem::Expired));
        } else {
            prop_assert!(kind == 3 && content.len() > 400, "only a login by phone has so little room");
        }
    }

    #[test]
    fn no_altered_seal_opens(content in "[a-z]{0,64}", place in any::<prop::sample::Index>(), change in 1..64u8) {
        let seal = sealer(7).seal(Kind::Code, &content, at(60)).unwrap();
        let mut octets = seal.clone().into_bytes();
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let place = place.index(octets.len());
        let old = alphabet.iter().position(|letter| *letter == octets[place]).unwrap();
        octets[place] = alphabet[(old + usize::from(change)) % 64];
        let altered = String::from_utf8(octets).unwrap();
        prop_assert_ne!(&altered, &seal);
        prop_assert_eq!(sealer(7).open::<String>(Kind::Code, &altered, at(1)), Err(SealProblem::Unreadable));
    }

    #[test]
    fn no_part_of_a_seal_opens(content in "[a-z]{0,64}", cut in any::<prop::sample::Index>()) {
        let seal = sealer(7).seal(Kind::Code, &content, at(60)).unwrap();
        let part = &seal[..cut.index(seal.len())];
        prop_assert_eq!(sealer(7).open::<String>(Kind::Code, part, at(1)), Err(SealProblem::Unreadable));
    }

    #[test]
    fn anything_at_all_is_refused_without_harm(text in "\\PC{0,4000}") {
        prop_assert_eq!(sealer(7).open::<String>(Kind::State, &text, at(1)), Err(SealProblem::Unreadable));
    }

    #[test]
    fn lengths_say_nothing(one in "[a-z0-9]{0,900}", other in "[a-z0-9]{0,900}") {
        for kind in [Kind::State, Kind::AuthRequest, Kind::Refresh] {
            let length = |content: &String| sealer(7).seal(kind, content, at(60)).unwrap().len();
            prop_assert_eq!(length(&one), length(&other));
        }
    }
}

#[test]
fn a_seal_serves_its_kind_its_name_and_its_key_only() {
    let seal = sealer(7).seal(Kind::Code, &"x", at(60)).unwrap();
    for kind in KINDS {
        let opened = sealer(7).open::<String>(kind, &seal, at(1));
        assert_eq!(opened.is_ok(), kind == Kind::Code, "{kind:?}");
    }
    let elsewhere = Sealer::new(&[Zeroizing::new([7; 32])], "https://autre.test").unwrap();
    assert_eq!(
        elsewhere.open::<String>(Kind::Code, &seal, at(1)),
        Err(SealProblem::Unreadable)
    );
    assert_eq!(
        sealer(8).open::<String>(Kind::Code, &seal, at(1)),
        Err(SealProblem::Unreadable)
    );
}

#[test]
fn after_a_rotation_the_old_key_still_opens_and_the_new_one_seals() {
    let both = Sealer::new(
        &[Zeroizing::new([8; 32]), Zeroizing::new([7; 32])],
        "https://relais.test",
    )
    .unwrap();
    let old = sealer(7).seal(Kind::Refresh, &"old", at(60)).unwrap();
    assert_eq!(both.open::<String>(Kind::Refresh, &old, at(1)).as_deref(), Ok("old"));
    let new = both.seal(Kind::Refresh, &"new", at(60)).unwrap();
    assert_eq!(
        sealer(8).open::<String>(Kind::Refresh, &new, at(1)).as_deref(),
        Ok("new")
    );
    assert_eq!(
        sealer(7).open::<String>(Kind::Refresh, &new, at(1)),
        Err(SealProblem::Unreadable)
    );
}

#[test]
fn no_two_seals_of_the_same_thing_are_alike() {
    let (one, other) = (
        sealer(7).seal(Kind::Code, &"x", at(60)).unwrap(),
        sealer(7).seal(Kind::Code, &"x", at(60)).unwrap(),
    );
    let differing = one.bytes().zip(other.bytes()).filter(|(a, b)| a != b).count();
    assert!(differing > one.len() / 2, "{differing}");
}

#[test]
fn what_is_too_large_is_refused_rather_than_told_apart() {
    let large = "x".repeat(3000);
    assert_eq!(
        sealer(7).seal(Kind::AuthRequest, &large, at(60)),
        Err(SealProblem::TooLarge)
    );
    assert!(sealer(7).seal(Kind::Refresh, &large, at(60)).is_ok());
    assert_eq!(
        sealer(7).seal(Kind::Refresh, &"x".repeat(40_000), at(60)),
        Err(SealProblem::TooLarge)
    );
}
