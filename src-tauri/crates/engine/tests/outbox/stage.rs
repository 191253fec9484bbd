//! What these tests share: an engine on a profile, a message written and sent, what another client sees.

use std::time::Duration;

use pli_engine::{Draft, DraftEdit, DraftFrom, Engine, Fate, Home, Options, Outgoing, Party};
use pli_store::{AccountId, Store, Vault};
use pli_terms::MessageId;
use secrecy::SecretString;

use crate::common::{self, Bench, MARTIN, add};

pub(crate) const LEROY: &str = "dr.leroy@alpha.mssante.test";
pub(crate) const LABO: &str = "labo@beta.mssante.test";
pub(crate) const FULL: &str = "plein@alpha.mssante.test";
pub(crate) const PASSPHRASE: &str = "une phrase de passe";

/// An engine that can be undone for so long.
pub(crate) async fn engine(bench: &Bench, background: bool, undo: Duration) -> Engine {
    let mut options = Options::new(|_| true);
    options.background = background;
    options.undo = undo;
    options.keyring = false;
    options.passphrase_file = None;
    let operator = bench.operator.info().file();
    options.local = Some(pli_tls::local::LocalOperator::from_file(&operator).unwrap());
    let engine = Engine::start(Home::at(bench.dir.path().join("profile")), options).unwrap();
    engine.vault_open(Some(PASSPHRASE.into())).await.unwrap();
    engine
}

pub(crate) async fn ready(bench: &Bench) -> (Engine, AccountId) {
    let engine = engine(bench, false, Duration::ZERO).await;
    bench.log_in(&engine).await;
    let account = add(&engine, MARTIN).await;
    (engine, account.id)
}

pub(crate) fn party(address: &str) -> Party {
    Party {
        name: String::new(),
        address: address.to_owned(),
    }
}

pub(crate) fn edit(draft: &Draft, to: &[&str], subject: &str, text: &str) -> DraftEdit {
    DraftEdit {
        account: draft.account,
        revision: draft.revision,
        to: to.iter().map(|address| party(address)).collect(),
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: subject.to_owned(),
        text: text.to_owned(),
        ask_reading: false,
        ask_delivery: true,
    }
}

pub(crate) async fn write(engine: &Engine, to: &[&str], subject: &str, text: &str) -> Draft {
    let draft = engine.draft_new(None, DraftFrom::Blank, None).await.unwrap();
    engine
        .draft_save(draft.id, edit(&draft, to, subject, text))
        .await
        .unwrap()
}

pub(crate) async fn send(engine: &Engine, to: &[&str], subject: &str, text: &str) -> Outgoing {
    let draft = write(engine, to, subject, text).await;
    engine.draft_send(draft.id).await.unwrap()
}

pub(crate) fn fate(outgoing: &Outgoing, address: &str) -> Fate {
    outgoing
        .recipients
        .iter()
        .find(|one| one.party.address == address)
        .unwrap()
        .fate
}

/// How many copies another client sees.
pub(crate) fn copies(bench: &Bench, address: &str, folder: &str, id: &MessageId) -> usize {
    bench
        .operator
        .mailbox(address)
        .unwrap()
        .search_message_id(folder, id.as_str())
        .unwrap()
        .len()
}

pub(crate) fn arrives(bench: &Bench, address: &str, id: &MessageId) {
    let criteria = format!("HEADER Message-ID {}", id.as_str());
    let found = bench
        .operator
        .mailbox(address)
        .unwrap()
        .wait_for("INBOX", &criteria, common::PATIENCE)
        .unwrap();
    assert_eq!(found.len(), 1, "{address} has it once");
}

/// Makes the BAL hand its messages over through another port, as if the operator had moved.
pub(crate) async fn reroute(bench: &Bench, engine: Engine, account: AccountId, port: u16) -> Engine {
    engine.stop().await;
    drop(engine);
    let home = Home::at(bench.dir.path().join("profile"));
    let key = Vault::at(&home.vault())
        .open_with_passphrase(&SecretString::from(PASSPHRASE))
        .unwrap();
    let store = Store::open(&home.store(), &key).unwrap();
    let mut settings = store.account(account).unwrap().settings;
    settings.servers["smtp"]["port"] = port.into();
    store.update_account(account, &settings).unwrap();
    drop(store);
    let engine = self::engine(bench, false, Duration::ZERO).await;
    bench.log_in(&engine).await;
    engine
}

/// A text long enough that the line can tell the message from what comes before it.
/// More than the buffers of a line hold: a cut in its middle comes before its end has left.
pub(crate) fn long_text() -> String {
    "Une ligne d'une lettre qui en compte beaucoup.\n".repeat(80_000)
}
