//! The intermediary beside the provider itself: the same requests, through it and without it, in turn, in the same run.
//!
//! What passes through costs the provider's own time and the intermediary's: a ratio of 1 would be an intermediary that is not there.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pli_operator::{Operator, Options};
use serde_json::Value;

use crate::Outcome;
use crate::figures::{Table, median};

/// Those who ask at once.
const ASKERS: usize = 4;
/// Where a browser would be sent back to.
const BACK: &str = "http://127.0.0.1:4321/retour";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// How much is asked.
pub(crate) struct Size {
    rounds: usize,
    requests: usize,
}

impl Size {
    /// Reads `--rounds N` and `--requests N` (of each asker, in a round).
    pub(crate) fn read(arguments: &[String]) -> Outcome<Self> {
        let number = |name: &str, usual: usize| -> Outcome<usize> {
            match arguments.iter().position(|argument| argument == name) {
                Some(place) => Ok(arguments.get(place + 1).ok_or("a number is missing")?.parse()?),
                None => Ok(usual),
            }
        };
        Ok(Self {
            rounds: number("--rounds", 5)?.max(1),
            requests: number("--requests", 100)?.max(1),
        })
    }
}

/// One side of the comparison: the intermediary, or the provider itself.
struct Side {
    port: u16,
    authorize: &'static str,
    callback: String,
    client: &'static str,
    secret: Option<&'static str>,
}

/// Runs the benchmark.
pub(crate) fn run(size: Size) -> Outcome<()> {
    let operator = Operator::start(Options {
        auto_approve: true,
        token_ttl: 600,
        ..Options::default()
    })?;
    let folder = tempfile::tempdir()?;
    let idp = operator.info().ports.idp;
    let (port, _relay) = start(folder.path(), idp)?;
    let through = Side {
        port,
        authorize: "/authorize",
        callback: BACK.to_owned(),
        client: "pli",
        secret: None,
    };
    let direct = Side {
        port: idp,
        authorize: "/auth",
        callback: format!("http://127.0.0.1:{port}/callback"),
        client: "pli-relay-loopback",
        secret: Some("pli-relay-secret"),
    };
    let mut table = Table::default();
    for what in [What::Discovery, What::Authorize, What::Refresh] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..size.rounds {
            theirs.push(round(&direct, what, size.requests)?);
            ours.push(round(&through, what, size.requests)?);
        }
        let rate = |times: &[Duration]| (size.requests * ASKERS) as f64 / median(times).as_secs_f64();
        let (ours, theirs) = (rate(&ours), rate(&theirs));
        table.line(
            what.name(),
            "beside the provider alone",
            format!("{ours:.0} requests a second, {:.2} of the provider's", ours / theirs),
            format!("the provider itself: {theirs:.0} requests a second"),
        );
    }
    table.print();
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Discovery,
    Authorize,
    Refresh,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Discovery => "relay: the description",
            Self::Authorize => "relay: a login in the browser begins",
            Self::Refresh => "relay: tokens refreshed",
        }
    }
}

/// The time that all askers take together; logging in is not counted.
fn round(side: &Side, what: What, requests: usize) -> Outcome<Duration> {
    let mut sessions = Vec::new();
    for _ in 0..ASKERS {
        let token = match what {
            What::Refresh => log_in(side)?,
            What::Discovery | What::Authorize => String::new(),
        };
        sessions.push((Connection::open(side.port)?, token));
    }
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let askers: Vec<_> = sessions
            .iter_mut()
            .map(|(connection, token)| {
                scope.spawn(move || ask(side, what, requests, connection, token).map_err(|e| e.to_string()))
            })
            .collect();
        for asker in askers {
            asker.join().map_err(|_| "an asker fell")??;
        }
        Ok::<_, Box<dyn std::error::Error>>(())
    })?;
    Ok(begun.elapsed())
}

fn ask(side: &Side, what: What, requests: usize, connection: &mut Connection, token: &mut String) -> Outcome<()> {
    for _ in 0..requests {
        match what {
            What::Discovery => connection.get("/.well-known/openid-configuration", 200).map(drop)?,
            What::Authorize => connection.get(&login(side), 303).map(drop)?,
            What::Refresh => {
                let given = connection.post(
                    "/token",
                    &side.form(&[("grant_type", "refresh_token"), ("refresh_token", token)]),
                )?;
                if let Some(next) = given["refresh_token"].as_str() {
                    next.clone_into(token);
                }
            }
        }
    }
    Ok(())
}

impl Side {
    fn form(&self, pairs: &[(&str, &str)]) -> String {
        let who = [("client_id", self.client)]
            .into_iter()
            .chain(self.secret.map(|secret| ("client_secret", secret)));
        // Every value here is made of characters that stand for themselves, but for addresses.
        let pairs = who.chain(pairs.iter().copied());
        let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", escape(value))).collect();
        pairs.join("&")
    }
}

