//! A disk that fills up while an export is written.

use pli_trace::{Filter, Format};

use crate::common::{House, several};

/// A file system of 64 KiB.
#[cfg(target_os = "linux")]
struct SmallDisk(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn mount(at: std::path::PathBuf) -> Self {
        std::fs::create_dir(&at).unwrap();
        let status = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(&at)
            .status()
            .unwrap();
        assert!(
            status.success(),
            "mounting a small disk needs root, as the local operator does"
        );
        Self(at)
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_left_half_written() {
    let house = House::with(&several(600));
    let disk = SmallDisk::mount(house.path("small"));
    for format in Format::ALL {
        let to = disk.0.join(format!("a.{}", format.extension()));
        let refused = pli_trace::export(&house.journal, &Filter::default(), *format, &to, crate::common::about());
        let error = refused.unwrap_err();
        assert!(error.is_disk_full(), "{format:?}: {error}");
        assert_eq!(std::fs::read_dir(&disk.0).unwrap().count(), 0, "{format:?}");
    }
    // What was there before is as it was, replacing asked for or not.
    let to = disk.0.join("a.csv");
    std::fs::write(&to, "the one before").unwrap();
    let mut about = crate::common::about();
    about.replace = true;
    let refused = pli_trace::export(&house.journal, &Filter::default(), Format::Csv, &to, about);
    assert!(refused.unwrap_err().is_disk_full());
    assert_eq!(std::fs::read(&to).unwrap(), b"the one before");
    assert_eq!(std::fs::read_dir(&disk.0).unwrap().count(), 1);
}
