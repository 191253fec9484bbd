//! The nastiest messages, opened one after the other in the real window: nothing is asked of any server, nothing runs, and
//! the window goes on to the next.

mod common;

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::browser::{Look, Window, key};
use common::{MARTIN, Stage, wait_for};
use pli_operator::Seed;
use serde_json::{Value, json};

/// A server that writes down whatever is asked of it, by TCP or UDP.
struct Probe {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Probe {
    fn new() -> Self {
        // The same number for both: another program may have the one that the first was given.
        let (tcp, udp) = std::iter::repeat_with(|| TcpListener::bind("127.0.0.1:0").unwrap())
            .find_map(|tcp| Some((UdpSocket::bind(tcp.local_addr().unwrap()).ok()?, tcp)))
            .map(|(udp, tcp)| (tcp, udp))
            .unwrap();
        let address = tcp.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in tcp.incoming() {
                let mut stream = stream.unwrap();
                let noted = Arc::clone(&noted);
                // A connection alone already tells that a message is read.
                let place = {
                    let mut seen = noted.lock().unwrap();
                    seen.push("a connection".to_owned());
                    seen.len() - 1
                };
                std::thread::spawn(move || {
                    let mut first = [0; 512];
                    let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
                    let read = stream.read(&mut first).unwrap_or(0);
                    if read > 0 {
                        noted.lock().unwrap()[place] = String::from_utf8_lossy(&first[..read]).into_owned();
                    }
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                });
            }
        });
        let noted = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut bytes = [0; 512];
            while let Ok((read, _)) = udp.recv_from(&mut bytes) {
                noted.lock().unwrap().push(format!("UDP, {read} octets"));
            }
        });
        Self {
            url: format!("http://{address}"),
            seen,
        }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// Asks for something on purpose, and waits until it is written down: what is not written down was not asked.
    fn prove(&self) {
        let before = self.seen().len();
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://")).unwrap();
        stream.write_all(b"GET /temoin HTTP/1.1\r\n\r\n").unwrap();
        wait_for("the control request", Duration::from_secs(180), || {
            let seen = self.seen();
            (seen.len() > before && seen.last()?.starts_with("GET /temoin")).then_some(())
        });
        self.seen.lock().unwrap().pop();
    }
}

/// The sample set, and what would speak to the window around the frame.
fn set(probe: &str) -> Vec<(String, Vec<u8>)> {
    let mut all = pli_samples::nasty(probe);
    let speaking = "<script>parent.postMessage('piege', '*'); top.document.title = 'piege'; alert('piege')</script>\
         <img src=x onerror=\"parent.postMessage('piege', '*'); alert('piege')\">\
         <a href=\"javascript:parent.postMessage('piege','*')\" target=_top>a</a>\
         <a href=\"PROBE/lien\" target=_blank>b</a><iframe srcdoc=\"<script>top.postMessage('piege','*')</script>\"></iframe>\
         <form action=\"PROBE/formulaire\" target=_top><button autofocus>c</button></form><p>après</p>"
        .replace("PROBE", probe);
    let raw = format!(
        "From: labo@beta.mssante.test\r\nTo: {MARTIN}\r\nSubject: =?utf-8?Q?Pi=C3=A8ge?= : parole\r\n\
         Message-ID: <piege.parole@beta.mssante.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
         {speaking}\r\n"
    );
    all.push(("parole".to_owned(), raw.into_bytes()));
    all
}

#[test]
fn no_message_asks_runs_or_freezes_anything() {
    let probe = Probe::new();
    probe.prove();
    let messages = set(&probe.url);
    let stage = Stage::new(false);
    let seeds: Vec<Seed> = messages
        .iter()
        .enumerate()
        .map(|(place, (_, raw))| Seed {
            folder: "INBOX".to_owned(),
            flags: Vec::new(),
            internal_date_unix: 1_795_000_000 + i64::try_from(place).unwrap() * 60,
            raw: raw.clone(),
        })
        .collect();
    stage.operator.seed(MARTIN, &seeds).unwrap();
    stage.add("martin", MARTIN);
    stage.run("martin", &["sync"]);
    assert_eq!(
        stage.json("martin", &["list", "--limit", "500"]).len(),
        messages.len(),
        "each is listed, whatever it is"
    );

    let window = Window::open(&stage, "martin", Look::default());
    window.wait("the list", "return document.querySelectorAll('.list .row').length > 3");
    listen_for_words(&window);
    let page = window.command(
        "message_list",
        &json!({ "scope": { "of": "all" }, "filter": "all", "offset": 0, "limit": 200 }),
    );
    let rows = page["rows"].as_array().unwrap();
    assert_eq!(rows.len(), messages.len());
    let mut framed = 0;
    window.press(&[key::HOME]);
    for (place, row) in rows.iter().enumerate() {
        let subject = row["subject"].as_str().unwrap();
        eprintln!("{place}: {subject}");
        framed += usize::from(opens(&window, place, row));
        assert!(!window.has_dialogue(), "{subject}: a dialogue");
        assert_eq!(window.windows(), 1, "{subject}: a window of its own");
        assert_eq!(probe.seen(), Vec::<String>::new(), "{subject} reached the server");
        window.press(&["j"]);
    }
    assert!(framed >= 25, "only {framed} were shown in a frame");
    assert_eq!(
        window.script("return window.heard"),
        json!([]),
        "a message spoke to the window"
    );
    assert_eq!(
        window.script("return [location.origin, /piege/.test(document.title)]"),
        json!(["tauri://localhost", false])
    );
    // The ear hears, and the server sees.
    window.script("postMessage('piege', '*')");
    window.wait("the control word", "return window.heard.length === 1");
    probe.prove();
    assert_eq!(probe.seen(), Vec::<String>::new());
}

