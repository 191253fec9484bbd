//! A desktop that answers by itself: files are saved to, and attached from, one folder.

use std::path::PathBuf;

use pli_contract::{Desktop, DesktopFailure, Waiting};

/// Saves to `saved/`, attaches whatever lies in `attach/`, takes the first PKCS#12 file of `certificates/`, exports the
/// journal to `exports/`, checks the first export that lies in `check/`, its manifest beside, writes backups to `backups/`
/// and reads the first one that lies in `restore/`.
pub(crate) struct Scripted {
    folder: PathBuf,
}

impl Scripted {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn listed(&self, folder: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.join(folder));
        let mut paths: Vec<PathBuf> = entries
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        paths.sort();
        paths
    }
}

impl Desktop for Scripted {
    /// The browser under test does not follow: the program named by `BROWSER` does, or nobody.
    fn open_url(&self, url: &str) -> Result<(), DesktopFailure> {
        let browser = std::env::var("BROWSER").map_err(|_| DesktopFailure)?;
        let mut words = browser.split_whitespace();
        let program = words.next().ok_or(DesktopFailure)?;
        let child = std::process::Command::new(program).args(words).arg(url).spawn();
        let mut child = child.map_err(|_| DesktopFailure)?;
        std::thread::spawn(move || child.wait());
        Ok(())
    }

    fn choose_save(&self, suggested: &str) -> Waiting<'_, Option<PathBuf>> {
        let folder = self.folder.join("saved");
        let path = folder.join(suggested);
        Box::pin(async move { tokio::fs::create_dir_all(&folder).await.ok().map(|()| path) })
    }

    fn choose_files(&self) -> Waiting<'_, Vec<PathBuf>> {
        Box::pin(async { self.listed("attach") })
    }

    fn choose_export(&self, suggested: &str) -> Waiting<'_, Option<PathBuf>> {
        let folder = self.folder.join("exports");
        let path = folder.join(suggested);
        Box::pin(async move { tokio::fs::create_dir_all(&folder).await.ok().map(|()| path) })
    }

    fn choose_exported(&self) -> Waiting<'_, Option<PathBuf>> {
        let is_export = |path: &PathBuf| {
            path.extension()
                .is_some_and(|ending| ending == "csv" || ending == "jsonl" || ending == "pdf")
        };
        Box::pin(async move { self.listed("check").into_iter().find(is_export) })
    }

    fn choose_backup(&self, suggested: &str) -> Waiting<'_, Option<PathBuf>> {
        let folder = self.folder.join("backups");
        let path = folder.join(suggested);
        Box::pin(async move { tokio::fs::create_dir_all(&folder).await.ok().map(|()| path) })
    }

    fn choose_backed_up(&self) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(async { self.listed("restore").into_iter().next() })
    }

    fn choose_backup_folder(&self) -> Waiting<'_, Option<PathBuf>> {
        let folder = self.folder.join("backups");
        Box::pin(async move { tokio::fs::create_dir_all(&folder).await.ok().map(|()| folder) })
    }

    fn choose_certificate(&self) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(async { self.listed("certificates").into_iter().next() })
    }
}
