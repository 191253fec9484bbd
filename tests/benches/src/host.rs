//! Pli as its window sees it: the test host, release build, spoken to over the contract.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use pli_operator::Operator;
use serde_json::{Value, json};

use crate::Outcome;

/// A running host.
pub(crate) struct Host {
    child: Child,
    _until: ChildStdin,
    port: u16,
    events: Receiver<(Instant, Value)>,
    /// From the start of the process to its first answer.
    pub(crate) started_in: Duration,
}

impl Host {
    /// Starts the host on a profile.
    pub(crate) fn start(operator: &Operator, home: &Path) -> Outcome<Self> {
        let here = std::env::current_exe()?;
        let folder = here.parent().ok_or("no folder")?;
        let passphrase = home.with_extension("passphrase");
        std::fs::write(&passphrase, "une phrase de passe de mesure")?;
        let begun = Instant::now();
        let mut child = Command::new(folder.join("pli-host"))
            .args(["--pages", "/nonexistent", "--files"])
            .arg(home.with_extension("files"))
            .env("PLI_LOCAL_OPERATOR", operator.info().file())
            .env("PLI_HOME", home)
            .env("PLI_PASSPHRASE_FILE", &passphrase)
            .env("BROWSER", format!("{} browse", folder.join("pli-operator").display()))
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let until = child.stdin.take().ok_or("no input")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line)?;
        let port = ready["url"]
            .as_str()
            .and_then(|url| url.rsplit(':').next()?.parse().ok())
            .ok_or("no port")?;
        let events = listen(port)?;
        let mut host = Self {
            child,
            _until: until,
            port,
            events,
            started_in: Duration::ZERO,
        };
        host.call("vault_open", json!({ "passphrase": null }))?;
        host.started_in = begun.elapsed();
        Ok(host)
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// One command of the contract.
    pub(crate) fn call(&self, name: &str, argument: Value) -> Outcome<Value> {
        let body = argument.to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_nodelay(true)?;
        let length = body.len();
        let request = format!(
            "POST /api/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .ok_or("no answer")?;
        if !answer.starts_with(b"HTTP/1.1 200") {
            return Err(format!("{name}: {}", String::from_utf8_lossy(&answer[end..])).into());
        }
        Ok(serde_json::from_slice(&answer[end + 4..])?)
    }

    /// Begins a login in the browser, as from the BAL of this id.
    pub(crate) fn log_in(&self, account: &Value) -> Outcome<()> {
        let asked = json!({ "way": "browser", "nationalId": null, "channel": "mobile", "account": account });
        self.call("login_start", asked).map(drop)
    }

    /// Waits for an event.
    pub(crate) fn wait(&self, what: &str, patience: Duration, wanted: impl Fn(&Value) -> bool) -> Outcome<Instant> {
        let until = Instant::now() + patience;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let (at, event) = self
                .events
                .recv_timeout(left)
                .map_err(|_| format!("{what} never came"))?;
            if wanted(&event) {
                return Ok(at);
            }
        }
    }

    /// Forgets the events that have come.
    pub(crate) fn forget_events(&self) {
        while self.events.try_recv().is_ok() {}
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(port: u16) -> Outcome<Receiver<(Instant, Value)>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")?;
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { return };
            if let Some(event) = line
                .strip_prefix("data:")
                .and_then(|text| serde_json::from_str(text.trim()).ok())
                && tell.send((Instant::now(), event)).is_err()
            {
                return;
            }
        }
    });
    Ok(told)
}
