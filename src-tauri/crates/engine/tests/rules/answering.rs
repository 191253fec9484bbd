//! The automatic reply, and to what it is not given (RFC 3834, RFC 5230).

use jiff::ToSpan;
use pli_engine::{Answered, AutoReply, Event, RulesSet, Standing};
use pli_operator::boxes;
use pli_terms::Address;

use crate::common::{MARTIN, add, traces, until};
use crate::stage::{LEROY, Stage, answering, engine, letter, log_in, reply};

/// A message that somebody or something sends.
struct Case {
    name: &'static str,
    sender: &'static str,
    headers: &'static [&'static str],
    answered: bool,
}

const fn case(name: &'static str, sender: &'static str, headers: &'static [&'static str], answered: bool) -> Case {
    Case {
        name,
        sender,
        headers,
        answered,
    }
}

const REPORT: &[&str] = &["Content-Type: multipart/report; report-type=delivery-status; boundary=b"];

const CASES: &[Case] = &[
    case("somebody", "confrere@beta.mssante.test", &[], true),
    case(
        "« no » says that somebody wrote it",
        "non@beta.mssante.test",
        &["Auto-Submitted: no"],
        true,
    ),
    case("a patient", "271087511405174@patient.mssante.test", &[], true),
    case(
        "a precedence that is ordinary",
        "ordinaire@beta.mssante.test",
        &["Precedence: normal"],
        true,
    ),
    case(
        "an attachment",
        "piece@beta.mssante.test",
        &["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"],
        true,
    ),
    case(
        "generated",
        "genere@beta.mssante.test",
        &["Auto-Submitted: auto-generated"],
        false,
    ),
    case(
        "replied by itself",
        "repond@beta.mssante.test",
        &["Auto-Submitted: auto-replied (vacation)"],
        false,
    ),
    case(
        "a word of RFC 3834 to come",
        "venir@beta.mssante.test",
        &["auto-submitted: auto-notified; owner-email=x@y.fr"],
        false,
    ),
    case(
        "a list by its id",
        "liste1@beta.mssante.test",
        &["List-Id: Garde <garde.beta.mssante.test>"],
        false,
    ),
    case(
        "a list by its way out",
        "liste2@beta.mssante.test",
        &["List-Unsubscribe: <mailto:x@beta.mssante.test>"],
        false,
    ),
    case(
        "a list by its post",
        "liste3@beta.mssante.test",
        &["List-Post: NO"],
        false,
    ),
    case(
        "a list of old",
        "liste4@beta.mssante.test",
        &["Mailing-List: contact x@beta.mssante.test"],
        false,
    ),
    case("bulk", "masse@beta.mssante.test", &["Precedence: bulk"], false),
    case(
        "a list's precedence",
        "prec@beta.mssante.test",
        &["precedence: LIST"],
        false,
    ),
    case("junk", "rebut@beta.mssante.test", &["Precedence: junk"], false),
    case(
        "no absence notice wanted",
        "oof@beta.mssante.test",
        &["X-Auto-Response-Suppress: DR, OOF"],
        false,
    ),
    case(
        "no automatic answer wanted",
        "tout@beta.mssante.test",
        &["X-Auto-Response-Suppress: All"],
        false,
    ),
    case(
        "a delivery report with a sender",
        "rapport@beta.mssante.test",
        REPORT,
        false,
    ),
    case(
        "an answering machine of old",
        "vieux@beta.mssante.test",
        &["X-Autoreply: yes"],
        false,
    ),
    case("« noreply »", "noreply@beta.mssante.test", &[], false),
    case("« ne-pas-repondre »", "ne-pas-repondre@beta.mssante.test", &[], false),
    case("« no-reply » and more", "no-reply-suivi@beta.mssante.test", &[], false),
    case("the mail system", "mailer-daemon@beta.mssante.test", &[], false),
    case("the postmaster", "postmaster@beta.mssante.test", &[], false),
    case("a list's owner", "owner-garde@beta.mssante.test", &[], false),
    case("a list's desk", "garde-request@beta.mssante.test", &[], false),
    case(
        "an exchange that is closed",
        "fin@beta.mssante.test",
        &["X-MSS-MES: FIN"],
        false,
    ),
    case("spam", "courrier@beta.mssante.test", &["X-Spam-Flag: YES"], false),
];