fn listen_for_words(window: &Window) {
    window.script(
        "window.heard = []; addEventListener('message', ({ data }) => data === 'piege' && window.heard.push(data))",
    );
}

/// The current message is shown, its frame too. Answers whether it has one.
fn opens(window: &Window, place: usize, row: &Value) -> bool {
    let id = row["id"].as_i64().unwrap();
    window.wait(
        "the row",
        &format!("return document.getElementById('messages').getAttribute('aria-activedescendant') === 'row-{place}'"),
    );
    let message = window.command("message_get", &json!({ "message": id }));
    assert_eq!(message["row"]["id"], json!(id), "{message}");
    let Some(html) = message["html"].as_str() else {
        window.wait(
            "the message",
            "return document.querySelector('#reader-content .body') !== null && document.querySelector('iframe') === null",
        );
        return false;
    };
    window.wait(
        "the frame",
        &format!("return document.querySelector('iframe')?.src === {}", json!(html)),
    );
    let shown = wait_for("the frame's page", Duration::from_secs(180), || {
        let text = "return location.href === arguments[0] && document.readyState === 'complete'";
        let found = window.in_frame(|window| window.script(&text.replace("arguments[0]", &json!(html).to_string())));
        (found == json!(true)).then(|| window.in_frame(inside))
    });
    assert_eq!(shown["live"], json!([]), "{id}");
    for asked in shown["asked"].as_array().unwrap() {
        assert!(
            asked.as_str().unwrap().starts_with("pli://localhost/message/"),
            "{asked}"
        );
    }
    assert_eq!(shown["commands"], "undefined");
    if shown["links"].as_i64().unwrap() > 0 {
        // A link does nothing by itself to the window or its frame.
        window.in_frame(|window| window.script("document.querySelector('a[href]').click()"));
        let after = window.in_frame(|window| window.script("return location.href"));
        assert_eq!(after, json!(html), "a link led the frame elsewhere");
    }
    true
}

/// What the web view itself made of the page: living elements, whatever it asked for, links.
fn inside(window: &Window) -> Value {
    window.script(
        "const live = 'script, iframe, frame, object, embed, form, input, button, link, base, svg, math, video, audio, \
         source, picture, template, meta[http-equiv]';
         return {
           live: [...document.querySelectorAll(live)].slice(0, 3).map((each) => each.outerHTML.slice(0, 200)),
           asked: performance.getEntriesByType('resource').map((each) => each.name),
           commands: typeof __TAURI_INTERNALS__,
           links: document.querySelectorAll('a[href]').length,
         };",
    )
}

#[test]
fn cleaned_html_names_a_server_only_in_links() {
    let probe = "http://127.0.0.1:9";
    let mut cleaned = 0;
    for (name, raw) in set(probe) {
        let parsed = pli_message::parse(&raw);
        let Some(html) = parsed.html.as_deref() else { continue };
        let cids: HashMap<String, u32> = parsed.content_ids().map(|(cid, part)| (cid.to_owned(), part)).collect();
        let safe = pli_message::sanitise(html, &cids);
        assert!(safe.fragment.len() <= 2 * html.len() + 1_000_000, "{name} grew");
        for tag in tags(&safe.fragment) {
            let kind = tag
                .trim_start_matches(['<', '/'])
                .split([' ', '>'])
                .next()
                .unwrap()
                .to_ascii_lowercase();
            for living in [
                "script", "style", "iframe", "object", "embed", "form", "input", "link", "base", "svg", "math",
            ] {
                assert_ne!(kind, living, "{name}: {tag}");
            }
            if let Some(at) = tag.find("127.0.0.1") {
                assert_eq!(kind, "a", "{name}: {tag}");
                assert!(tag[..at].contains("href=\""), "{name}: {tag}");
            }
            assert!(!tag.to_ascii_lowercase().contains("javascript:"), "{name}: {tag}");
        }
        cleaned += 1;
    }
    assert!(cleaned >= 25, "only {cleaned} have HTML");
}

/// Every tag of serialised HTML, where `>` may stand between quotes.
fn tags(fragment: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = fragment;
    while let Some(start) = rest.find('<') {
        let mut quoted = false;
        let end = rest[start..].find(|letter| {
            quoted ^= letter == '"';
            letter == '>' && !quoted
        });
        let end = end.map_or(rest.len(), |end| start + end + 1);
        found.push(&rest[start..end]);
        rest = &rest[end..];
    }
    found
}
