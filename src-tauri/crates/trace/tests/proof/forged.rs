//! A journal rewritten with every key in hand but the seed that signs: the chain holds, the seals do not.

use pli_trace::{Problem, Sequence};
use proptest::prelude::*;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rusqlite::{Connection, params};

use crate::bench::{Desk, Dice, File, KINDS, desk, listed};

fn chain(before: &[u8; 32], octets: &[u8]) -> [u8; 32] {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(before);
    context.update(octets);
    context.finish().as_ref().try_into().unwrap()
}

/// All traces, oldest first: period, octets.
fn all(desk: &Desk) -> Vec<(u64, Vec<u8>)> {
    let mut all = Vec::new();
    for period in listed(desk) {
        let connection = desk.connect(&File::Period(period.number));
        let mut statement = connection
            .prepare("SELECT canonical FROM record ORDER BY sequence")
            .unwrap();
        let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        all.extend(rows.map(|octets| (period.number, octets.unwrap())));
    }
    all
}

/// Writes these traces in the place of those there were: numbered, chained, with heads and a catalogue that fit.
fn rewrite(desk: &Desk, traces: &[(u64, Vec<u8>)]) {
    let catalogue = desk.connect(&File::Catalogue);
    let periods = listed(desk);
    let (mut sequence, mut hash): (u64, [u8; 32]) = catalogue
        .query_row(
            "SELECT before_sequence, before_hash FROM period WHERE number = ?1",
            [periods[0].number as i64],
            |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?)),
        )
        .unwrap();
    for period in periods {
        let connection = desk.connect(&File::Period(period.number));
        let labels: Vec<(i64, i64, i64)> = connection
            .prepare("SELECT at, kind, party FROM record ORDER BY sequence")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let (before, before_hash) = (sequence, hash);
        connection.execute("DELETE FROM record", []).unwrap();
        let own = traces.iter().filter(|trace| trace.0 == period.number);
        for (index, (_, octets)) in own.enumerate() {
            sequence += 1;
            let mut octets = octets.clone();
            octets[1..9].copy_from_slice(&sequence.to_le_bytes());
            hash = chain(&hash, &octets);
            let (at, kind, party) = labels.get(index).or(labels.last()).unwrap();
            connection
                .execute(
                    "INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![sequence as i64, at, kind, party, hash, octets],
                )
                .unwrap();
        }
        let head = params![before as i64, before_hash, sequence as i64, hash];
        connection
            .execute(
                "UPDATE period SET before_sequence = ?1, before_hash = ?2, head_sequence = ?3, head_hash = ?4",
                head,
            )
            .unwrap();
        catalogue
            .execute(
                "UPDATE period SET before_sequence = ?1, before_hash = ?2, last_sequence = ?3, last_hash = ?4 WHERE number = ?5",
                params![before as i64, before_hash, sequence as i64, hash, period.number as i64],
            )
            .unwrap();
    }
}

