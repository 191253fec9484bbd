//! From what a person asks to what the server is to have.

use std::sync::Arc;

use pli_store::{Account, NewAccount};
use pli_terms::{Address, BalKind, Domain, Wording};
use pli_trace::{Action, Bal, Outcome};
use pli_wire::autoconfig::is_of_trust_space;
use pli_wire::sieve::Session;

use super::change::{self, Wanted};
use super::forms::{Redirect, RulesSet};
use super::found::{self, Active, Found};
use super::kept::Forms;
use super::{check, lexer, mark, script};
use crate::audit::Local;
use crate::core::Core;
use crate::error::{EngineError, RulesProblem};

/// What is asked.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    /// These forms.
    Set(Box<RulesSet>),
    /// The automatic reply off, everything else as it is.
    StopAnswer,
}

/// The same, in order, before any server is reached.
///
/// # Errors
/// [`EngineError::BadRequest`], [`EngineError::OutOfRange`], [`RulesProblem::BadTarget`].
pub(super) async fn in_order(core: &Arc<Core>, of: &NewAccount, ask: &Ask) -> Result<Ask, EngineError> {
    let Ask::Set(set) = ask else { return Ok(ask.clone()) };
    let mut set = set.clone();
    let today = core.zoned().date();
    set.answer = set
        .answer
        .map(|form| check::answer(form, &of.address, today))
        .transpose()?;
    set.sort = check::sort(set.sort)?;
    if let Some(redirect) = &set.redirect {
        let others = core.with_store(|store| store.accounts()).await?;
        if redirect.enabled && !is_possible(&redirect.to, of, &others) {
            return Err(EngineError::Rules(RulesProblem::BadTarget));
        }
    }
    Ok(Ask::Set(set))
}

/// Whether mail of this BAL may be redirected there (EX_GBM_4480): from one PER box to another, in the trust space, no
/// patient's. Of a box that is not set up here, the kind is the person's word.
fn is_possible(to: &Address, of: &NewAccount, known: &[Account]) -> bool {
    let domain = to.domain();
    let of_patients = |domain: &Domain| domain.as_str().split('.').any(|label| label == "patient");
    let kind = known
        .iter()
        .map(|account| &account.settings)
        .find(|one| one.address.same_mailbox(to));
    of.kind == BalKind::Per
        && !to.same_mailbox(&of.address)
        && is_of_trust_space(&domain)
        && !of_patients(&domain)
        && kind.is_none_or(|one| one.kind == BalKind::Per)
}

/// Changes the rules on the server.
///
/// # Errors
/// Those of [`crate::Engine::rules_set`].
pub(super) async fn change(
    core: &Arc<Core>,
    session: &mut Session,
    of: &NewAccount,
    ask: &Ask,
) -> Result<(), EngineError> {
    let found = found::read(session).await?;
    let (mut forms, asks_beside) = match ask {
        Ask::Set(set) => {
            if set.seen.as_ref().is_some_and(|seen| *seen != found.word()) {
                return Err(EngineError::Rules(RulesProblem::Changed));
            }
            (from_set(core, &found, set)?, set.include_in_foreign)
        }
        Ask::StopAnswer => match (&found.ours, found.forms()) {
            (None, _) => return Ok(()),
            (Some(_), None) => return Err(EngineError::Rules(RulesProblem::Changed)),
            (Some(_), Some(former)) => (stopped(former), false),
        },
    };
    let plan = plan(session, &found, &forms, asks_beside).await?;
    forms.beside.clone_from(&plan.beside);
    if !found.can.can_run(&forms) {
        return Err(EngineError::Rules(RulesProblem::Unsupported));
    }
    let here = core.zoned();
    here.time_zone()
        .iana_name()
        .unwrap_or_default()
        .clone_into(&mut forms.zone);
    let body = script::compile(&forms, &of.address, here.time_zone(), &found.can);
    let text = mark::write(&forms, &body).map_err(|_| EngineError::BadRequest("rules that cannot be kept"))?;
    let bal = Bal {
        address: of.address.clone(),
        kind: Some(of.kind),
    };
    let asked = Local::new(Action::Rule, verb(&forms)).of(Some(bal));
    let asked = core.blocking(move |core| core.begin(asked)).await?;
    let written = async {
        if let Some(theirs) = &plan.give_back {
            change::give_back(session, &found, theirs).await?;
        }
        let wanted = Wanted {
            text: &text,
            runs: plan.runs,
            beside: plan.beside.as_deref(),
        };
        change::write(session, &found, &wanted).await
    };
    let written = written.await;
    let outcome = outcome(&written);
    core.blocking(move |core| core.end(asked, outcome)).await?;
    written
}

/// What becomes of what runs.
#[derive(Debug, Default)]
struct Plan {
    /// Ours is to run by itself.
    runs: bool,
    /// With this one of somebody else in it.
    beside: Option<String>,
    /// This one of somebody else runs again by itself.
    give_back: Option<String>,
}

