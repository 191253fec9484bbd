//! The autoconfiguration file in Mozilla's format (`clientConfig` 1.1): hostile until read.

use pli_terms::{Address, Domain};
use roxmltree::{Document, Node, ParsingOptions};

use super::{Servers, Source};
use crate::{Endpoint, TlsMode};

/// Reads the file. `None` when it holds no IMAP and SMTP server that can be used.
///
/// A document type definition is refused, and with it entities that grow; at most 10,000 nodes are read. Servers without
/// TLS, and hosts that are no host names, are passed over; the order is the file's.
pub(super) fn read(text: &str, address: &Address) -> Option<Servers> {
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: 10_000,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text.trim_start_matches('\u{feff}'), options).ok()?;
    let root = document.root_element();
    if root.tag_name().name() != "clientConfig" {
        return None;
    }
    let provider = children(root, "emailProvider").next()?;
    let imap = children(provider, "incomingServer")
        .filter(|server| {
            server
                .attribute("type")
                .is_some_and(|kind| kind.eq_ignore_ascii_case("imap"))
        })
        .find_map(|server| endpoint(server, address))?;
    let smtp = children(provider, "outgoingServer")
        .filter(|server| {
            server
                .attribute("type")
                .is_some_and(|kind| kind.eq_ignore_ascii_case("smtp"))
        })
        .find_map(|server| endpoint(server, address))?;
    Some(Servers {
        imap,
        smtp,
        sieve: None,
        source: Source::Autoconfig,
    })
}

fn children<'a>(node: Node<'a, 'a>, name: &'a str) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

fn text<'a>(node: Node<'a, 'a>, name: &'a str) -> Option<&'a str> {
    children(node, name).next()?.text().map(str::trim)
}

fn endpoint(server: Node<'_, '_>, address: &Address) -> Option<Endpoint> {
    let tls = match text(server, "socketType")?.to_ascii_uppercase().as_str() {
        "SSL" | "TLS" => TlsMode::Implicit,
        "STARTTLS" => TlsMode::StartTls,
        _ => return None,
    };
    let domain = address.domain();
    let host = text(server, "hostname")?.replace("%EMAILDOMAIN%", domain.as_str());
    let host = Domain::parse(&host).ok()?;
    let port = text(server, "port")?.parse().ok().filter(|port| *port > 0)?;
    Some(Endpoint {
        host: host.as_str().to_owned(),
        port,
        tls,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn me() -> Address {
        Address::parse("dr.martin@alpha.mssante.test").unwrap()
    }

    const FILE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1"><emailProvider id="alpha.mssante.test"><domain>alpha.mssante.test</domain>
<incomingServer type="pop3"><hostname>pop.alpha.mssante.test</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
<incomingServer type="imap"><hostname>clair.alpha.mssante.test</hostname><port>143</port><socketType>plain</socketType></incomingServer>
<incomingServer type="imap"><hostname>imap.%EMAILDOMAIN%</hostname><port>143</port><socketType>STARTTLS</socketType></incomingServer>
<outgoingServer type="smtp"><hostname>smtp.alpha.mssante.test</hostname><port>465</port><socketType>SSL</socketType></outgoingServer>
</emailProvider></clientConfig>"#;

    #[test]
    fn the_first_secured_servers_are_taken() {
        let servers = read(FILE, &me()).unwrap();
        assert_eq!(
            servers.imap,
            Endpoint {
                host: "imap.alpha.mssante.test".into(),
                port: 143,
                tls: TlsMode::StartTls
            }
        );
        assert_eq!(
            servers.smtp,
            Endpoint {
                host: "smtp.alpha.mssante.test".into(),
                port: 465,
                tls: TlsMode::Implicit
            }
        );
        assert_eq!(servers.source, Source::Autoconfig);
    }

    #[test]
    fn literal_addresses_entities_and_plain_ports_are_refused() {
        assert_eq!(read(&FILE.replace("smtp.alpha.mssante.test", "10.0.0.1"), &me()), None);
        assert_eq!(read(&FILE.replace(">SSL<", ">plain<"), &me()), None);
        assert_eq!(read(&FILE.replace(">465<", ">0<"), &me()), None);
        let entity = FILE.replace("<clientConfig ", "<!DOCTYPE c [<!ENTITY a \"b\">]><clientConfig ");
        assert_eq!(read(&entity, &me()), None);
        assert_eq!(read("<html><body>portail captif</body></html>", &me()), None);
    }

    proptest! {
        #[test]
        fn reading_anything_never_panics(text in ".{0,600}") {
            let _ = read(&text, &me());
        }

        #[test]
        fn a_file_cut_or_changed_anywhere_never_panics(at in 0usize..900, with in ".{0,5}") {
            let at = (0..=at.min(FILE.len())).rev().find(|at| FILE.is_char_boundary(*at)).unwrap_or(0);
            let _ = read(&format!("{}{with}{}", &FILE[..at], &FILE[at..]), &me());
            let _ = read(&FILE[..at], &me());
        }
    }
}
