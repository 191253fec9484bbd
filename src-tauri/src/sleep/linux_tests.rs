//! A real bus, and a logind of our own on it: it keeps the other end of the delay it gives, as the real one does.

use std::io::Read as _;
use std::os::fd::OwnedFd as StdFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pli_contract::Waiting;
use tokio::sync::mpsc;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{Fd, ObjectPath, OwnedObjectPath};

use super::*;
use crate::bus::Bus;

const SESSION: &str = "/org/freedesktop/login1/session/_35";

/// What logind was asked for, and its ends of the delays.
#[derive(Clone, Default)]
struct Logind {
    asked: Arc<Mutex<Vec<(String, String)>>>,
    delays: Arc<Mutex<Vec<std::io::PipeReader>>>,
}

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Logind {
    fn inhibit(&self, what: String, _who: String, _why: String, mode: String) -> Fd<'static> {
        let (reader, writer) = std::io::pipe().unwrap();
        self.asked.lock().unwrap().push((what, mode));
        self.delays.lock().unwrap().push(reader);
        StdFd::from(writer).into()
    }

    #[allow(clippy::unused_self, reason = "a method of the bus")]
    fn get_session(&self, _named: String) -> OwnedObjectPath {
        ObjectPath::from_static_str(SESSION).unwrap().into()
    }

    #[zbus(signal)]
    async fn prepare_for_sleep(emitter: &SignalEmitter<'_>, start: bool) -> zbus::Result<()>;
}

impl Logind {
    async fn serve(bus: &Bus) -> (Self, Connection) {
        let logind = Self::default();
        let connection = bus.connect().await;
        connection
            .object_server()
            .at("/org/freedesktop/login1", logind.clone())
            .await
            .unwrap();
        connection.request_name(LOGIND).await.unwrap();
        (logind, connection)
    }

    /// Waits until this many delays were asked for, so that what follows is heard.
    async fn asked(&self, count: usize) {
        while self.delays.lock().unwrap().len() < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Whether the delay of this number is still held: its other end is open.
    async fn ended(&self, number: usize) {
        let mut reader = self.delays.lock().unwrap()[number].try_clone().unwrap();
        let read = tokio::task::spawn_blocking(move || reader.read(&mut [0]).unwrap())
            .await
            .unwrap();
        assert_eq!(read, 0, "the delay was given back");
    }
}

/// A lock that takes its time, and says what it saw of the delay when it was made.
struct Slow {
    locked: AtomicUsize,
    delays: Arc<Mutex<Vec<std::io::PipeReader>>>,
    told: mpsc::UnboundedSender<bool>,
}

impl Lock for Slow {
    fn sleeping(&self) -> Waiting<'_, ()> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            let reader = {
                let delays = self.delays.lock().unwrap_or_else(PoisonError::into_inner);
                delays.last().map(|reader| reader.try_clone().unwrap())
            };
            let held = match reader {
                // A pipe whose writer lives has nothing to read and no end: the read does not come back.
                Some(mut reader) => {
                    let read = tokio::task::spawn_blocking(move || reader.read(&mut [0]));
                    tokio::time::timeout(Duration::from_millis(100), read).await.is_err()
                }
                None => false,
            };
            self.locked.fetch_add(1, Ordering::SeqCst);
            self.told.send(held).unwrap();
        })
    }
}

fn slow(delays: &Arc<Mutex<Vec<std::io::PipeReader>>>) -> (Arc<Slow>, mpsc::UnboundedReceiver<bool>) {
    let (told, hears) = mpsc::unbounded_channel();
    let slow = Slow {
        locked: AtomicUsize::new(0),
        delays: Arc::clone(delays),
        told,
    };
    (Arc::new(slow), hears)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_system_waits_for_the_lock_and_not_longer() {
    let bus = Bus::start();
    let (logind, service) = Logind::serve(&bus).await;
    let (lock, mut hears) = slow(&logind.delays);
    let client = bus.connect().await;
    let follower = {
        let lock = Arc::clone(&lock);
        tokio::spawn(async move { super::logind(&client, lock.as_ref()).await })
    };
    logind.asked(1).await;
    let emitter = SignalEmitter::new(&service, "/org/freedesktop/login1").unwrap();
    Logind::prepare_for_sleep(&emitter, true).await.unwrap();
    assert!(
        hears.recv().await.unwrap(),
        "the delay was held while the lock was made"
    );
    logind.ended(0).await;
    assert_eq!(lock.locked.load(Ordering::SeqCst), 1);

    // Awake again: the next sleep is waited for too.
    Logind::prepare_for_sleep(&emitter, false).await.unwrap();
    logind.asked(2).await;
    Logind::prepare_for_sleep(&emitter, true).await.unwrap();
    assert!(hears.recv().await.unwrap(), "held again");
    logind.ended(1).await;
    assert_eq!(lock.locked.load(Ordering::SeqCst), 2, "waking locks nothing");
    let asked = logind.asked.lock().unwrap().clone();
    assert_eq!(asked, vec![("sleep".to_owned(), "delay".to_owned()); 2]);
    follower.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sessions_lock_locks_and_another_sessions_does_not() {
    let bus = Bus::start();
    let (logind, service) = Logind::serve(&bus).await;
    let (lock, mut hears) = slow(&logind.delays);
    let client = bus.connect().await;
    let follower = {
        let lock = Arc::clone(&lock);
        tokio::spawn(async move { super::logind(&client, lock.as_ref()).await })
    };
    logind.asked(1).await;
    let lock_session = async |path: &'static str| {
        let interface = "org.freedesktop.login1.Session";
        service
            .emit_signal(None::<&str>, path, interface, "Lock", &())
            .await
            .unwrap();
    };
    lock_session("/org/freedesktop/login1/session/_36").await;
    lock_session(SESSION).await;
    assert!(hears.recv().await.unwrap(), "the delay for a sleep stays held");
    // A sleep after it is heard after whatever the other session's lock would have done.
    let emitter = SignalEmitter::new(&service, "/org/freedesktop/login1").unwrap();
    Logind::prepare_for_sleep(&emitter, true).await.unwrap();
    hears.recv().await.unwrap();
    assert_eq!(lock.locked.load(Ordering::SeqCst), 2);
    follower.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_saver_that_begins_locks_and_one_that_ends_does_not() {
    let bus = Bus::start();
    let saver = bus.connect().await;
    let client = bus.connect().await;
    let (lock, mut hears) = slow(&Arc::default());
    let savers = savers(&client).await.unwrap();
    let follower = {
        let lock = Arc::clone(&lock);
        tokio::spawn(async move { lock_with(savers, lock.as_ref()).await })
    };
    let tell = async |interface: &'static str, active: bool| {
        saver
            .emit_signal(None::<&str>, "/ScreenSaver", interface, "ActiveChanged", &(active,))
            .await
            .unwrap();
    };
    tell("org.gnome.ScreenSaver", true).await;
    hears.recv().await.unwrap();
    tell("org.gnome.ScreenSaver", false).await;
    tell("org.gnome.ScreenSaver", true).await;
    hears.recv().await.unwrap();
    assert_eq!(lock.locked.load(Ordering::SeqCst), 2, "its end locked nothing");
    tell("org.freedesktop.ScreenSaver", true).await;
    hears.recv().await.unwrap();
    follower.abort();
}
