//! The nastiest HTML, cleaned: nothing runs, nothing is fetched, nothing is slow.

use std::collections::HashMap;

use pli_message::{SafeHtml, sanitise};
use proptest::prelude::*;

fn clean(html: &str) -> SafeHtml {
    sanitise(html, &HashMap::from([("logo@x".to_owned(), 3)]))
}

/// What must not be in a cleaned fragment, read again by another eye than the cleaner's: tag by tag.
fn assert_harmless(fragment: &str) {
    let lower = fragment.to_ascii_lowercase();
    for piece in lower.split('<').skip(1) {
        let tag = piece.split('>').next().unwrap_or_default();
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        for forbidden in [
            "script", "style", "svg", "math", "form", "iframe", "object", "embed", "meta", "base", "link", "video",
            "audio", "input", "button", "textarea", "select", "frame", "frameset", "applet", "template", "noscript",
            "body", "html", "area", "map", "portal", "bdo", "isindex", "keygen", "dialog", "details",
        ] {
            assert_ne!(name, forbidden, "{fragment}");
        }
        let attributes = tag.split_once(' ').map_or("", |(_, rest)| rest);
        for word in attributes.split('"').step_by(2) {
            for attribute in word.split_whitespace() {
                let attribute = attribute.trim_end_matches('=');
                assert!(!attribute.starts_with("on"), "{fragment}");
                assert!(
                    ![
                        "srcset",
                        "background",
                        "poster",
                        "action",
                        "formaction",
                        "srcdoc",
                        "data",
                        "lowsrc",
                        "ping",
                        "id",
                        "name",
                        "usemap",
                        "download",
                        "xlink:href",
                        "popovertarget",
                        "contenteditable",
                        "autofocus",
                        "tabindex",
                        "accesskey"
                    ]
                    .contains(&attribute),
                    "{fragment}"
                );
            }
        }
        if let Some((_, source)) = tag.split_once("src=\"") {
            assert!(source.starts_with("part/"), "{fragment}");
        }
        if name != "a" {
            assert!(
                !tag.contains("href=") && !tag.contains("target=") && !tag.contains(" rel="),
                "{fragment}"
            );
        } else if !tag.starts_with('/') {
            assert_eq!(tag.matches("target=").count(), 1, "{fragment}");
            assert!(tag.contains("target=\"_blank\""), "{fragment}");
        }
        if let Some((_, href)) = tag.split_once("href=\"") {
            assert!(
                ["http://", "https://", "mailto:"].iter().any(|s| href.starts_with(s)),
                "{fragment}"
            );
            assert!(
                tag.contains("rel=\"noopener noreferrer\"") && tag.contains("target=\"_blank\""),
                "{fragment}"
            );
        }
        if let Some((_, style)) = tag.split_once("style=\"") {
            let style = style.split('"').next().unwrap_or_default();
            for bad in [
                "url",
                "expression",
                "@",
                "\\",
                "position",
                "behavior",
                "javascript",
                "/*",
                "var(",
            ] {
                assert!(!style.contains(bad), "{fragment}");
            }
        }
    }
}

