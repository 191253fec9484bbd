//! Links: where they lead, and whether their text says so.

use serde::Serialize;
use url::{Host, Url};

use super::bound::Tags;
use super::text::html_to_text;

/// A link that deserves a second look before it is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkWarning {
    /// Where it leads.
    pub href: String,
    /// The host it leads to, in its ASCII form, so that look-alike letters show.
    pub host: String,
    /// The host its text shows, when that is another one.
    pub shown_host: Option<String>,
    /// Whether the host is written with letters that look like others (`xn--`).
    pub punycode: bool,
    /// Whether the host is a bare address of the network.
    pub literal_address: bool,
}

/// The address a link may keep: `http`, `https` or `mailto`, in its canonical form.
pub(super) fn target(value: &str) -> Option<String> {
    let value: String = value.trim().chars().filter(|c| !c.is_control()).collect();
    if value.len() > 8192 {
        return None;
    }
    let url = Url::parse(&value).ok()?;
    match url.scheme() {
        // A name before the host (`https://banque.fr@ailleurs.example`) is there to deceive.
        "http" | "https" if url.username().is_empty() && url.password().is_none() && url.host().is_some() => {
            Some(url.into())
        }
        "mailto" => Some(url.into()),
        _ => None,
    }
}

/// The doubtful links of a cleaned fragment, at most 100.
pub(super) fn warnings(fragment: &str) -> Vec<LinkWarning> {
    let mut out = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for tag in Tags::new(fragment) {
        if tag.name != "a" {
            continue;
        }
        if !tag.closes {
            open = href(&fragment[tag.at..tag.end]).map(|href| (tag.end, href));
            continue;
        }
        let Some((from, href)) = open.take() else { continue };
        let text = fragment.get(from..tag.at).unwrap_or_default();
        if let Some(warning) = judge(&href, text.get(..text.len().min(4096)).unwrap_or_default()) {
            out.push(warning);
        }
        if out.len() == 100 {
            break;
        }
    }
    out
}

fn href(tag: &str) -> Option<String> {
    let (_, after) = tag.split_once("href=\"")?;
    let (value, _) = after.split_once('"')?;
    Some(value.replace("&amp;", "&"))
}

fn judge(href: &str, text: &str) -> Option<LinkWarning> {
    let url = Url::parse(href).ok()?;
    let host = url.host_str()?.trim_end_matches('.').to_ascii_lowercase();
    let punycode = host.split('.').any(|label| label.starts_with("xn--"));
    let literal_address = !matches!(url.host()?, Host::Domain(_));
    let shown_host = shown_host(&html_to_text(text)).filter(|shown| !same_site(shown, &host));
    (punycode || literal_address || shown_host.is_some()).then(|| LinkWarning {
        href: href.to_owned(),
        host,
        shown_host,
        punycode,
        literal_address,
    })
}

/// The host that a link's text shows, when the text reads like an address.
fn shown_host(text: &str) -> Option<String> {
    let word = text
        .split_whitespace()
        .find(|word| word.contains('.') && word.len() < 300)?;
    let word = word
        .trim_matches(|c: char| "()[]<>«»\"',;".contains(c))
        .trim_end_matches('.');
    let whole = if word.contains("://") {
        word.to_owned()
    } else {
        format!("https://{word}")
    };
    let url = Url::parse(&whole).ok()?;
    let host = url.host_str()?.to_ascii_lowercase();
    let last = host.rsplit('.').next()?;
    // « rdv.demain » is no address, « exemple.fr » is one; a file name such as « note.pdf » is not either.
    let file = [
        "pdf", "doc", "docx", "xls", "xlsx", "zip", "xml", "jpg", "png", "txt", "htm", "html",
    ]
    .contains(&last);
    let domain = host.contains('.') && (2..=24).contains(&last.len()) && last.bytes().all(|b| b.is_ascii_alphabetic());
    let address_like = word.contains("://") || word.starts_with("www.") || (!file && !word.contains('@'));
    (domain && address_like).then_some(host)
}

fn same_site(shown: &str, host: &str) -> bool {
    let bare = |name: &str| name.trim_start_matches("www.").to_owned();
    let (shown, host) = (bare(shown), bare(host));
    shown == host || host.strip_suffix(&shown).is_some_and(|head| head.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_and_mail_links_stay() {
        assert_eq!(
            target("https://exemple.fr/a?b=1").as_deref(),
            Some("https://exemple.fr/a?b=1")
        );
        assert_eq!(target("mailto:dr@exemple.fr").as_deref(), Some("mailto:dr@exemple.fr"));
        for bad in [
            "javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "//exemple.fr",
            "relative",
            "https://banque.fr@ailleurs.example/",
            "vbscript:x",
            "tauri://localhost",
            "pli:ouvrir",
            "",
            " ",
            "#",
        ] {
            assert_eq!(target(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_link_that_shows_another_place_is_told() {
        let one = |html: &str| warnings(html).into_iter().next();
        let found = one("<a href=\"https://ailleurs.example/\">https://www.ameli.fr/compte</a>").unwrap();
        assert_eq!(found.shown_host.as_deref(), Some("www.ameli.fr"));
        assert!(
            one("<a href=\"https://xn--ameli-9ua.example/\">Mon compte</a>")
                .unwrap()
                .punycode
        );
        assert!(
            one("<a href=\"http://192.0.2.7/\">Mon compte</a>")
                .unwrap()
                .literal_address
        );
        assert_eq!(one("<a href=\"https://www.ameli.fr/\">ameli.fr</a>"), None);
        assert_eq!(one("<a href=\"https://exemple.fr/\">note.pdf</a>"), None);
        assert_eq!(one("<a href=\"https://exemple.fr/\">Lire la suite...</a>"), None);
    }
}
