//! Purges (EX_GBP_3050): planned, shown, done, stopped, gone on with; what runs by itself.

use std::fmt::Write as _;

use pli_engine::pli_store::PurgeId;
use pli_engine::{PurgeRow, PurgeSchedule as EngineSchedule};

use super::file::keep;
use crate::commands::{AccountOf, Nothing, PurgeOf, PurgePlan, PurgeScheduleSet, Saved, SentFolderSet};
use crate::failure::{Code, Failure};
use crate::served::Served;
use crate::translate::purge as word;
use crate::translate::{account_id, folder_id, instant};
use crate::view::{Purge, PurgeSchedule, PurgeScope, SentFolder};

/// Plans a purge. Nothing is deleted by it.
///
/// # Errors
/// [`Code::NotFound`] for a BAL that is gone, [`Code::OutOfRange`] for too many days, [`Code::BadRequest`] for too many
/// messages or messages of another BAL. What stands in the way is no error: [`Purge::obstacle`] tells it.
pub(crate) async fn purge_plan(served: &Served, argument: PurgePlan) -> Result<Purge, Failure> {
    if let PurgeScope::Chosen { messages } = &argument.scope
        && messages.len() > word::MOST_CHOSEN
    {
        return Err(Failure::about(Code::BadRequest, "messages"));
    }
    let scope = word::scope_of(argument.scope);
    let plan = served
        .engine()
        .purge_plan(account_id(argument.account), scope, argument.keep_local)
        .await?;
    Ok(word::purge(plan))
}

/// Begins a purge that was planned, or goes on with one that was stopped. Its progress comes as events.
///
/// # Errors
/// [`Code::NotFound`], [`Code::WrongState`] for one that has ended, [`Code::PurgeUnderWay`] and the other obstacles of a
/// purge, [`Code::LoginNeeded`].
pub(crate) async fn purge_start(served: &Served, argument: PurgeOf) -> Result<Purge, Failure> {
    served.engine().purge_start(number(&argument)).await?;
    purge_get(served, argument).await
}

/// Stops a purge: what was being deleted is finished, and it may go on later.
///
/// # Errors
/// [`Code::NotFound`].
pub(crate) async fn purge_stop(served: &Served, argument: PurgeOf) -> Result<Purge, Failure> {
    served.engine().purge_stop(number(&argument)).await?;
    purge_get(served, argument).await
}

/// A purge.
///
/// # Errors
/// [`Code::NotFound`].
pub(crate) async fn purge_get(served: &Served, argument: PurgeOf) -> Result<Purge, Failure> {
    Ok(word::purge(served.engine().purge_get(number(&argument)).await?))
}

/// The purges of a BAL, newest first.
///
/// # Errors
/// [`Code::NotFound`] for a BAL that is gone.
pub(crate) async fn purge_list(served: &Served, argument: AccountOf) -> Result<Vec<Purge>, Failure> {
    let all = served.engine().purge_list(account_id(argument.account)).await?;
    Ok(all.into_iter().map(word::purge).collect())
}

fn number(argument: &PurgeOf) -> PurgeId {
    PurgeId::from_raw(argument.purge)
}

/// Writes a plan out, message by message, where the person says.
///
/// # Errors
/// [`Code::NotFound`], [`Code::FileUnwritable`], [`Code::DiskFull`].
pub(crate) async fn purge_export(served: &Served, argument: PurgeOf) -> Result<Option<Saved>, Failure> {
    let engine = served.engine();
    let rows = engine.purge_rows(number(&argument)).await?;
    let suggested = format!("purge-{}.csv", served.today().strftime("%Y-%m-%d"));
    let Some(path) = served.desktop.choose_export(&suggested).await else {
        return Ok(None);
    };
    // The dialogue may have outlived the profile it was opened for, or its being open.
    if !served.may_tell(&engine) {
        return Err(Failure::new(Code::Locked));
    }
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let text = table(&rows);
    tokio::task::spawn_blocking(move || keep(&path, text.as_bytes()))
        .await
        .map_err(|_| Failure::new(Code::Internal))??;
    Ok(Some(Saved { name }))
}

/// A plan as spreadsheets of this country open it: UTF-8 with its mark, semicolons. It tells which messages, not what they
/// say.
fn table(rows: &[PurgeRow]) -> String {
    let mut text = String::from("\u{feff}Dossier;UID;Message-ID;Date;Octets;Contenu;Sort;Raison\r\n");
    for row in rows {
        let _ = write!(
            text,
            "{};{};{};{};{};{};{};{}\r\n",
            cell(&row.folder),
            row.uid.get(),
            cell(row.message_id.as_ref().map_or("", |id| id.as_str())),
            instant(row.date),
            row.octets,
            word::kind_word(row.kind),
            word::step(row.step),
            row.why.map_or("", word::why_word),
        );
    }
    text
}

/// One cell, whole, and never a formula: a folder's name and a Message-ID are somebody else's words.
fn cell(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let guard = if text.starts_with(['=', '+', '-', '@']) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// When a BAL's purge runs by itself.
///
/// # Errors
/// [`Code::NotFound`] for a BAL that is gone.
pub(crate) async fn purge_schedule(served: &Served, argument: AccountOf) -> Result<PurgeSchedule, Failure> {
    Ok(word::schedule(
        served.engine().purge_schedule(account_id(argument.account)).await?,
    ))
}

/// Sets when a BAL's purge runs by itself.
///
/// # Errors
/// [`Code::OutOfRange`], [`Code::FixedByPolicy`], [`Code::NotFound`].
pub(crate) async fn purge_schedule_set(served: &Served, argument: PurgeScheduleSet) -> Result<PurgeSchedule, Failure> {
    let engine = served.engine();
    let account = account_id(argument.account);
    let present = engine.purge_schedule(account).await?;
    let set = EngineSchedule {
        enabled: argument.enabled,
        every: word::every_of(argument.every),
        older_than_days: argument.older_than_days,
        keep_flagged: argument.keep_flagged,
        keep_unknown_fate: argument.keep_unknown_fate,
        keep_unfiled: argument.keep_unfiled,
        keep_local: argument.keep_local,
        trash_older_than_days: argument.trash_older_than_days,
        ..present
    };
    Ok(word::schedule(engine.purge_schedule_set(account, set).await?))
}

/// The folder that holds what was sent, when it is known.
///
/// # Errors
/// [`Code::NotFound`] for a BAL that is gone.
pub(crate) async fn sent_folder(served: &Served, argument: AccountOf) -> Result<Option<SentFolder>, Failure> {
    let found = served.engine().sent_folder(account_id(argument.account)).await?;
    Ok(found.map(word::sent_folder))
}

/// Says which folder holds what was sent.
///
/// # Errors
/// [`Code::NotFound`], [`Code::BadRequest`] for a folder of another BAL.
pub(crate) async fn sent_folder_set(served: &Served, argument: SentFolderSet) -> Result<Nothing, Failure> {
    served
        .engine()
        .sent_folder_set(account_id(argument.account), folder_id(argument.folder))
        .await?;
    Ok(Nothing {})
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_cell_is_never_a_formula_nor_two_cells() {
        assert_eq!(cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(cell("a;b\r\nc"), "\"a;bc\"");
    }
}
