//! A BAL while the vault is open: what its task is doing, what it was asked.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use pli_store::{AccountId, AuthMethod, MailId};
use tokio::sync::{Notify, watch};

use crate::error::EngineError;
use crate::event::SessionState;

/// Bodies that people wait for, at most: beyond, the oldest wish is forgotten (the ordinary pass brings it anyway).
const WANTED: usize = 64;

/// What is known of a running BAL.
#[derive(Debug, Clone, Default)]
pub(crate) struct RuntimeState {
    /// Its connection.
    pub(crate) session: SessionState,
    /// What stopped its last sync.
    pub(crate) problem: Option<Arc<EngineError>>,
    /// Whether a sync is under way.
    pub(crate) syncing: bool,
    /// When its last sync ended without an error.
    pub(crate) synced_at: Option<Timestamp>,
}

/// How a round of sync ended, for whoever waits for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Round {
    /// Every request up to this number is answered.
    pub(crate) answered: u64,
    /// What stopped it.
    pub(crate) problem: Option<Arc<EngineError>>,
}

/// One BAL's task as seen from outside.
pub(crate) struct Runtime {
    pub(crate) account: AccountId,
    /// How it is opened.
    pub(crate) method: AuthMethod,
    /// Wakes the task: an operation was queued, a body is wanted, a sync was asked for, the BAL goes away.
    pub(crate) wake: Notify,
    state: Mutex<RuntimeState>,
    wanted: Mutex<VecDeque<MailId>>,
    /// Among these is one whose octets cannot be read: each is asked for alone.
    suspects: Mutex<BTreeSet<MailId>>,
    asked: AtomicU64,
    removed: watch::Sender<bool>,
    /// Somebody logged in: a new try is worth it.
    login: AtomicBool,
    over: watch::Sender<bool>,
    rounds: watch::Sender<Round>,
}

impl Runtime {
    pub(crate) fn new(account: AccountId, method: AuthMethod) -> Self {
        Self {
            account,
            method,
            wake: Notify::new(),
            state: Mutex::default(),
            wanted: Mutex::default(),
            suspects: Mutex::default(),
            asked: AtomicU64::new(0),
            removed: watch::channel(false).0,
            login: AtomicBool::new(false),
            over: watch::channel(false).0,
            rounds: watch::channel(Round::default()).0,
        }
    }

    pub(crate) fn state(&self) -> RuntimeState {
        lock(&self.state).clone()
    }

    /// Changes the state; answers whether the session's state is another than before.
    pub(crate) fn update(&self, change: impl FnOnce(&mut RuntimeState)) -> bool {
        let mut state = lock(&self.state);
        let before = state.session;
        change(&mut state);
        state.session != before
    }

    /// Asks for a body before the rest.
    pub(crate) fn want(&self, mail: MailId) {
        let mut wanted = lock(&self.wanted);
        if !wanted.contains(&mail) {
            if wanted.len() == WANTED {
                wanted.pop_front();
            }
            wanted.push_back(mail);
        }
        drop(wanted);
        self.wake.notify_one();
    }

    /// What people look at and is not here: the last asked first.
    pub(crate) fn take_wanted(&self) -> Vec<MailId> {
        lock(&self.wanted).drain(..).rev().collect()
    }

    pub(crate) fn has_wanted(&self) -> bool {
        !lock(&self.wanted).is_empty()
    }

    /// The answer for these together could not be read.
    pub(crate) fn suspect(&self, mails: impl IntoIterator<Item = MailId>) {
        lock(&self.suspects).extend(mails);
    }

    /// Whether this one is to be asked for alone.
    pub(crate) fn is_suspect(&self, mail: MailId) -> bool {
        lock(&self.suspects).contains(&mail)
    }

    /// What became of it is known.
    pub(crate) fn clear_suspect(&self, mail: MailId) {
        lock(&self.suspects).remove(&mail);
    }

    /// Asks for a whole round; answers the number to wait for.
    pub(crate) fn ask(&self) -> u64 {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        self.wake.notify_one();
        number
    }

    /// The highest number asked for.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    /// Whether a round was asked for that none answered yet.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked() > self.rounds.borrow().answered
    }

    /// Says that everything asked up to `number` was done, or why not.
    pub(crate) fn answer(&self, number: u64, problem: Option<Arc<EngineError>>) {
        self.rounds.send_replace(Round {
            answered: number,
            problem,
        });
    }

    /// Waits until the round of this number has ended.
    pub(crate) async fn wait_round(&self, number: u64) -> Result<(), EngineError> {
        let mut rounds = self.rounds.subscribe();
        let round = rounds
            .wait_for(|round| round.answered >= number)
            .await
            .map_err(|_| EngineError::Stopped)?;
        round
            .problem
            .clone()
            .map_or(Ok(()), |problem| Err(EngineError::Shared(problem)))
    }

    /// Ends the task for good.
    pub(crate) fn remove(&self) {
        self.removed.send_replace(true);
        self.wake.notify_one();
    }

    /// Resolves once the BAL goes away.
    pub(crate) async fn gone(&self) {
        let mut removed = self.removed.subscribe();
        let _ = removed.wait_for(|removed| *removed).await;
    }

    /// Says that somebody logged in or out.
    pub(crate) fn note_login(&self) {
        self.login.store(true, Ordering::SeqCst);
        self.wake.notify_one();
    }

    /// Whether somebody logged in or out since this was last asked.
    pub(crate) fn take_login(&self) -> bool {
        self.login.swap(false, Ordering::SeqCst)
    }

    /// The task has ended: it works with nothing any more.
    pub(crate) fn say_ended(&self) {
        self.over.send_replace(true);
    }

    /// Waits until the task has ended.
    pub(crate) async fn ended(&self) {
        let mut over = self.over.subscribe();
        let _ = over.wait_for(|over| *over).await;
    }

    pub(crate) fn is_removed(&self) -> bool {
        *self.removed.borrow()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_wish_comes_first_and_wishes_are_bounded() {
        let runtime = Runtime::new(AccountId::from_raw(1), AuthMethod::Psc);
        for id in 1..=70 {
            runtime.want(MailId::from_raw(id));
        }
        runtime.want(MailId::from_raw(70));
        let wanted = runtime.take_wanted();
        assert_eq!(wanted.len(), WANTED);
        assert_eq!(wanted[0].get(), 70);
        assert_eq!(wanted[WANTED - 1].get(), 7);
        assert!(!runtime.has_wanted());
    }

    #[tokio::test]
    async fn a_round_answers_everything_asked_before_it() {
        let runtime = Runtime::new(AccountId::from_raw(1), AuthMethod::Psc);
        let (first, second) = (runtime.ask(), runtime.ask());
        assert!(runtime.is_asked());
        runtime.answer(runtime.asked(), None);
        runtime.wait_round(first).await.unwrap();
        runtime.wait_round(second).await.unwrap();
        assert!(!runtime.is_asked());
        let third = runtime.ask();
        runtime.answer(third, Some(Arc::new(EngineError::LoginNeeded)));
        assert!(runtime.wait_round(third).await.unwrap_err().needs_login());
    }
}
