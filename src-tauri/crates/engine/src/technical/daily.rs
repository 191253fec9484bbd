//! One file a day, and the removal of those whose time is over.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::clock::Clock;
use crate::policy::TECHNICAL_MONTHS;

/// A day's file grows no further, in octets: a fault that repeats itself must not fill the disk.
const LARGEST: u64 = 8 << 20;
/// The last line of a day that said too much.
const FULL: &[u8] = b"the day's log is full: what follows is left out\n";

/// The files.
pub(super) struct Daily {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    months: u32,
    largest: u64,
    today: Option<Today>,
    complained: bool,
}

struct Today {
    date: Date,
    /// None when it could not be opened, or is full.
    file: Option<File>,
    size: u64,
}

impl Daily {
    /// The files of this folder, which need not exist yet.
    pub(super) fn new(folder: PathBuf, clock: Arc<dyn Clock>) -> Self {
        Self {
            folder,
            clock,
            // Whoever has the right to say less has not spoken yet.
            months: *TECHNICAL_MONTHS.end(),
            largest: LARGEST,
            today: None,
            complained: false,
        }
    }

    /// Keeps files so many months.
    pub(super) fn keep(&mut self, months: u32) {
        self.months = months.clamp(*TECHNICAL_MONTHS.start(), *TECHNICAL_MONTHS.end());
        self.tidy();
    }

    /// Adds a line, which has its end, to the file of today.
    pub(super) fn write(&mut self, line: &[u8]) {
        let date = self.clock.zoned().date();
        if self.today.as_ref().is_none_or(|today| today.date != date) {
            self.turn(date);
        }
        let largest = self.largest;
        let Some(today) = &mut self.today else {
            return;
        };
        let Some(file) = &mut today.file else {
            return;
        };
        today.size += line.len() as u64;
        let full = today.size > largest;
        let written = file.write_all(if full { FULL } else { line });
        if full {
            today.file = None;
        }
        if let Err(error) = written {
            today.file = None;
            self.complain(&error);
        }
    }

    /// Removes the files whose time is over.
    ///
    /// The clock may have jumped: months are counted from the last day that was logged before today, so that a wrong date
    /// seen for one day removes nothing.
    pub(super) fn tidy(&mut self) {
        let today = self.clock.zoned().date();
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return;
        };
        let files: Vec<(Date, PathBuf)> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| Some((day_of(entry.file_name().to_str()?)?, entry.path())))
            .collect();
        let seen = files.iter().map(|(date, _)| *date).filter(|date| *date < today).max();
        let Ok(horizon) = seen.unwrap_or(today).checked_sub(i64::from(self.months).months()) else {
            return;
        };
        for (date, path) in files {
            if date < horizon && std::fs::remove_file(&path).is_err() && !self.complained {
                self.complained = true;
                eprintln!("Un journal technique arrivé à sa fin n'a pas pu être retiré.");
            }
        }
    }

    fn turn(&mut self, date: Date) {
        let opened = self.open(date);
        self.today = Some(match opened {
            Ok((file, size)) => Today {
                date,
                file: Some(file).filter(|_| size <= self.largest),
                size,
            },
            Err(error) => {
                self.complain(&error);
                Today {
                    date,
                    file: None,
                    size: 0,
                }
            }
        });
        self.tidy();
    }

    fn open(&self, date: Date) -> std::io::Result<(File, u64)> {
        let mut folder = std::fs::DirBuilder::new();
        folder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder.create(&self.folder)?;
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(self.folder.join(name_of(date)))?;
        let size = file.metadata()?.len();
        Ok((file, size))
    }

    fn complain(&mut self, error: &std::io::Error) {
        if !self.complained {
            self.complained = true;
            eprintln!("Les journaux techniques ne peuvent pas être écrits : {error}. Pli continue sans eux.");
        }
    }
}

/// `pli-2026-11-22.log`.
fn name_of(date: Date) -> String {
    format!("pli-{date}.log")
}

