//! Linux: logind on the system's bus, screen savers on the session's.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::SelectAll;
use zbus::message::Type;
use zbus::zvariant::{OwnedFd, OwnedObjectPath};
use zbus::{Connection, MatchRule, MessageStream, Proxy};

use super::Lock;

const LOGIND: &str = "org.freedesktop.login1";

/// Desktops that do not tell logind of their lock tell it by these, in the same words.
const SCREEN_SAVERS: [&str; 4] = [
    "org.freedesktop.ScreenSaver",
    "org.gnome.ScreenSaver",
    "org.cinnamon.ScreenSaver",
    "org.mate.ScreenSaver",
];

/// Before a bus that is absent, or went away, is asked for again.
const AGAIN: Duration = Duration::from_secs(60);

/// Follows both buses, each on its own: a machine may have one and not the other.
pub(super) fn follow(lock: Arc<dyn Lock>) {
    let other = Arc::clone(&lock);
    tauri::async_runtime::spawn(async move {
        loop {
            if let Err(error) = of_system(lock.as_ref()).await {
                tracing::info!(%error, "logind cannot be followed: a suspend is noticed on waking");
            }
            tokio::time::sleep(AGAIN).await;
        }
    });
    tauri::async_runtime::spawn(async move {
        loop {
            if let Err(error) = of_session(other.as_ref()).await {
                tracing::info!(%error, "the desktop's lock cannot be followed");
            }
            tokio::time::sleep(AGAIN).await;
        }
    });
}

async fn of_system(lock: &dyn Lock) -> zbus::Result<()> {
    logind(&Connection::system().await?, lock).await
}

async fn of_session(lock: &dyn Lock) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    lock_with(savers(&bus).await?, lock).await
}

/// Locks before each sleep, and at each lock of this session, until the bus ends.
async fn logind(bus: &Connection, lock: &dyn Lock) -> zbus::Result<()> {
    let manager = Proxy::new(bus, LOGIND, "/org/freedesktop/login1", "org.freedesktop.login1.Manager").await?;
    // Listened to before the delay is asked for: no sleep falls between the two.
    let mut sleeps = manager.receive_signal("PrepareForSleep").await?;
    let mut locks = session_locks(bus, &manager).await;
    let mut delay = delay(&manager).await;
    loop {
        tokio::select! {
            sleep = sleeps.next() => {
                let Some(sleep) = sleep else { return Ok(()) };
                if sleep.body().deserialize::<bool>()? {
                    lock.sleeping().await;
                    // The system sleeps as soon as the last delay is given back.
                    drop(delay.take());
                } else {
                    delay = self::delay(&manager).await;
                }
            }
            Some(_) = next(&mut locks) => lock.sleeping().await,
        }
    }
}

/// Asks logind to wait, at each sleep, until what is answered is dropped. Without it the lock is still made, perhaps on waking.
async fn delay(manager: &Proxy<'_>) -> Option<OwnedFd> {
    let why = ("sleep", "Pli", "Verrouiller la messagerie avant la veille", "delay");
    let taken = manager.call("Inhibit", &why).await;
    taken
        .inspect_err(|error| tracing::info!(%error, "logind does not wait for the lock"))
        .ok()
}

/// The `Lock` signals of the session this program runs in, where logind knows one.
async fn session_locks(bus: &Connection, manager: &Proxy<'_>) -> Option<MessageStream> {
    let named = std::env::var("XDG_SESSION_ID").unwrap_or_else(|_| "auto".to_owned());
    let session: OwnedObjectPath = manager.call("GetSession", &(named,)).await.ok()?;
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(LOGIND)
        .ok()?
        .path(session.into_inner())
        .ok()?
        .interface("org.freedesktop.login1.Session")
        .ok()?
        .member("Lock")
        .ok()?
        .build();
    MessageStream::for_match_rule(rule, bus, None).await.ok()
}

/// The next of a stream that may be absent: then never.
async fn next(stream: &mut Option<MessageStream>) -> Option<()> {
    match stream {
        Some(stream) => stream.next().await.map(drop),
        None => std::future::pending().await,
    }
}

/// What the screen savers say.
async fn savers(bus: &Connection) -> zbus::Result<SelectAll<MessageStream>> {
    let mut savers = SelectAll::new();
    for interface in SCREEN_SAVERS {
        // Whoever says it: a program of this user's own can at worst have Pli locked.
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .interface(interface)?
            .member("ActiveChanged")?
            .build();
        savers.push(MessageStream::for_match_rule(rule, bus, None).await?);
    }
    Ok(savers)
}

/// Locks each time a screen saver becomes active, until the bus ends.
async fn lock_with(mut savers: SelectAll<MessageStream>, lock: &dyn Lock) -> zbus::Result<()> {
    while let Some(told) = savers.next().await {
        if told?.body().deserialize::<bool>().unwrap_or(false) {
            lock.sleeping().await;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "linux_tests.rs"]
mod tests;
