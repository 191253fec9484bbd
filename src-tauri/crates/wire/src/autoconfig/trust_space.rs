//! Which domains belong to the trust space of MSSanté.

use pli_terms::Domain;

/// Domains that belong to the trust space with all that stands below them.
const WITHIN: &[&str] = &["mssante.fr"];

/// Domains that belong to it by themselves: Apicrypt's, which is interconnected.
const EXACT: &[&str] = &["mssante.apicrypt.org", "interop-mssante.apicrypt.org"];

/// The local operator's domains, for development builds and tests.
#[cfg(any(test, feature = "local-operator"))]
const LOCAL: &[&str] = &["mssante.test"];
#[cfg(not(any(test, feature = "local-operator")))]
const LOCAL: &[&str] = &[];

/// Whether a domain belongs to the trust space: only such a domain is asked for servers (ECO.1.1.9).
#[must_use]
pub fn is_of_trust_space(domain: &Domain) -> bool {
    let within = |parent: &&str| Domain::parse(parent).is_ok_and(|parent| domain.is_within(&parent));
    EXACT.contains(&domain.as_str()) || WITHIN.iter().chain(LOCAL).any(within)
}

/// The same domains as patterns in which `*` stands for whatever comes before (RFC 5228 §2.7.1), for a server that is to tell
/// them apart; those of one `label` directly below when it is given, such as `patient`.
#[must_use]
pub fn trust_space_patterns(label: Option<&str>) -> Vec<String> {
    let mut patterns = Vec::new();
    for parent in WITHIN.iter().chain(LOCAL) {
        let root = label.map_or_else(|| (*parent).to_owned(), |label| format!("{label}.{parent}"));
        patterns.push(format!("*.{root}"));
        patterns.push(root);
    }
    if label.is_none() {
        patterns.extend(EXACT.iter().map(|domain| (*domain).to_owned()));
    }
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_are_outside() {
        let of = |name: &str| is_of_trust_space(&Domain::parse(name).unwrap());
        for name in [
            "mssante.fr",
            "chu-lyon.mssante.fr",
            "mssante.apicrypt.org",
            "interop-mssante.apicrypt.org",
        ] {
            assert!(of(name), "{name}");
        }
        for name in [
            "faux-mssante.fr",
            "mssante.fr.exemple.com",
            "apicrypt.org",
            "x.mssante.apicrypt.org",
            "gmail.com",
        ] {
            assert!(!of(name), "{name}");
        }
    }

    #[test]
    fn patterns_are_the_same_domains() {
        let all = trust_space_patterns(None);
        assert!(all.contains(&"*.mssante.fr".to_owned()) && all.contains(&"mssante.apicrypt.org".to_owned()));
        assert!(!all.iter().any(|pattern| pattern == "*mssante.fr"));
        let patients = trust_space_patterns(Some("patient"));
        assert_eq!(&patients[..2], ["*.patient.mssante.fr", "patient.mssante.fr"]);
    }
}
