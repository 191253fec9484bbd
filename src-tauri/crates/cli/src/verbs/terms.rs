//! `pli terms`: the terms of use, with their paragraph on Pro Santé Connect (EDC/PSC.101.01).

use pli_contract::commands::{Nothing, TermsAccept};
use pli_contract::view::Terms;
use pli_contract::{Served, serve};

use crate::french;
use crate::outcome::Trouble;
use crate::say::Voice;

pub(crate) async fn run(voice: Voice, served: &Served, accept: bool) -> Result<(), Trouble> {
    let mut terms = serve::terms_get(served, Nothing {}).await?;
    if accept {
        let version = terms.version;
        serve::terms_accept(served, TermsAccept { version }).await?;
        terms = serve::terms_get(served, Nothing {}).await?;
    }
    voice.one(&terms, shown);
    Ok(())
}

fn shown(terms: &Terms) -> String {
    let accepted = match &terms.accepted_at {
        Some(at) => format!("Acceptées le {}.", french::instant(at)),
        None => "Pas encore acceptées dans ce profil : pli terms --accept".to_owned(),
    };
    let text: Vec<&str> = terms
        .text
        .lines()
        .map(|line| line.strip_prefix("## ").unwrap_or(line))
        .collect();
    format!(
        "{}\n\nVersion {}. {accepted}",
        text.join("\n").trim_end(),
        terms.version
    )
}
