//! Windows and macOS: through Tauri's own plugin.

use tauri::AppHandle;
use tauri_plugin_notification::NotificationExt as _;

use super::words;

/// Shows notifications.
pub(crate) struct Notifier {
    app: AppHandle,
}

impl Notifier {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self { app }
    }

    /// So many messages arrived since the person last looked.
    pub(crate) async fn arrived(&mut self, count: u32) {
        self.show(words(count));
    }

    /// Something about a box that waits for nobody.
    pub(crate) async fn warned(&mut self, words: &str) {
        self.show(words.to_owned());
    }

    fn show(&self, words: String) {
        let shown = self.app.notification().builder().title("Pli").body(words).show();
        if let Err(error) = shown {
            tracing::info!(%error, "the notification could not be shown");
        }
    }

    /// The person looks: these systems put the notification away by themselves.
    pub(crate) async fn seen(&mut self) {}
}
