//! Putting our script in the place of the former one. ManageSieve has no « write if unchanged »: a new script is written under a
//! name that nobody has, and takes its place by RENAMESCRIPT, which never writes over anything. So of two programs that
//! change ours at the same time one is told that it came too late, and a script of somebody else is never written over,
//! whatever it is called and whenever it comes.

use pli_wire::WireError;
use pli_wire::sieve::Session;

use super::check;
use super::found::{self, Active, Found, NEW, OLD, Read};
use super::mark;
use crate::error::{EngineError, RulesProblem};

/// What is to be.
pub(super) struct Wanted<'a> {
    /// Our script, with its mark.
    pub(super) text: &'a str,
    /// Whether it is to be the one that runs.
    pub(super) runs: bool,
    /// The script of somebody else that runs, and goes on in ours.
    pub(super) beside: Option<&'a str>,
}

const CHANGED: EngineError = EngineError::Rules(RulesProblem::Changed);

/// Writes ours, and has it run where it is to.
///
/// # Errors
/// [`RulesProblem::Refused`] when the server does not take the script, [`RulesProblem::Changed`] when another program changed
/// something since `found`, [`RulesProblem::Foreign`] when somebody else has both of our names; those of the connection.
pub(super) async fn write(session: &mut Session, found: &Found, wanted: &Wanted<'_>) -> Result<(), EngineError> {
    let place = found.place().ok_or(EngineError::Rules(RulesProblem::Foreign))?;
    // Where somebody else's script includes ours, it is written in its place: that name is never without a script then, and a
    // server that compiles both together sees it as newer.
    let aside = if found.renames && !found.is_included() {
        swap(session, found, place, wanted.text).await?
    } else {
        over(session, found, place, wanted.text).await?;
        None
    };
    if wanted.runs {
        let ended = run(session, found, place, aside.as_deref(), wanted.beside).await;
        let changed = matches!(ended, Err(EngineError::Rules(RulesProblem::Changed)));
        // Whoever changed it since knew it, and has theirs run: this change was made, and is not to be made again.
        if !changed || !has_followed(session, found, (place, aside.as_deref()), wanted.text).await? {
            ended?;
        }
    }
    // What is left of former changes goes; what runs is refused by the server, and stays.
    let left = found.left.iter().map(|read| read.name.as_str());
    for name in left.chain(aside.as_deref()).filter(|name| *name != place) {
        forget(session, name).await?;
    }
    Ok(())
}

