//! The person's desktop: browser and file dialogues. Paths come from here, never from the window.

use std::path::PathBuf;

use pli_contract::{Desktop, DesktopFailure, Waiting};
use tauri::AppHandle;
use tauri_plugin_dialog::{DialogExt as _, FilePath};
use tauri_plugin_opener::OpenerExt as _;
use tokio::sync::oneshot;

/// The system's own dialogues and browser.
pub(crate) struct SystemDesktop {
    app: AppHandle,
}

impl SystemDesktop {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self { app }
    }
}

impl Desktop for SystemDesktop {
    fn open_url(&self, url: &str) -> Result<(), DesktopFailure> {
        #[cfg(feature = "local-operator")]
        if let Some(outcome) = open_by_script(url) {
            return outcome;
        }
        self.app
            .opener()
            .open_url(url, None::<&str>)
            .map_err(|_| DesktopFailure)
    }

    fn choose_save(&self, suggested: &str) -> Waiting<'_, Option<PathBuf>> {
        let (tell, told) = oneshot::channel();
        let dialog = self
            .app
            .dialog()
            .file()
            .set_title("Enregistrer la pièce jointe")
            .set_file_name(suggested);
        dialog.save_file(move |path| {
            let _ = tell.send(path);
        });
        Box::pin(async move { told.await.ok().flatten().and_then(on_disk) })
    }

    fn choose_files(&self) -> Waiting<'_, Vec<PathBuf>> {
        let (tell, told) = oneshot::channel();
        self.app
            .dialog()
            .file()
            .set_title("Joindre des fichiers")
            .pick_files(move |paths| {
                let _ = tell.send(paths);
            });
        Box::pin(async move {
            told.await
                .ok()
                .flatten()
                .into_iter()
                .flatten()
                .filter_map(on_disk)
                .collect()
        })
    }

    fn choose_certificate(&self) -> Waiting<'_, Option<PathBuf>> {
        let (tell, told) = oneshot::channel();
        let dialog = self.app.dialog().file().set_title("Choisir le certificat de la boîte");
        dialog
            .add_filter("Certificat PKCS#12", &["p12", "pfx"])
            .pick_file(move |path| {
                let _ = tell.send(path);
            });
        Box::pin(async move { told.await.ok().flatten().and_then(on_disk) })
    }

    fn choose_export(&self, suggested: &str) -> Waiting<'_, Option<PathBuf>> {
        let (tell, told) = oneshot::channel();
        let dialog = self
            .app
            .dialog()
            .file()
            .set_title(title_of(suggested))
            .set_file_name(suggested);
        let dialog = match kind_of(suggested) {
            Some((what, ending)) => dialog.add_filter(what, &[ending]),
            None => dialog,
        };
        dialog.save_file(move |path| {
            let _ = tell.send(path);
        });
        Box::pin(async move { told.await.ok().flatten().and_then(on_disk) })
    }

    fn choose_exported(&self) -> Waiting<'_, Option<PathBuf>> {
        let (tell, told) = oneshot::channel();
        let dialog = self
            .app
            .dialog()
            .file()
            .set_title("Choisir l'export du journal à vérifier");
        dialog
            .add_filter("Export du journal", &["csv", "jsonl", "pdf"])
            .pick_file(move |path| {
                let _ = tell.send(path);
            });
        Box::pin(async move { told.await.ok().flatten().and_then(on_disk) })
    }

    fn choose_backup(&self, suggested: &str) -> Waiting<'_, Option<PathBuf>> {
        let (tell, told) = oneshot::channel();
        let dialog = self.app.dialog().file().set_title("Enregistrer la sauvegarde");
        dialog
            .set_file_name(suggested)
            .add_filter(BACKUP, &[BACKUP_ENDING])
            .save_file(move |path| {
                let _ = tell.send(path);
            });
        Box::pin(async move { told.await.ok().flatten().and_then(on_disk) })
    }

    fn choose_backed_up(&self) -> Waiting<'_, Option<PathBuf>> {
        let (tell, told) = oneshot::channel();
        let dialog = self.app.dialog().file().set_title("Choisir la sauvegarde");
        dialog.add_filter(BACKUP, &[BACKUP_ENDING]).pick_file(move |path| {
            let _ = tell.send(path);
        });
        Box::pin(async move { told.await.ok().flatten().and_then(on_disk) })
    }

    fn choose_backup_folder(&self) -> Waiting<'_, Option<PathBuf>> {
        let (tell, told) = oneshot::channel();
        self.app
            .dialog()
            .file()
            .set_title("Choisir le dossier des sauvegardes")
            .pick_folder(move |path| {
                let _ = tell.send(path);
            });
        Box::pin(async move { told.await.ok().flatten().and_then(on_disk) })
    }
}

/// A backup's file, in the dialogues' own list.
const BACKUP: &str = "Sauvegarde de Pli";
/// How the name of a backup ends.
const BACKUP_ENDING: &str = "plisauvegarde";

/// What an export is, by the name that the core gives it.
fn title_of(name: &str) -> &'static str {
    if name.starts_with("journal") {
        "Exporter le journal des traces"
    } else {
        "Exporter le plan de la purge"
    }
}

/// The kind of file that an export's name says, for the dialogue's own list.
fn kind_of(name: &str) -> Option<(&'static str, &'static str)> {
    let (_, ending) = name.rsplit_once('.')?;
    match ending {
        "csv" => Some(("Tableau (CSV)", "csv")),
        "jsonl" => Some(("Données (JSON Lines)", "jsonl")),
        "pdf" => Some(("Rapport (PDF)", "pdf")),
        _ => None,
    }
}

fn on_disk(path: FilePath) -> Option<PathBuf> {
    path.into_path().ok()
}

/// In builds for the local operator, the program named by `BROWSER` may play the browser's step.
#[cfg(feature = "local-operator")]
fn open_by_script(url: &str) -> Option<Result<(), DesktopFailure>> {
    let browser = std::env::var("BROWSER").ok()?;
    let mut words = browser.split_whitespace();
    let program = words.next()?;
    let child = std::process::Command::new(program).args(words).arg(url).spawn();
    Some(
        child
            .map(|mut child| drop(std::thread::spawn(move || child.wait())))
            .map_err(|_| DesktopFailure),
    )
}
