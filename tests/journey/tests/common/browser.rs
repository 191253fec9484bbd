//! The real window under a display of its own, driven by WebDriver: what a person sees and presses.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Stage, program};

/// A display that nobody looks at. Ends with its owner.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    fn new(width: u32, height: u32) -> Self {
        let screen = format!("{width}x{height}x24");
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb (package xvfb)");
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            server,
            name: format!(":{}", line.trim()),
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// How a window is opened.
#[derive(Clone, Copy)]
pub struct Look {
    /// What follows the program's name.
    pub arguments: &'static [&'static str],
    /// The display's pixels.
    pub size: (u32, u32),
    /// Whether the desktop prefers dark.
    pub dark: bool,
    /// Whether the passphrase comes from a file, else from the keyboard.
    pub passphrase_file: bool,
}

impl Default for Look {
    /// The mock-ups' size, light, the login begun at once.
    fn default() -> Self {
        Self {
            arguments: &["--login"],
            size: (1440, 900),
            dark: false,
            passphrase_file: true,
        }
    }
}

/// Keys that are no letter, as WebDriver writes them.
pub mod key {
    pub const TAB: &str = "\u{e004}";
    pub const ENTER: &str = "\u{e007}";
    pub const SHIFT: &str = "\u{e008}";
    pub const CONTROL: &str = "\u{e009}";
    pub const ESCAPE: &str = "\u{e00c}";
    pub const END: &str = "\u{e010}";
    pub const HOME: &str = "\u{e011}";
    pub const DOWN: &str = "\u{e015}";
}

/// How long anything may take to appear: never a verdict on speed, only an end to a test that hangs.
const PATIENCE: Duration = Duration::from_secs(180);

/// Pli's window, open.
pub struct Window {
    driver: Child,
    display: Display,
    port: u16,
    session: String,
}

impl Window {
    /// Opens the window of a practitioner's profile and waits until its page answers.
    pub fn open(stage: &Stage, who: &str, look: Look) -> Self {
        if look.passphrase_file {
            // Whoever has a profile has read the terms of use.
            stage.run(who, &["terms", "--accept"]);
        }
        let mut answer = String::new();
        // The driver and its web view agree on a port of their own, which another program may take in between.
        for _ in 0..3 {
            match Self::try_open(stage, who, look) {
                Ok(window) => return window,
                Err(error) => answer = error,
            }
        }
        panic!("the window did not open: {answer}");
    }