/// Answers the name that the former script of ours has now.
async fn swap(
    session: &mut Session,
    found: &Found,
    place: &'static str,
    text: &str,
) -> Result<Option<String>, EngineError> {
    let word = check::word()?;
    let fresh = format!("{NEW}{word}");
    match session.put_script(&fresh, text).await {
        Ok(_) => {}
        // No room for one script more: the former one is written over.
        Err(error) if error.is_over_quota() => return over(session, found, place, text).await.map(|()| None),
        Err(error) => return Err(refused(error)),
    }
    let taken = take(session, found.ours.as_ref(), &format!("{OLD}{word}")).await;
    let aside = match taken {
        Ok(aside) => aside,
        Err(error) => {
            forget(session, &fresh).await?;
            return Err(error);
        }
    };
    match session.rename_script(&fresh, place).await {
        Ok(()) => Ok(aside),
        Err(WireError::Refused { .. }) => {
            // Another program was there first. Should nobody's be there, ours goes back.
            if let (Some(aside), Some(ours)) = (&aside, &found.ours) {
                rename(session, aside, &ours.name).await?;
            }
            forget(session, &fresh).await?;
            Err(CHANGED)
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes ours from its place: only whoever succeeds may put another there.
async fn take(session: &mut Session, ours: Option<&Read>, aside: &str) -> Result<Option<String>, EngineError> {
    let Some(ours) = ours else { return Ok(None) };
    let still = |text: Option<String>| text.as_deref() == Some(ours.text.as_str());
    if !still(found::text_of(session, &ours.name).await?) || !rename(session, &ours.name, aside).await? {
        return Err(CHANGED);
    }
    if still(found::text_of(session, aside).await?) {
        return Ok(Some(aside.to_owned()));
    }
    // Somebody wrote under that name a moment before: theirs goes back to where it was, as it is.
    rename(session, aside, &ours.name).await?;
    Err(CHANGED)
}

/// Writes over the former script of ours, on a server that cannot rename.
async fn over(session: &mut Session, found: &Found, place: &'static str, text: &str) -> Result<(), EngineError> {
    let there = found::text_of(session, place).await?;
    let former = found
        .ours
        .as_ref()
        .filter(|ours| ours.name == place)
        .map(|ours| &ours.text);
    if there.as_ref() != former {
        return Err(CHANGED);
    }
    session.put_script(place, text).await.map(drop).map_err(refused)
}

/// Has ours run, when what runs is still what was found.
async fn run(
    session: &mut Session,
    found: &Found,
    place: &str,
    aside: Option<&str>,
    beside: Option<&str>,
) -> Result<(), EngineError> {
    let scripts = session.list_scripts().await?;
    let running = scripts
        .iter()
        .find(|script| script.active)
        .map(|script| script.name.as_str());
    let expected = match (&found.active, running) {
        (_, None) => true,
        (_, Some(name)) if name == place || Some(name) == aside => true,
        (Active::Ours { name: ours }, Some(name)) => ours == name,
        (Active::Foreign(theirs), Some(name)) => theirs.name == name && beside == Some(name),
        (Active::None, Some(_)) => false,
    };
    if !expected {
        return Err(CHANGED);
    }
    if running != Some(place) {
        match session.set_active(Some(place)).await {
            Ok(()) => {}
            // Taken away meanwhile.
            Err(WireError::Refused { .. }) => return Err(CHANGED),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Gives the script of somebody else back its place, as it was before ours came.
///
/// # Errors
/// Those of the connection.
pub(super) async fn give_back(session: &mut Session, found: &Found, theirs: &str) -> Result<(), EngineError> {
    if found.ours_runs() && found.scripts.iter().any(|script| script.name == theirs) {
        match session.set_active(Some(theirs)).await {
            Ok(()) | Err(WireError::Refused { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether another of ours has taken the place of this one, or is about to: it was put aside by whoever had read it, who then
/// puts theirs there, or gives it back.
async fn has_followed(
    session: &mut Session,
    found: &Found,
    (place, aside): (&str, Option<&str>),
    text: &str,
) -> Result<bool, EngineError> {
    let known = |name: &str| Some(name) == aside || found.scripts.iter().any(|script| script.name == name);
    let mut scripts = session.list_scripts().await?;
    scripts.retain(|script| script.name.starts_with(OLD) && !known(&script.name));
    for script in scripts {
        if found::text_of(session, &script.name).await?.as_deref() == Some(text) {
            return Ok(true);
        }
    }
    // Looked at last: whoever puts aside has put theirs there before the other goes.
    let there = found::text_of(session, place).await?;
    Ok(there.is_some_and(|there| there != text && mark::read(&there).is_ours()))
}

/// Whether it was renamed; a server's refusal is no error.
async fn rename(session: &mut Session, from: &str, to: &str) -> Result<bool, EngineError> {
    match session.rename_script(from, to).await {
        Ok(()) => Ok(true),
        Err(WireError::Refused { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Deletes one of ours, unless it is not ours any more.
async fn forget(session: &mut Session, name: &str) -> Result<(), EngineError> {
    let Some(text) = found::text_of(session, name).await? else {
        return Ok(());
    };
    if !mark::read(&text).is_ours() {
        return Ok(());
    }
    match session.delete_script(name).await {
        Ok(()) | Err(WireError::Refused { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn refused(error: WireError) -> EngineError {
    match error {
        WireError::ScriptRefused { .. } | WireError::TooLarge { .. } => EngineError::Rules(RulesProblem::Refused),
        error => error.into(),
    }
}
