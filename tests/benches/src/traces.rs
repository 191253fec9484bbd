//! The journal of traces beside what people keep instead: JSON lines made durable, `grep` and `jq` over them, a plain
//! database, `sha256sum` of the same octets.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pli_terms::{Address, NationalId};
use pli_trace::{Action, Filter, From, Journal, KeyPlace, KeyPlaceError, Sequence};
use zeroize::Zeroizing;

use crate::Outcome;
use crate::figures::{Table, median, percentile, shown};
use crate::process::{forget_peak, usage};
use crate::traces_sample::{entry, line, time};

const KEY: [u8; 32] = [7; 32];
/// Traces in a commit.
const BATCH: u64 = 500;
/// Traces written alone.
const ALONE: u64 = 300;
/// How often each filter is asked, once warm.
const TIMES: usize = 7;

/// A filter asked: its name, itself, where from, and what `grep` looks for instead.
type Asked = (&'static str, Filter, From, Option<&'static str>);

/// How much is written.
pub(crate) struct Size {
    records: u64,
}

impl Size {
    /// Reads `--records N`.
    pub(crate) fn read(arguments: &[String]) -> Outcome<Self> {
        let records = match arguments.iter().position(|argument| argument == "--records") {
            Some(place) => arguments.get(place + 1).ok_or("a number is missing")?.parse()?,
            None => 1_000_000,
        };
        Ok(Self { records })
    }
}

#[derive(Default)]
struct Place(Mutex<Option<Vec<u8>>>);

impl KeyPlace for Place {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyPlaceError> {
        let kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(kept.clone().map(Zeroizing::new))
    }

    fn keep(&self, secret: &[u8]) -> Result<(), KeyPlaceError> {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(secret.to_vec());
        Ok(())
    }

    fn outside(&self) -> bool {
        true
    }
}

/// Runs the benchmark.
pub(crate) fn run(size: Size) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let bench = Bench {
        records: size.records.max(10_000),
        dir: folder.path().join("journal"),
        lines: folder.path().join("journal.jsonl"),
        place: Arc::new(Place::default()),
    };
    let mut table = Table::default();
    bench.write(&mut table, folder.path())?;
    bench.sizes(&mut table)?;
    bench.filters(&mut table)?;
    bench.verify(&mut table)?;
    table.print();
    Ok(())
}

struct Bench {
    records: u64,
    dir: PathBuf,
    lines: PathBuf,
    place: Arc<Place>,
}

impl Bench {
    fn open(&self) -> Outcome<Journal> {
        Ok(Journal::open(&self.dir, &KEY, self.place.clone())?)
    }

    /// A million in batches, then some alone; the same as JSON lines, and in a plain database.
    fn write(&self, table: &mut Table, folder: &Path) -> Outcome<()> {
        let journal = self.open()?;
        let (mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO);
        let mut file = File::create(&self.lines)?;
        let mut plain = Plain::start(&folder.join("plain.db"))?;
        let plain_records = self.records.min(100_000);
        let mut plain_took = Duration::ZERO;
        for first in (0..self.records).step_by(usize::try_from(BATCH)?) {
            let numbers = first..(first + BATCH).min(self.records);
            let entries = numbers
                .clone()
                .map(|n| entry(n, self.records))
                .collect::<Outcome<Vec<_>>>()?;
            let lines: Vec<String> = numbers
                .clone()
                .zip(&entries)
                .map(|(n, entry)| line(n + 1, entry))
                .collect();
            let began = Instant::now();
            journal.append_batch(&entries)?;
            ours += began.elapsed();
            let began = Instant::now();
            file.write_all(lines.concat().as_bytes())?;
            file.sync_data()?;
            theirs += began.elapsed();
            if first < plain_records {
                let began = Instant::now();
                plain.insert(&lines)?;
                plain_took += began.elapsed();
            }
        }
        let rate = |count: u64, took: Duration| count as f64 / took.as_secs_f64();
        let (ours, theirs) = (rate(self.records, ours), rate(self.records, theirs));
        let plain = rate(plain_records, plain_took + plain.end()?);
        table.line(
            "traces: written durably, 500 a commit",
            "≥ 3,000 a second",
            format!("{ours:.0} a second"),
            format!(
                "JSON lines and fdatasync: {theirs:.0} ({:.2}); a plain database (sqlite3): {plain:.0} ({:.2})",
                ours / theirs,
                ours / plain
            ),
        );
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for number in 0..ALONE {
            let mut alone = entry(self.records - 1, self.records)?;
            alone.exchange = None;
            let text = line(self.records + number + 1, &alone);
            let began = Instant::now();
            journal.append(&alone)?;
            ours.push(began.elapsed());
            let began = Instant::now();
            file.write_all(text.as_bytes())?;
            file.sync_data()?;
            theirs.push(began.elapsed());
        }
        table.line(
            "traces: one alone, durable",
            "median ≤ 5 ms",
            format!("median {}, 95th {}", shown(median(&ours)), shown(percentile(&ours, 95))),
            format!(
                "a JSON line and fdatasync: {}, {} ({:.2})",
                shown(median(&theirs)),
                shown(percentile(&theirs, 95)),
                median(&ours).as_secs_f64() / median(&theirs).as_secs_f64()
            ),
        );
        Ok(())
    }

