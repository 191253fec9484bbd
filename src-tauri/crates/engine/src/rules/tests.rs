//! Forms to script and back, whatever is typed.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use pli_terms::Address;
use proptest::prelude::*;

use super::forms::{Answered, AutoReply, Redirect, SortRule, SortThen, SortWhen};
use super::kept::Forms;
use super::known::Known;
use super::lexer::{Doings, Token, doings, tokens};
use super::mark::{self, Mark};
use super::script::{Extensions, compile};
use super::writer::Writer;
use super::{check, period};

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn own() -> Address {
    address("dr.martin@alpha.mssante.test")
}

fn today() -> Date {
    date(2026, 11, 22)
}

fn everything() -> Extensions {
    let all = "vacation date relational envelope copy fileinto mailbox imap4flags mime include";
    Extensions::of(&all.split(' ').map(str::to_owned).collect::<Vec<_>>())
}

fn reply(text: &str) -> AutoReply {
    AutoReply {
        enabled: true,
        subject: None,
        text: text.to_owned(),
        from: None,
        until: None,
        every_days: 7,
        who: Answered::Professionals,
        addresses: Vec::new(),
    }
}

/// What people type, the worst of it included.
fn typed() -> impl Strategy<Value = String> {
    let worst = [
        "\"",
        "\\",
        "\\\"",
        "\";",
        "\r\n",
        "\n.\n",
        "${hex:22}",
        "${unicode:0022}",
        "/*",
        "*/",
        "# ",
        "}",
        "{",
        "text:\n",
        "stop;",
        "\u{0}",
        "\u{feff}",
        "é",
        "*",
        "?",
        "discard;",
        "redirect \"x@y.fr\";",
        "\u{2028}",
    ];
    let piece = prop_oneof![
        3 => proptest::sample::select(worst.to_vec()).prop_map(str::to_owned),
        2 => "[a-z é\"\\\\;]{0,12}",
        1 => any::<String>(),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A line as forms take it.
fn line(most: usize) -> impl Strategy<Value = String> {
    typed().prop_map(move |text| {
        let kept: String = text.chars().filter(|c| !c.is_control()).take(most - 1).collect();
        format!("x{}", kept.trim())
    })
}

fn day() -> impl Strategy<Value = Option<Date>> {
    proptest::option::of((0_i32..700).prop_map(|days| {
        let days = jiff::Span::new().days(days);
        date(2026, 11, 22).checked_add(days).unwrap()
    }))
}

fn answers() -> impl Strategy<Value = AutoReply> {
    let who = proptest::sample::select(vec![Answered::Everyone, Answered::TrustSpace, Answered::Professionals]);
    let addresses = proptest::sample::subsequence(
        vec!["a@alpha.mssante.test", "b\"@mssante.fr", "d'e+f@x.mssante.fr"],
        0..=3,
    );
    (
        typed(),
        proptest::option::of(line(100)),
        day(),
        day(),
        1_u8..=30,
        who,
        addresses,
    )
        .prop_map(|(text, subject, from, until, every_days, who, addresses)| AutoReply {
            enabled: true,
            subject,
            text: format!("x{text}"),
            from: from.min(until).or(from),
            until: from.max(until).or(until),
            every_days,
            who,
            addresses: addresses
                .into_iter()
                .filter_map(|text| Address::parse(text).ok())
                .collect(),
        })
}

fn rules() -> impl Strategy<Value = SortRule> {
    let when = prop_oneof![
        Just(SortWhen::Sender("labo@beta.mssante.test".to_owned())),
        Just(SortWhen::Sender("@beta.mssante.test".to_owned())),
        Just(SortWhen::Sender("o'h\"*\\?@beta.mssante.test".replace(['"', '\\'], ""))),
        line(100).prop_map(SortWhen::SubjectPrefix),
        Just(SortWhen::HasAttachment),
    ];
    let then = prop_oneof![Just(SortThen::Flag), line(100).prop_map(SortThen::Folder)];
    (line(60), when, then, any::<bool>()).prop_map(|(name, when, then, enabled)| SortRule {
        id: String::new(),
        name,
        when,
        then,
        enabled,
    })
}

fn forms() -> impl Strategy<Value = Forms> {
    let redirect = proptest::option::of(
        (any::<bool>(), any::<bool>()).prop_map(|(enabled, keep_copy)| Redirect {
            enabled,
            to: address("o'brien+x@alpha.mssante.test"),
            keep_copy,
            confirmed_by: Some("Claire \"MARTIN\" \\ (899700000013)".to_owned()),
            confirmed_at: Some(Timestamp::from_second(1_795_000_000).unwrap()),
        }),
    );
    let sort = proptest::collection::vec(rules(), 0..6);
    (
        proptest::option::of(answers()),
        redirect,
        sort,
        proptest::option::of(line(60)),
    )
        .prop_map(|(answer, redirect, sort, beside)| Forms {
            since: answer.is_some().then(|| Timestamp::from_second(1_795_000_000).unwrap()),
            answer: answer.map(|form| check::answer(form, &own(), today()).unwrap()),
            redirect,
            sort: check::sort(sort).unwrap(),
            beside,
            zone: "Europe/Paris".to_owned(),
        })
}

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap()
}

fn script_of(forms: &Forms) -> String {
    compile(forms, &own(), &paris(), &everything())
}

/// The same forms, with nothing in them that a person typed.
fn bland(forms: &Forms) -> Forms {
    let mut forms = forms.clone();
    if let Some(answer) = &mut forms.answer {
        answer.text = "x".to_owned();
        answer.subject = Some("x".to_owned());
    }
    for rule in &mut forms.sort {
        rule.name = "x".to_owned();
        match &mut rule.when {
            SortWhen::SubjectPrefix(text) => *text = "x".to_owned(),
            SortWhen::Sender(_) | SortWhen::HasAttachment => {}
        }
        if let SortThen::Folder(folder) = &mut rule.then {
            *folder = "x".to_owned();
        }
    }
    if let Some(beside) = &mut forms.beside {
        *beside = "x".to_owned();
    }
    forms
}

/// A script without what its strings say.
fn skeleton(script: &str) -> Vec<Token> {
    let blank = |token| match token {
        Token::Text(_) => Token::Text(String::new()),
        other => other,
    };
    tokens(script).into_iter().map(blank).collect()
}

fn texts(script: &str) -> Vec<String> {
    let text = |token| match token {
        Token::Text(text) => Some(text),
        _ => None,
    };
    tokens(script).into_iter().filter_map(text).collect()
}

proptest! {
    #[test]
    fn nothing_typed_becomes_sieve(forms in forms()) {
        let script = script_of(&forms);
        prop_assert_eq!(skeleton(&script), skeleton(&script_of(&bland(&forms))), "{}", script);
        // What is said is said whole, and in one string.
        let said = texts(&script);
        if let Some(answer) = forms.answer.as_ref().filter(|answer| answer.enabled) {
            prop_assert!(said.contains(&answer.text.replace('\n', "\r\n")), "{}", script);
            if let Some(subject) = &answer.subject {
                prop_assert!(said.contains(subject));
            }
        }
        for rule in forms.sort.iter().filter(|rule| rule.enabled) {
            if let SortThen::Folder(folder) = &rule.then {
                prop_assert!(said.contains(folder));
            }
        }
        // Nor does the mark let anything out: the whole script runs the same.
        let whole = mark::write(&forms, &script).unwrap();
        prop_assert_eq!(tokens(&whole), tokens(&script));
        prop_assert!(!whole.contains('\0'));
    }

    #[test]
    fn what_is_read_back_equals_what_was_written(forms in forms(), unix in any::<bool>(), cut in any::<bool>()) {
        let mut whole = mark::write(&forms, &script_of(&forms)).unwrap();
        if unix {
            whole = whole.replace("\r\n", "\n");
        }
        if cut {
            whole = whole.trim_end().to_owned();
        }
        prop_assert_eq!(mark::read(&whole), Mark::Forms { forms: Box::new(forms), touched: false });
    }

    #[test]
    fn a_change_made_elsewhere_is_seen(forms in forms(), place in any::<prop::sample::Index>(), letter in "[a-z;#]") {
        let body = script_of(&forms);
        let places: Vec<usize> = body.char_indices().map(|(place, _)| place).collect();
        let place = places[place.index(places.len())];
        let whole = mark::write(&forms, &body).unwrap();
        let head = whole.len() - body.len();
        let changed = format!("{}{letter}{}", &whole[..head + place], &whole[head + place..]);
        // A comment's sign just after the mark makes the first line one more of its own: nothing else runs for it.
        prop_assume!(tokens(&changed) != tokens(&whole));
        match mark::read(&changed) {
            Mark::Forms { touched, .. } => prop_assert!(touched),
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn a_subject_s_beginning_is_no_pattern(typed in typed()) {
        let mut written = Writer::default();
        written.beginning(&typed);
        let written = written.finish();
        let pattern = texts(&written).pop().unwrap_or_default();
        let typed: String = typed.replace('\0', "").replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
        prop_assert_eq!(literally(&pattern), Some(typed));
    }

    #[test]
    fn scripts_of_anybody_are_read_without_a_fault(script in typed(), before in 0_usize..3) {
        let marks = ["", "# pli 1 00\r\n#= ", "# pli 2 00\r\n"];
        let script = format!("{}{script}", marks[before]);
        let _ = (mark::read(&script), doings(&script));
    }

    #[test]
    fn a_period_is_that_of_the_days_where_it_was_set(
        from in day(), until in day(), hours in -48_i64..17_000, minutes in 0_i64..60,
        zone in proptest::sample::select(vec!["Europe/Paris", "Pacific/Kiritimati", "America/Cayenne", "Indian/Reunion", "America/St_Johns", "Pacific/Noumea"]),
    ) {
        let zone = TimeZone::get(zone).unwrap();
        let (from, until) = (from.min(until).or(from), from.max(until).or(until));
        let (start, end) = period::bounds(from, until, &zone);
        let mut written = Writer::default();
        period::write(&mut written, start, end);
        let at = date(2026, 11, 22).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let at = at + jiff::SignedDuration::from_mins(hours * 60 + minutes);
        let local = at.to_zoned(zone).date();
        let expected = from.is_none_or(|from| local >= from) && until.is_none_or(|until| local <= until);
        prop_assert_eq!(holds(&written.finish(), at), expected);
    }
}

/// What a pattern means that ends by the only star which is one.
fn literally(pattern: &str) -> Option<String> {
    let mut chars = pattern.strip_suffix('*')?.chars();
    let mut out = String::new();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(chars.next()?),
            '*' | '?' => return None,
            _ => out.push(c),
        }
    }
    Some(out)
}

/// Whether the tests of a period hold at a moment, as a server's `currentdate` would say: each is three comparisons, the
/// first or both others.
fn holds(script: &str, at: Timestamp) -> bool {
    let at = at.to_zoned(TimeZone::UTC);
    let said = texts(script);
    let mut said = said.iter().map(String::as_str).peekable();
    let mut compared = Vec::new();
    while said.next().is_some() {
        let operator = match said.peek() {
            Some(&"date") => "is",
            _ => said.next().unwrap(),
        };
        let now = match said.next().unwrap() {
            "date" => at.strftime("%Y-%m-%d").to_string(),
            _ => at.strftime("%H:%M:%S").to_string(),
        };
        let then = said.next().unwrap();
        compared.push(match operator {
            "is" => now == then,
            "gt" => *now > *then,
            "ge" => *now >= *then,
            "lt" => *now < *then,
            other => panic!("{other}"),
        });
    }
    compared.chunks(3).all(|one| one[0] || (one[1] && one[2]))
}

#[test]
fn a_change_of_the_clocks_within_an_absence_is_minded() {
    let (start, end) = period::bounds(Some(date(2026, 10, 20)), Some(date(2026, 10, 30)), &paris());
    assert_eq!(start.unwrap().to_string(), "2026-10-19T22:00:00Z");
    assert_eq!(end.unwrap().to_string(), "2026-10-30T23:00:00Z");
}

#[test]
fn what_a_server_lacks_is_known_before_it_is_asked_for() {
    let can = |names: &[&str]| Extensions::of(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let bare = can(&["fileinto", "VACATION"]);
    assert_eq!(bare.missing(), ["date", "relational", "copy", "imap4flags"]);
    let mut forms = Forms {
        answer: Some(reply("Absente.")),
        ..Forms::default()
    };
    assert!(bare.can_run(&forms));
    if let Some(answer) = &mut forms.answer {
        answer.until = Some(today());
    }
    assert!(!bare.can_run(&forms) && can(&["vacation", "date", "relational"]).can_run(&forms));
    let mut redirect = Redirect {
        enabled: true,
        to: address("dr.martin@beta.mssante.test"),
        keep_copy: true,
        confirmed_by: None,
        confirmed_at: None,
    };
    let redirected = |redirect: &Redirect| Forms {
        redirect: Some(redirect.clone()),
        ..Forms::default()
    };
    assert!(!bare.can_run(&redirected(&redirect)));
    redirect.keep_copy = false;
    assert!(bare.can_run(&redirected(&redirect)));
    // What a server has not is not required either.
    let script = compile(&forms, &own(), &paris(), &can(&["vacation", "date", "relational"]));
    assert!(!script.contains("envelope"), "{script}");
}

#[test]
fn forms_out_of_their_bounds_are_refused() {
    let refused = |change: fn(&mut AutoReply)| {
        let mut form = reply("Absente.");
        change(&mut form);
        check::answer(form, &own(), today()).is_err()
    };
    assert!(!refused(|_| {}));
    assert!(refused(|form| form.text = " \r\n\u{7} ".to_owned()));
    assert!(refused(|form| form.text = "x".repeat(5_001)));
    assert!(refused(|form| form.subject = Some("a\r\nBcc: x".to_owned())));
    assert!(refused(|form| form.subject = Some("xdm/1.0/DDM+x".to_owned())));
    assert!(refused(|form| form.every_days = 0));
    assert!(refused(|form| form.every_days = 31));
    assert!(refused(|form| form.until = Some(date(2026, 11, 21))));
    assert!(refused(
        |form| (form.from, form.until) = (Some(date(2026, 12, 2)), Some(date(2026, 12, 1)))
    ));
    assert!(refused(|form| form.addresses = vec![address("a@gmail.com")]));
    let rule = |when, then| SortRule {
        id: String::new(),
        name: "n".to_owned(),
        when,
        then,
        enabled: true,
    };
    assert!(check::sort(vec![rule(SortWhen::Sender("x".to_owned()), SortThen::Flag)]).is_err());
    assert!(check::sort(vec![rule(SortWhen::Sender("@*".to_owned()), SortThen::Flag)]).is_err());
    assert!(check::sort(vec![rule(SortWhen::SubjectPrefix(" ".to_owned()), SortThen::Flag)]).is_err());
    assert!(check::sort(vec![rule(SortWhen::HasAttachment, SortThen::Folder("a\nb".to_owned()))]).is_err());
    let two = check::sort(vec![rule(SortWhen::HasAttachment, SortThen::Flag); 2]).unwrap();
    assert_ne!(two[0].id, two[1].id);
    assert_eq!(check::sort(two.clone()).unwrap(), two);
}

#[test]
fn what_a_script_of_somebody_else_does_is_seen_through_comments_and_strings() {
    let script = "require [\"include\"]; # vacation\r\n/* include \"a\"; vacation */\r\nif header :is \"subject\" \"vacation include \\\"b\\\"\" {\r\n\
        Include :personal :optional \"pli\"; include :global \"c\";\r\n} text:vacation\r\nvacation\r\n.\r\n";
    assert_eq!(
        doings(script),
        Doings {
            answers: false,
            includes: vec!["pli".to_owned()]
        }
    );
    assert!(doings("if true { VACATION :days 1 text: # vide\r\n..\r\n.\r\n; }").answers);
}

#[test]
fn an_answer_that_its_owner_forgot_is_proposed_to_stop_once_they_write() {
    let at = |seconds: i64| Timestamp::from_second(1_795_000_000 + seconds).unwrap();
    let known: Known = serde_json::from_str(
        r#"{"read_at":0,"answer":{"from":"2026-11-18","until":"2026-11-20","since":1794000000000,"zone":"Europe/Paris"}}"#,
    )
    .unwrap();
    let notice = |now: i64, sent: Option<i64>| known.notice(at(now), sent.map(at), &TimeZone::UTC);
    // 1,795,000,000 is 18 November 2026, 11:06:40 UTC; the day began at 23:00 the evening before.
    let active = notice(0, None).unwrap();
    assert_eq!((active.until, active.propose_stop), (Some(date(2026, 11, 20)), false));
    let morning = -(12 * 3600 + 6 * 60 + 40);
    assert!(notice(morning - 1, None).is_none());
    assert!(!notice(0, Some(morning - 1)).unwrap().propose_stop);
    assert!(notice(0, Some(morning + 1)).unwrap().propose_stop);
    assert!(notice(3 * 24 * 3600, None).is_none());
    assert_eq!(known.next(at(morning - 1), &TimeZone::UTC), Some(at(morning)));
    let kept = Known {
        kept_at: Some(at(0).as_millisecond()),
        ..known.clone()
    };
    assert!(!kept.notice(at(9), Some(at(-9)), &TimeZone::UTC).unwrap().propose_stop);
    assert!(kept.notice(at(9), Some(at(1)), &TimeZone::UTC).unwrap().propose_stop);
}
