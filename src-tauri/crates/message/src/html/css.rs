//! The `style=""` of an element: only plain properties with plain values stay.

const PROPERTIES: [&str; 57] = [
    "background-color",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-left",
    "border-left-color",
    "border-left-style",
    "border-left-width",
    "border-radius",
    "border-right",
    "border-right-color",
    "border-right-style",
    "border-right-width",
    "border-spacing",
    "border-style",
    "border-top",
    "border-top-color",
    "border-top-style",
    "border-top-width",
    "border-width",
    "caption-side",
    "clear",
    "color",
    "direction",
    "display",
    "empty-cells",
    "float",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-position",
    "list-style-type",
    "margin",
    "max-width",
    "min-width",
    "padding",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-indent",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
    "word-break",
    "word-spacing",
    "word-wrap",
];
const SIDES: [&str; 8] = [
    "margin-top",
    "margin-right",
    "margin-bottom",
    "margin-left",
    "padding-top",
    "padding-right",
    "padding-bottom",
    "padding-left",
];

/// The declarations that may stay, and how many addresses were in those that may not.
///
/// A value may hold nothing but words, numbers, colours and the functions `rgb()` and `rgba()`: no address, no
/// `expression`, no escape, no comment, no `@` rule, no variable.
pub(super) fn filter(style: &str) -> (String, usize) {
    let remote = addresses(style);
    if style.len() > 16 * 1024 || style.contains(['\\', '@', '<', '{', '}']) || style.contains("/*") {
        return (String::new(), remote);
    }
    let mut out = String::new();
    for declaration in style.split(';').take(200) {
        let Some((name, value)) = declaration.split_once(':') else {
            continue;
        };
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim().to_ascii_lowercase();
        let known = PROPERTIES.contains(&name.as_str()) || SIDES.contains(&name.as_str());
        if !known || !is_plain(&value) || !keeps_in_place(&name, &value) {
            continue;
        }
        if !out.is_empty() {
            out.push(';');
        }
        out.push_str(&name);
        out.push(':');
        out.push_str(&value);
    }
    (out, remote)
}

fn is_plain(value: &str) -> bool {
    let without = value.replace("rgba(", "").replace("rgb(", "");
    let functions = value.matches("rgb").count();
    !value.is_empty()
        && value.len() <= 300
        && !without.contains('(')
        && without.matches(')').count() == functions
        && without
            .chars()
            .all(|c| c.is_alphanumeric() || " #%.,-!'\")+/".contains(c))
        && ![
            "javascript",
            "expression",
            "behavior",
            "binding",
            "vbscript",
            "url",
            "attr",
            "var",
            "image",
            "env",
        ]
        .iter()
        .any(|word| {
            value
                .split(|c: char| !c.is_ascii_alphabetic())
                .any(|found| found == *word)
        })
}

/// Nothing that hides text from the reader or leaves its place.
fn keeps_in_place(name: &str, value: &str) -> bool {
    match name {
        "display" => [
            "block",
            "inline",
            "inline-block",
            "table",
            "table-row",
            "table-cell",
            "list-item",
            "none",
        ]
        .contains(&value),
        // A negative margin can lay a text over another one.
        _ if name.starts_with("margin") || name == "text-indent" => !value.contains('-'),
        _ => true,
    }
}

/// How many addresses a browser would fetch for this CSS.
pub(super) fn addresses(css: &str) -> usize {
    let lower = css.to_ascii_lowercase();
    let fetched = |text: &str| {
        let inner = text.trim_start().trim_start_matches(['"', '\'']).trim_start();
        !inner.starts_with("data:") && !inner.starts_with("cid:") && !inner.starts_with(')')
    };
    let urls = lower.split("url(").skip(1).filter(|after| fetched(after)).count();
    let imports = lower
        .split("@import")
        .skip(1)
        .filter(|after| !after.trim_start().starts_with("url("))
        .count();
    urls + imports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_styles_stay_and_all_others_go() {
        assert_eq!(filter("color: RED; font-size:12px").0, "color:red;font-size:12px");
        assert_eq!(
            filter("color:rgb(1,2,3);border:1px solid rgba(0,0,0,.5)").0,
            "color:rgb(1,2,3);border:1px solid rgba(0,0,0,.5)"
        );
        assert_eq!(
            filter("font-family:'Segoe UI', sans-serif").0,
            "font-family:'segoe ui', sans-serif"
        );
        for style in [
            "background:url(http://x/)",
            "background-color:url(http://x/)",
            "width:expression(alert(1))",
            "position:fixed",
            "color:r\\65d",
            "behavior:url(x.htc)",
            "-moz-binding:url(x)",
            "color:red/**/;x:y",
            "background-image:image-set('x' 1x)",
            "@import 'x'",
            "color:var(--x)",
            "margin:-2000px",
            "display:contents",
            "content:attr(href)",
            "color:rgb(url(x))",
        ] {
            assert_eq!(filter(style).0, "", "{style}");
        }
        assert_eq!(filter("color:red;background:URL( 'http://x/' )").1, 1);
        assert_eq!(
            addresses("@import 'a.css'; @import url(b.css); p{background:url(data:x)}"),
            2
        );
    }
}
