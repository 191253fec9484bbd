//! How a client finds the servers: SRV records, then autoconfiguration (RFC 6186, RFC 8314).

// The functions that the tests share stop a test as the tests themselves do.
#![allow(clippy::expect_used)]

mod common;

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

use common::s_client;
use pli_operator::{Operator, Options};

fn question(name: &str, kind: u16) -> Vec<u8> {
    let mut message = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        message.push(u8::try_from(label.len()).expect("short"));
        message.extend(label.as_bytes());
    }
    message.push(0);
    message.extend(kind.to_be_bytes());
    message.extend([0, 1]);
    message
}

/// Response code and the data of the only answer, if there is one.
fn ask(dns: &str, name: &str, kind: u16) -> (u8, Vec<u8>) {
    let query = question(name, kind);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.set_read_timeout(Some(Duration::from_secs(60))).expect("set");
    socket.send_to(&query, dns).expect("asked");
    let mut buffer = [0; 512];
    let length = socket.recv(&mut buffer).expect("answered");
    let by_udp = buffer[..length].to_vec();

    let mut stream = TcpStream::connect(dns).expect("connected");
    let size = u16::try_from(query.len()).expect("short").to_be_bytes();
    stream.write_all(&[&size[..], &query].concat()).expect("asked");
    let mut size = [0; 2];
    stream.read_exact(&mut size).expect("answered");
    let mut by_tcp = vec![0; usize::from(u16::from_be_bytes(size))];
    stream.read_exact(&mut by_tcp).expect("answered");
    assert_eq!(by_udp, by_tcp);

    assert_eq!(by_udp[..2], query[..2]);
    let data = if by_udp[7] == 0 {
        Vec::new()
    } else {
        by_udp[query.len() + 12..].to_vec()
    };
    (by_udp[3] & 0x0f, data)
}

#[test]
fn the_resolver_names_every_service() {
    let operator = Operator::start(Options::default()).expect("started");
    let info = operator.info();
    let ports = info.ports;
    for (service, port, host) in [
        ("_imaps", ports.imaps, "imap"),
        ("_imap", ports.imap, "imap"),
        ("_submissions", ports.submissions, "smtp"),
        ("_submission", ports.submission, "smtp"),
        ("_sieve", ports.sieve, "imap"),
    ] {
        let (code, data) = ask(&info.dns, &format!("{service}._tcp.alpha.mssante.test"), 33);
        assert_eq!(code, 0);
        assert_eq!(u16::from_be_bytes([data[4], data[5]]), port, "{service}");
        assert_eq!(&data[7..11], host.as_bytes());
        assert!(data[6] == 4 && data.windows(7).any(|part| part == b"mssante"));
    }
    assert_eq!(ask(&info.dns, "IMAP.beta.mssante.test", 1), (0, vec![127, 0, 0, 1]));
    assert_eq!(ask(&info.dns, "imap.beta.mssante.test", 28), (0, Vec::new()));
    assert_eq!(
        ask(&info.dns, "_imaps._tcp.beta.mssante.test", 33).0,
        3,
        "this domain publishes none"
    );
    assert_eq!(ask(&info.dns, "imap.ailleurs.test", 1).0, 3);
}

#[test]
fn each_domain_has_its_autoconfiguration() {
    let operator = Operator::start(Options::default()).expect("started");
    let info = operator.info();
    for domain in &info.domains {
        let host = format!("autoconfig.{domain}");
        let request = format!(
            "GET /mail/config-v1.1.xml HTTP/1.1\nHost: {host}:{}\nConnection: close\n\n",
            info.https_port
        );
        let (_, text) = s_client(
            info,
            info.https_port,
            &["-quiet", "-crlf", "-verify_hostname", &host],
            &request,
        );
        assert!(text.contains("HTTP/1.1 200 OK"), "{text}");
        assert!(text.contains(&format!("<emailProvider id=\"{domain}\">")));
        for (server, port, kind) in [
            ("imap", info.ports.imaps, "SSL"),
            ("imap", info.ports.imap, "STARTTLS"),
            ("smtp", info.ports.submissions, "SSL"),
            ("smtp", info.ports.submission, "STARTTLS"),
        ] {
            let lines = format!(
                "<hostname>{server}.{domain}</hostname>\n      <port>{port}</port>\n      <socketType>{kind}</socketType>"
            );
            assert!(text.contains(&lines), "{text}");
        }
    }
}
