//! Fetching a mailbox whole: everything comes, and in pieces that memory can hold.

use std::collections::BTreeMap;

use base64::Engine as _;
use pli_operator::{Operator, Seed};
use pli_terms::{Uid, UidSet};
use pli_wire::imap::{BodyPiece, BodyRequest, HeaderRow, ImapSession, MailboxName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::imap::open_for;
use crate::support::{self, MARTIN, letter, operator};

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_many_messages_comes_whole() {
    let count: i64 = std::env::var("PLI_WIRE_MESSAGES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(700);
    let octets: usize = std::env::var("PLI_WIRE_OCTETS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3_000);
    let operator = operator();
    let line = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789\r\n";
    let seeds: Vec<Seed> = (0..count)
        .map(|n| {
            let mut raw = letter(&format!("b{n}@alpha.mssante.test"), MARTIN);
            raw.extend(line.iter().copied().cycle().take(octets / line.len() * line.len()));
            Seed {
                folder: "Masse".to_owned(),
                flags: Vec::new(),
                internal_date_unix: 1_790_000_000 + n,
                raw,
            }
        })
        .collect();
    let sizes: u64 = seeds.iter().map(|seed| seed.raw.len() as u64).sum();
    operator.seed(MARTIN, &seeds).unwrap();
    drop(seeds);
    let mut session = open_for(operator).await;
    let selected = session.select(&MailboxName::new("Masse").unwrap(), None).await.unwrap();
    assert_eq!(i64::from(selected.exists), count);

    let began = std::time::Instant::now();
    let sweep = session.fetch_flags(Uid::new(1).unwrap(), None, None).await.unwrap();
    let all: UidSet = sweep.rows.iter().map(|row| row.uid).collect();
    let flags = began.elapsed();
    let began = std::time::Instant::now();
    let (rows, mut came) = mpsc::channel::<HeaderRow>(1000);
    let counting = tokio::spawn(async move {
        let mut sizes = BTreeMap::new();
        while let Some(row) = came.recv().await {
            sizes.insert(row.uid, row.size);
        }
        sizes
    });
    for batch in all.batches(500, 1000) {
        let report = session.fetch_headers(&batch, false, rows.clone()).await.unwrap();
        assert!(report.missing.is_empty());
    }
    drop(rows);
    let known = counting.await.unwrap();
    assert_eq!(known.len() as i64, count);
    let headers = began.elapsed();
    let began = std::time::Instant::now();
    let wanted: Vec<BodyRequest> = known
        .iter()
        .map(|(uid, size)| BodyRequest { uid: *uid, size: *size })
        .collect();
    let (pieces, mut came) = mpsc::channel::<BodyPiece>(64);
    let counting = tokio::spawn(async move {
        let mut octets = 0;
        while let Some(piece) = came.recv().await {
            octets += piece.bytes.len() as u64;
        }
        octets
    });
    let report = session.fetch_bodies(&wanted, pieces).await.unwrap();
    assert_eq!((counting.await.unwrap(), report.octets), (sizes, sizes));
    assert!(report.missing.is_empty() && session.is_usable());
    let bodies = began.elapsed();
    let raw = raw_drain(operator, sizes).await;
    eprintln!("{count} messages, {sizes} octets: flags {flags:?}, headers {headers:?}, bodies {bodies:?}, raw {raw:?}");
}

/// How fast the same octets come when nobody looks at them: what the measure above is to be held against.
async fn raw_drain(operator: &Operator, least: u64) -> std::time::Duration {
    let network = support::network(operator, None);
    let tcp = TcpStream::connect(("127.0.0.1", operator.info().ports.imaps))
        .await
        .unwrap();
    let mut stream = network.connector.connect("imap.alpha.mssante.test", tcp).await.unwrap();
    let token = operator.token(support::holder(MARTIN)).unwrap();
    let sasl =
        base64::engine::general_purpose::STANDARD.encode(format!("user={MARTIN}\x01auth=Bearer {token}\x01\x01"));
    let begin = format!("a AUTHENTICATE XOAUTH2 {sasl}\r\nb SELECT Masse\r\n");
    stream.write_all(begin.as_bytes()).await.unwrap();
    let mut buffer = vec![0; 256 << 10];
    let mut tail = Vec::new();
    while !String::from_utf8_lossy(&tail).contains("\r\nb OK") {
        let n = stream.read(&mut buffer).await.unwrap();
        tail.extend_from_slice(&buffer[..n]);
    }
    let began = std::time::Instant::now();
    stream
        .write_all(b"c UID FETCH 1:* (UID BODY.PEEK[])\r\n")
        .await
        .unwrap();
    let (mut came, mut end) = (0, Vec::new());
    while !String::from_utf8_lossy(&end).contains("\r\nc OK") {
        let n = stream.read(&mut buffer).await.unwrap();
        assert!(n > 0);
        came += n as u64;
        end.extend_from_slice(&buffer[n.saturating_sub(200)..n]);
        end.drain(..end.len().saturating_sub(200));
    }
    assert!(came > least);
    began.elapsed()
}
