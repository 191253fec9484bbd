//! The real window under a display of its own, driven by WebDriver: what a person sees and presses.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
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
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { server, name: format!(":{}", line.trim()) }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Pli's window, open.
pub struct Window {
    driver: Child,
    _display: Display,
    port: u16,
    session: String,
}

impl Window {
    /// Opens the window of a practitioner's profile and waits until its page answers.
    pub fn open(stage: &Stage, who: &str, arguments: &[&str], width: u32, height: u32) -> Self {
        let display = Display::new(width, height);
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let runtime = stage.path(&format!("runtime-{port}"));
        std::fs::create_dir_all(&runtime).unwrap();
        let mut driver = Command::new("WebKitWebDriver");
        stage.equip(&mut driver, who);
        let mut driver = driver
            .arg(format!("--port={port}"))
            .env("DISPLAY", &display.name)
            .env_remove("WAYLAND_DISPLAY")
            .env("XDG_RUNTIME_DIR", &runtime)
            .env("XDG_DATA_HOME", runtime.join("data"))
            .env("XDG_CACHE_HOME", runtime.join("cache"))
            .env("GTK_A11Y", "none")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("WebKitWebDriver (package webkit2gtk-driver)");
        let wanted = json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": {
            "binary": program("pli-desktop"),
            "args": arguments,
        } } } });
        let started = Instant::now();
        let session = loop {
            let answer = http(port, "POST", "/session", Some(&wanted));
            if let Ok(answer) = &answer
                && let Some(id) = answer["value"]["sessionId"].as_str()
            {
                break id.to_owned();
            }
            if started.elapsed() > Duration::from_secs(60) {
                let _ = driver.kill();
                panic!("the window did not open: {answer:?}");
            }
            std::thread::sleep(Duration::from_millis(200));
        };
        Self { driver, _display: display, port, session: format!("/session/{session}") }
    }

    fn call(&self, path: &str, body: &Value) -> Result<Value, String> {
        let answer = http(self.port, "POST", &format!("{}/{path}", self.session), Some(body))?;
        match answer["value"]["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", answer["value"]["message"])),
            None => Ok(answer["value"].clone()),
        }
    }

    /// Runs a script in the page and gives what it returns.
    pub fn script(&self, text: &str) -> Value {
        self.call("execute/sync", &json!({ "script": text, "args": [] })).unwrap()
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
                found if started.elapsed() > Duration::from_secs(60) => {
                    self.screenshot(Path::new(&std::env::temp_dir().join("pli-window-missing.png")));
                    panic!("{what} never came: {found:?}");
                }
                _ => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }

    /// Presses keys, as WebDriver names them, where the focus is.
    pub fn press(&self, keys: &[&str]) {
        let mut actions: Vec<Value> = keys.iter().map(|key| json!({ "type": "keyDown", "value": key })).collect();
        actions.extend(keys.iter().rev().map(|key| json!({ "type": "keyUp", "value": key })));
        let body = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] });
        self.call("actions", &body).unwrap();
    }

    /// Types a text where the focus is.
    pub fn type_text(&self, text: &str) {
        for letter in text.chars() {
            self.press(&[&letter.to_string()]);
        }
    }

    /// Writes what the window shows to a file.
    pub fn screenshot(&self, path: &Path) {
        let answer = http(self.port, "GET", &format!("{}/screenshot", self.session), None).unwrap();
        let bytes = decode(answer["value"].as_str().unwrap_or_default());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = http(self.port, "DELETE", &self.session, None);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// One exchange with the driver, on this machine.
fn http(port: u16, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
    let exchange = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
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
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or("no answer")?;
    serde_json::from_slice(&answer[end + 4..]).map_err(|error| error.to_string())
}

fn decode(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default()
}
