//! `pli account`.

use pli_contract::commands::{AccountAdd, AccountDiscover, AccountOf, Nothing};
use pli_contract::view::{Account, BalKind, LoginMethod, Server};
use pli_contract::{Served, serve};

use super::life;
use crate::access;
use crate::arguments::{AccountVerb, Kind};
use crate::french;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

pub(crate) async fn run(voice: Voice, served: &Served, verb: AccountVerb) -> Result<(), Trouble> {
    match verb {
        AccountVerb::Discover { address } => {
            let found = serve::account_discover(served, AccountDiscover { address }).await?;
            voice.one(&found, |found| {
                format!(
                    "{}\n  lecture : {}\n  envoi : {}",
                    found.address,
                    server(&found.imap),
                    server(&found.smtp)
                )
            });
        }
        AccountVerb::Add {
            address,
            kind,
            name,
            by_certificate,
        } => {
            let kind = kind.map(|kind| match kind {
                Kind::Per => BalKind::Per,
                Kind::Cab => BalKind::Cab,
                Kind::Org => BalKind::Org,
                Kind::App => BalKind::App,
            });
            let method = if by_certificate {
                LoginMethod::Certificate
            } else {
                LoginMethod::Code
            };
            let account = serve::account_add(
                served,
                AccountAdd {
                    address,
                    kind,
                    method,
                    name,
                },
            )
            .await?;
            voice.one(&account, |account| format!("BAL ajoutée : {}", line(account)));
        }
        AccountVerb::List => {
            let accounts = serve::account_list(served, Nothing {}).await?;
            voice.many(&accounts, "Aucune BAL n'est configurée.", line);
        }
        AccountVerb::Certificate { address, file: _ } => {
            let account = profile::account(served, Some(&address)).await?;
            access::certificate(served, &account).await?;
            let account = profile::account(served, Some(&address)).await?;
            voice.one(&account, |account| format!("Certificat importé : {}", line(account)));
        }
        AccountVerb::Life { address, later } => return life::show(voice, served, address.as_deref(), later).await,
        AccountVerb::Keep { address, ids, access } => return life::keep(voice, served, &address, ids, &access).await,
        AccountVerb::Retention { address, months, .. } => {
            return life::retention(voice, served, &address, months).await;
        }
        AccountVerb::Set { address, name, color } => {
            return life::set(voice, served, &address, name, color).await;
        }
        AccountVerb::Remove { address } => {
            let account = profile::account(served, Some(&address)).await?;
            serve::account_remove(served, AccountOf { account: account.id }).await?;
            voice.one(&account, |account| {
                format!(
                    "BAL oubliée : {}. Rien n'a été supprimé chez l'opérateur.",
                    account.address
                )
            });
        }
    }
    Ok(())
}

fn line(account: &Account) -> String {
    let kind = match account.kind {
        BalKind::Per => "PER",
        BalKind::Cab => "CAB",
        BalKind::Org => "ORG",
        BalKind::App => "APP",
    };
    let text = format!(
        "{} {} « {} », {} non lus, {}",
        account.address,
        kind,
        account.name,
        account.unread,
        french::session(account.session)
    );
    match &account.certificate {
        Some(certificate) => format!("{text}, {}", french::certificate(certificate)),
        None => text,
    }
}

fn server(server: &Server) -> String {
    format!(
        "{}:{} ({})",
        server.host,
        server.port,
        if server.tls == "implicit" { "TLS" } else { "STARTTLS" }
    )
}
