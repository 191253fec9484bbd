//! What the journal is told of a login, a refresh, a logout: everything, and never a secret.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use pli_operator::{Operator, Options};
use serde_json::json;

use super::ciba::{self, acknowledged};
use super::liar::{Liar, NATIONAL_ID, good_answer, morning};
use super::real_provider;
use crate::{
    Channel, CibaFlow, ClockGap, CodeFlow, Exchange, Http, HttpProblem, Https, IdentityError, Outcome, Provider,
    Settings, Step, Unrecorded, Witness,
};

/// Keeps everything; refuses from a given exchange on.
#[derive(Default)]
struct Recorder {
    told: Mutex<Vec<Exchange>>,
    gaps: Mutex<Vec<ClockGap>>,
    numbers: AtomicU64,
    /// Refuses what this step ends with, or, `true`, what it intends.
    refuses: Mutex<Option<(Step, bool)>>,
    now: Option<Timestamp>,
}

impl Recorder {
    fn at(now: Option<Timestamp>) -> Arc<Self> {
        Arc::new(Self { now, ..Self::default() })
    }

    /// Step and outcome of what ended, each after its own intention.
    fn ended(&self) -> Vec<(Step, Outcome)> {
        let told = self.told.lock().unwrap();
        let ended = told.iter().filter(|exchange| exchange.outcome != Outcome::Intended);
        ended
            .map(|exchange| {
                let first = told.iter().find(|other| other.number == exchange.number).unwrap();
                assert_eq!((first.step, first.outcome), (exchange.step, Outcome::Intended));
                (exchange.step, exchange.outcome)
            })
            .collect()
    }

    fn text(&self) -> String {
        format!("{:?}", self.told.lock().unwrap())
    }
}

impl Witness for Recorder {
    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn now(&self) -> Timestamp {
        self.now.unwrap_or_else(Timestamp::now)
    }

    fn exchange(&self, exchange: Exchange) -> Result<(), Unrecorded> {
        let intended = exchange.outcome == Outcome::Intended;
        if *self.refuses.lock().unwrap() == Some((exchange.step, intended)) {
            return Err(Unrecorded);
        }
        self.told.lock().unwrap().push(exchange);
        Ok(())
    }

    fn clock(&self, gap: ClockGap) {
        self.gaps.lock().unwrap().push(gap);
    }
}

async fn discover(liar: &Arc<Liar>, recorder: &Arc<Recorder>) -> Provider {
    let http = Arc::clone(liar) as Arc<dyn Http>;
    Provider::discover_before(&Liar::settings(), http, recorder.clone())
        .await
        .unwrap()
}

fn yes(step: Step) -> (Step, Outcome) {
    let status = (step != Step::Authorize).then_some(200);
    let answered = Outcome::Answered {
        accepted: true,
        status,
        error: None,
    };
    (step, answered)
}

fn no(step: Step, status: Option<u16>, error: Option<&'static str>) -> (Step, Outcome) {
    let answered = Outcome::Answered {
        accepted: false,
        status,
        error,
    };
    (step, answered)
}

