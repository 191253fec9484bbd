//! What is known of a BAL's operator: by the policy, by the product's own table, else by its domain alone; and how to have a
//! BAL removed or an entry of the directory corrected (EX_GBM_6021).

use std::sync::OnceLock;

use pli_terms::{Address, BalKind, Domain};
use serde::Deserialize;

use super::dates::After;
use crate::policy::PolicyOperator;

const TABLE: &str = include_str!("operators.toml");

/// The public contact of the Annuaire Santé, at the Agence du Numérique en Santé.
const DIRECTORY: &str = "monserviceclient.annuaire@esante.gouv.fr";

/// What is known of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorFacts {
    /// Its name, or its domain.
    pub name: String,
    /// Days after which it deletes received messages; `None`: it does not, or it is not known.
    pub deletes_after_days: Option<u32>,
    /// Days after which it deletes sent messages; `None`: it does not, or it is not known.
    pub purges_sent_after_days: Option<u32>,
    /// The address of its web mail.
    pub web_mail: Option<String>,
    /// How to have a box removed or a directory entry corrected, and whom to write to: lines in French (EX_GBM_6021).
    pub removal: Vec<String>,
}

/// What is known of an operator, with what dates are reckoned from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) facts: OperatorFacts,
    /// How long received messages stay there.
    pub(super) received: Option<After>,
    /// How long sent messages stay there: the soonest of these.
    pub(super) sent: Vec<After>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    operators: Vec<PolicyOperator>,
}

fn table() -> &'static [PolicyOperator] {
    static READ: OnceLock<Vec<PolicyOperator>> = OnceLock::new();
    READ.get_or_init(|| {
        // Read whole by a test: an error here would be one of this file.
        toml::from_str::<Table>(TABLE).map_or_else(|_| Vec::new(), |table| table.operators)
    })
}

/// What is known of a BAL's operator. `hosts` are its servers' names.
pub(super) fn of(address: &Address, kind: BalKind, hosts: &[String], policy: &[PolicyOperator]) -> Operator {
    let mut names: Vec<Domain> = vec![address.domain()];
    names.extend(hosts.iter().filter_map(|host| Domain::parse(host).ok()));
    let found = policy
        .iter()
        .chain(table())
        .find(|operator| names.iter().any(|name| is_of(operator, name)));
    let nothing = PolicyOperator::default();
    let known = found.unwrap_or(&nothing);
    let received = known
        .deletes_after_days
        .map(After::Days)
        .or(known.deletes_after_months.map(After::Months));
    let sent: Vec<After> = received
        .into_iter()
        .chain(known.purges_sent_after_days.map(After::Days))
        .collect();
    let name = if known.name.is_empty() {
        address.domain().as_str().to_owned()
    } else {
        known.name.clone()
    };
    Operator {
        facts: OperatorFacts {
            removal: removal(address, kind, found, &name),
            name,
            deletes_after_days: received.map(After::days),
            purges_sent_after_days: known.purges_sent_after_days,
            web_mail: known.web_mail.clone(),
        },
        received,
        sent,
    }
}

fn is_of(operator: &PolicyOperator, name: &Domain) -> bool {
    let within = |domain: &String| Domain::parse(domain).is_ok_and(|domain| name.is_within(&domain));
    let labelled = |label: &String| name.as_str().split('.').any(|one| one == label);
    operator.domains.iter().any(within) || operator.labels.iter().any(labelled)
}

