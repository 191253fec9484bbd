//! Any octet of any file, any length, any file in the place of another, by somebody who has the files only.

use pli_trace::{JournalError, Problem, verify_folder};
use proptest::prelude::*;

use crate::bench::{Desk, Dice, KINDS, copy, desk, files, kept, listed};
use crate::sample::KEY;

/// What is wrong; a folder that cannot be looked into at all says so too.
fn problem(desk: &Desk) -> Option<Problem> {
    match verify_folder(desk.folder(), &KEY, desk.place.clone(), |_, _| ()) {
        Ok(found) => found.problem,
        Err(error @ (JournalError::Unreadable | JournalError::Keys { .. })) => panic!("{error}"),
        Err(error) => panic!("{error:?}"),
    }
}

/// Whether a problem names this file.
fn names(problem: &Problem, desk: &Desk, name: &str) -> bool {
    let number = match name {
        "catalogue.db" => 0,
        // Without the keys no period can be read: the first is named.
        "keys" => {
            return matches!(problem, Problem::Unreadable { period, .. } if Some(*period) == listed(desk).first().map(|p| p.number));
        }
        name => name
            .trim_start_matches("period-")
            .trim_end_matches(".db")
            .parse()
            .unwrap(),
    };
    match problem {
        Problem::Unreadable { period, .. } | Problem::Replaced { period, .. } => *period == number,
        Problem::Missing { .. } | Problem::Truncated { .. } | Problem::Altered { .. } => {
            let period = listed(desk).into_iter().find(|listed| listed.number == number).unwrap();
            let (from, until) = (problem.from().unwrap().0, problem.until().unwrap().0);
            from <= period.last && period.first <= until
        }
        _ => false,
    }
}

fn named(path: &std::path::Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_bit_is_found(kind in 0..KINDS, file in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), bit in 0..8u32) {
        let desk = desk(kind);
        let files = files(desk.folder());
        let path = &files[file.index(files.len())];
        let listed_before = listed(&desk);
        let mut octets = std::fs::read(path).unwrap();
        let place = place.index(octets.len());
        octets[place] ^= 1u8 << bit;
        std::fs::write(path, &octets).unwrap();
        let name = named(path);
        let problem = problem(&desk);
        let right = match (&problem, name.as_str()) {
            (Some(Problem::Unreadable { period, .. }), "catalogue.db") => *period == 0,
            (Some(Problem::Unreadable { period, .. }), "keys") => *period == listed_before[0].number,
            (Some(Problem::Unreadable { period, .. }), name) => name == format!("period-{period:06}.db"),
            _ => false,
        };
        prop_assert!(right, "{name} {place}: {problem:?}");
    }

    #[test]
    fn a_file_cut_short_or_lengthened_or_gone_is_found(kind in 0..KINDS, file in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let desk = desk(kind);
        let mut dice = Dice(seed);
        let files = files(desk.folder());
        let path = &files[file.index(files.len())];
        let name = named(path);
        let periods = listed(&desk);
        let length = std::fs::metadata(path).unwrap().len();
        match dice.roll(4) {
            0 => std::fs::remove_file(path).unwrap(),
            1 => {
                let mut octets = std::fs::read(path).unwrap();
                octets.extend(vec![7; usize::try_from(1 + dice.roll(5000)).unwrap()]);
                std::fs::write(path, octets).unwrap();
            }
            2 => {
                let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
                file.set_len(dice.roll(length / 4096 + 1) * 4096 % length).unwrap();
            }
            _ => {
                let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
                file.set_len(dice.roll(length)).unwrap();
            }
        }
        let problem = problem(&desk);
        let right = match (&problem, name.as_str()) {
            (None, _) => false,
            (Some(Problem::Unreadable { period: 0, .. } | Problem::Replaced { period: 0, .. }), "catalogue.db") => true,
            (Some(Problem::Unreadable { period, .. }), "keys") => *period == periods[0].number,
            (Some(_), "catalogue.db" | "keys") => false,
            (Some(problem), name) => names(problem, &desk, name),
        };
        prop_assert!(right, "{name}: {problem:?}");
    }

    #[test]
    fn files_in_the_place_of_others_are_found(kind in 0..KINDS, seed in any::<u64>()) {
        let desk = desk(kind);
        let mut dice = Dice(seed);
        let periods = listed(&desk);
        let own = &periods[usize::try_from(dice.roll(periods.len() as u64)).unwrap()];
        let path = desk.folder().join(format!("period-{:06}.db", own.number));
        let other = &periods[usize::try_from(dice.roll(periods.len() as u64)).unwrap()];
        let foreign = kept((kind + 1) % KINDS);
        let foreign_file = files(foreign.dir.path()).into_iter().rfind(|path| named(path).starts_with("period-")).unwrap();
        if dice.roll(2) == 0 && other.number != own.number {
            // Two months change places.
            let second = desk.folder().join(format!("period-{:06}.db", other.number));
            let octets = std::fs::read(&path).unwrap();
            std::fs::copy(&second, &path).unwrap();
            std::fs::write(&second, octets).unwrap();
            let first = own.first.min(other.first);
            let expected = if own.first <= other.first { own.number } else { other.number };
            prop_assert_eq!(problem(&desk), Some(Problem::Replaced { period: expected, first: pli_trace::Sequence(first) }));
        } else {
            std::fs::copy(foreign_file, &path).unwrap();
            prop_assert_eq!(problem(&desk), Some(Problem::Replaced { period: own.number, first: pli_trace::Sequence(own.first) }));
        }
    }
}

#[test]
fn an_older_copy_of_everything_is_told_by_the_place_of_the_secret() {
    for kind in (0..KINDS).filter(|kind| kind % 3 == 0) {
        let desk = desk(kind);
        let sound = desk.verify();
        std::fs::remove_dir_all(desk.folder()).unwrap();
        copy(kept(kind).earlier.path(), desk.folder());
        // The keys of later months are not among those of then; what was then there still opens.
        let found = desk.verify();
        assert!(
            matches!(found.problem, Some(Problem::Truncated { until, .. }) if until == sound.last),
            "{kind} {:?}",
            found.problem
        );
        assert_eq!(found.problem.as_ref().unwrap().from().unwrap().0, found.last.0 + 1);
    }
}

#[test]
fn an_older_copy_of_one_file_is_found() {
    for kind in (0..KINDS).filter(|kind| kind % 3 == 0) {
        let own = desk(kind);
        let first = &listed(&own)[0];
        let name = format!("period-{:06}.db", first.number);
        std::fs::copy(kept(kind).earlier.path().join(&name), own.folder().join(&name)).unwrap();
        let expected = Problem::Replaced {
            period: first.number,
            first: pli_trace::Sequence(first.first),
        };
        assert_eq!(own.verify().problem, Some(expected), "{kind}");

        let own = desk(kind);
        std::fs::copy(
            kept(kind).earlier.path().join("catalogue.db"),
            own.folder().join("catalogue.db"),
        )
        .unwrap();
        let found = own.verify().problem;
        assert!(
            matches!(
                found,
                Some(Problem::Truncated { .. } | Problem::Replaced { period: 0, .. })
            ),
            "{kind} {found:?}"
        );
    }
}
