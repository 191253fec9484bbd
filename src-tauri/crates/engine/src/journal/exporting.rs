//! The journal leaves the program: exports that prove themselves, and their check on any machine.

use std::path::{Path, PathBuf};

use pli_terms::Wording;
use pli_trace::{About, Action, Authentication, Author, Checked, Exported, Filter, Format, Outcome};

use crate::Engine;
use crate::audit::Local;
use crate::error::EngineError;
use crate::workstation;

impl Engine {
    /// Writes the traces that a filter keeps into a file, with its signed manifest beside. Traced before and after.
    ///
    /// # Errors
    /// [`EngineError::Trace`] for a file that cannot be written or a report of too many traces, [`EngineError::VaultLocked`], the journal's own when the export cannot be traced: then
    /// nothing is written.
    pub async fn journal_export(&self, filter: Filter, format: Format, to: PathBuf) -> Result<Exported, EngineError> {
        let author = self.core.author();
        let exported = self
            .core
            .blocking(move |core| {
                let journal = core.journal()?;
                let verb = Wording::fixed("EXPORT").and(format.as_str());
                let asked = core.begin(Local::new(Action::JournalExport, verb))?;
                let about = about(author, core.zoned());
                match pli_trace::export(&journal, &filter, format, &to, about) {
                    Ok(exported) => {
                        let answer = Wording::empty().and(exported.count).and("RECORDS");
                        core.end(asked, Outcome::done(answer))?;
                        Ok(exported)
                    }
                    Err(error) => {
                        core.end(asked, Outcome::failed(Wording::fixed("the file could not be written")))?;
                        Err(error.into())
                    }
                }
            })
            .await?;
        Ok(exported)
    }
}

fn about(by: Option<Author>, at: jiff::Zoned) -> About {
    let facts = workstation::facts();
    About {
        by: by.unwrap_or_else(|| Author {
            national_id: None,
            name: Wording::empty(),
            method: Authentication::None,
        }),
        at,
        // Whoever chose the file was asked.
        replace: true,
        software: Wording::fixed("Pli").and(env!("CARGO_PKG_VERSION")),
        host: Wording::fact(&facts.host),
    }
}

/// Checks an export against its manifest, with neither journal nor profile. Blocks for as long as the file takes to be read.
///
/// # Errors
/// [`EngineError::Trace`] for files that cannot be read or are no export. Damage is no error.
pub fn journal_check(file: &Path, manifest: Option<&Path>, fingerprint: Option<&str>) -> Result<Checked, EngineError> {
    Ok(pli_trace::check(file, manifest, fingerprint)?)
}
