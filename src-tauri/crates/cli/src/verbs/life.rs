//! `pli account life`, `keep`, `retention`, `set`: the life of boxes (EX_GBM_6021), and how each is told from the others.

use pli_contract::commands::{AccountOf, AccountSet, BoxKeep, BoxRetentionSet};
use pli_contract::failure::Failure;
use pli_contract::view::{BoxColor, BoxLife, Id};
use pli_contract::{Served, serve};
use pli_engine::pli_store::AccountId;
use serde::Serialize;

use crate::access::{self, Digits};
use crate::arguments::{Access, ColorWord};
use crate::french;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

/// One box of `pli account life`.
#[derive(Serialize)]
struct Lived {
    address: String,
    #[serde(flatten)]
    life: BoxLife,
}

pub(crate) async fn show(voice: Voice, served: &Served, address: Option<&str>, later: bool) -> Result<(), Trouble> {
    let mut all = Vec::new();
    for account in profile::accounts(served, address).await? {
        if later {
            serve::box_notice_dismiss(served, AccountOf { account: account.id }).await?;
        }
        let life = serve::box_life(served, AccountOf { account: account.id }).await?;
        all.push(Lived {
            address: account.address,
            life,
        });
    }
    voice.many(&all, "Aucune BAL n'est configurée.", |one| {
        french::box_life::life(&one.address, &one.life)
    });
    Ok(())
}

pub(crate) async fn keep(
    voice: Voice,
    served: &Served,
    address: &str,
    ids: Vec<Id>,
    wanted: &Access,
) -> Result<(), Trouble> {
    let account = profile::account(served, Some(address)).await?;
    let keep = BoxKeep {
        account: account.id,
        messages: (!ids.is_empty()).then_some(ids),
    };
    let kept = serve::box_keep(served, keep).await?;
    let mut stopped = None;
    if kept.to_come > 0 {
        // What is not here whole is fetched now.
        let id = AccountId::from_raw(account.id);
        access::grant(served, std::slice::from_ref(&account), wanted, Digits::Beside(voice)).await?;
        if let Err(error) = served.engine().sync_and_wait(Some(id)).await {
            stopped = Some(Failure::from(error));
        }
    }
    voice.one(&kept, |kept| {
        format!(
            "Gardés sur ce poste : {}.{}",
            french::purge::messages(kept.kept.saturating_add(kept.to_come)),
            match kept.to_come {
                0 => String::new(),
                some => format!(" Parmi eux, {some} étaient encore à relever."),
            }
        )
    });
    stopped.map_or(Ok(()), |failure| Err(failure.into()))
}

pub(crate) async fn retention(
    voice: Voice,
    served: &Served,
    address: &str,
    months: Option<u32>,
) -> Result<(), Trouble> {
    let account = profile::account(served, Some(address)).await?.id;
    let life = serve::box_retention_set(served, BoxRetentionSet { account, months }).await?;
    voice.one(&life, |life| french::box_life::life(address, life));
    Ok(())
}

pub(crate) async fn set(
    voice: Voice,
    served: &Served,
    address: &str,
    name: Option<String>,
    color: Option<ColorWord>,
) -> Result<(), Trouble> {
    let account = profile::account(served, Some(address)).await?;
    let set = AccountSet {
        account: account.id,
        name: name.unwrap_or(account.name),
        color: color.map_or(account.color, of),
    };
    let account = serve::account_set(served, set).await?;
    voice.one(&account, |account| {
        format!("{} : « {} »", account.address, account.name)
    });
    Ok(())
}

fn of(word: ColorWord) -> BoxColor {
    match word {
        ColorWord::Ink => BoxColor::Ink,
        ColorWord::Teal => BoxColor::Teal,
        ColorWord::Green => BoxColor::Green,
        ColorWord::Olive => BoxColor::Olive,
        ColorWord::Ochre => BoxColor::Ochre,
        ColorWord::Brick => BoxColor::Brick,
        ColorWord::Plum => BoxColor::Plum,
        ColorWord::Slate => BoxColor::Slate,
    }
}
