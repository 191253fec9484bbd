//! Which warnings about boxes are worth a word: one that fills up (EX_GBM_4470), one that nobody opens, one whose operator is
//! about to delete what was never filed. The core says what is told and when it is told again; here are the words.

use std::collections::HashSet;

use pli_contract::Served;
use pli_contract::commands::Nothing;
use pli_contract::event::Event;
use pli_contract::serve;
use pli_contract::view::{BoxNotice, Id};
use pli_engine::{QuotaLevel, QuotaWarning};

/// What was told of boxes' lives already: a change that changes nothing is not told again.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    told: HashSet<(Id, String)>,
}

impl Warnings {
    /// The words to show after this event; the gravest, when there are several. None while Pli is locked: then nothing is
    /// read either.
    pub(crate) async fn follow(&mut self, served: &Served, event: &Event) -> Option<String> {
        match event {
            // Another profile's numbers mean other boxes.
            Event::Profile => {
                self.told.clear();
                None
            }
            // Each telling is given once, across restarts.
            Event::Quota { .. } => words(&served.engine().quota_tell().await.ok()?),
            Event::BoxLife { account } => {
                let all = serve::box_notices(served, Nothing {}).await.ok()?;
                let told = all.into_iter().find(|told| told.account == *account)?;
                let first = self.told.insert((told.account, told.at.clone()));
                first.then(|| notice(&told.notice).to_owned())
            }
            _ => None,
        }
    }
}

/// What is said of rooms: the fullest box comes first.
fn words(told: &[QuotaWarning]) -> Option<String> {
    let warning = told.first()?;
    let percent = warning.percent;
    Some(match warning.level {
        QuotaLevel::Fine => return None,
        QuotaLevel::High => format!("Une de vos boîtes est remplie à {percent} %. Vous pouvez y libérer de la place."),
        QuotaLevel::AlmostFull => format!(
            "Une de vos boîtes est remplie à {percent} %. Pleine, elle ne pourra plus ni recevoir ni envoyer : libérez de la place."
        ),
        QuotaLevel::Full => {
            "Une de vos boîtes est pleine : elle ne reçoit plus et n’envoie plus. Libérez de la place.".to_owned()
        }
    })
}

fn notice(notice: &BoxNotice) -> &'static str {
    match notice {
        BoxNotice::Unused45 { .. } => {
            "Une de vos boîtes n’a pas été ouverte depuis 45 jours : elle sera bientôt retirée de l’annuaire. Ouvrez-la."
        }
        BoxNotice::Leaving { .. } => {
            "Des messages jamais classés vont être supprimés par l’opérateur d’une de vos boîtes. Vous pouvez les garder ici."
        }
    }
}

#[cfg(test)]
mod tests {
    use pli_engine::pli_store::AccountId;
    use pli_engine::{QuotaLevel, QuotaWarning};

    use super::*;

    fn told(level: QuotaLevel) -> Option<String> {
        words(&[QuotaWarning {
            account: AccountId::from_raw(1),
            level,
            percent: 91,
            at: "2026-11-22T08:00:00Z".parse().unwrap(),
        }])
    }

    #[test]
    fn each_level_says_what_it_means_and_names_nobody() {
        assert_eq!(told(QuotaLevel::Fine), None);
        assert!(told(QuotaLevel::High).unwrap().contains("91 %"));
        assert!(told(QuotaLevel::AlmostFull).unwrap().contains("ni recevoir ni envoyer"));
        let full = told(QuotaLevel::Full).unwrap();
        assert!(
            full.contains("ne reçoit plus") && full.contains("n’envoie plus"),
            "{full}"
        );
        assert_eq!(words(&[]), None);
        let unused = notice(&BoxNotice::Unused45 {
            unpublished_on: "2026-12-07".into(),
        });
        assert!(unused.contains("annuaire"), "{unused}");
    }
}