#[test]
fn nothing_that_runs_or_fetches_stays() {
    for (html, remote) in [
        ("<script>alert(1)</script><p onclick=alert(1)>a</p>", 0),
        ("<script src=http://x/a.js></script>b", 1),
        ("<img src=http://x/p.png>", 1),
        ("<img src=//x/p.png srcset='http://x/2.png 2x'>", 2),
        (
            "<table background=http://x/b.png><tr><td background='http://x/c.png'>a</td></tr></table>",
            2,
        ),
        ("<div style=\"background:url(http://x/a);color:red\">a</div>", 1),
        (
            "<style>@import url(http://x/a.css); p{background:url('http://x/b')}</style>a",
            2,
        ),
        ("<style>@import 'http://x/a.css';</style>a", 1),
        ("<link rel=stylesheet href=http://x/a.css>a", 1),
        ("<meta http-equiv=refresh content='0;url=http://x/'>a", 0),
        ("<base href=http://x/><a href=rel>a</a><img src=rel.png>", 1),
        (
            "<form action=http://x/><input name=a><button formaction=http://x/>ok</button></form>",
            0,
        ),
        (
            "<iframe src=http://x/></iframe><object data=http://x/></object><embed src=http://x/>a",
            3,
        ),
        ("<svg><image href=http://x/a.png /><script>alert(1)</script></svg>a", 1),
        (
            "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>a",
            0,
        ),
        ("<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">a", 0),
        ("<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">a", 0),
        (
            "<a href=\"javascript:alert(1)\">a</a><a href=\"jav&#x09;ascript:alert(1)\">b</a><a href=data:text/html,x>c</a>",
            0,
        ),
        ("<p style=\"width:expression(alert(1));position:fixed;top:0\">a</p>", 0),
        ("<p style=\"background-image:u\\72l(http://x/)\">a</p>", 0),
        ("<video poster=http://x/p src=http://x/v></video>a", 1),
        (
            "<img src=\"cid:logo@x\"><img src=\"cid:absent@x\"><img src=data:image/png;base64,AA==>",
            0,
        ),
        ("<!--[if mso]><img src=http://x/><![endif]-->a", 0),
        ("<xmp><script>alert(1)</script></xmp><plaintext><img src=http://x/>", 0),
        ("<p id=location name=body class=x data-x=1>a</p>", 0),
    ] {
        let safe = clean(html);
        assert_harmless(&safe.fragment);
        assert!(safe.remote_blocked >= remote, "{html} {safe:?}");
    }
    let pictures = clean("<img src=\"CID:logo@x\" alt=\"Logo\"><img src=\"cid:absent@x\">");
    assert!(pictures.fragment.contains("src=\"part/3\""), "{}", pictures.fragment);
    assert_eq!(pictures.remote_blocked, 0);
}

#[test]
fn ordinary_mail_keeps_its_look() {
    let safe = clean(
        "<html><body><h1 style='color:#333'>Compte rendu</h1><p>Bonjour <b>docteur</b></p>\
        <table border=1><tr><td align=right colspan=2>4,2</td></tr></table><a href='https://exemple.fr/x?a=1&b=2'>ici</a></body></html>",
    );
    for kept in [
        "<h1 style=\"color:#333\">",
        "<b>docteur</b>",
        "align=\"right\"",
        "colspan=\"2\"",
        "href=\"https://exemple.fr/x?a=1&amp;b=2\"",
    ] {
        assert!(safe.fragment.contains(kept), "{kept} {}", safe.fragment);
    }
    assert!(!safe.cut && !safe.text_only && safe.remote_blocked == 0 && safe.warnings.is_empty());
}

#[test]
fn a_link_that_deceives_is_told() {
    let safe = clean("<a href='https://ailleurs.example/'>www.ameli.fr</a><a href='https://xn--ameli-9ua.fr/'>x</a>");
    assert_eq!(safe.warnings.len(), 2);
    assert_eq!(safe.warnings[0].shown_host.as_deref(), Some("www.ameli.fr"));
    assert!(safe.warnings[1].punycode);
}

#[test]
fn only_links_lead_anywhere_and_always_to_a_window_of_their_own() {
    for html in [
        "<a href=https://x.example/ target=_top rel=opener>a</a>",
        "<a href=https://x.example/ target=_self>a</a><a target=_parent>b</a>",
        "<a href=https://x.example/ download=a.exe ping=https://x.example/p>a</a>",
        "<map name=m><area href=https://x.example/ target=_top shape=default></map><img usemap=#m src=cid:logo@x>",
        "<base target=_top href=https://x.example/><a href=https://x.example/>a</a>",
        "<base href=https://x.example/ target=_self>b",
        "<form target=_top action=https://x.example/><button formtarget=_top>a</button></form>b",
        "<p target=_top href=https://x.example/ xlink:href=https://x.example/>a</p>",
        "<svg><a href=https://x.example/ xlink:href=https://x.example/><text>a</text></a></svg>b",
        "<math href=https://x.example/><mi href=https://x.example/>a</mi></math>b",
        "<meta http-equiv=refresh content='0;url=https://x.example/'>a",
        "<meta http-equiv=set-cookie content=a=b><link rel=next href=https://x.example/>a",
        "<blockquote cite=https://x.example/><q cite=https://x.example/>a</q></blockquote><del cite=https://x.example/>b</del>",
        "<details open ontoggle=a><summary>a</summary></details><dialog open>b</dialog>",
        "<isindex action=https://x.example/><input type=image formaction=https://x.example/>a",
        "<p contenteditable autofocus tabindex=1 accesskey=x popovertarget=y>a</p>",
        "<iframe src=https://x.example/></iframe><object data=https://x.example/><a href=https://x.example/>a</a></object>b",
    ] {
        let fragment = clean(html).fragment;
        assert_harmless(&fragment);
        let elsewhere = fragment.replace("<a href=\"https://x.example/\"", "");
        assert!(!elsewhere.contains("x.example/"), "{html} {fragment}");
    }
    let link = clean("<a href=https://x.example/ target=_top rel=opener>a</a>").fragment;
    assert!(
        link.contains("target=\"_blank\"") && link.contains("rel=\"noopener noreferrer\""),
        "{link}"
    );
}

#[test]
fn the_true_host_of_a_doubtful_link_is_written_after_it() {
    let safe = clean(
        "<p style=\"color:#fff;font-size:0px;letter-spacing:-9px\"><a href='https://ailleurs.example/x'>www.ameli.fr</a></p>\
         <p><a href='https://www.ameli.fr/'>ameli.fr</a></p>",
    );
    assert_harmless(&safe.fragment);
    assert_eq!(safe.fragment.matches("adresse réelle").count(), 1, "{}", safe.fragment);
    assert!(
        safe.fragment
            .contains("www.ameli.fr</a> <bdi dir=\"ltr\" style=\"display:inline;color:#8a1c1c")
    );
    assert!(
        safe.fragment.contains("(adresse réelle\u{a0}: ailleurs.example)</bdi>"),
        "{}",
        safe.fragment
    );
    let forged =
        clean("<a href='https://ailleurs.example/'>rf.ilema.www&#x202e;</a><bdo dir=rtl>rf.ilema</bdo>").fragment;
    assert!(!forged.contains('\u{202e}') && !forged.contains("bdo"), "{forged}");
}

#[test]
fn size_and_depth_are_bounded() {
    let cases = [
        "<div>".repeat(100_000),
        "<b><p>".repeat(100_000),
        (0..20_000).map(|n| format!("<font size={n}>")).collect::<String>() + &"<p>a".repeat(20_000),
        "<table><tr><td>".repeat(50_000),
        "<div></span>".repeat(100_000),
        "<div><marquee></div></marquee>".repeat(50_000),
        "<p>texte</p>".repeat(1_700_000),
        "<".repeat(5_000_000),
        "<a ".repeat(1_000_000),
        format!("<p {}>a", "x=1 ".repeat(100_000)),
        "&amp;".repeat(4_000_000),
        "<style>".repeat(100_000),
        "<select><option>".repeat(50_000),
        "<svg><g>".repeat(50_000),
    ];
    for html in cases {
        let safe = clean(&html);
        assert_harmless(&safe.fragment);
        assert!(safe.fragment.len() < 40 * 1024 * 1024);
    }
    assert!(clean(&"<div>".repeat(100_000)).cut);
    assert!(clean(&"<p>texte</p>".repeat(1_700_000)).cut);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn no_mixture_gets_through(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "<script>", "</script>", "<style>", "</style>", "<svg>", "</svg>", "<math>", "<mtext>", "<mglyph>", "<table>", "<td>",
        "<img src=http://x/ onerror=a>", "<a href=javascript:a>", "<a href=http://x/>", "</a>", "<p style=\"a:url(x)\">",
        "<p style='color:red;background:url(x)'>", "<!--", "-->", "<![CDATA[", "]]>", "<title>", "</title>", "<noscript>",
        "</noscript>", "<template>", "<select>", "<form>", "\"", "'", ">", "<", "<annotation-xml encoding=text/html>",
        "<foreignObject>", "<desc>", "<base href=http://x/>", "<textarea>", "</textarea>", "<iframe srcdoc='<script>'>", "texte",
        "<xmp>", "</xmp>", "<plaintext>", "&lt;script&gt;", "<image src=x>", "\u{0}", "<body onload=a>", "<frameset>",
    ]), 0..25)) {
        assert_harmless(&clean(&pieces.concat()).fragment);
    }
}