/// What to do, in order: keep, ask the operator, the directory, and whom to turn to when nobody answers.
fn removal(address: &Address, kind: BalKind, known: Option<&PolicyOperator>, name: &str) -> Vec<String> {
    let mut lines = vec![
        "Avant toute demande, conservez ce dont vous avez besoin : une boîte supprimée l'est avec tout son contenu. Une \
         sauvegarde de cette boîte le garde sur ce poste."
            .to_owned(),
    ];
    lines.extend(known.into_iter().flat_map(|operator| operator.removal.iter().cloned()));
    let operator = if known.is_some() {
        format!("son opérateur, {name}")
    } else {
        format!("son opérateur, celui du domaine {name}")
    };
    lines.push(match kind {
        BalKind::Per => format!(
            "Suppression : vous seul pouvez demander celle de votre boîte personnelle {address}. Écrivez à l'assistance \
             de {operator}, en donnant l'adresse de la boîte, votre nom et votre numéro RPPS. Il la supprime et retire \
             l'adresse de l'Annuaire Santé.",
            address = address.as_str()
        ),
        BalKind::Org | BalKind::Cab => format!(
            "Suppression : le responsable de la boîte {address} la demande à l'assistance de {operator}, au nom de la \
             structure, en donnant l'adresse de la boîte et le numéro FINESS ou SIRET. L'opérateur la supprime et retire \
             l'adresse de l'Annuaire Santé.",
            address = address.as_str()
        ),
        BalKind::App => format!(
            "Suppression : la structure qui exploite le logiciel demande celle de la boîte applicative {address} à \
             l'assistance de {operator}, en donnant l'adresse de la boîte et le certificat qui l'ouvre.",
            address = address.as_str()
        ),
    });
    lines.push(
        "Ne plus paraître dans l'annuaire sans rien supprimer : demandez à l'opérateur la liste rouge. Vos correspondants \
         qui connaissent l'adresse peuvent toujours vous écrire."
            .to_owned(),
    );
    lines.push(match kind {
        BalKind::Per => "Correction de l'Annuaire Santé : votre identité, votre profession et vos lieux d'exercice viennent \
                         du RPPS. Demandez leur correction à votre Ordre ou, si votre profession n'en a pas, à l'agence \
                         régionale de santé. L'adresse MSSanté elle-même est publiée par l'opérateur : c'est lui qui la \
                         corrige."
            .to_owned(),
        BalKind::Org | BalKind::Cab | BalKind::App => {
            "Correction de l'Annuaire Santé : le nom et l'adresse de la structure viennent de FINESS ou du RPPS ; demandez \
             leur correction à l'agence régionale de santé, ou à l'Ordre pour un cabinet. Le nom, le service et l'adresse \
             de la boîte sont publiés par l'opérateur : c'est lui qui les corrige."
                .to_owned()
        }
    });
    lines.push(format!(
        "Sans réponse, ou pour une erreur de l'annuaire lui-même : Agence du Numérique en Santé, {DIRECTORY}, depuis \
         votre messagerie ordinaire et sans donnée de patient."
    ));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_address(address: &str, hosts: &[&str], policy: &[PolicyOperator]) -> Operator {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        of(&Address::parse(address).unwrap(), BalKind::Per, &hosts, policy)
    }

    #[test]
    fn the_products_own_table_is_read_whole_and_has_no_fault() {
        let table: Table = toml::from_str(TABLE).unwrap();
        assert!(!table.operators.is_empty());
        for operator in &table.operators {
            assert_eq!(operator.fault(), None, "{}", operator.name);
        }
        assert_eq!(super::table(), table.operators);
    }

    #[test]
    fn an_operator_is_known_by_its_domain_or_by_its_servers_and_never_by_a_part_of_a_word() {
        let medimail = of_address("a@chu.mssante.fr", &["imap.medimail.mssante.fr"], &[]);
        assert_eq!(medimail.received, Some(After::Months(3)));
        assert_eq!(medimail.facts.deletes_after_days, Some(90));
        for other in [
            "a@pasmedimail.mssante.fr",
            "medimail@autre.mssante.fr",
            "a@medimail-x.mssante.fr",
        ] {
            assert_eq!(
                of_address(other, &["imap.autre.mssante.fr"], &[]).received,
                None,
                "{other}"
            );
        }
    }

    #[test]
    fn the_policy_comes_first_and_an_unknown_operator_gets_the_general_way() {
        let policy = [PolicyOperator {
            name: "CHU Exemple".into(),
            domains: vec!["chu.mssante.fr".into()],
            deletes_after_days: Some(60),
            purges_sent_after_days: Some(30),
            removal: vec!["Écrivez au service informatique.".into()],
            ..PolicyOperator::default()
        }];
        let ours = of_address("a@svc.chu.mssante.fr", &["imap.medimail.mssante.fr"], &policy);
        assert_eq!((ours.received, ours.sent.len()), (Some(After::Days(60)), 2));
        assert!(ours.facts.removal[1].contains("service informatique"));
        let unknown = of_address("a@ailleurs.mssante.fr", &[], &policy);
        assert_eq!(unknown.facts.name, "ailleurs.mssante.fr");
        assert_eq!((unknown.received, unknown.facts.web_mail), (None, None));
        assert!(unknown.facts.removal.iter().any(|line| line.contains(DIRECTORY)));
    }

    #[test]
    fn each_kind_of_box_is_told_who_may_ask_and_where() {
        let address = Address::parse("a@b.mssante.fr").unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for kind in [BalKind::Per, BalKind::Cab, BalKind::Org, BalKind::App] {
            let lines = of(&address, kind, &[], &[]).facts.removal;
            assert!(lines.iter().any(|line| line.contains("a@b.mssante.fr")), "{kind:?}");
            assert!(lines.iter().all(|line| !line.contains("  ")), "{lines:?}");
            seen.insert(lines);
        }
        assert_eq!(
            seen.len(),
            3,
            "a practice and an organisation are told the same, a person and a program something else"
        );
    }
}
