//! `pli quota` and `pli space`: the room of boxes (EX_GBM_4470), and what weighs there.

use pli_contract::commands::{AccountOf, SpaceMessages, SpaceOf, SpaceSuggest};
use pli_contract::view::{DocumentKind, QuotaView, SpaceBy, SpaceFilter};
use pli_contract::{Served, serve};
use serde::Serialize;

use crate::access::{self, Digits};
use crate::arguments::{KindWord, QuotaAsk, SpaceAsk, SpaceWord};
use crate::french;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

/// One box of `pli quota`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Room {
    address: String,
    #[serde(flatten)]
    view: QuotaView,
}

pub(crate) async fn quota(voice: Voice, served: &Served, ask: QuotaAsk) -> Result<(), Trouble> {
    let accounts = profile::accounts(served, ask.access.account.as_deref()).await?;
    if ask.later {
        for account in &accounts {
            serve::quota_dismiss(served, AccountOf { account: account.id }).await?;
        }
    }
    if ask.read {
        access::grant(served, &accounts, &ask.access, Digits::Beside(voice)).await?;
    }
    let mut rooms = Vec::new();
    for account in accounts {
        let of = AccountOf { account: account.id };
        let view = if ask.read {
            serve::quota_read(served, of).await?
        } else {
            serve::quota_get(served, of).await?
        };
        rooms.push(Room {
            address: account.address,
            view,
        });
    }
    voice.many(&rooms, "Aucune BAL n'est configurée.", |room| {
        let text = french::room::quota(&room.address, &room.view);
        if ask.history && !room.view.history.is_empty() {
            format!("{text}\n{}", french::room::history(&room.view))
        } else {
            text
        }
    });
    if !voice.json && ask.later {
        eprintln!("Plus rien ne sera dit avant le prochain rappel.");
    }
    Ok(())
}

pub(crate) async fn space(voice: Voice, served: &Served, ask: SpaceAsk) -> Result<(), Trouble> {
    let account = profile::account(served, ask.account.as_deref()).await?.id;
    if let Some(octets) = ask.suggest {
        return suggest(voice, served, account, octets).await;
    }
    if !ask.messages {
        let by = match ask.by {
            SpaceWord::Age => SpaceBy::Age,
            SpaceWord::Size => SpaceBy::Size,
            SpaceWord::Kind => SpaceBy::Kind,
            SpaceWord::Correspondent => SpaceBy::Correspondent,
            SpaceWord::Folder => SpaceBy::Folder,
        };
        let space = serve::space_get(served, SpaceOf { account, by }).await?;
        voice.many(&space.groups, "Rien n'est relevé dans cette BAL.", french::room::group);
        return Ok(());
    }
    let filter = SpaceFilter {
        folder: None,
        older_than_days: ask.older_than,
        larger_than: ask.larger_than,
        kind: ask.kind.map(|kind| match kind {
            KindWord::Document => DocumentKind::Document,
            KindWord::Pdf => DocumentKind::Pdf,
            KindWord::Image => DocumentKind::Image,
            KindWord::Other => DocumentKind::Other,
            KindWord::None => DocumentKind::None,
        }),
        correspondent: ask.correspondent,
        filed_only: ask.filed,
    };
    let page = serve::space_messages(
        served,
        SpaceMessages {
            account,
            filter,
            offset: ask.offset,
            limit: ask.limit.clamp(1, 500),
        },
    )
    .await?;
    voice.many(&page.rows, "Aucun message.", french::room::row);
    let shown = ask
        .offset
        .saturating_add(u32::try_from(page.rows.len()).unwrap_or(u32::MAX));
    if !voice.json && shown < page.total && !page.rows.is_empty() {
        eprintln!("{}", french::room::beyond(&page, shown));
    }
    Ok(())
}

async fn suggest(voice: Voice, served: &Served, account: i64, octets: u64) -> Result<(), Trouble> {
    let found = serve::space_suggest(served, SpaceSuggest { account, octets }).await?;
    let none = "Rien à proposer : seuls les messages lus, classés et non marqués importants le sont.";
    voice.many(&found, none, i64::to_string);
    if !voice.json && !found.is_empty() {
        eprintln!(
            "{}. Pour les supprimer chez l'opérateur, après en avoir vu le plan : pli purge messages NUMÉROS",
            french::purge::messages(u32::try_from(found.len()).unwrap_or(u32::MAX))
        );
    }
    Ok(())
}
