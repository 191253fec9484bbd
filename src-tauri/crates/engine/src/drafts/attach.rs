//! Files joined to a draft: read once, bounded, kept encrypted in the store.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use pli_store::DraftId;
use pli_wire::WireError;

use super::{Draft, media_type};
use crate::error::EngineError;
use crate::event::Event;
use crate::{Engine, limits};

/// Files of one draft at most.
const FILES: usize = 100;

impl Engine {
    /// Joins files that the person chose. All of them, or none.
    ///
    /// # Errors
    /// [`EngineError::File`] when one cannot be read, [`WireError::TooLarge`] when all together are beyond what any operator
    /// takes, [`EngineError::AlreadyLeft`] when the draft is in the outbox.
    pub async fn draft_attach(&self, id: DraftId, files: Vec<PathBuf>) -> Result<Draft, EngineError> {
        let draft = self
            .core
            .blocking(move |core| {
                let store = core.store()?;
                let draft = store.draft(id)?;
                if draft.outbox.is_some() {
                    return Err(EngineError::AlreadyLeft);
                }
                if draft.attachments.len() + files.len() > FILES {
                    return Err(EngineError::BadRequest("too many files"));
                }
                let mut total: u64 = draft.attachments.iter().map(|file| file.size).sum();
                let mut joined = Vec::with_capacity(files.len());
                for path in &files {
                    let taken = read(path, limits::ATTACHMENTS.saturating_sub(total)).and_then(|bytes| {
                        total += bytes.len() as u64;
                        let name = path
                            .file_name()
                            .map(|name| name.to_string_lossy().into_owned())
                            .unwrap_or_default();
                        let name = pli_message::safe_file_name(&name);
                        let mime = media_type::of_name(&name);
                        Ok(store.attach(id, &name, mime, &bytes)?)
                    });
                    match taken {
                        Ok(file) => joined.push(file),
                        Err(error) => {
                            // Half of what was chosen would leave unnoticed without the other half.
                            for file in joined {
                                let _ = store.detach(file);
                            }
                            return Err(error);
                        }
                    }
                }
                Ok(Draft::from(store.draft(id)?))
            })
            .await?;
        self.core.emit(Event::Draft {
            draft: id,
            revision: draft.revision,
        });
        Ok(draft)
    }
}

/// A regular file's octets, `room` of them at most.
fn read(path: &Path, room: u64) -> Result<Vec<u8>, EngineError> {
    let failed = |source| EngineError::File {
        doing: "reading a file to attach",
        source,
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    let kind = file.metadata().map_err(failed)?;
    if !kind.is_file() {
        return Err(failed(std::io::ErrorKind::InvalidInput.into()));
    }
    let mut bytes = Vec::new();
    file.take(room.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let size = kind.len().max(bytes.len() as u64);
    if bytes.len() as u64 > room {
        return Err(WireError::TooLarge {
            size,
            limit: limits::ATTACHMENTS,
        }
        .into());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_beyond_the_room_or_no_file_at_all_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, b"12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert!(matches!(
            read(&path, 4),
            Err(EngineError::Wire(WireError::TooLarge { size: 5, .. }))
        ));
        assert!(matches!(read(dir.path(), 5), Err(EngineError::File { .. })));
        assert!(matches!(read(&dir.path().join("b"), 5), Err(EngineError::File { .. })));
    }
}