    fn sizes(&self, table: &mut Table) -> Outcome<()> {
        let mut ours = 0;
        for file in std::fs::read_dir(&self.dir)? {
            ours += file?.metadata()?.len();
        }
        let theirs = std::fs::metadata(&self.lines)?.len();
        table.line(
            "traces: on the disk, each",
            "—",
            format!("{} octets, encrypted, with its indices", ours / self.records),
            format!(
                "as JSON lines: {} octets in clear ({:.2})",
                theirs / self.records,
                ours as f64 / theirs as f64
            ),
        );
        Ok(())
    }

    /// Every filter, as a screen asks it: the newest 100 and how many there are.
    fn filters(&self, table: &mut Table) -> Outcome<()> {
        let pid = std::process::id();
        forget_peak(pid)?;
        let before = usage(pid)?.resident;
        let journal = self.open()?;
        let (mut worst, mut slowest) = (Duration::ZERO, String::new());
        for (name, filter, from, pattern) in self.asked()? {
            let ask = || -> Outcome<(u64, Duration)> {
                let began = Instant::now();
                let page = journal.page(&filter, from, 100)?;
                let count = journal.count(&filter)?;
                drop(page);
                Ok((count, began.elapsed()))
            };
            let (count, first) = ask()?;
            let warm = (0..TIMES).map(|_| Ok(ask()?.1)).collect::<Outcome<Vec<_>>>()?;
            let middle = median(&warm);
            if middle > worst {
                (worst, slowest) = (middle, name.to_owned());
            }
            let grep = match pattern {
                Some(pattern) => {
                    let took = grep(pattern, &self.lines)?;
                    format!(
                        "grep -c: {} ({:.3})",
                        shown(took),
                        middle.as_secs_f64() / took.as_secs_f64()
                    )
                }
                None => "—".to_owned(),
            };
            let measured = format!("{} (the first time {}), {count} kept", shown(middle), shown(first));
            table.line(&format!("traces: {name}"), "≤ 50 ms", measured, grep);
        }
        for (name, ask) in [
            (
                "days, of all",
                &(|| journal.days(&Filter::default(), 3600).map(drop)) as &dyn Fn() -> _,
            ),
            ("who acted, where", &|| journal.known().map(drop)),
            ("a message's life", &|| {
                journal.life(&journal.get(Sequence(self.records / 2))?).map(drop)
            }),
        ] {
            let mut took = Vec::new();
            for _ in 0..TIMES {
                let began = Instant::now();
                ask()?;
                took.push(began.elapsed());
            }
            table.line(&format!("traces: {name}"), "≤ 50 ms", shown(median(&took)), "—");
        }
        let now = usage(pid)?;
        table.line(
            "traces: the slowest filter",
            "≤ 50 ms",
            format!("{}: {slowest}", shown(worst)),
            "—",
        );
        table.line(
            "traces: memory of all these filters",
            "—",
            format!(
                "{:.0} MB more than before, {:.0} MB at most",
                now.resident - before,
                now.peak - before
            ),
            "—",
        );
        let (part, took) = self.jq()?;
        table.line(
            "traces: jq over the same lines",
            "—",
            "—",
            format!("one filter over {part} lines: {}", shown(took)),
        );
        Ok(())
    }