/// The day of a file of ours; none for any other file.
fn day_of(name: &str) -> Option<Date> {
    let date = name.strip_prefix("pli-")?.strip_suffix(".log")?.parse().ok()?;
    (name_of(date) == name).then_some(date)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Mutex;

    use jiff::Zoned;

    use super::*;

    struct Hand(Mutex<Zoned>);

    impl Hand {
        fn at(text: &str) -> Arc<Self> {
            Arc::new(Self(Mutex::new(moment(text))))
        }

        fn set(&self, text: &str) {
            *self.0.lock().unwrap() = moment(text);
        }
    }

    impl Clock for Hand {
        fn zoned(&self) -> Zoned {
            self.0.lock().unwrap().clone()
        }
    }

    fn moment(text: &str) -> Zoned {
        format!("{text}[Europe/Paris]").parse().unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = (std::fs::read_dir(folder).unwrap())
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn each_local_day_has_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        let clock = Hand::at("2026-11-21T23:59:59");
        let mut daily = Daily::new(logs.clone(), clock.clone());
        daily.write(b"one\n");
        clock.set("2026-11-22T00:00:00");
        daily.write(b"two\n");
        drop(daily);
        // Another start the same day goes on in the same file.
        Daily::new(logs.clone(), clock).write(b"three\n");
        assert_eq!(names(&logs), ["pli-2026-11-21.log", "pli-2026-11-22.log"]);
        assert_eq!(std::fs::read(logs.join("pli-2026-11-21.log")).unwrap(), b"one\n");
        assert_eq!(std::fs::read(logs.join("pli-2026-11-22.log")).unwrap(), b"two\nthree\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&logs), 0o700);
            assert_eq!(mode(&logs.join("pli-2026-11-22.log")), 0o600);
        }
    }

    #[test]
    fn days_that_are_over_are_removed_at_the_start_each_day_and_when_less_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| std::fs::write(folder.path().join(name), "x").unwrap();
        for name in [
            "pli-2025-11-20.log",
            "pli-2025-11-21.log",
            "pli-2026-05-20.log",
            "pli-2026-05-21.log",
            "pli-2026-11-21.log",
            "pli-2020-13-01.log",
            "mine.log",
            "pli-2020-01-01.log.gz",
        ] {
            put(name);
        }
        let clock = Hand::at("2026-11-22T08:00:00");
        let mut daily = Daily::new(folder.path().to_owned(), clock.clone());
        daily.tidy();
        // A year, until somebody says less; files that are not ours are left alone.
        let others = ["mine.log", "pli-2020-01-01.log.gz", "pli-2020-13-01.log"];
        let kept = |days: &[&str]| {
            let mut all: Vec<String> = others.iter().map(|name| (*name).to_owned()).collect();
            all.extend(days.iter().map(|day| format!("pli-{day}.log")));
            all.sort();
            all
        };
        let expected = kept(&["2025-11-21", "2026-05-20", "2026-05-21", "2026-11-21"]);
        assert_eq!(names(folder.path()), expected);
        daily.keep(6);
        assert_eq!(names(folder.path()), kept(&["2026-05-21", "2026-11-21"]));
        daily.write(b"x\n");
        clock.set("2026-11-23T08:00:00");
        daily.write(b"x\n");
        assert_eq!(names(folder.path()), kept(&["2026-11-21", "2026-11-22", "2026-11-23"]));
        // Out of what may be chosen: brought into it.
        daily.keep(0);
        daily.keep(500);
        assert_eq!(names(folder.path()), kept(&["2026-11-21", "2026-11-22", "2026-11-23"]));
    }

    #[test]
    fn a_date_that_jumps_for_a_day_removes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Hand::at("2026-11-21T08:00:00");
        let mut daily = Daily::new(folder.path().to_owned(), clock.clone());
        daily.keep(6);
        for day in [
            "2026-11-21T08:00:00",
            "2026-11-22T08:00:00",
            "2036-11-22T09:00:00",
            "2026-11-22T10:00:00",
        ] {
            clock.set(day);
            daily.write(b"x\n");
        }
        assert_eq!(
            names(folder.path()),
            ["pli-2026-11-21.log", "pli-2026-11-22.log", "pli-2036-11-22.log"]
        );
    }

    #[test]
    fn a_day_is_bounded_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Hand::at("2026-11-22T08:00:00");
        let mut daily = Daily::new(folder.path().to_owned(), clock.clone());
        daily.largest = 1000;
        for _ in 0..500 {
            daily.write(b"the same fault\n");
        }
        let path = folder.path().join("pli-2026-11-22.log");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.len() < 1100 && text.ends_with(std::str::from_utf8(FULL).unwrap()),
            "{text}"
        );
        assert_eq!(text.matches("is full").count(), 1);
        // The next start of that day adds nothing, the next day begins anew.
        let mut daily = Daily::new(folder.path().to_owned(), clock.clone());
        daily.largest = 1000;
        daily.write(b"the same fault\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        clock.set("2026-11-23T08:00:00");
        daily.write(b"another\n");
        assert_eq!(
            std::fs::read(folder.path().join("pli-2026-11-23.log")).unwrap(),
            b"another\n"
        );
    }

    #[test]
    fn a_folder_that_cannot_be_written_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("logs"), "a file where the folder should be").unwrap();
        let clock = Hand::at("2026-11-22T08:00:00");
        let mut daily = Daily::new(folder.path().join("logs"), clock.clone());
        daily.keep(6);
        daily.write(b"x\n");
        daily.write(b"x\n");
        // The next day it is tried again.
        std::fs::remove_file(folder.path().join("logs")).unwrap();
        clock.set("2026-11-23T08:00:00");
        daily.write(b"x\n");
        assert_eq!(names(&folder.path().join("logs")), ["pli-2026-11-23.log"]);
    }
}