fn escape(text: &str) -> String {
    text.replace(':', "%3A").replace('/', "%2F")
}

/// The address by which a login in the browser begins.
fn login(side: &Side) -> String {
    format!(
        "{}?response_type=code&client_id={}&redirect_uri={}&scope=openid%20scope_all&acr_values=eidas1&state=etat&nonce=nonce\
         &code_challenge={CHALLENGE}&code_challenge_method=S256",
        side.authorize,
        side.client,
        escape(&side.callback)
    )
}

/// Logs in, as a browser and a client would: the refresh token.
fn log_in(side: &Side) -> Outcome<String> {
    let mut place = format!("http://127.0.0.1:{}{}", side.port, login(side));
    let mut port = side.port;
    for _ in 0..12 {
        if place.starts_with(&side.callback) {
            let code = place
                .split(['?', '&'])
                .find_map(|pair| pair.strip_prefix("code="))
                .ok_or("no code")?;
            let form = [
                ("grant_type", "authorization_code"),
                ("code", code),
                ("code_verifier", VERIFIER),
                ("redirect_uri", &side.callback),
            ];
            let given = Connection::open(side.port)?.post("/token", &side.form(&form))?;
            return Ok(given["refresh_token"].as_str().ok_or("no refresh token")?.to_owned());
        }
        let rest = place.strip_prefix("http://127.0.0.1:").unwrap_or(&place);
        let (host, path) = rest.split_at(rest.find('/').ok_or("no path")?);
        // An address without a name is of the server that gave it.
        port = host.parse().unwrap_or(port);
        place = Connection::open(port)?.get(path, 303)?;
    }
    Err("the login never ends".into())
}

/// A connection that is kept.
struct Connection {
    host: String,
    stream: BufReader<TcpStream>,
}

impl Connection {
    fn open(port: u16) -> Outcome<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self {
            // With the port: the provider makes addresses of its own from it.
            host: format!("127.0.0.1:{port}"),
            stream: BufReader::new(stream),
        })
    }

    /// A GET; where it sends to.
    fn get(&mut self, path: &str, expected: u16) -> Outcome<String> {
        let host = &self.host;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n\r\n");
        let (status, location, body) = self.exchange(&request)?;
        if status != expected && !(expected == 303 && status == 302) {
            return Err(format!("{path}: {status} {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(location)
    }

    /// A POST of a form; the JSON answered.
    fn post(&mut self, path: &str, form: &str) -> Outcome<Value> {
        let (host, length) = (&self.host, form.len());
        let kind = "application/x-www-form-urlencoded";
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{form}"
        );
        let (status, _, body) = self.exchange(&request)?;
        if status != 200 {
            return Err(format!("{path}: {status} {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(serde_json::from_slice(&body)?)
    }

    fn exchange(&mut self, request: &str) -> Outcome<(u16, String, Vec<u8>)> {
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut location, mut length) = (0, String::new(), 0);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err("the server closed the connection".into());
            }
            let line = line.trim_end();
            match line.split_once(':') {
                _ if line.is_empty() => break,
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse()?,
                Some((name, value)) if name.eq_ignore_ascii_case("location") => value.trim().clone_into(&mut location),
                _ if line.starts_with("HTTP/1.1 ") => status = line.get(9..12).unwrap_or_default().parse()?,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, location, body))
    }
}

/// The program, ended with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the intermediary on plain loopback, as the provider is, with no limit in the way.
fn start(folder: &Path, idp: u16) -> Outcome<(u16, Running)> {
    let here = std::env::current_exe()?;
    let program = here.parent().ok_or("no folder")?.join("pli-relay");
    let made = Command::new(&program)
        .arg("--new-keys")
        .arg(folder)
        .stdout(Stdio::null())
        .status()?;
    if !made.success() {
        return Err("no keys".into());
    }
    std::fs::write(folder.join("secret"), "pli-relay-secret")?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let file = folder.join("relay.toml");
    let most = 60_000;
    std::fs::write(
        &file,
        format!(
            "issuer = \"http://127.0.0.1:{port}\"\n[listen]\naddress = \"127.0.0.1:{port}\"\n[psc]\n\
             discovery = \"http://127.0.0.1:{idp}/.well-known/openid-configuration\"\nclient_id = \"pli-relay-loopback\"\n\
             secret_file = \"secret\"\n[[clients]]\nid = \"pli\"\nredirects = [\"http://127.0.0.1/retour\"]\n[keys]\n\
             seal = [\"seal.key\"]\nsign = \"sign.pem\"\n[limits]\naddress_per_minute = {most}\naddress_burst = {most}\n\
             [log]\nlevel = \"error\"\n"
        ),
    )?;
    let running = Running(Command::new(program).arg("--config").arg(&file).spawn()?);
    let patience = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if patience.elapsed() > Duration::from_secs(20) {
            return Err("the intermediary does not start".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok((port, running))
}
