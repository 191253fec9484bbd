//! `pli traces`: the journal (SC.MSS/CONF.18) and its verification.

use pli_contract::commands::{JournalList, Nothing};
use pli_contract::view::{JournalFilter, Trace};
use pli_contract::{Served, serve};

use crate::arguments::TracesVerb;
use crate::french;
use crate::outcome::Trouble;
use crate::say::Voice;

pub(crate) async fn run(voice: Voice, served: &Served, verb: TracesVerb) -> Result<(), Trouble> {
    match verb {
        TracesVerb::List {
            since,
            until,
            account,
            action,
            message_id,
            failures,
            limit,
        } => {
            let filter = JournalFilter {
                since,
                until,
                bal: account,
                author: None,
                action,
                failures,
                message_id,
            };
            let ask = JournalList {
                filter,
                offset: 0,
                limit: limit.clamp(1, 1000),
            };
            let page = serve::journal_list(served, ask).await?;
            voice.many(&page.traces, "Aucune trace.", line);
            Ok(())
        }
        TracesVerb::Verify => {
            let found = serve::journal_verify(served, Nothing {}).await?;
            voice.one(&found, |found| match (&found.problem, found.broken_at) {
                (None, _) if found.sound => {
                    format!(
                        "Chaîne cohérente : {} traces, chacune liée à la précédente.\nUn journal réécrit par qui en a la \
                         clé, remplacé en entier ou coupé à sa fin ne se voit pas encore.",
                        found.count
                    )
                }
                (problem, place) => {
                    let what = match problem.as_deref() {
                        Some("altered") => "une trace a été modifiée",
                        Some("removed") => "des traces ont été retirées",
                        Some("inserted") => "une trace a été ajoutée",
                        Some("truncated") => "la fin du journal a été coupée",
                        _ => "le journal n'est pas celui qui a été écrit",
                    };
                    let place = place.map(|place| format!(", à la trace {place}")).unwrap_or_default();
                    format!("La chaîne n'est PAS cohérente : {what}{place}.")
                }
            });
            if found.sound { Ok(()) } else { Err(Trouble::Said) }
        }
    }
}

fn line(trace: &Trace) -> String {
    let mark = if trace.failed { "✗" } else { " " };
    format!(
        "{:>6} {mark} {}  {}  {}  {}  {}",
        trace.sequence,
        french::instant(&trace.at),
        if trace.author.is_empty() { "-" } else { &trace.author },
        trace.bal,
        trace.request,
        if trace.intended { "(demande)" } else { &trace.response }
    )
}
