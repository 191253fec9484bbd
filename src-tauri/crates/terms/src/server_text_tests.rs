//! Real answers keep what makes them useful; nobody's words pass.

use proptest::prelude::*;

use super::*;

fn filtered(raw: &str) -> String {
    let host = Domain::parse("smtp.alpha.mssante.test").unwrap();
    let recipient = Address::parse("dr.leroy@alpha.mssante.test").unwrap();
    let text = ServerText::filter_knowing(raw, &[Known::Host(&host), Known::Address(&recipient)]);
    text.as_str().to_owned()
}

/// What servers say when they do what they do every day: Postfix, Dovecot, Exchange, Cyrus, Zimbra, Sendmail, Courier,
/// Oracle, and operators who write French. None of it may be lost.
#[test]
fn real_answers_stay_whole() {
    let answers: Vec<&str> = include_str!("server_answers.txt").lines().collect();
    assert!(answers.len() > 150);
    let cut: Vec<String> = answers
        .iter()
        .map(|answer| filtered(answer))
        .filter(|kept| !answers.contains(&kept.as_str()))
        .collect();
    assert!(cut.is_empty(), "{cut:#?}");
    assert_eq!(
        filtered("Fetch completed (0.001 + 0.000 secs)."),
        "Fetch completed (… + … secs)."
    );
    assert_eq!(filtered("RESOLVER.ADR.RecipNotFound; not found"), "…; not found");
}

#[test]
fn codes_and_response_codes_stay_where_they_are() {
    let answers = [
        "550 5.1.1 User unknown",
        "[OVERQUOTA] Quota exceeded",
        "host said: 452 4.2.2 Over quota",
        "[TRYCREATE] Mailbox doesn't exist",
        "5.7.26 rejected by policy",
    ];
    for answer in answers {
        assert_eq!(filtered(answer), answer);
    }
}

#[test]
fn what_a_person_wrote_does_not_pass() {
    let cases = [
        ("rejected: Résultats de Mme DUPONT Jeanne", "rejected: …"),
        ("<jeanne.dupont@gmail.com>: User unknown", "<…>: User unknown"),
        ("host mx.autre.example said: User unknown", "host … said: User unknown"),
        ("Ok: queued as DUPONT", "Ok: queued as …"),
        ("Ok: queued as eyJhbGciOiJSUzI1NiJ9", "Ok: queued as …"),
        ("spam score of DUPONT_JEANNE.pdf", "spam …"),
        ("née le 12/03/1954", "…"),
        ("31 12 1954", "…"),
        ("2 54 12 75 123 456", "…"),
        ("06 12 34 56 78", "…"),
        ("INS 254127512345678", "…"),
        ("Grêlé 1954 refused", "… refused"),
        ("token s3cr3t-jeton refused", "token … refused"),
        ("Bearer ya29.a0AfH6SMBx", "…"),
        ("Mme Normal Jeanne refused", "… refused"),
        ("d.u.p.o.n.t", "…"),
        ("D U P O N T", "…"),
        ("qUoTa dEnIeD", "…"),
        ("patient@user unknown", "… unknown"),
        ("mail.server.policy denied", "… denied"),
    ];
    let wrong: Vec<(String, &str)> = cases
        .iter()
        .map(|(raw, kept)| (filtered(raw), *kept))
        .filter(|(found, kept)| found != kept)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_queue_id_is_kept_in_its_place_only() {
    assert_eq!(filtered("4Bz1Xy2Zz3z5Qr refused"), "… refused");
    assert_eq!(filtered("queued as 3F2A91C0B7"), "queued as 3F2A91C0B7");
    assert_eq!(filtered("3F2A91C0B7"), "…");
    assert_eq!(filtered("queued as 123456"), "queued as 123456");
}

#[test]
fn names_are_kept_when_the_exchange_has_them() {
    let raw = "smtp.alpha.mssante.test <DR.LEROY@alpha.mssante.test> dr.leroy@alpha.mssante.tes";
    assert_eq!(filtered(raw), "smtp.alpha.mssante.test <DR.LEROY@alpha.mssante.test> …");
    assert_eq!(ServerText::filter("smtp.alpha.mssante.test").as_str(), "…");
}

/// Whether nothing stands in a filtered text but what it may keep.
fn is_clean(text: &str) -> bool {
    let queue = |run: &str| is_queue(run) && text.to_ascii_lowercase().contains("queued as");
    text.split(|c: char| !c.is_alphanumeric() && !"'’".contains(c))
        .map(|run| run.trim_matches(['\'', '’']))
        .filter(|run| run.chars().any(char::is_alphabetic))
        .all(|run| vocabulary::knows(run) || queue(run))
}

proptest! {
    #[test]
    fn no_run_of_letters_outside_the_vocabulary_survives(raw in "\\PC{0,400}") {
        let text = ServerText::filter(&raw);
        prop_assert!(is_clean(text.as_str()), "{}", text);
        prop_assert!(text.as_str().len() <= KEPT && !text.as_str().contains(char::is_control));
    }

    #[test]
    fn nor_among_words_that_are_known(
        words in proptest::collection::vec(
            prop_oneof![
                Just("User".to_owned()), Just("unknown".to_owned()), Just("queued".to_owned()), Just("as".to_owned()),
                Just("5.1.1".to_owned()), "[A-Za-zéà'’@._/:=<>\\[\\]-]{1,12}", "[0-9./-]{1,15}", "[A-Za-z0-9]{10,40}",
            ],
            0..30,
        ),
    ) {
        let text = ServerText::filter(&words.join(" "));
        prop_assert!(is_clean(text.as_str()), "{}", text);
        let digits = text.as_str().split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
        prop_assert!(digits <= DIGITS || text.as_str().contains("queued as"), "{}", text);
    }

    #[test]
    fn filtering_twice_is_filtering_once(raw in "[a-zA-Zé0-9 .:<>@/-]{0,200}") {
        let once = ServerText::filter(&raw);
        prop_assert_eq!(ServerText::filter(once.as_str()), once);
    }
}