    fn asked(&self) -> Outcome<Vec<Asked>> {
        let none = Filter::default;
        let bal = |text: &str| Address::parse(text).ok();
        let author = |text: &str| NationalId::parse(text).ok();
        let text = |text: &str| Some(text.to_owned());
        let middle = From::Offset(self.records / 4);
        let part = |a: u64, b: u64| -> Outcome<Filter> {
            let (from, until) = (
                time(self.records * a / 1000, self.records)?,
                time(self.records * b / 1000, self.records)?,
            );
            Ok(Filter {
                from: Some(from),
                until: Some(until),
                ..none()
            })
        };
        let rare = Filter {
            bal: bal("dr.martin@alpha.mssante.fr"),
            author: author("899700000001"),
            action: Some(Action::Sync),
            ..none()
        };
        let laboratory = Filter {
            correspondent: text("Laboratoire@"),
            ..none()
        };
        Ok(vec![
            ("all", none(), From::Newest, Some("\"sequence\"")),
            ("all, in the middle", none(), middle, None),
            ("all, the last ones", none(), From::Offset(self.records / 2 - 50), None),
            (
                "intentions too, in the middle",
                Filter {
                    intentions: true,
                    ..none()
                },
                From::Offset(self.records / 2),
                None,
            ),
            ("a day in the middle", part(500, 505)?, From::Newest, None),
            (
                "four months, from a moment to another",
                part(111, 777)?,
                From::Offset(1000),
                None,
            ),
            (
                "one mailbox",
                Filter {
                    bal: bal("cabinet@alpha.mssante.fr"),
                    ..none()
                },
                From::Newest,
                Some("\"bal\":\"cabinet@"),
            ),
            (
                "one author",
                Filter {
                    author: author("899700000002"),
                    ..none()
                },
                middle,
                Some("\"author\":\"899700000002\""),
            ),
            (
                "a frequent action",
                Filter {
                    action: Some(Action::Receive),
                    ..none()
                },
                From::Newest,
                Some("\"action\":\"receive\""),
            ),
            (
                "a rare action",
                Filter {
                    action: Some(Action::Purge),
                    ..none()
                },
                From::Newest,
                Some("\"action\":\"purge\""),
            ),
            (
                "failures",
                Filter {
                    failures_only: true,
                    ..none()
                },
                From::Newest,
                Some("\"failed\":true"),
            ),
            (
                "a rare combination of frequent values",
                rare.clone(),
                From::Newest,
                None,
            ),
            (
                "the same, and failed",
                Filter {
                    failures_only: true,
                    ..rare
                },
                From::Newest,
                None,
            ),
            (
                "one correspondent",
                Filter {
                    correspondent: text("nom4321@"),
                    ..none()
                },
                From::Newest,
                Some("nom4321@"),
            ),
            (
                "a correspondent of a third of all",
                laboratory.clone(),
                From::Newest,
                Some("laboratoire@"),
            ),
            (
                "the same, in the middle",
                laboratory.clone(),
                From::Offset(self.records / 12),
                None,
            ),
            (
                "the same, of four months, failed",
                Filter {
                    failures_only: true,
                    correspondent: laboratory.correspondent,
                    ..part(111, 777)?
                },
                From::Newest,
                None,
            ),
            (
                "one's own address",
                Filter {
                    correspondent: text("secretariat@alpha"),
                    ..none()
                },
                middle,
                Some("secretariat@alpha"),
            ),
            (
                "a part that all addresses have",
                Filter {
                    correspondent: text("mssante"),
                    ..none()
                },
                middle,
                Some("mssante"),
            ),
            (
                "a correspondent that is nobody",
                Filter {
                    correspondent: text("personne@"),
                    ..none()
                },
                From::Newest,
                Some("personne@"),
            ),
            (
                "one message",
                Filter {
                    message: text("4321.x@beta.mssante.fr"),
                    ..none()
                },
                From::Newest,
                Some("\"messageId\":\"4321.x@"),
            ),
        ])
    }

