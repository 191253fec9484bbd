//! Links: where they lead, and whether their text says so.

use serde::Serialize;
use url::{Host, Url};

use super::bound::Tags;
use super::text::html_to_text;
use crate::file_name::is_invisible;
use crate::row::one_line;

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

/// The doubtful links of a cleaned fragment (the first 100), and the fragment with the true host written after each
/// doubtful link (all of them), where the sender's styles cannot hide it.
pub(super) fn tell(fragment: &str) -> (String, Vec<LinkWarning>) {
    let mut out = String::with_capacity(fragment.len());
    let (mut warnings, mut copied) = (Vec::new(), 0);
    // Links cannot stand in links, but a table in one can hold another.
    let mut open: Vec<(usize, Option<String>)> = Vec::new();
    for tag in Tags::new(fragment) {
        if tag.name != "a" {
            continue;
        }
        if !tag.closes {
            open.push((tag.end, href(&fragment[tag.at..tag.end])));
            continue;
        }
        let Some((from, Some(href))) = open.pop() else { continue };
        let text = fragment.get(from..tag.at).unwrap_or_default();
        let Some(warning) = judge(&href, text) else { continue };
        out.push_str(&fragment[copied..tag.end]);
        copied = tag.end;
        out.push_str(&note(&warning.host));
        if warnings.len() < 100 {
            warnings.push(warning);
        }
    }
    out.push_str(&fragment[copied..]);
    (out, warnings)
}

/// The true host, in letters of its own: nothing that the styles around say about letters applies to it.
fn note(host: &str) -> String {
    let count = host.chars().count();
    let mut shown: String = host.chars().skip(count.saturating_sub(255)).collect();
    if count > 255 {
        // The end of a host is what tells whose it is.
        shown.insert(0, '…');
    }
    let shown = shown
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    format!(" <bdi dir=\"ltr\" style=\"{NOTE_STYLE}\">(adresse réelle\u{a0}: {shown})</bdi>")
}

const NOTE_STYLE: &str = "display:inline;color:#8a1c1c;background-color:#ffffff;font:bold 13px/1.4 sans-serif;\
text-decoration:none;text-transform:none;text-indent:0;letter-spacing:normal;word-spacing:normal;white-space:normal";

fn href(tag: &str) -> Option<String> {
    let (_, after) = tag.split_once("href=\"")?;
    let (value, _) = after.split_once('"')?;
    Some(value.replace("&amp;", "&"))
}

fn judge(href: &str, text: &str) -> Option<LinkWarning> {
    let url = Url::parse(href).ok()?;
    let (host, literal_address) = if url.scheme() == "mailto" {
        (mail_domain(&url)?, false)
    } else {
        let literal = !matches!(url.host()?, Host::Domain(_));
        (url.host_str()?.trim_end_matches('.').to_ascii_lowercase(), literal)
    };
    let punycode = host.split('.').any(|label| label.starts_with("xn--"));
    // What is longer than this is no text for a link: nobody can say what it shows.
    let unreadable = text.len() > 64 * 1024;
    let shown_host = if unreadable {
        None
    } else {
        shown_hosts(&html_to_text(text)).find(|shown| !same_site(shown, &host))
    };
    (punycode || literal_address || unreadable || shown_host.is_some()).then(|| LinkWarning {
        href: href.to_owned(),
        host,
        shown_host,
        punycode,
        literal_address,
    })
}

/// The domain of the first recipient of a `mailto:` link.
fn mail_domain(url: &Url) -> Option<String> {
    let path = std::iter::once(url.path().to_owned());
    let fields = url
        .query_pairs()
        .filter(|(name, _)| ["to", "cc", "bcc"].iter().any(|field| name.eq_ignore_ascii_case(field)));
    path.chain(fields.map(|(_, value)| value.into_owned()))
        .find_map(|addresses| {
            let first = addresses.split(',').next()?.replace("%40", "@");
            let (_, domain) = first.rsplit_once('@')?;
            Some(one_line(domain, 300).to_ascii_lowercase())
        })
        .filter(|domain| !domain.is_empty())
}

/// The hosts that a link's text shows, where it reads like an address.
fn shown_hosts(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().filter_map(|word| {
        let word: String = word
            .chars()
            .filter(|c| !is_invisible(*c))
            // Other full stops that look the same, or that an address may be written with.
            .map(|c| {
                if "\u{2024}\u{3002}\u{ff0e}\u{ff61}".contains(c) {
                    '.'
                } else {
                    c
                }
            })
            .take(2_000)
            .collect();
        let word = word
            .trim_matches(|c: char| "()[]<>«»\"'’“”,;:!?*_".contains(c))
            .trim_end_matches('.');
        if word.contains('.') { host_of(word) } else { None }
    })
}