    fn try_open(stage: &Stage, who: &str, look: Look) -> Result<Self, String> {
        let display = Display::new(look.size.0, look.size.1);
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let runtime = stage.path(&format!("runtime-{port}"));
        std::fs::create_dir_all(&runtime).unwrap();
        let mut driver = Command::new("WebKitWebDriver");
        stage.equip(&mut driver, who);
        if !look.passphrase_file {
            driver.env_remove("PLI_PASSPHRASE_FILE");
        }
        if look.dark {
            driver.env("GTK_THEME", "Adwaita:dark");
        }
        let driver = driver
            .arg(format!("--port={port}"))
            // Without it, the web view refuses to be driven.
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("DISPLAY", &display.name)
            .env_remove("WAYLAND_DISPLAY")
            .env("XDG_RUNTIME_DIR", &runtime)
            .env("XDG_DATA_HOME", runtime.join("data"))
            .env("XDG_CACHE_HOME", runtime.join("cache"))
            .env("NO_AT_BRIDGE", "1")
            .current_dir(stage.folder.path())
            // The window and its web processes end with it.
            .process_group(0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("WebKitWebDriver (package webkit2gtk-driver)");
        let mut window = Self {
            driver,
            display,
            port,
            session: String::new(),
        };
        let wanted = json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": {
            "binary": program("pli-desktop"),
            "args": look.arguments,
        } } } });
        let started = Instant::now();
        let session = loop {
            let answer = http(port, "POST", "/session", Some(&wanted), Duration::from_secs(120));
            match &answer {
                Ok(answer) if answer["value"]["sessionId"].is_string() => {
                    break answer["value"]["sessionId"].as_str().unwrap_or_default().to_owned();
                }
                _ if started.elapsed() > Duration::from_secs(60) => return Err(format!("{answer:?}")),
                _ => std::thread::sleep(Duration::from_millis(200)),
            }
        };
        window.session = format!("/session/{session}");
        // Without a window's manager, nobody fits the window to a small screen.
        let (width, height) = look.size;
        window.call("window/rect", &json!({ "width": width, "height": height }))?;
        window.call("timeouts", &json!({ "script": 170_000 }))?;
        Ok(window)
    }

    /// Presses a chord on the display's own keyboard, as `ctrl+l`: WebDriver's keys reach the page past the system's toolkit.
    pub fn press_on_keyboard(&self, chord: &str) {
        let pressed = Command::new("xdotool")
            .args([
                "search",
                "--onlyvisible",
                "--name",
                "^Pli$",
                "windowfocus",
                "--sync",
                "key",
                chord,
            ])
            .env("DISPLAY", &self.display.name)
            .status()
            .expect("xdotool (package xdotool)");
        assert!(pressed.success(), "{chord}");
    }

    /// The program's process.
    pub fn program_pid(&self) -> u32 {
        let program = program("pli-desktop");
        let named = |pid: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // After the name in brackets: state, parent, group.
            let group = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(2));
            group == Some(self.driver.id().to_string().as_str())
                && std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|path| path == program)
        };
        std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .find(named)
            .expect("the program works")
    }

    fn call(&self, path: &str, body: &Value) -> Result<Value, String> {
        let answer = http(
            self.port,
            "POST",
            &format!("{}/{path}", self.session),
            Some(body),
            PATIENCE,
        )?;
        match answer["value"]["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", answer["value"]["message"])),
            None => Ok(answer["value"].clone()),
        }
    }

    /// Runs a script in the page and gives what it returns.
    pub fn script(&self, text: &str) -> Value {
        self.call("execute/sync", &json!({ "script": text, "args": [] }))
            .unwrap()
    }

    /// Waits until a script returns something true, and gives it.
    pub fn wait(&self, what: &str, text: &str) -> Value {
        let started = Instant::now();
        loop {
            let found = self.call("execute/sync", &json!({ "script": text, "args": [] }));
            match found {
                Ok(value) if !value.is_null() && value != json!(false) && value != json!(0) && value != json!("") => {
                    return value;
                }
                found if started.elapsed() > PATIENCE => {
                    self.screenshot(Path::new(&std::env::temp_dir().join("pli-window-missing.png")));
                    panic!("{what} never came: {found:?}");
                }
                _ => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }

    /// Presses keys, as WebDriver names them, where the focus is.
    pub fn press(&self, keys: &[&str]) {
        let mut actions: Vec<Value> = keys
            .iter()
            .map(|key| json!({ "type": "keyDown", "value": key }))
            .collect();
        actions.extend(keys.iter().rev().map(|key| json!({ "type": "keyUp", "value": key })));
        let body = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] });
        self.call("actions", &body).unwrap();
    }

    /// Types a text where the focus is, one key after the other.
    pub fn type_text(&self, text: &str) {
        let actions: Vec<Value> = text
            .chars()
            .flat_map(|letter| {
                let value = if letter == '\n' {
                    key::ENTER.to_owned()
                } else {
                    letter.to_string()
                };
                [
                    json!({ "type": "keyDown", "value": value }),
                    json!({ "type": "keyUp", "value": value }),
                ]
            })
            .collect();
        let body = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] });
        self.call("actions", &body).unwrap();
    }

    /// Calls a command of the contract as the page itself would, and gives its answer.
    pub fn command(&self, name: &str, argument: &Value) -> Value {
        let text = "const [name, argument, tell] = arguments;
            __TAURI_INTERNALS__.invoke(name, { argument }).then(tell, (failure) => tell({ failure }));";
        self.call("execute/async", &json!({ "script": text, "args": [name, argument] }))
            .unwrap()
    }

    /// Does something inside the first frame of the page, which may run no script of its own.
    pub fn in_frame<T>(&self, act: impl FnOnce(&Self) -> T) -> T {
        let frame = json!({ "using": "css selector", "value": "iframe" });
        let frame = self.call("element", &frame).unwrap();
        self.call("frame", &json!({ "id": frame })).unwrap();
        let found = act(self);
        self.call("frame", &json!({ "id": null })).unwrap();
        // Going into a frame takes the keyboard there: out again, to the list.
        self.script(
            "window.focus(); document.querySelector('iframe')?.blur(); document.getElementById('messages')?.focus()",
        );
        found
    }

    /// Presses the mouse on whatever is in the middle of this element, as a person would.
    pub fn click(&self, selector: &str) {
        let element = json!({ "using": "css selector", "value": selector });
        let element = self.call("element", &element).unwrap();
        let id = element.as_object().and_then(|fields| fields.values().next()).unwrap();
        self.call(&format!("element/{}/click", id.as_str().unwrap()), &json!({}))
            .unwrap();
    }

    /// Whether the page has put up a dialogue (`alert`, `confirm`, `prompt`).
    pub fn has_dialogue(&self) -> bool {
        let answer = http(
            self.port,
            "GET",
            &format!("{}/alert/text", self.session),
            None,
            PATIENCE,
        )
        .unwrap();
        answer["value"]["error"].is_null()
    }

    /// How many windows the program has open.
    pub fn windows(&self) -> usize {
        let answer = http(
            self.port,
            "GET",
            &format!("{}/window/handles", self.session),
            None,
            PATIENCE,
        )
        .unwrap();
        answer["value"].as_array().map_or(0, Vec::len)
    }

    /// Writes what the window shows to `target/captures`.
    pub fn capture(&self, name: &str) {
        let folder = program("pli-desktop")
            .parent()
            .unwrap()
            .parent()
            .unwrap()
            .join("captures");
        let path = folder.join(format!("{name}.png"));
        // The web view draws when it can: the picture is taken once two in a row are the same, a blinking caret aside.
        let mut before = Vec::new();
        for _ in 0..12 {
            std::thread::sleep(Duration::from_millis(700));
            let now = self.picture();
            if now == before {
                break;
            }
            before = now;
        }
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(path, before).unwrap();
    }

    /// Writes what the window shows to a file.
    pub fn screenshot(&self, path: &Path) {
        std::fs::write(path, self.picture()).unwrap();
    }

    fn picture(&self) -> Vec<u8> {
        let answer = http(
            self.port,
            "GET",
            &format!("{}/screenshot", self.session),
            None,
            PATIENCE,
        )
        .unwrap();
        let bytes = decode(answer["value"].as_str().unwrap_or_default());
        assert!(bytes.starts_with(b"\x89PNG"), "no picture: {answer}");
        bytes
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let _ = http(self.port, "DELETE", &self.session, None, Duration::from_secs(30));
        }
        let group = format!("-{}", self.driver.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.driver.wait();
        // The profile is free once the last of them is gone.
        let started = Instant::now();
        while lives(self.driver.id()) && started.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Whether a process of this group still runs, or a thread of one that has begun to end.
fn lives(group: u32) -> bool {
    let group = group.to_string();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.map(|entry| entry.path()).any(|process| {
        let stat = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
        // After the name, which may hold anything: state, parent, group.
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ended = fields.next() == Some("Z");
        let threads = std::fs::read_dir(process.join("task")).map_or(0, Iterator::count);
        fields.nth(1) == Some(group.as_str()) && (!ended || threads > 1)
    })
}

/// One exchange with the driver, on this machine.
fn http(port: u16, method: &str, path: &str, body: Option<&Value>, patience: Duration) -> Result<Value, String> {
    let exchange = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(patience))?;
        let body = body.map(Value::to_string).unwrap_or_default();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    };
    let answer = exchange().map_err(|error| error.to_string())?;
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .ok_or("no answer")?;
    serde_json::from_slice(&answer[end + 4..]).map_err(|error| error.to_string())
}

fn decode(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap_or_default()
}