    /// `jq` over part of the lines: over all of them it takes minutes.
    fn jq(&self) -> Outcome<(u64, Duration)> {
        let part = self.records.min(100_000);
        let head = Command::new("head")
            .args(["-n", &part.to_string()])
            .arg(&self.lines)
            .stdout(Stdio::piped())
            .spawn()?;
        let began = Instant::now();
        let jq = Command::new("jq")
            .args(["-c", "select(.action == \"purge\")"])
            .stdin(head.stdout.ok_or("no output")?)
            .stdout(Stdio::null())
            .status();
        match jq {
            Ok(status) if status.success() => Ok((part, began.elapsed())),
            _ => Err("jq is needed: apt-get install jq".into()),
        }
    }

    fn verify(&self, table: &mut Table) -> Outcome<()> {
        let journal = self.open()?;
        let pid = std::process::id();
        let (began, busy) = (Instant::now(), usage(pid)?.busy);
        let found = journal.verify(|_, _| {})?;
        let (ours, busy) = (began.elapsed(), usage(pid)?.busy - busy);
        if let Some(problem) = found.problem {
            return Err(format!("the journal does not verify: {problem:?}").into());
        }
        drop(journal);
        let mut files = Vec::new();
        for file in std::fs::read_dir(&self.dir)? {
            files.push(file?.path());
        }
        let began = Instant::now();
        Command::new("sha256sum").args(&files).stdout(Stdio::null()).status()?;
        let theirs = began.elapsed();
        table.line(
            "traces: the whole verified",
            "≤ 5 s a million",
            format!(
                "{}, {} sound (processor time {})",
                shown(ours),
                found.sound,
                shown(busy)
            ),
            format!(
                "sha256sum of the same files: {} ({:.2})",
                shown(theirs),
                ours.as_secs_f64() / theirs.as_secs_f64()
            ),
        );
        Ok(())
    }
}

/// Its output is read: into nothing it would stop at the first line.
fn grep(pattern: &str, file: &Path) -> Outcome<Duration> {
    let began = Instant::now();
    Command::new("grep").args(["-c", pattern]).arg(file).output()?;
    Ok(began.elapsed())
}

/// The system's own `sqlite3`, a commit a batch, made durable as ours.
struct Plain(std::process::Child);

impl Plain {
    fn start(path: &Path) -> Outcome<Self> {
        let child = Command::new("sqlite3")
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|_| "sqlite3 is needed: apt-get install sqlite3")?;
        let mut plain = Self(child);
        plain.say("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE record (sequence INTEGER PRIMARY KEY, line TEXT);\n")?;
        Ok(plain)
    }

    fn say(&mut self, words: &str) -> Outcome<()> {
        Ok(self.0.stdin.as_mut().ok_or("no input")?.write_all(words.as_bytes())?)
    }

    fn insert(&mut self, lines: &[String]) -> Outcome<()> {
        let mut words = String::from("BEGIN;\n");
        for line in lines {
            words.push_str("INSERT INTO record (line) VALUES ('");
            words.push_str(line.trim_end());
            words.push_str("');\n");
        }
        words.push_str("COMMIT;\n");
        self.say(&words)
    }

    /// What is still being written when the last batch was given.
    fn end(mut self) -> Outcome<Duration> {
        let began = Instant::now();
        drop(self.0.stdin.take());
        self.0.wait()?;
        Ok(began.elapsed())
    }
}