fn host_of(word: &str) -> Option<String> {
    let (written, scheme) = (word.to_lowercase(), word.contains("://"));
    let address = if scheme { None } else { word.rsplit_once('@') };
    let whole = match address {
        _ if scheme => word.to_owned(),
        Some((_, domain)) => format!("https://{domain}"),
        None => format!("https://{word}"),
    };
    let url = Url::parse(&whole).ok()?;
    let host = url.host_str()?.trim_end_matches('.').to_ascii_lowercase();
    let (name, last) = host.rsplit_once('.')?;
    let domain =
        last.starts_with("xn--") || ((2..=24).contains(&last.len()) && last.bytes().all(|b| b.is_ascii_alphabetic()));
    // « fin.Voir » and « note.pdf » are no addresses, « exemple.fr » is one.
    let plain = || {
        let short = last.len() == 2 && name.len() >= 3;
        short || last.starts_with("xn--") || GENERIC.contains(&last)
    };
    (domain && (scheme || address.is_some() || written.starts_with("www.") || plain())).then_some(host)
}

/// Ends of a bare host that are not two letters.
const GENERIC: [&str; 36] = [
    "alsace", "app", "biz", "bzh", "care", "cat", "click", "clinic", "cloud", "com", "corsica", "dev", "dental",
    "doctor", "edu", "example", "gov", "health", "help", "info", "int", "link", "live", "mobi", "net", "online", "org",
    "paris", "pharmacy", "pro", "shop", "site", "support", "test", "top", "xyz",
];

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
        let one = |href: &str, text: &str| {
            let (shown, mut warnings) = tell(&format!("<p><a href=\"{href}\">{text}</a>.</p>"));
            assert_eq!(
                shown.contains("(adresse réelle\u{a0}: "),
                !warnings.is_empty(),
                "{shown}"
            );
            warnings.pop()
        };
        let found = one("https://ailleurs.example/", "https://www.ameli.fr/compte").unwrap();
        assert_eq!(found.shown_host.as_deref(), Some("www.ameli.fr"));
        for text in [
            "ameli.fr",
            "Connexion à <b>www.</b>ameli.fr !",
            "Voir compte.rendu, sur www.ameli.fr",
            "www\u{2024}ameli\u{ff0e}fr",
            "www.am\u{200b}eli.fr",
            "(ameli.fr)",
            "contact@ameli.fr",
            "exemple.info",
        ] {
            assert!(one("https://ailleurs.example/", text).is_some(), "{text}");
            assert!(one("mailto:x@ailleurs.example", text).is_some(), "{text}");
        }
        let padded = format!("{}www.ameli.fr", "é <i>x</i> ".repeat(600));
        assert!(one("https://ailleurs.example/", &padded).is_some());
        assert!(
            one("https://ailleurs.example/", &"x ".repeat(50_000)).is_some(),
            "no text for a link"
        );
        assert!(one("https://xn--ameli-9ua.example/", "Mon compte").unwrap().punycode);
        assert!(one("http://192.0.2.7/", "Mon compte").unwrap().literal_address);
        assert_eq!(
            one("mailto:?to=x@ailleurs.example", "dr@exemple.fr").unwrap().host,
            "ailleurs.example"
        );
        for (href, text) in [
            ("https://www.ameli.fr/", "ameli.fr"),
            ("https://assure.ameli.fr/", "www.ameli.fr"),
            ("https://exemple.fr/", "note.pdf"),
            ("https://exemple.fr/", "Lire la suite..."),
            ("https://exemple.fr/", "la fin.Voir aussi le rdv.demain"),
            ("https://exemple.fr/", "M.le docteur"),
            ("mailto:dr@exemple.fr", "dr@exemple.fr"),
            ("mailto:dr@exemple.fr", "Écrire au docteur"),
        ] {
            assert_eq!(one(href, text), None, "{text}");
        }
    }

    #[test]
    fn the_true_host_stands_after_each_doubtful_link_and_cannot_be_marked_up() {
        let (shown, warnings) = tell(
            "<a href=\"https://a.example/\">a.example</a> <a href=\"https://b.example/\">c.example</a><a href=\"https://d.example/\">\
             <table><tr><td><a href=\"https://e.example/\">f.example</a></td></tr></table>g.example</a>fin",
        );
        let hosts: Vec<&str> = warnings.iter().map(|warning| warning.host.as_str()).collect();
        assert_eq!(hosts, ["b.example", "e.example", "d.example"]);
        let notes: Vec<&str> = shown
            .split("adresse réelle\u{a0}: ")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .collect();
        assert_eq!(notes, hosts);
        assert!(shown.contains(">c.example</a> <bdi dir=\"ltr\""), "{shown}");
        assert!(note("<b>\"&").contains("&lt;b&gt;&quot;&amp;"));
        assert!(note(&format!("www.ameli.fr.{}.example", "a".repeat(400))).contains("…aaa"));
    }

    #[test]
    fn many_doubtful_links_are_all_marked() {
        let (shown, warnings) = tell(&"<a href=\"https://b.example/\">c.example</a>".repeat(150));
        assert_eq!((warnings.len(), shown.matches("adresse réelle").count()), (100, 150));
    }
}
