//! The desktop of a terminal: files were named on the command line, and the browser is the one `$BROWSER` names.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use pli_contract::{Desktop, DesktopFailure, Waiting};

/// Answers the questions a window would ask in dialogues.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    files: Mutex<VecDeque<PathBuf>>,
    certificate: Option<PathBuf>,
    export: Option<PathBuf>,
    backup: Option<PathBuf>,
}

/// The files that the command line named, each for the dialogue that would ask for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Named {
    /// To attach.
    pub(crate) files: Vec<PathBuf>,
    /// A client certificate.
    pub(crate) certificate: Option<PathBuf>,
    /// Where an export goes: of the journal, of a purge's plan.
    pub(crate) export: Option<PathBuf>,
    /// A backup to write or to read, or the folder of those that are made by themselves.
    pub(crate) backup: Option<PathBuf>,
}

impl Terminal {
    pub(crate) fn new(named: Named) -> Self {
        Self {
            files: Mutex::new(named.files.into()),
            certificate: named.certificate,
            export: named.export,
            backup: named.backup,
        }
    }
}

impl Desktop for Terminal {
    fn open_url(&self, url: &str) -> Result<(), DesktopFailure> {
        if !(url.starts_with("https://") || url.starts_with("http://")) {
            return Err(DesktopFailure);
        }
        eprintln!("Pour vous identifier, ouvrez cette adresse dans un navigateur :\n{url}");
        // Without a browser the person copies the address: nothing is lost.
        let _ = launch(url);
        Ok(())
    }

    fn choose_save(&self, _suggested: &str) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(std::future::ready(None))
    }

    fn choose_files(&self) -> Waiting<'_, Vec<PathBuf>> {
        let files = self
            .files
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
            .collect();
        Box::pin(std::future::ready(files))
    }

    fn choose_certificate(&self) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(std::future::ready(self.certificate.clone()))
    }

    fn choose_export(&self, _suggested: &str) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(std::future::ready(self.export.clone()))
    }

    fn choose_backup(&self, _suggested: &str) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(std::future::ready(self.backup.clone()))
    }

    fn choose_backed_up(&self) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(std::future::ready(self.backup.clone()))
    }

    fn choose_backup_folder(&self) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(std::future::ready(self.backup.clone()))
    }

    /// An export is checked without a profile: nothing asks for it here.
    fn choose_exported(&self) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(std::future::ready(None))
    }
}

/// Starts the first program of `$BROWSER` that starts, else the desktop's own opener where there is a display.
fn launch(url: &str) -> Option<()> {
    let named = std::env::var("BROWSER").unwrap_or_default();
    let commands = browser_commands(&named, url);
    if !commands.is_empty() {
        return commands.iter().find_map(|words| start(words));
    }
    let own: Option<&str> = if cfg!(target_os = "macos") {
        Some("open")
    } else if cfg!(windows) {
        Some("explorer")
    } else {
        let shown = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        (shown("DISPLAY") || shown("WAYLAND_DISPLAY")).then_some("xdg-open")
    };
    start(&[own?.to_owned(), url.to_owned()])
}

/// `$BROWSER` is a list of commands separated by colons; `%s` in one stands for the address, else it comes last.
fn browser_commands(named: &str, url: &str) -> Vec<Vec<String>> {
    named
        .split(':')
        .map(|command| command.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .filter(|words| !words.is_empty())
        .map(|mut words| {
            if words.iter().any(|word| word.contains("%s")) {
                words.iter_mut().for_each(|word| *word = word.replace("%s", url));
            } else {
                words.push(url.to_owned());
            }
            words
        })
        .collect()
}

fn start(words: &[String]) -> Option<()> {
    let (program, arguments) = words.split_first()?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // Waited for in a thread, so that it does not stay behind as a zombie.
    std::thread::spawn(move || child.wait());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_as_the_variable_allows() {
        let commands = browser_commands("curl -sL:lynx %s -dump", "http://127.0.0.1:1/a?b=%20");
        assert_eq!(commands[0], ["curl", "-sL", "http://127.0.0.1:1/a?b=%20"]);
        assert_eq!(commands[1], ["lynx", "http://127.0.0.1:1/a?b=%20", "-dump"]);
        assert!(browser_commands(" : ", "x").is_empty());
    }

    #[test]
    fn only_web_addresses_are_opened() {
        assert_eq!(Terminal::default().open_url("file:///etc/passwd"), Err(DesktopFailure));
    }
}
