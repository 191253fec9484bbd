//! Which mail is worth a word: what arrives in an inbox, unread, while nobody looks at the window; and what is to be said of
//! boxes.

use std::collections::HashSet;

use pli_contract::commands::AccountOf;
use pli_contract::event::Event;
use pli_contract::view::{Folder, FolderRole, Id};
use pli_contract::{Served, serve};
use tauri::{AppHandle, Manager as _};

use crate::notify::Notifier;
use crate::warnings::Warnings;
use crate::window;

/// What the notification says, kept from one arrival to the next.
pub(crate) struct Arrivals {
    app: AppHandle,
    notifier: Notifier,
    counts: Counts,
    warnings: Warnings,
}

impl Arrivals {
    pub(crate) fn new(app: &AppHandle) -> Self {
        Self {
            app: app.clone(),
            notifier: Notifier::new(app.clone()),
            counts: Counts::default(),
            warnings: Warnings::default(),
        }
    }

    /// Follows one event of the engine.
    pub(crate) async fn follow(&mut self, event: &Event) {
        let Some(served) = self.app.try_state::<Served>().map(|served| served.inner().clone()) else {
            return;
        };
        if let Some(words) = self.warnings.follow(&served, event).await
            && !window::has_focus(&self.app)
        {
            // Whoever looks at the window reads it there.
            self.notifier.warned(&words).await;
        }
        let Some((account, folder, new)) = self.counts.follow(event) else {
            return;
        };
        if window::has_focus(&self.app) {
            self.seen().await;
            return;
        }
        // Answers nothing while Pli is locked, but then nothing arrives either.
        let folders = serve::folder_list(&served, AccountOf { account })
            .await
            .unwrap_or_default();
        if let Some(count) = self.counts.arrived(&folders, folder, new) {
            self.notifier.arrived(count).await;
        }
    }

    /// The person looks at the window.
    pub(crate) async fn seen(&mut self) {
        self.counts.unseen = 0;
        self.notifier.seen().await;
    }
}

/// What is counted, apart from the desktop.
#[derive(Debug, Default)]
struct Counts {
    /// BALs that have caught up since they were last opened: what a first round lists is no arrival.
    up_to_date: HashSet<Id>,
    /// Arrived since the person last looked.
    unseen: u32,
}

impl Counts {
    /// The BAL, the folder and the count of messages that were not known, when the BAL had caught up before.
    fn follow(&mut self, event: &Event) -> Option<(Id, Id, u32)> {
        match event {
            Event::Sync { account, phase, .. } if phase == "idle" => {
                self.up_to_date.insert(*account);
                None
            }
            // Opened, locked, or another profile's: its numbers mean other BALs.
            Event::Vault | Event::Profile => {
                self.up_to_date.clear();
                None
            }
            Event::Messages { account, folder, new } if *new > 0 && self.up_to_date.contains(account) => {
                Some((*account, *folder, *new))
            }
            _ => None,
        }
    }

    /// How many to speak of, when these arrived in an inbox and are not all read already.
    fn arrived(&mut self, folders: &[Folder], folder: Id, new: u32) -> Option<u32> {
        let folder = folders
            .iter()
            .find(|known| known.id == folder && known.role == FolderRole::Inbox)?;
        let unread = new.min(folder.unread);
        if unread == 0 {
            return None;
        }
        self.unseen = self.unseen.saturating_add(unread);
        Some(self.unseen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(role: FolderRole, unread: u32) -> Folder {
        Folder {
            id: 3,
            account: 1,
            name: "x".into(),
            depth: 0,
            role,
            unread,
            total: 9,
        }
    }

    fn idle() -> Event {
        Event::Sync {
            account: 1,
            phase: "idle".into(),
            done: 0,
            total: 0,
        }
    }

    const NEW: Event = Event::Messages {
        account: 1,
        folder: 3,
        new: 2,
    };

    #[test]
    fn what_a_first_round_lists_is_no_arrival() {
        let mut counts = Counts::default();
        assert_eq!(counts.follow(&NEW), None);
        counts.follow(&idle());
        assert_eq!(counts.follow(&NEW), Some((1, 3, 2)));
        counts.follow(&Event::Vault);
        assert_eq!(counts.follow(&NEW), None, "opened anew, it catches up first");
    }

    #[test]
    fn unread_mail_of_an_inbox_is_counted_until_it_is_seen() {
        let mut counts = Counts::default();
        assert_eq!(counts.arrived(&[folder(FolderRole::Sent, 2)], 3, 2), None);
        assert_eq!(
            counts.arrived(&[folder(FolderRole::Inbox, 0)], 3, 2),
            None,
            "read elsewhere"
        );
        assert_eq!(counts.arrived(&[folder(FolderRole::Inbox, 1)], 3, 2), Some(1));
        assert_eq!(counts.arrived(&[folder(FolderRole::Inbox, 5)], 3, 2), Some(3));
    }
}
