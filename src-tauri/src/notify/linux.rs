//! Linux: the desktop's notification service (Desktop Notifications 1.2), called directly: one notification, whose count
//! grows, rather than one a message; and pressing it brings the window back.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::StreamExt as _;
use tauri::AppHandle;
use zbus::zvariant::Value;
use zbus::{Connection, Proxy};

use super::{Topic, words};

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// Shows notifications.
pub(crate) struct Notifier {
    app: AppHandle,
    /// What speaks of mail.
    mail: Option<Shown>,
    /// What speaks of boxes.
    boxes: Option<Shown>,
}

impl Notifier {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self {
            app,
            mail: None,
            boxes: None,
        }
    }

    /// So many messages arrived since the person last looked.
    pub(crate) async fn arrived(&mut self, count: u32) {
        self.tell(Topic::Mail, &words(count)).await;
    }

    /// Something about a box that waits for nobody.
    pub(crate) async fn warned(&mut self, words: &str) {
        self.tell(Topic::Boxes, words).await;
    }

    async fn tell(&mut self, topic: Topic, words: &str) {
        if let Err(error) = self.show(topic, words).await {
            // Asked for anew next time: the service may have been restarted.
            *self.place(topic) = None;
            tracing::info!(%error, "the notification could not be shown");
        }
    }

    fn place(&mut self, topic: Topic) -> &mut Option<Shown> {
        match topic {
            Topic::Mail => &mut self.mail,
            Topic::Boxes => &mut self.boxes,
        }
    }

    /// The person looks: what was shown is taken away.
    pub(crate) async fn seen(&mut self) {
        for shown in [&self.mail, &self.boxes].into_iter().flatten() {
            shown.take_away().await;
        }
    }

    async fn show(&mut self, topic: Topic, words: &str) -> zbus::Result<()> {
        if self.place(topic).is_none() {
            let bus = Connection::session().await?;
            let shown = Shown::new(&bus, topic).await?;
            let app = self.app.clone();
            shown.pressed(move || crate::window::show(&app)).await?;
            *self.place(topic) = Some(shown);
        }
        match self.place(topic) {
            Some(shown) => shown.show(words).await,
            None => Ok(()),
        }
    }
}

/// The one notification of a topic, on its service.
struct Shown {
    topic: Topic,
    service: Proxy<'static>,
    /// The service's number for it; 0 when there is none.
    number: Arc<AtomicU32>,
}

impl Shown {
    async fn new(bus: &Connection, topic: Topic) -> zbus::Result<Self> {
        let service = Proxy::new(bus, SERVICE, PATH, SERVICE).await?;
        Ok(Self {
            topic,
            service,
            number: Arc::default(),
        })
    }

    async fn show(&self, words: &str) -> zbus::Result<()> {
        // The names under which the packages install the program and its icon.
        let actions = ["default", "Ouvrir Pli"];
        let mut hints = HashMap::from([("desktop-entry", Value::from("Pli"))]);
        if self.topic == Topic::Mail {
            hints.insert("category", Value::from("email.arrived"));
        }
        let before = self.number.load(Ordering::SeqCst);
        let asked = ("Pli", before, "pli-desktop", "Pli", words, &actions[..], hints, -1_i32);
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
