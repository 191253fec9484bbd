//! A file written aside: under a name of its own until it is whole and on the disk.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};

use super::file_error;
use crate::error::JournalError;

/// The file while it is being written. Dropped before it took its name, it is removed.
pub(super) struct Aside {
    target: PathBuf,
    path: PathBuf,
    /// None once closed.
    file: Option<BufWriter<File>>,
    digest: Context,
    size: u64,
    published: bool,
}

/// A file that has just taken its name.
pub(super) struct Published {
    path: PathBuf,
    replaced: bool,
}

impl Aside {
    /// Begins a file beside its place, readable by its owner alone.
    pub(super) fn create(target: &Path) -> Result<Self, JournalError> {
        let Some(name) = target.file_name() else {
            return Err(file_error(target)(io::ErrorKind::InvalidInput.into()));
        };
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|_| JournalError::Random)?;
        let mut aside = std::ffi::OsString::from(".");
        aside.push(name);
        aside.push(format!(".{:016x}.partiel", u64::from_le_bytes(random)));
        let path = target.with_file_name(aside);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(file_error(target))?;
        Ok(Self {
            target: target.to_owned(),
            path,
            file: Some(BufWriter::with_capacity(1 << 16, file)),
            digest: Context::new(&SHA256),
            size: 0,
            published: false,
        })
    }

    /// Forces the file to the disk; its size and its SHA-256.
    pub(super) fn close(&mut self) -> Result<(u64, [u8; 32]), JournalError> {
        if let Some(mut file) = self.file.take() {
            file.flush()
                .and_then(|()| file.get_ref().sync_all())
                .map_err(file_error(&self.target))?;
        }
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.digest.clone().finish().as_ref());
        Ok((self.size, sha256))
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// [`JournalError::Exists`] when that name is taken and may not be replaced.
    pub(super) fn publish(mut self, replace: bool) -> Result<Published, JournalError> {
        self.close()?;
        let replaced = self.target.symlink_metadata().is_ok();
        if !replace {
            // Takes the name as only one can, on every file system; the rename then replaces this empty file.
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&self.target)
                .map_err(|source| match source.kind() {
                    io::ErrorKind::AlreadyExists => JournalError::Exists {
                        path: self.target.clone(),
                    },
                    _ => file_error(&self.target)(source),
                })?;
        }
        if let Err(source) = std::fs::rename(&self.path, &self.target) {
            if !replace {
                let _ = std::fs::remove_file(&self.target);
            }
            return Err(file_error(&self.target)(source));
        }
        self.published = true;
        #[cfg(unix)]
        if let Some(folder) = self.target.parent() {
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            // Some network file systems refuse to force a folder: the file itself is on the disk already.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(Published {
            path: self.target.clone(),
            replaced,
        })
    }
}

impl Published {
    /// Removes the file again, when it replaced none.
    pub(super) fn withdraw(self) {
        if !self.replaced {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Write for Aside {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let Some(file) = &mut self.file else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let written = file.write(octets)?;
        self.digest.update(&octets[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.published {
            // On Windows an open file cannot be removed.
            drop(self.file.take());
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = (std::fs::read_dir(folder).unwrap())
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut aside = Aside::create(&folder.path().join("a.csv")).unwrap();
        aside.write_all(b"half").unwrap();
        assert_eq!(names(folder.path()).len(), 1);
        drop(aside);
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn a_name_taken_is_left_as_it_is_unless_replacing_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "mine").unwrap();
        let mut aside = Aside::create(&path).unwrap();
        aside.write_all(b"new").unwrap();
        assert!(matches!(aside.publish(false), Err(JournalError::Exists { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
        assert_eq!(names(folder.path()), ["a.csv"]);

        let mut aside = Aside::create(&path).unwrap();
        aside.write_all(b"new").unwrap();
        let (size, sha256) = aside.close().unwrap();
        assert_eq!(size, 3);
        assert_eq!(sha256.as_slice(), ring::digest::digest(&SHA256, b"new").as_ref());
        aside.publish(true).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["a.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_an_export() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        Aside::create(&path).unwrap().publish(false).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
