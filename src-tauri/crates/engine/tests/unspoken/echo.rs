//! A server that says again all that it is told, and more: each of its answers holds words of letters, of names and of tokens.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use pli_operator::Operator;
use pli_operator::pki::LeafOptions;
use rustls::{ServerConnection, StreamOwned};

/// Answers every connection; gives its port.
pub(crate) fn start(operator: &Operator, words: &str) -> u16 {
    let leaf = operator
        .pki()
        .leaf(LeafOptions {
            names: vec!["imap.alpha.mssante.test".to_owned()],
            crl_url: None,
            ..LeafOptions::default()
        })
        .unwrap();
    let config = pli_operator::server_config(&leaf).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let words = words.to_owned();
    std::thread::spawn(move || {
        for tcp in listener.incoming().flatten() {
            let (config, words) = (Arc::clone(&config), words.clone());
            std::thread::spawn(move || {
                let connection = ServerConnection::new(config).unwrap();
                let _ = answer(StreamOwned::new(connection, tcp), &words);
            });
        }
    });
    port
}

fn answer(stream: StreamOwned<ServerConnection, std::net::TcpStream>, words: &str) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let greeting =
        format!("* OK [CAPABILITY IMAP4rev1 AUTH=OAUTHBEARER AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE QUOTA] {words}\r\n");
    stream.get_mut().write_all(greeting.as_bytes())?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let told = line.trim_end().to_owned();
        let (tag, rest) = told.split_once(' ').unwrap_or((&told, ""));
        let answer = if rest.starts_with("AUTHENTICATE") {
            format!("{tag} OK [CAPABILITY IMAP4rev1 UIDPLUS MOVE QUOTA] {words} {rest}\r\n")
        } else if rest.starts_with("CAPABILITY") {
            format!("* CAPABILITY IMAP4rev1 UIDPLUS MOVE QUOTA\r\n{tag} OK {words}\r\n")
        } else if rest.starts_with("NOOP") {
            format!("* OK [ALERT] {words}\r\n{tag} OK [{words}] {words} {rest}\r\n")
        } else if rest.starts_with("LOGOUT") {
            format!("* BYE {words}\r\n{tag} OK {words}\r\n")
        } else {
            format!("* NO {words}\r\n{tag} NO [TRYCREATE] {words} {rest}\r\n")
        };
        stream.get_mut().write_all(answer.as_bytes())?;
    }
}
