//! `pli provider`: the intermediary that leads to Pro Santé Connect.

use pli_contract::commands::{Nothing, ProviderSet};
use pli_contract::view::{Provider, ProviderCheck};
use pli_contract::{Served, serve};

use crate::arguments::ProviderVerb;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

pub(crate) async fn run(voice: Voice, served: &Served, verb: ProviderVerb) -> Result<(), Trouble> {
    match verb {
        ProviderVerb::Show => {
            let provider = serve::provider_get(served, Nothing {}).await?;
            voice.one(&provider, shown);
            Ok(())
        }
        ProviderVerb::Set { url, client_id } => {
            // A login by it opens the profile: whoever sets it has the profile open.
            profile::open(served).await?;
            let before = serve::provider_get(served, Nothing {}).await?;
            let set = ProviderSet {
                discovery: Some(url),
                client_id: client_id.unwrap_or(before.client_id),
            };
            let provider = serve::provider_set(served, set).await?;
            voice.one(&provider, shown);
            Ok(())
        }
        ProviderVerb::Check => {
            let check = serve::provider_check(served, Nothing {}).await?;
            voice.one(&check, |check| checked(*check).to_owned());
            if check.available { Ok(()) } else { Err(Trouble::Said) }
        }
    }
}

fn shown(provider: &Provider) -> String {
    let fixed = if provider.fixed {
        "\nFixé par votre organisation : il ne se change pas ici."
    } else {
        ""
    };
    match &provider.discovery {
        Some(discovery) => format!("{discovery}\nPli y porte le nom « {} ».{fixed}", provider.client_id),
        None => "Aucun intermédiaire n'est réglé. Demandez son adresse à la personne qui s'occupe de votre \
                 informatique, puis : pli provider set ADRESSE"
            .to_owned(),
    }
}

fn checked(check: ProviderCheck) -> &'static str {
    match (check.available, check.ciba) {
        (true, true) => "Pro Santé Connect répond, dans le navigateur comme par les deux chiffres.",
        (true, false) => "Pro Santé Connect répond dans le navigateur. Les deux chiffres ne sont pas proposés.",
        (false, _) => {
            "Pro Santé Connect ne répond pas. Ce qui est enregistré reste lisible, et ce qui attend partira. Réessayez plus tard."
        }
    }
}
