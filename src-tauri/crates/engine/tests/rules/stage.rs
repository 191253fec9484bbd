//! What these tests share: a BAL with its rules, and mail that is really delivered.

use std::sync::Arc;

use jiff::Zoned;
use jiff::tz::TimeZone;
use pli_engine::{Answered, AutoReply, Clock, Engine, Home, NewBal, Options, RulesSet};
use pli_operator::boxes;
use pli_store::{AccountId, AuthMethod};
use pli_terms::{BalKind, NationalId};

use crate::common::{Bench, MARTIN, add, until};

pub(crate) const LEROY: &str = "dr.leroy@alpha.mssante.test";
pub(crate) const LABO: &str = "labo@beta.mssante.test";

/// The workstation's clock in another place.
struct Elsewhere(TimeZone);

impl Clock for Elsewhere {
    fn zoned(&self) -> Zoned {
        Zoned::now().with_time_zone(self.0.clone())
    }
}

/// dr.martin's box, opened by her.
pub(crate) struct Stage {
    pub(crate) bench: Bench,
    pub(crate) engine: Engine,
    pub(crate) account: AccountId,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let bench = Bench::start(false);
        let engine = engine(&bench, "profile", "Europe/Paris").await;
        log_in(&bench, &engine, boxes::DR_MARTIN, "Claire MARTIN").await;
        let account = add(&engine, MARTIN).await.id;
        Self { bench, engine, account }
    }

    /// Sets rules, whatever is there.
    pub(crate) async fn set(&self, set: RulesSet) -> pli_engine::Rules {
        self.engine.rules_set(self.account, set).await.unwrap()
    }

    /// A box of its own for somebody who writes.
    pub(crate) async fn open(&self, address: &str) {
        self.open_all(&[address]).await;
    }

    /// The same for several. Dovecot looks for new ones once a second.
    pub(crate) async fn open_all(&self, addresses: &[&str]) {
        for address in addresses {
            self.bench.operator.seed(address, &[]).unwrap();
        }
        for address in addresses {
            until("the box is known", async || {
                self.bench.operator.mailbox(address).is_ok()
            })
            .await;
        }
    }

    /// Delivers a message and all that comes of it.
    pub(crate) fn deliver(&self, from: &str, to: &str, raw: &[u8]) {
        self.bench.operator.deliver(from, to, raw).unwrap();
        self.bench.operator.settle().unwrap();
    }

    /// The whole messages of a folder.
    pub(crate) fn folder(&self, address: &str, folder: &str) -> Vec<Vec<u8>> {
        let messages = self.bench.operator.mailbox(address).unwrap().messages(folder).unwrap();
        messages.into_iter().map(|message| message.raw).collect()
    }

    /// What dr.martin's box answered to this sender.
    pub(crate) fn answers(&self, sender: &str) -> Vec<Vec<u8>> {
        let mut all = self.folder(sender, "INBOX");
        all.retain(|raw| pli_message::parse(raw).row.from.address == MARTIN);
        all
    }
}

/// Another profile on the same operator, as another workstation has it.
pub(crate) async fn engine(bench: &Bench, profile: &str, zone: &str) -> Engine {
    let mut options = Options::new(|_| true);
    options.background = false;
    options.keyring = false;
    options.passphrase_file = None;
    options.undo = std::time::Duration::ZERO;
    options.local = Some(bench.local());
    options.clock = Arc::new(Elsewhere(TimeZone::get(zone).unwrap()));
    let engine = Engine::start(Home::at(bench.dir.path().join(profile)), options).unwrap();
    engine.vault_open(Some("une phrase de passe".into())).await.unwrap();
    engine
}

pub(crate) async fn log_in(bench: &Bench, engine: &Engine, person: &str, name: &str) {
    let token = bench.operator.token_for(person, 3600).unwrap();
    engine
        .adopt_session(NationalId::parse(person).unwrap(), name, token.into())
        .await;
}

pub(crate) async fn add_of_kind(engine: &Engine, address: &str, kind: BalKind) -> AccountId {
    let new = NewBal {
        address: address.to_owned(),
        kind: Some(kind),
        method: AuthMethod::Psc,
        name: None,
    };
    engine.account_add(new).await.unwrap().id
}

pub(crate) fn reply(text: &str) -> AutoReply {
    AutoReply {
        enabled: true,
        subject: None,
        text: text.to_owned(),
        from: None,
        until: None,
        every_days: 7,
        who: Answered::Everyone,
        addresses: Vec::new(),
    }
}

pub(crate) fn answering(reply: AutoReply) -> RulesSet {
    RulesSet {
        answer: Some(reply),
        ..RulesSet::default()
    }
}

/// A letter with these header lines besides the usual ones.
pub(crate) fn letter(from: &str, to: &str, subject: &str, headers: &[&str], text: &str) -> Vec<u8> {
    let more: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let mut id = format!("{from}{to}{subject}{more}{text}");
    id.retain(|c| c.is_ascii_alphanumeric());
    id.truncate(180);
    let typed = if more.to_ascii_lowercase().contains("content-type:") {
        ""
    } else {
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    };
    format!(
        "From: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\n\
         Message-ID: <{id}@essai.mssante.test>\r\n{more}{typed}\r\n{text}\r\n"
    )
    .into_bytes()
}