#[tokio::test(flavor = "multi_thread")]
async fn robots_lists_and_reports_get_no_answer_and_persons_get_one() {
    let stage = Stage::start().await;
    let operator = &stage.bench.operator;
    let text =
        "Absente jusqu'au 2 janvier.\n\nUrgences : « le 15 » ; \"garde\" \\ ${hex:41} ;\n.\n/* fin */ # discard;";
    stage.set(answering(reply(text))).await;

    let mut senders: Vec<&str> = CASES.iter().map(|case| case.sender).collect();
    senders.extend([
        "retour@beta.mssante.test",
        "copie@beta.mssante.test",
        "alias@beta.mssante.test",
    ]);
    stage.open_all(&senders).await;
    for case in CASES {
        let raw = letter(case.sender, MARTIN, "Résultats du patient", case.headers, "Bonjour.");
        // One after the other: whom it told is a file that Pigeonhole's deliveries write over when several come together.
        stage.deliver(case.sender, MARTIN, &raw);
    }
    // Without a return path, whatever its header says; to a list that she is in; from herself.
    let raw = letter("retour@beta.mssante.test", MARTIN, "Non remis", &[], "Bonjour.");
    operator.deliver("", MARTIN, &raw).unwrap();
    let raw = letter(
        "copie@beta.mssante.test",
        "reunion@beta.mssante.test",
        "Réunion",
        &[],
        "Bonjour.",
    );
    operator.deliver("copie@beta.mssante.test", MARTIN, &raw).unwrap();
    let raw = letter(MARTIN, MARTIN, "Pour mémoire", &[], "Bonjour.");
    operator.deliver(MARTIN, MARTIN, &raw).unwrap();
    operator.settle().unwrap();

    for case in CASES {
        let answers = stage.answers(case.sender);
        eprintln!("{:>3} {}: {}", answers.len(), case.name, case.headers.join(", "));
        assert_eq!(
            answers.len(),
            usize::from(case.answered),
            "{} ({})",
            case.name,
            case.sender
        );
    }
    assert!(stage.answers("retour@beta.mssante.test").is_empty());
    assert!(stage.answers("copie@beta.mssante.test").is_empty());
    // Nothing is lost for it: all of them are in the box, and no answer to herself.
    assert_eq!(stage.folder(MARTIN, "INBOX").len(), CASES.len() + 3);

    let answer = stage.answers(CASES[0].sender).pop().unwrap();
    let head = String::from_utf8_lossy(&answer).to_lowercase();
    let head = head.split("\r\n\r\n").next().unwrap().to_owned();
    assert!(head.contains("auto-submitted: auto-replied"), "{head}");
    assert!(head.contains("return-path: <>"), "{head}");
    assert!(head.contains("in-reply-to: <"), "{head}");
    let read = pli_message::parse(&answer);
    assert_eq!(
        read.row.subject, "Réponse automatique",
        "the subject that came is not said again"
    );
    assert_eq!(read.text.replace("\r\n", "\n").trim_end(), text);

    // The same person is not told twice, and a machine that answers without saying so gets no second answer.
    for turn in 0..3 {
        let raw = letter(CASES[0].sender, MARTIN, &format!("Encore {turn}"), &[], "Bonjour.");
        stage.deliver(CASES[0].sender, MARTIN, &raw);
    }
    assert_eq!(stage.answers(CASES[0].sender).len(), 1);

    // Her other address is told of: what is written to it is answered too.
    let mut form = reply(text);
    form.addresses = vec![Address::parse("reunion@beta.mssante.test").unwrap()];
    stage.set(answering(form)).await;
    let raw = letter(
        "alias@beta.mssante.test",
        "reunion@beta.mssante.test",
        "Réunion",
        &[],
        "Bonjour.",
    );
    stage.deliver("alias@beta.mssante.test", MARTIN, &raw);
    assert_eq!(stage.answers("alias@beta.mssante.test").len(), 1);
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_absent_persons_do_not_answer_each_other_s_answers() {
    let stage = Stage::start().await;
    let other = engine(&stage.bench, "leroy", "Europe/Paris").await;
    log_in(&stage.bench, &other, boxes::DR_LEROY, "Paul LEROY").await;
    let leroy = add(&other, LEROY).await.id;
    other.rules_set(leroy, answering(reply("Absent aussi."))).await.unwrap();
    stage.set(answering(reply("Absente."))).await;
    stage.deliver(LEROY, MARTIN, &letter(LEROY, MARTIN, "Avis", &[], "Bonjour."));
    assert_eq!(
        (stage.folder(MARTIN, "INBOX").len(), stage.answers(LEROY).len()),
        (1, 1)
    );
    assert_eq!(stage.folder(LEROY, "INBOX").len(), 1);
    stage.engine.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_answered_is_who_was_chosen() {
    let stage = Stage::start().await;
    let operator = &stage.bench.operator;
    let patient = "271087511405174@patient.mssante.test";
    let outside = "quelquun@ailleurs.test";
    let answered = |address: &str| {
        let answers = operator.logs().into_iter().filter(|(name, _)| name == "postfix.log");
        let to = format!(": to=<{address}>,");
        answers.map(|(_, log)| log.matches(&to).count()).sum::<usize>() > 0
    };
    let turns = [
        (Answered::Professionals, "pro1@beta.mssante.test", false, false),
        (Answered::TrustSpace, "pro2@beta.mssante.test", true, false),
        (Answered::Everyone, "pro3@beta.mssante.test", true, true),
    ];
    for (who, colleague, to_patient, to_outside) in turns {
        stage.open(colleague).await;
        let form = AutoReply {
            who,
            ..reply("Absente.")
        };
        stage.set(answering(form)).await;
        for sender in [colleague, patient, outside] {
            let raw = letter(sender, MARTIN, &format!("Question {who:?}"), &[], "Bonjour.");
            operator.deliver(sender, MARTIN, &raw).unwrap();
        }
        // A return path outside for a header within is not believed, nor the other way round.
        let raw = letter(colleague, MARTIN, &format!("Fausse {who:?}"), &[], "Bonjour.");
        operator.deliver("faux@ailleurs.test", MARTIN, &raw).unwrap();
        operator.settle().unwrap();
        assert_eq!(stage.answers(colleague).len(), 1, "{who:?}");
        assert_eq!(answered(patient), to_patient, "{who:?}");
        assert_eq!(answered(outside), to_outside, "{who:?}");
        assert_eq!(answered("faux@ailleurs.test"), to_outside, "{who:?}");
    }
    stage.engine.stop().await;
}

/// Whole hours until the next day begins there.
fn hours_left(zone: &str) -> i8 {
    let now = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::get(zone).unwrap());
    23 - now.hour()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absence_has_the_days_of_the_workstation_s_zone() {
    let stage = Stage::start().await;
    // Where the day is another than in UTC, whatever the hour: at least one of these is. Where the next day is about to
    // begin, the neighbours' day serves.
    for (zones, sender) in [
        (["Europe/Paris", "Europe/Athens"], "paris"),
        (["Pacific/Kiritimati", "Pacific/Tongatapu"], "kiritimati"),
        (["Pacific/Pago_Pago", "Pacific/Honolulu"], "pago"),
    ] {
        let zone = zones.into_iter().find(|zone| hours_left(zone) > 0).unwrap();
        let here = engine(&stage.bench, sender, zone).await;
        log_in(&stage.bench, &here, boxes::DR_MARTIN, "Claire MARTIN").await;
        let account = add(&here, MARTIN).await.id;
        let today = jiff::Zoned::now()
            .with_time_zone(jiff::tz::TimeZone::get(zone).unwrap())
            .date();
        let turns = [
            ("tomorrow", today + 1.day(), None, false),
            ("today", today, Some(today), true),
            ("open", today - 3.days(), None, true),
            ("month", today - 3.days(), Some(today + 30.days()), true),
        ];
        for (name, from, last, runs) in turns {
            let sender = format!("{name}.{sender}@beta.mssante.test");
            stage.open(&sender).await;
            let mut form = reply("Absente.");
            (form.from, form.until) = (Some(from), last);
            here.rules_set(account, answering(form)).await.unwrap();
            let notice = here.answer_active(account).await.unwrap();
            assert_eq!(notice.is_some(), runs, "{zone} {name}");
            assert_eq!(notice.and_then(|notice| notice.until), if runs { last } else { None });
            stage.deliver(&sender, MARTIN, &letter(&sender, MARTIN, "Avis", &[], "Bonjour."));
            assert_eq!(stage.answers(&sender).len(), usize::from(runs), "{zone} {name}");
        }
        // One that is over does not begin.
        let mut form = reply("Absente.");
        form.until = Some(today - 1.day());
        assert!(here.rules_set(account, answering(form)).await.is_err());
        here.stop().await;
    }
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_shown_as_active_proposed_to_stop_when_she_writes_and_stopped() {
    let stage = Stage::start().await;
    let Stage { engine, account, .. } = &stage;
    let mut events = engine.subscribe();
    assert_eq!(engine.answer_active(*account).await.unwrap(), None);
    let rules = stage.set(answering(reply("Absente, secretzebre."))).await;
    assert_eq!(rules.standing, Standing::Ours);
    assert!(!engine.answer_active(*account).await.unwrap().unwrap().propose_stop);

    let edit = |draft: &pli_engine::Draft| pli_engine::DraftEdit {
        account: draft.account,
        revision: draft.revision,
        to: vec![pli_engine::Party {
            name: String::new(),
            address: LEROY.to_owned(),
        }],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: "De retour".to_owned(),
        text: "Bonjour.".to_owned(),
        ask_reading: false,
        ask_delivery: false,
    };
    let draft = engine
        .draft_new(Some(*account), pli_engine::DraftFrom::Blank, None)
        .await
        .unwrap();
    let draft = engine.draft_save(draft.id, edit(&draft)).await.unwrap();
    engine.draft_send(draft.id).await.unwrap();
    engine.outbox_flush().await.unwrap();
    until("stopping is proposed", async || {
        engine.answer_active(*account).await.unwrap().unwrap().propose_stop
    })
    .await;
    // She keeps it on, and is not asked again for the same letter.
    engine.answer_keep(*account).await.unwrap();
    assert!(!engine.answer_active(*account).await.unwrap().unwrap().propose_stop);

    let stopped = engine.rules_stop_answer(*account).await.unwrap();
    let form = stopped.answer.unwrap();
    assert!(!form.enabled && form.text == "Absente, secretzebre.", "the form stays");
    assert_eq!(engine.answer_active(*account).await.unwrap(), None);
    stage.open("tard@beta.mssante.test").await;
    stage.deliver(
        "tard@beta.mssante.test",
        MARTIN,
        &letter("tard@beta.mssante.test", MARTIN, "Avis", &[], "Bonjour."),
    );
    assert!(stage.answers("tard@beta.mssante.test").is_empty());
    assert_eq!(
        engine.rules_get(*account).await.unwrap().answer.unwrap().text,
        "Absente, secretzebre."
    );

    let mut told = 0;
    while let Ok(event) = events.try_recv() {
        told += usize::from(matches!(event, Event::Rules { account: of } if of == *account));
    }
    assert!(told >= 3, "windows are told of each change");
    // Each change is in the journal, as an intention and an outcome, and nothing of the text.
    let all = traces(engine).await;
    let rules: Vec<_> = all
        .iter()
        .filter(|record| record.entry.action == pli_trace::Action::Rule)
        .map(|record| record.entry.request.verb.as_str().to_owned())
        .collect();
    for verb in ["SET RULES reply on sorting 0", "SET RULES reply off sorting 0"] {
        assert_eq!(
            rules.iter().filter(|told| *told == verb).count(),
            2,
            "{verb}: {rules:?}"
        );
    }
    assert!(rules.iter().any(|verb| verb.starts_with("PUTSCRIPT")));
    assert!(!format!("{all:?}").contains("secretzebre"));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_workstation_reads_the_same_forms_back() {
    let stage = Stage::start().await;
    let mut form = reply("Absente.\n\tBien à vous,\n\n« C. Martin » \"\\\"");
    form.subject = Some("Absence : \"été\" \\ ${hex:22}".to_owned());
    form.who = Answered::Professionals;
    form.every_days = 30;
    form.addresses = vec![Address::parse("c.martin@alpha.mssante.test").unwrap()];
    let written = stage.set(answering(form.clone())).await;
    let other = engine(&stage.bench, "other", "Indian/Reunion").await;
    log_in(&stage.bench, &other, boxes::DR_MARTIN, "Claire MARTIN").await;
    let account = add(&other, MARTIN).await.id;
    let read = other.rules_get(account).await.unwrap();
    assert_eq!(read.answer, Some(form));
    assert_eq!((read.seen, read.differs), (written.seen, false));
    assert!(
        other.answer_active(account).await.unwrap().is_some(),
        "shown as active there too"
    );
    let off = other.rules_set(account, RulesSet::default()).await.unwrap();
    assert_eq!(off.answer, None);
    assert_eq!(stage.engine.rules_get(stage.account).await.unwrap().answer, None);
    assert_eq!(stage.engine.answer_active(stage.account).await.unwrap(), None);
    other.stop().await;
    stage.engine.stop().await;
}
