//! Servers that tell what no real one should: figures that are no figures, limits of nothing, of everything, and silence.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use pli_engine::{Engine, Home, QuotaLevel, QuotaSource, QuotaView, Room};
use pli_operator::Operator;
use pli_operator::pki::LeafOptions;
use pli_store::{AccountId, Store, Vault};
use rustls::{ServerConnection, StreamOwned};
use secrecy::SecretString;

use crate::common::{Bench, until};
use crate::stage::{Moved, engine_at, ready, warnings};

/// A mailbox without a letter, whose quota is what a test says.
struct Liar {
    port: u16,
    told: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Liar {
    fn start(operator: &Operator) -> Self {
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
        let (told, asked) = (Arc::<Mutex<String>>::default(), Arc::<AtomicUsize>::default());
        let (says, counts) = (Arc::clone(&told), Arc::clone(&asked));
        std::thread::spawn(move || {
            for tcp in listener.incoming().flatten() {
                let (config, says, counts) = (Arc::clone(&config), Arc::clone(&says), Arc::clone(&counts));
                std::thread::spawn(move || {
                    let connection = ServerConnection::new(config).unwrap();
                    let _ = answer(StreamOwned::new(connection, tcp), &says, &counts);
                });
            }
        });
        Self { port, told, asked }
    }

    /// `$` stands for the command's tag.
    fn says(&self, told: &str) {
        *self.told.lock().unwrap() = told.to_owned();
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn answer(
    stream: StreamOwned<ServerConnection, TcpStream>,
    says: &Mutex<String>,
    asked: &AtomicUsize,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let offers = "IMAP4rev1 AUTH=OAUTHBEARER AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE QUOTA";
    stream
        .get_mut()
        .write_all(format!("* OK [CAPABILITY {offers}] bonjour\r\n").as_bytes())?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let (tag, rest) = line.trim_end().split_once(' ').unwrap_or_default();
        let says = match rest.split(' ').next().unwrap_or_default() {
            "AUTHENTICATE" => format!("$ OK [CAPABILITY {offers}] logged in\r\n"),
            "CAPABILITY" => format!("* CAPABILITY {offers}\r\n$ OK\r\n"),
            "GETQUOTAROOT" => {
                asked.fetch_add(1, Ordering::SeqCst);
                says.lock().unwrap().clone()
            }
            "LIST" => "* LIST () \"/\" INBOX\r\n$ OK\r\n".to_owned(),
            "SELECT" | "EXAMINE" => {
                "* FLAGS (\\Seen)\r\n* 0 EXISTS\r\n* OK [UIDVALIDITY 1] v\r\n* OK [UIDNEXT 1] n\r\n$ OK [READ-WRITE]\r\n"
                    .to_owned()
            }
            "STATUS" => "* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1 UNSEEN 0)\r\n$ OK\r\n".to_owned(),
            "LOGOUT" => "* BYE\r\n$ OK\r\n".to_owned(),
            _ => "$ OK\r\n".to_owned(),
        };
        stream.get_mut().write_all(says.replace('$', tag).as_bytes())?;
    }
}

/// The BAL is at the liar's from now on.
async fn at_the_liar(bench: &Bench) -> (Engine, AccountId, Liar, Arc<Moved>) {
    let (engine, account, clock) = ready(bench).await;
    engine.stop().await;
    drop(engine);
    let liar = Liar::start(&bench.operator);
    let home = Home::at(bench.dir.path().join("profile"));
    let key = Vault::at(&home.vault())
        .open_with_passphrase(&SecretString::from("une phrase de passe"))
        .unwrap();
    let store = Store::open(&home.store(), &key).unwrap();
    let mut settings = store.account(account).unwrap().settings;
    settings.servers["imap"]["port"] = liar.port.into();
    store.update_account(account, &settings).unwrap();
    drop(store);
    let engine = engine_at(bench, &clock, None).await;
    bench.log_in(&engine).await;
    (engine, account, liar, clock)
}

fn room(used: u64, limit: Option<u64>) -> Option<Room> {
    Some(Room { used, limit })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_not_believed_and_what_was_told_before_stands_for_a_week() {
    let bench = Bench::start(false);
    let (engine, account, liar, clock) = at_the_liar(&bench).await;
    let read = async |told: &str| -> QuotaView {
        liar.says(&format!("{told}$ OK\r\n"));
        engine.quota_read(account).await.unwrap()
    };
    // Nothing of use: an estimate, of nothing.
    let view = read("* QUOTAROOT INBOX\r\n").await;
    assert_eq!((view.source, view.storage), (QuotaSource::Estimate, room(0, None)));
    // A limit of 0 or of the largest number there is limits nothing.
    for limit in ["0", "18446744073709551615", "9007199254740991"] {
        let view = read(&format!("* QUOTA \"\" (STORAGE 7 {limit})\r\n")).await;
        assert_eq!(
            (view.storage, view.level),
            (room(7 * 1024, None), QuotaLevel::Fine),
            "{limit}"
        );
        assert_eq!(view.source, QuotaSource::Server);
    }
    // A use that went below nothing is no use; the other root still counts.
    let view = read("* QUOTA a (STORAGE 18446744073709551610 100)\r\n* QUOTA b (STORAGE 95 100)\r\n").await;
    assert_eq!(
        (view.storage, view.level),
        (room(95 * 1024, Some(100 * 1024)), QuotaLevel::AlmostFull)
    );
    assert_eq!(warnings(&engine).await.1, Some(QuotaLevel::AlmostFull));
    // Twice the limit is what it is.
    let view = read("* QUOTA b (STORAGE 200 100)\r\n").await;
    assert_eq!((view.level, view.forecast), (QuotaLevel::Full, None));
    let warning = engine.quota_warnings().await.unwrap()[0];
    assert_eq!((warning.percent, warning.level), (200, QuotaLevel::Full));
    // Then it tells nothing any more: what it told stands, and the warning with it.
    for silence in [
        "",
        "* QUOTA b ()\r\n",
        "* QUOTA b (STORAGE 18446744073709551610 100)\r\n",
    ] {
        let view = read(silence).await;
        assert_eq!(
            (view.source, view.level),
            (QuotaSource::Server, QuotaLevel::Full),
            "{silence}"
        );
    }
    liar.says("$ NO [NOPERM] no\r\n");
    assert_eq!(engine.quota_read(account).await.unwrap().source, QuotaSource::Server);
    engine.stop().await;
    clock.by(SignedDuration::from_hours(8 * 24));
    let engine = engine_at(&bench, &clock, None).await;
    bench.log_in(&engine).await;
    let view = engine.quota_read(account).await.unwrap();
    assert_eq!((view.source, view.level), (QuotaSource::Estimate, QuotaLevel::Fine));
    assert_eq!(warnings(&engine).await, (None, None));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_read_costs_one_connection_and_never_the_mail() {
    let bench = Bench::start(false);
    let (engine, account, liar, _) = at_the_liar(&bench).await;
    liar.says("* QUOTA \"\" (STORAGE -1 -1)\r\n$ OK\r\n");
    assert!(engine.sync_and_wait(Some(account)).await.is_err());
    until("the mail is read without the quota", async || {
        engine.sync_and_wait(Some(account)).await.is_ok()
    })
    .await;
    assert_eq!(liar.asked(), 1);
    let view = engine.quota_read(account).await.unwrap();
    assert_eq!((view.source, liar.asked()), (QuotaSource::Estimate, 1));
    engine.stop().await;
}
