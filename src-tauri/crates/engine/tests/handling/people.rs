//! A practice of two, each with a profile of their own on the same box.

use std::collections::BTreeMap;
use std::sync::Arc;

use pli_engine::{Clock, Engine, Handling, HandlingSet, Home, Options};
use pli_operator::boxes;
use pli_store::{AccountId, ListRow};
use pli_terms::NationalId;

use crate::common::{Bench, CABINET, add, inbox, letter, rows, there};

pub(crate) const MARTIN: (&str, &str) = (boxes::DR_MARTIN, "Claire MARTIN");
pub(crate) const LEROY: (&str, &str) = (boxes::DR_LEROY, "Paul LEROY");

/// What a client that knows nothing of Pli sees of the box.
pub(crate) struct Seen {
    pub(crate) folders: Vec<String>,
    pub(crate) messages: BTreeMap<u32, (Vec<String>, Vec<u8>)>,
}

/// Their box at the operator.
pub(crate) struct Practice {
    pub(crate) bench: Bench,
}

/// One of them, at their workstation.
pub(crate) struct Reader {
    pub(crate) engine: Engine,
    pub(crate) account: AccountId,
}

impl Practice {
    /// The box with so many letters.
    pub(crate) async fn open(letters: usize) -> Self {
        let bench = Bench::start(false);
        let mut mailbox = bench.operator.mailbox(CABINET).unwrap();
        for n in 0..letters {
            mailbox
                .append("INBOX", &[], &letter(&format!("Lettre {n}"), "Bonjour."))
                .unwrap();
        }
        Self { bench }
    }

    pub(crate) async fn martin(&self) -> Reader {
        self.open_as(MARTIN, "martin", true).await
    }

    pub(crate) async fn leroy(&self) -> Reader {
        self.open_as(LEROY, "leroy", true).await
    }

    /// Somebody with the profile of this name, the box synced.
    pub(crate) async fn open_as(&self, who: (&str, &str), profile: &str, background: bool) -> Reader {
        self.open_with(who, profile, background, None).await
    }

    /// The same by another clock.
    pub(crate) async fn open_with(
        &self,
        (id, name): (&str, &str),
        profile: &str,
        background: bool,
        clock: Option<Arc<dyn Clock>>,
    ) -> Reader {
        let mut options = Options::new(|_| true);
        options.background = background;
        options.keyring = false;
        options.passphrase_file = None;
        options.local = Some(self.bench.local());
        if let Some(clock) = clock {
            options.clock = clock;
        }
        let engine = Engine::start(Home::at(self.bench.dir.path().join(profile)), options).unwrap();
        engine.vault_open(Some("une phrase de passe".into())).await.unwrap();
        let token = self.bench.operator.token_for(id, 3600).unwrap();
        engine
            .adopt_session(NationalId::parse(id).unwrap(), name, token.into())
            .await;
        let known = engine.account_list().await.unwrap();
        let account = match known.first() {
            Some(account) => account.id,
            None => add(&engine, CABINET).await.id,
        };
        engine.sync_and_wait(Some(account)).await.unwrap();
        Reader { engine, account }
    }

    pub(crate) fn as_others_see_it(&self) -> Seen {
        let folders = self.bench.operator.mailbox(CABINET).unwrap().folders().unwrap();
        Seen {
            folders: folders.into_iter().map(|folder| folder.name).collect(),
            messages: there(&self.bench.operator, CABINET, "INBOX"),
        }
    }
}

impl Reader {
    /// The message of this subject in the inbox.
    pub(crate) async fn row(&self, subject: &str) -> ListRow {
        let inbox = inbox(&self.engine, self.account).await;
        rows(&self.engine, inbox)
            .await
            .into_iter()
            .find(|row| row.display_subject == subject)
            .unwrap_or_else(|| panic!("no {subject}"))
    }

    pub(crate) async fn handling(&self, subject: &str) -> Handling {
        let mail = self.row(subject).await.id;
        self.engine.handling_get(mail).await.unwrap()
    }

    pub(crate) async fn say(&self, subject: &str, set: HandlingSet) {
        let mail = self.row(subject).await.id;
        self.engine.handling_set(vec![mail], set).await.unwrap();
    }
}
