//! What happens in the engine, told to the window.

use pli_contract::Served;
use pli_contract::event::Event;
use tauri::{AppHandle, Emitter as _};
use tokio::sync::broadcast::error::RecvError;

/// The one channel on which the window listens.
const CHANNEL: &str = "pli";

/// Forwards every event until the engine stops.
pub(crate) fn forward(app: AppHandle, served: &Served) {
    let mut events = served.events();
    tauri::async_runtime::spawn(async move {
        loop {
            let told = match events.recv().await {
                Ok(event) => app.emit_to("main", CHANNEL, event),
                // Some were missed: what is shown is asked for again.
                Err(RecvError::Lagged(_)) => app.emit_to("main", CHANNEL, Event::Accounts),
                Err(RecvError::Closed) => return,
            };
            if told.is_err() {
                tracing::warn!("an event did not reach the window");
            }
        }
    });
}
