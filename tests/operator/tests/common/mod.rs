//! What the tests of the operator speak to it with: openssl, plain HTTP and a look at /proc. None of it is Pli's code.
// Each test program uses its own part of this.
#![allow(dead_code)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use pli_operator::Info;

/// Runs `openssl s_client` against a port with these further arguments, says `input`, returns all it printed.
pub(crate) fn s_client(info: &Info, port: u16, arguments: &[&str], input: &str) -> (bool, String) {
    let mut child = Command::new("openssl")
        .args([
            "s_client",
            "-connect",
            &format!("127.0.0.1:{port}"),
            "-servername",
            "imap.alpha.mssante.test",
        ])
        .args(["-CAfile", &info.anchors.display().to_string(), "-verify_return_error"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl");
    child
        .stdin
        .take()
        .expect("stdin")
        .write_all(input.as_bytes())
        .expect("said");
    let output = child.wait_with_output().expect("ended");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

pub(crate) fn xoauth2(user: &str, token: &str) -> String {
    BASE64.encode(format!("user={user}\x01auth=Bearer {token}\x01\x01"))
}

pub(crate) fn oauthbearer(user: &str, token: &str) -> String {
    BASE64.encode(format!(
        "n,a={user},\x01host=localhost\x01port=1\x01auth=Bearer {token}\x01\x01"
    ))
}

/// An HTTP answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn location(&self) -> String {
        let line = self
            .head
            .lines()
            .find(|line| line.to_ascii_lowercase().starts_with("location:"))
            .expect("a redirect");
        line.split_once(':').expect("a header").1.trim().to_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// One request to the identity provider by a client that keeps no cookies. `url` may be a whole address or a path.
pub(crate) fn http(port: u16, method: &str, url: &str, headers: &[&str], body: &str) -> Answer {
    let path = url.strip_prefix(&format!("http://127.0.0.1:{port}")).unwrap_or(url);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("connected");
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n{headers}Content-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("asked");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answered");
    let answer = String::from_utf8(answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    Answer {
        status: head
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .expect("a status"),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// The live processes that have something to do with this folder: by their arguments, environment, or current folder.
pub(crate) fn processes_of(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let process = entry.path();
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        if pid == std::process::id() {
            continue;
        }
        let contains = |name: &str| {
            let text = std::fs::read(process.join(name)).unwrap_or_default();
            String::from_utf8_lossy(&text).contains(folder)
        };
        let inside = std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
        if contains("cmdline") || contains("environ") || inside {
            let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
            if !status.contains("State:\tZ") && !status.is_empty() {
                found.push(format!("{pid} {}", status.lines().next().unwrap_or_default()));
            }
        }
    }
    found
}
