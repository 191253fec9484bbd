//! What happens in the engine, told to the window, and to the desktop when mail arrives.

use pli_contract::Served;
use pli_contract::event::Event;
use tauri::{AppHandle, Emitter as _};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use crate::arrivals::Arrivals;

/// The one channel on which the window listens.
const CHANNEL: &str = "pli";

/// The person looks at the window again.
pub(crate) struct Looked(mpsc::UnboundedSender<()>);

impl Looked {
    pub(crate) fn tell(&self) {
        // Nobody listens once the engine has stopped.
        let _ = self.0.send(());
    }
}

/// Forwards every event until the engine stops.
pub(crate) fn forward(app: AppHandle, served: &Served) -> Looked {
    let mut events = served.events();
    let (looks, mut looked) = mpsc::unbounded_channel();
    tauri::async_runtime::spawn(async move {
        let mut arrivals = Arrivals::new(&app);
        loop {
            let event = tokio::select! {
                event = events.recv() => event,
                Some(()) = looked.recv() => {
                    arrivals.seen().await;
                    continue;
                }
            };
            let told = match event {
                Ok(event) => {
                    let told = app.emit_to("main", CHANNEL, &event);
                    arrivals.follow(&event).await;
                    told
                }
                // Some were missed: what is shown is asked for again.
                Err(RecvError::Lagged(_)) => app.emit_to("main", CHANNEL, Event::Accounts),
                Err(RecvError::Closed) => return,
            };
            if told.is_err() {
                tracing::warn!("an event did not reach the window");
            }
        }
    });
    Looked(looks)
}
