//! Linux: the desktop's notification service (Desktop Notifications 1.2), called directly: one notification, whose count
//! grows, rather than one a message; and pressing it brings the window back.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::StreamExt as _;
use tauri::AppHandle;
use zbus::zvariant::Value;
use zbus::{Connection, Proxy};

use super::words;

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// Shows notifications.
pub(crate) struct Notifier {
    app: AppHandle,
    shown: Option<Shown>,
}

impl Notifier {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self { app, shown: None }
    }

    /// So many messages arrived since the person last looked.
    pub(crate) async fn arrived(&mut self, count: u32) {
        if let Err(error) = self.show(count).await {
            // Asked for anew next time: the service may have been restarted.
            self.shown = None;
            tracing::info!(%error, "the notification could not be shown");
        }
    }

    /// The person looks: what was shown is taken away.
    pub(crate) async fn seen(&mut self) {
        if let Some(shown) = &self.shown {
            shown.take_away().await;
        }
    }

    async fn show(&mut self, count: u32) -> zbus::Result<()> {
        if self.shown.is_none() {
            let bus = Connection::session().await?;
            let shown = Shown::new(&bus).await?;
            let app = self.app.clone();
            shown.pressed(move || crate::window::show(&app)).await?;
            self.shown = Some(shown);
        }
        match &self.shown {
            Some(shown) => shown.show(count).await,
            None => Ok(()),
        }
    }
}

/// The one notification, on its service.
struct Shown {
    service: Proxy<'static>,
    /// The service's number for it; 0 when there is none.
    number: Arc<AtomicU32>,
}

impl Shown {
    async fn new(bus: &Connection) -> zbus::Result<Self> {
        let service = Proxy::new(bus, SERVICE, PATH, SERVICE).await?;
        Ok(Self {
            service,
            number: Arc::default(),
        })
    }

    async fn show(&self, count: u32) -> zbus::Result<()> {
        // The names under which the packages install the program and its icon.
        let actions = ["default", "Ouvrir Pli"];
        let hints = HashMap::from([
            ("desktop-entry", Value::from("Pli")),
            ("category", Value::from("email.arrived")),
        ]);
        let before = self.number.load(Ordering::SeqCst);
        let asked = (
            "Pli",
            before,
            "pli-desktop",
            "Pli",
            words(count),
            &actions[..],
            hints,
            -1_i32,
        );
        let number = self.service.call("Notify", &asked).await?;
        self.number.store(number, Ordering::SeqCst);
        Ok(())
    }

    async fn take_away(&self) {
        let number = self.number.swap(0, Ordering::SeqCst);
        if number > 0 {
            // One that the person has already put away is no error.
            let _: zbus::Result<()> = self.service.call("CloseNotification", &(number,)).await;
        }
    }

    /// Calls `open` each time the notification is pressed.
    async fn pressed(&self, open: impl Fn() + Send + Sync + 'static) -> zbus::Result<()> {
        let mut presses = self.service.receive_signal("ActionInvoked").await?;
        let ours = Arc::clone(&self.number);
        tauri::async_runtime::spawn(async move {
            while let Some(press) = presses.next().await {
                // The service tells every program of every notification.
                if let Ok((number, _)) = press.body().deserialize::<(u32, String)>()
                    && number > 0
                    && number == ours.load(Ordering::SeqCst)
                {
                    open();
                }
            }
        });
        Ok(())
    }
}

#[cfg(test)]
#[path = "linux_tests.rs"]
mod tests;