#[tokio::test]
async fn a_session_in_the_browser_is_told_from_its_first_page_to_its_end() {
    let (liar, recorder) = (Liar::new(), Recorder::at(Some(morning())));
    let provider = discover(&liar, &recorder).await;
    let mut session = liar
        .login_at(&provider, |nonce| good_answer(&liar, nonce))
        .await
        .unwrap();
    session.refresh(&provider, morning()).await.unwrap();
    liar.replies(
        "/token",
        Ok((
            400,
            json!({"error": "invalid_grant", "error_description": "Anne MARTIN"}).to_string(),
        )),
    );
    session.refresh(&provider, morning()).await.unwrap_err();
    liar.replies("/token", Ok((400, json!({"error": "anne.martin"}).to_string())));
    session.refresh(&provider, morning()).await.unwrap_err();
    let other = session.refresh(&provider, morning()).await.unwrap_err().to_string();
    assert!(
        !other.contains("martin") && other.contains("a code of its own"),
        "{other}"
    );
    liar.replies("/token", Err(HttpProblem::Network));
    session.refresh(&provider, morning()).await.unwrap_err();
    liar.says("/revoke", &json!({}));
    liar.replies("/logout", Ok((302, String::new())));
    session.logout(&provider).await.unwrap();
    let unreachable = Outcome::Failed {
        what: "fournisseur d’identité injoignable",
    };
    let gone = Outcome::Answered {
        accepted: true,
        status: Some(302),
        error: None,
    };
    let expected = [
        yes(Step::Discover),
        yes(Step::Keys),
        yes(Step::Authorize),
        yes(Step::ExchangeCode),
        yes(Step::UserInfo),
        yes(Step::Refresh),
        no(Step::Refresh, Some(400), Some("invalid_grant")),
        no(Step::Refresh, Some(400), None),
        no(Step::Refresh, Some(400), None),
        (Step::Refresh, unreachable),
        yes(Step::Revoke),
        yes(Step::Revoke),
        (Step::EndSession, gone),
    ];
    let ended = recorder.ended();
    assert_eq!(ended, expected);
    let text = recorder.text();
    for secret in [
        "acc3ss",
        "r3fresh",
        "c0de",
        "eyJ",
        "state",
        "nonce",
        "Anne",
        "anne",
        "MARTIN",
        NATIONAL_ID,
        "/",
        "?",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let told = recorder.told.lock().unwrap();
    let code = told
        .iter()
        .find(|e| e.step == Step::ExchangeCode && e.outcome != Outcome::Intended);
    let code = code.unwrap();
    assert!(code.octets_out > 0 && code.octets_in > 0 && code.port == 443 && !code.host.is_empty());
    // The provider's clock stands still at the same moment as ours.
    let gap = provider.clock_gap().unwrap();
    assert_eq!((gap.gap_ms - 500, gap.measured_at), (0, morning()));
    assert!(recorder.gaps.lock().unwrap().len() > 4);
}

#[tokio::test]
async fn a_login_that_does_not_end_is_told_as_such() {
    let (liar, recorder) = (Liar::new(), Recorder::at(Some(morning())));
    let provider = discover(&liar, &recorder).await;
    let forever = std::future::pending::<()>;
    let flow = CodeFlow::begin(&provider, None).await.unwrap();
    let late = flow.finish(morning, Duration::from_millis(1), forever()).await;
    assert!(matches!(late, Err(IdentityError::TimedOut)));
    let flow = CodeFlow::begin(&provider, None).await.unwrap();
    let cancelled = flow
        .finish(morning, Duration::from_secs(60), std::future::ready(()))
        .await;
    assert!(matches!(cancelled, Err(IdentityError::Cancelled)));
    drop(CodeFlow::begin(&provider, None).await.unwrap());
    let what: Vec<Outcome> = recorder.ended()[2..].iter().map(|(_, outcome)| *outcome).collect();
    let late = Outcome::Failed {
        what: "personne n’est revenu du navigateur à temps",
    };
    assert_eq!(what, [late, Outcome::GIVEN_UP, Outcome::GIVEN_UP]);
}

#[tokio::test]
async fn the_questions_of_an_approval_are_one_exchange() {
    let cases = [
        (
            vec![ciba::pending(), ciba::error("slow_down"), ciba::pending()],
            true,
            None,
        ),
        (
            vec![ciba::pending(), ciba::error("access_denied")],
            false,
            Some("access_denied"),
        ),
        (vec![ciba::error("expired_token")], false, Some("expired_token")),
    ];
    for (mut replies, accepted, refusal) in cases {
        let (liar, recorder) = (Liar::new(), Recorder::at(Some(morning())));
        let provider = discover(&liar, &recorder).await;
        liar.says("/ciba", &acknowledged(|_| ()));
        if accepted {
            replies.push(ciba::approved(&liar));
        }
        liar.replies_once("/token", replies);
        let flow = CibaFlow::begin(&provider, &ciba::who(), Channel::Mobile, morning())
            .await
            .unwrap();
        let ended = ciba::wait(&liar, &flow).await;
        assert_eq!(ended.outcome.is_ok(), accepted);
        let steps = &recorder.ended()[2..];
        assert_eq!(steps[0], yes(Step::BeginCiba));
        let polled = steps
            .iter()
            .filter(|(step, _)| *step == Step::PollCiba)
            .collect::<Vec<_>>();
        assert_eq!(polled.len(), 1);
        match (accepted, refusal) {
            (true, _) => assert_eq!(*polled[0], yes(Step::PollCiba)),
            (false, Some("expired_token")) => {
                let nobody = Outcome::Failed {
                    what: "personne n’a répondu à temps",
                };
                assert_eq!(polled[0].1, nobody);
            }
            (false, code) => assert_eq!(*polled[0], no(Step::PollCiba, Some(400), code)),
        }
        assert!(!recorder.text().contains("r3quest") && !recorder.text().contains(NATIONAL_ID));
    }
    // Nobody answers, and the one who waits goes away.
    let (liar, recorder) = (Liar::new(), Recorder::at(Some(morning())));
    let provider = discover(&liar, &recorder).await;
    liar.says("/ciba", &acknowledged(|_| ()));
    let flow = CibaFlow::begin(&provider, &ciba::who(), Channel::Mobile, morning())
        .await
        .unwrap();
    {
        let waiting = flow.wait(morning, |_| std::future::pending::<()>());
        let mut waiting = std::pin::pin!(waiting);
        let waker = std::task::Waker::noop();
        let mut context = std::task::Context::from_waker(waker);
        assert!(waiting.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(recorder.ended().last(), Some(&(Step::PollCiba, Outcome::GIVEN_UP)));
}

#[tokio::test]
async fn what_cannot_be_told_beforehand_is_not_asked() {
    let (liar, recorder) = (Liar::new(), Recorder::at(Some(morning())));
    let provider = discover(&liar, &recorder).await;
    let mut session = liar
        .login_at(&provider, |nonce| good_answer(&liar, nonce))
        .await
        .unwrap();
    let unrecorded = |error: IdentityError| {
        let problem = HttpProblem::Unrecorded;
        matches!(error, IdentityError::Unreachable { problem: found, .. } if found == problem)
    };
    let asked = liar.asked.lock().unwrap().len();
    *recorder.refuses.lock().unwrap() = Some((Step::Refresh, true));
    assert!(unrecorded(session.refresh(&provider, morning()).await.unwrap_err()));
    *recorder.refuses.lock().unwrap() = Some((Step::Authorize, true));
    assert!(unrecorded(CodeFlow::begin(&provider, None).await.unwrap_err()));
    *recorder.refuses.lock().unwrap() = Some((Step::BeginCiba, true));
    let phone = CibaFlow::begin(&provider, &ciba::who(), Channel::Mobile, morning()).await;
    assert!(unrecorded(phone.unwrap_err()));
    assert_eq!(liar.asked.lock().unwrap().len(), asked, "nothing left this machine");

    // Answered and not recorded: the login is withheld, a refresh is not lost.
    *recorder.refuses.lock().unwrap() = Some((Step::ExchangeCode, false));
    let login = liar.login_at(&provider, |nonce| good_answer(&liar, nonce)).await;
    assert!(unrecorded(login.unwrap_err()));
    *recorder.refuses.lock().unwrap() = Some((Step::Refresh, false));
    let renewed = json!({"access_token": "n3w-token", "token_type": "Bearer", "expires_in": 120});
    liar.says("/token", &renewed);
    session.refresh(&provider, morning()).await.unwrap();
}

#[tokio::test]
async fn a_date_is_believed_when_no_cache_kept_the_answer() {
    let answer = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: 0\r\n\r\n").into_bytes();
    let cases = [
        ("Date: Wed, 10 Jun 2026 08:00:00 GMT\r\n", Some(morning())),
        ("Date: Wed, 10 Jun 2026 08:00:00 GMT\r\nAge: 0\r\n", Some(morning())),
        ("Date: Wed, 10 Jun 2026 08:00:00 GMT\r\nAge: 40\r\n", None),
        ("Date: hier\r\n", None),
        ("", None),
    ];
    for (headers, date) in cases {
        let (_, answer) = super::exchange::exchange(answer(headers), super::exchange::get).await;
        let answer = answer.unwrap();
        assert_eq!(answer.date, date, "{headers}");
        assert!(answer.peer.unwrap().ip().is_loopback());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_provider_s_exchanges_and_clock_are_told() {
    let operator = Operator::start(Options {
        auto_approve: true,
        ..Options::default()
    })
    .unwrap();
    let local = pli_tls::local::LocalOperator::from_file(&operator.info().file()).unwrap();
    let settings = Settings::local(&local).unwrap();
    let recorder = Recorder::at(None);
    let http = Arc::new(Https::new(&settings).unwrap());
    let provider = Provider::discover_before(&settings, http, recorder.clone())
        .await
        .unwrap();
    let (_, session) = real_provider::login(&operator, &provider, None).await;
    let mut session = session.unwrap();
    session.refresh(&provider, Timestamp::now()).await.unwrap();
    let token = {
        use secrecy::ExposeSecret as _;
        session.access_token().expose_secret().to_owned()
    };
    session.logout(&provider).await.unwrap();
    let ended = recorder.ended();
    let steps: Vec<Step> = ended.iter().map(|(step, _)| *step).collect();
    let login = [
        Step::Discover,
        Step::Keys,
        Step::Authorize,
        Step::ExchangeCode,
        Step::UserInfo,
        Step::Refresh,
    ];
    assert!(steps.starts_with(&login), "{steps:?}");
    assert!(
        steps[login.len()..].iter().all(|step| step.is_logout()) && steps.len() > login.len(),
        "{steps:?}"
    );
    let good = |outcome: &Outcome| matches!(outcome, Outcome::Answered { accepted: true, .. });
    assert!(ended.iter().all(|(_, outcome)| good(outcome)), "{ended:?}");
    assert!(!recorder.text().contains(&token));
    let told = recorder.told.lock().unwrap();
    let reached = |e: &&Exchange| e.outcome != Outcome::Intended && e.step != Step::Authorize;
    assert!(
        told.iter()
            .filter(reached)
            .all(|e| e.address.is_some() && e.octets_in > 0 || e.step.is_logout())
    );
    let gap = provider.clock_gap().unwrap();
    assert!(gap.gap_ms.abs() < 60_000, "the same machine's clock: {gap:?}");
}