/// # Errors
/// [`RulesProblem::Foreign`] when a script of somebody else runs and nobody asked for ours beside it, or both would answer;
/// [`RulesProblem::Unsupported`] when it cannot run beside.
async fn plan(session: &mut Session, found: &Found, forms: &Forms, asks_beside: bool) -> Result<Plan, EngineError> {
    let foreign = || EngineError::Rules(RulesProblem::Foreign);
    let answers = forms.answer.as_ref().is_some_and(|answer| answer.enabled);
    match &found.active {
        Active::None => Ok(Plan {
            runs: forms.runs(),
            ..Plan::default()
        }),
        Active::Foreign(theirs) if found.is_included() => {
            if answers && theirs.doings.answers {
                return Err(foreign());
            }
            Ok(Plan::default())
        }
        Active::Foreign(_) if !forms.runs() => Ok(Plan::default()),
        Active::Foreign(theirs) => {
            if !found.can.has("include") {
                return Err(EngineError::Rules(if asks_beside {
                    RulesProblem::Unsupported
                } else {
                    RulesProblem::Foreign
                }));
            }
            if !asks_beside || (answers && theirs.doings.answers) {
                return Err(foreign());
            }
            Ok(Plan {
                runs: true,
                beside: Some(theirs.name.clone()),
                give_back: None,
            })
        }
        Active::Ours { .. } => {
            let beside = found.forms().and_then(|forms| forms.beside.clone());
            let beside = beside.filter(|name| found.scripts.iter().any(|script| script.name == *name));
            if let Some(theirs) = &beside {
                if !forms.runs() && !asks_beside {
                    return Ok(Plan {
                        give_back: beside,
                        ..Plan::default()
                    });
                }
                let text = found::text_of(session, theirs).await?.unwrap_or_default();
                if answers && lexer::doings(&text).answers {
                    return Err(foreign());
                }
            }
            Ok(Plan {
                runs: true,
                beside,
                give_back: None,
            })
        }
    }
}

fn stopped(former: &Forms) -> Forms {
    let mut forms = former.clone();
    if let Some(answer) = &mut forms.answer {
        answer.enabled = false;
    }
    forms.since = None;
    forms
}

/// The forms asked for, with what the engine says of them.
///
/// # Errors
/// [`RulesProblem::Unconfirmed`].
fn from_set(core: &Core, found: &Found, set: &RulesSet) -> Result<Forms, EngineError> {
    // What another program wrote into our script confirms nothing.
    let former = found.forms().filter(|_| !found.differs()).cloned().unwrap_or_default();
    let answer = set.answer.clone();
    let same_absence = answer
        .as_ref()
        .zip(former.answer.as_ref())
        .is_some_and(|(now, before)| before.enabled && (now.from, now.until) == (before.from, before.until));
    let since = match &answer {
        Some(form) if form.enabled => former.since.filter(|_| same_absence).or_else(|| Some(core.now())),
        _ => None,
    };
    let redirect = match set.redirect.clone() {
        Some(form) => Some(confirmed(core, form, former.redirect.as_ref(), set.same_person)?),
        None => None,
    };
    Ok(Forms {
        answer,
        redirect,
        sort: set.sort.clone(),
        since,
        beside: None,
        zone: String::new(),
    })
}

/// A redirection with who confirmed that the same professional holds its target (EX_GBM_4480).
fn confirmed(
    core: &Core,
    mut form: Redirect,
    former: Option<&Redirect>,
    same_person: bool,
) -> Result<Redirect, EngineError> {
    (form.confirmed_by, form.confirmed_at) = (None, None);
    if !form.enabled {
        return Ok(form);
    }
    let goes_on = former.filter(|former| former.enabled && former.to.same_mailbox(&form.to));
    if same_person {
        let author = core.author();
        let name = author.map(|author| match author.national_id {
            Some(id) => format!("{} ({})", author.name, id.as_str()),
            None => author.name.to_string(),
        });
        form.confirmed_by = Some(name.unwrap_or_default());
        form.confirmed_at = Some(core.now());
    } else if let Some(former) = goes_on.filter(|former| former.confirmed_at.is_some()) {
        form.confirmed_by.clone_from(&former.confirmed_by);
        form.confirmed_at = former.confirmed_at;
    } else {
        return Err(EngineError::Rules(RulesProblem::Unconfirmed));
    }
    Ok(form)
}

/// What the journal says of it: what runs, and where mail goes; no word of a text, of a subject, of a name.
fn verb(forms: &Forms) -> Wording {
    let mut verb = Wording::fixed("SET RULES");
    if let Some(answer) = &forms.answer {
        verb = verb.and(if answer.enabled { "reply on" } else { "reply off" });
    }
    if let Some(redirect) = &forms.redirect {
        verb = if redirect.enabled {
            let copy = if redirect.keep_copy {
                "with copy"
            } else {
                "without copy"
            };
            verb.and("redirect to").and(&redirect.to).and(copy)
        } else {
            verb.and("redirect off")
        };
    }
    let sorting = forms.sort.iter().filter(|rule| rule.enabled).count();
    verb.and("sorting").and(sorting)
}

fn outcome(written: &Result<(), EngineError>) -> Outcome {
    match written {
        Ok(()) => Outcome::done(Wording::empty()),
        Err(EngineError::Rules(problem)) => Outcome::Refused {
            code: Wording::empty(),
            enhanced: Wording::empty(),
            text: Wording::fixed(match problem {
                RulesProblem::Unsupported => "le serveur n’offre pas ces règles",
                RulesProblem::Foreign => "les règles d’un autre logiciel sont en place",
                RulesProblem::Refused => "le serveur refuse ces règles",
                RulesProblem::BadTarget => "la redirection n’est pas possible",
                RulesProblem::Unconfirmed => "la redirection n’est pas confirmée",
                RulesProblem::Changed => "les règles ont changé entre-temps",
            }),
        },
        Err(_) => Outcome::failed(Wording::fixed("le serveur n’a pas répondu comme prévu")),
    }
}