/// The last sealed trace before this one, and the first from it on.
fn seals_around(desk: &Desk, sequence: u64) -> (u64, u64) {
    let catalogue = desk.connect(&File::Catalogue);
    let start = listed(desk)[0].first - 1;
    let number = |sql: &str| {
        catalogue
            .query_row(sql, [sequence as i64], |row| row.get::<_, Option<i64>>(0))
            .unwrap()
            .map(i64::unsigned_abs)
    };
    (
        number("SELECT max(sequence) FROM seal WHERE sequence < ?1")
            .unwrap_or(start)
            .max(start),
        number("SELECT min(sequence) FROM seal WHERE sequence >= ?1").unwrap(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_journal_rewritten_from_some_trace_on_is_found(kind in 0..KINDS, seed in any::<u64>()) {
        let desk = desk(kind);
        let mut dice = Dice(seed);
        let mut traces = all(&desk);
        let first = listed(&desk)[0].first;
        let end = first + traces.len() as u64 - 1;
        let place = usize::try_from(dice.roll(traces.len() as u64)).unwrap();
        let at = first + place as u64;
        let (after, until) = seals_around(&desk, at);
        match dice.roll(3) {
            // Another unique id: nothing else of it is repeated anywhere.
            0 => {
                let octets = &mut traces[place].1;
                let unique = 9 + usize::try_from(dice.roll(16)).unwrap();
                octets[unique] ^= 1;
            }
            1 => drop(traces.remove(place)),
            _ => {
                let mut other = traces[place].clone();
                other.1[12] ^= 1;
                traces.insert(place, other);
            }
        }
        let removed = traces.len() as u64 + first - 1 < end;
        rewrite(&desk, &traces);
        let problem = desk.verify().problem;
        if removed && until == end {
            // Nothing is left where the last seal was.
            prop_assert_eq!(problem, Some(Problem::Truncated { after: Sequence(end - 1), until: Sequence(end) }));
        } else {
            prop_assert_eq!(problem, Some(Problem::Rewritten { after: Sequence(after), until: Sequence(until) }));
        }
    }

    #[test]
    fn a_tail_that_is_cut_is_found(kind in 0..KINDS, seed in any::<u64>()) {
        let desk = desk(kind);
        let mut dice = Dice(seed);
        let last = *listed(&desk).last().unwrap();
        let kept = last.first - 1 + dice.roll(last.last - last.first + 1);
        let connection = desk.connect(&File::Period(last.number));
        connection.execute("DELETE FROM record WHERE sequence > ?1", [kept as i64]).unwrap();
        let expected = Problem::Truncated { after: Sequence(kept), until: Sequence(last.last) };
        if dice.roll(2) == 0 {
            drop(connection);
            prop_assert_eq!(desk.verify().problem, Some(expected));
        } else {
            // The heads too.
            let catalogue = desk.connect(&File::Catalogue);
            let before: (i64, [u8; 32]) = catalogue
                .query_row("SELECT before_sequence, before_hash FROM period WHERE number = ?1", [last.number as i64], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap();
            let head = connection.query_row("SELECT sequence, hash FROM record ORDER BY sequence DESC LIMIT 1", [], |row| Ok((row.get(0)?, row.get(1)?)));
            let head: (i64, [u8; 32]) = head.unwrap_or(before);
            connection.execute("UPDATE period SET head_sequence = ?1, head_hash = ?2", params![head.0, head.1]).unwrap();
            catalogue
                .execute("UPDATE period SET last_sequence = ?1, last_hash = ?2 WHERE number = ?3", params![head.0, head.1, last.number as i64])
                .unwrap();
            drop(connection);
            drop(catalogue);
            prop_assert_eq!(desk.verify().problem, Some(expected.clone()));
            // And the seals beyond: the place of the secret remembers the last one.
            let catalogue = desk.connect(&File::Catalogue);
            catalogue.execute("DELETE FROM seal WHERE sequence > ?1", [kept as i64]).unwrap();
            drop(catalogue);
            prop_assert_eq!(desk.verify().problem, Some(expected));
        }
    }
}

/// A signature of another key over what was signed.
fn resigned(octets: &[u8]) -> Vec<u8> {
    Ed25519KeyPair::from_seed_unchecked(&[3; 32])
        .unwrap()
        .sign(octets)
        .as_ref()
        .to_vec()
}

fn forge(connection: &Connection, table: &str, key: &str, number: i64, change: impl Fn(&mut Vec<u8>)) {
    let sql = format!("SELECT octets FROM {table} WHERE {key} = ?1");
    let mut octets: Vec<u8> = connection.query_row(&sql, [number], |row| row.get(0)).unwrap();
    change(&mut octets);
    let sql = format!("UPDATE {table} SET octets = ?1, signature = ?2 WHERE {key} = ?3");
    connection
        .execute(&sql, params![octets, resigned(&octets), number])
        .unwrap();
}

#[test]
fn a_seal_that_another_key_made_is_found() {
    for kind in 0..KINDS {
        let own = desk(kind);
        let seals: Vec<i64> = own
            .connect(&File::Catalogue)
            .prepare("SELECT sequence FROM seal ORDER BY sequence")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for seal in seals {
            let desk = desk(kind);
            // Another time, and a signature that fits it.
            let time = |octets: &mut Vec<u8>| octets[17 + 16 + 8 + 32] ^= 1;
            forge(&desk.connect(&File::Catalogue), "seal", "sequence", seal, time);
            let at = Sequence(seal.unsigned_abs());
            assert_eq!(desk.verify().problem, Some(Problem::SealForged { at }), "{kind} {seal}");
        }
    }
}

#[test]
fn an_anchor_that_another_key_made_is_found() {
    for kind in (0..KINDS).filter(|kind| kind % 3 > 0) {
        let desk = desk(kind);
        let last = listed(&desk)[0].first - 1;
        let connection = desk.connect(&File::Catalogue);
        let anchors: i64 = connection
            .query_row("SELECT count(*) FROM anchor", [], |row| row.get(0))
            .unwrap();
        if anchors == 0 {
            continue;
        }
        // Another time of destruction.
        let time = |octets: &mut Vec<u8>| octets[19 + 16 + 8 + 8 + 32 + 16] ^= 1;
        forge(&connection, "anchor", "number", 1, time);
        drop(connection);
        let at = Sequence(last);
        assert_eq!(desk.verify().problem, Some(Problem::AnchorForged { at }), "{kind}");
    }
}

#[test]
fn another_seed_is_not_the_key_that_the_journal_was_begun_with() {
    let desk = desk(0);
    let mut secret = desk.place.0.lock().unwrap().clone().unwrap();
    secret[49] ^= 1;
    *desk.place.0.lock().unwrap() = Some(secret.clone());
    assert_eq!(desk.verify().problem, Some(Problem::KeyChanged));
    let pair = Ed25519KeyPair::from_seed_unchecked(&secret[49..81]).unwrap();
    assert_eq!(pair.public_key().as_ref().len(), 32);
}
