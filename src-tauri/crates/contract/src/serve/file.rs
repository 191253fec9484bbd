//! Files written for the person, where a dialogue said.

use std::io::Write as _;
use std::path::Path;

use crate::failure::{Code, Failure};

/// Written beside, then put in place: what was there before is never left half overwritten. Nobody but the person may read
/// what is written. A process killed in between leaves `….pli-part` beside: it cannot be looked for later, since no path is
/// kept, so it is readable by the person alone and gives way to the next file saved under that name.
pub(crate) fn keep(path: &Path, octets: &[u8]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Code::DiskFull,
            std::io::ErrorKind::ReadOnlyFilesystem => Code::DiskReadOnly,
            _ => Code::FileUnwritable,
        })
    };
    let mut beside = path.as_os_str().to_owned();
    beside.push(".pli-part");
    let beside = std::path::PathBuf::from(beside);
    let _ = std::fs::remove_file(&beside);
    let mut options = std::fs::OpenOptions::new();
    // Never through a link that somebody put there.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside).map_err(failed)?;
    let written = file
        .write_all(octets)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| {
        // What was begun must not stay behind.
        let _ = std::fs::remove_file(&beside);
        failed(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_file_is_the_persons_own_and_nothing_half_written_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bilan.pdf");
        let part = dir.path().join("bilan.pdf.pli-part");
        // What a killed process left.
        std::fs::write(&part, "moiti").unwrap();
        keep(&path, b"entier").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"entier");
        assert!(!part.exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let taken = dir.path().join("dossier");
        std::fs::create_dir(&taken).unwrap();
        std::fs::write(taken.join("x"), "x").unwrap();
        assert_eq!(keep(&taken, b"entier").unwrap_err().code, Code::FileUnwritable);
        assert!(!dir.path().join("dossier.pli-part").exists());
    }
}
