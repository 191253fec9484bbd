//! The one way to the provider: what is asked is told to the witness before and after, and each answer's date is looked at.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use url::Url;

use crate::http::{Answer, Http, HttpProblem, Request};
use crate::token_endpoint::error_code;
use crate::witness::{ClockGap, Exchange, Outcome, Step, Witness, standard};

/// Carries questions, and tells of them.
pub(crate) struct Courier {
    http: Arc<dyn Http>,
    witness: Option<Arc<dyn Witness>>,
    gap: Mutex<Option<ClockGap>>,
}

impl Courier {
    pub(crate) fn new(http: Arc<dyn Http>, witness: Option<Arc<dyn Witness>>) -> Self {
        Self {
            http,
            witness,
            gap: Mutex::new(None),
        }
    }

    /// Asks one question, told of as this step.
    pub(crate) async fn ask(&self, step: Step, request: Request) -> Result<Answer, HttpProblem> {
        let telling = self.begin(step, request.url())?;
        let answered = self.ask_within(&telling, request).await;
        match answered {
            Ok(answer) => {
                let accepted = accepts(step, answer.status);
                let told = telling.answered(accepted);
                // The token that went is spent: what came instead of it must not be lost.
                if told.is_err() && step != Step::Refresh {
                    return Err(HttpProblem::Unrecorded);
                }
                Ok(answer)
            }
            Err(problem) => {
                telling.end(Outcome::of(&problem));
                Err(problem)
            }
        }
    }

    /// Asks one question of several that are told of together.
    pub(crate) async fn ask_within(&self, telling: &Telling, request: Request) -> Result<Answer, HttpProblem> {
        telling.octets_out.fetch_add(request.octets(), Ordering::Relaxed);
        let asked = Instant::now();
        let answer = self.http.send(request).await?;
        telling.heard(&answer);
        if let (Some(witness), Some(date)) = (&self.witness, answer.date)
            && let Some(gap) = ClockGap::measure(witness.now(), asked.elapsed(), date)
        {
            *self.gap.lock().unwrap_or_else(PoisonError::into_inner) = Some(gap);
            witness.clock(gap);
        }
        Ok(answer)
    }

    /// Begins to tell of a step, before anything of it is sent.
    pub(crate) fn begin(&self, step: Step, url: &Url) -> Result<Telling, HttpProblem> {
        let mut telling = Telling {
            told: None,
            began: Instant::now(),
            octets_out: AtomicU64::new(0),
            last: Mutex::default(),
        };
        if let Some(witness) = &self.witness {
            let exchange = Exchange {
                number: witness.number(),
                step,
                started_at: witness.now(),
                took: std::time::Duration::ZERO,
                host: url.host_str().unwrap_or_default().to_owned(),
                port: url.port_or_known_default().unwrap_or_default(),
                address: None,
                octets_out: 0,
                octets_in: 0,
                outcome: Outcome::Intended,
            };
            witness
                .exchange(exchange.clone())
                .map_err(|_| HttpProblem::Unrecorded)?;
            telling.told = Some((Arc::clone(witness), exchange));
        }
        Ok(telling)
    }

    pub(crate) fn clock_gap(&self) -> Option<ClockGap> {
        *self.gap.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A redirection is an answer too where a browser would be sent on.
fn accepts(step: Step, status: u16) -> bool {
    match step {
        Step::Revoke | Step::EndSession => (200..400).contains(&status),
        _ => status == 200,
    }
}

/// An exchange under way. Dropped without an end, it is told as given up.
pub(crate) struct Telling {
    told: Option<(Arc<dyn Witness>, Exchange)>,
    began: Instant,
    octets_out: AtomicU64,
    last: Mutex<Last>,
}

/// What the latest answer was.
#[derive(Debug, Default, Clone, Copy)]
struct Last {
    status: Option<u16>,
    error: Option<&'static str>,
    octets_in: u64,
    address: Option<std::net::SocketAddr>,
}

impl Telling {
    fn heard(&self, answer: &Answer) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.status = Some(answer.status);
        last.error = if answer.status >= 400 {
            standard(&error_code(answer))
        } else {
            None
        };
        last.octets_in += answer.body.len() as u64;
        last.address = answer.peer.or(last.address);
    }

    fn last(&self) -> Last {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The status of the latest answer.
    pub(crate) fn status(&self) -> Option<u16> {
        self.last().status
    }

    /// The provider answered, as was heard last.
    pub(crate) fn answered(self, accepted: bool) -> Result<(), HttpProblem> {
        let Last { status, error, .. } = self.last();
        self.ended(Outcome::Answered {
            accepted,
            status,
            error,
        })
    }

    /// Ends without a thought for the journal's refusal: there is nothing to withhold.
    pub(crate) fn end(self, outcome: Outcome) {
        let _ = self.ended(outcome);
    }

    /// Ends with this.
    pub(crate) fn ended(mut self, outcome: Outcome) -> Result<(), HttpProblem> {
        self.tell(outcome)
    }

    fn tell(&mut self, outcome: Outcome) -> Result<(), HttpProblem> {
        let Some((witness, mut exchange)) = self.told.take() else {
            return Ok(());
        };
        let last = self.last();
        exchange.took = self.began.elapsed();
        exchange.address = last.address;
        exchange.octets_out = self.octets_out.load(Ordering::Relaxed);
        exchange.octets_in = last.octets_in;
        exchange.outcome = outcome;
        witness.exchange(exchange).map_err(|_| HttpProblem::Unrecorded)
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        let _ = self.tell(Outcome::GIVEN_UP);
    }
}
