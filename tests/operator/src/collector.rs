//! The organisation's collector: a real rsyslog that takes syslog by TLS on loopback, which tests stop, kill, freeze and
//! start again.
//!
//! It needs no [`crate::Operator`]: a folder and authorities are enough.
//!
//! ```no_run
//! use pli_operator::{Collector, Pki};
//! # fn main() -> pli_operator::Result<()> {
//! let dir = tempfile::tempdir().unwrap();
//! let collector = Collector::start(dir.path(), &Pki::new("http://127.0.0.1:1/none.crl")?)?;
//! // In the workstation's policy:
//! println!("{}", collector.policy());
//! // What it wrote, read strictly:
//! assert!(collector.records()?.is_empty());
//! # Ok(())
//! # }
//! ```

mod line;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub use line::{BadLine, SyslogElement, SyslogLine};

use crate::configuration;
use crate::error::{Doing, Error, Result};
use crate::pki::{LeafOptions, Pki};
use crate::ports::PortBlock;

/// How long rsyslog may take to begin or to end.
const PATIENCE: Duration = Duration::from_secs(180);

/// The name under which it is reached, and in its certificate.
const NAME: &str = "localhost";

/// The name in the sender's certificate.
const SENDER: &str = "poste.alpha.mssante.test";

/// rsyslog as a child of a shell that ends it when this process is gone, however it ends: the shell waits on a pipe that only
/// this process holds open.
const KEEPER: &str = "\"$@\" </dev/null >>\"$LOG\" 2>&1 & pid=$!; echo $pid; read -r word; \
    kill -CONT $pid 2>/dev/null; kill -$word $pid 2>/dev/null || kill -KILL $pid 2>/dev/null; wait $pid 2>/dev/null";

/// How the collector is to be.
#[derive(Debug, Clone)]
pub struct CollectorOptions {
    /// What its certificate says.
    pub certificate: LeafOptions,
    /// Only senders with the certificate of [`Collector::sender_files`] may speak.
    pub asks_certificate: bool,
}

impl Default for CollectorOptions {
    fn default() -> Self {
        Self {
            certificate: Collector::usual_certificate(),
            asks_certificate: false,
        }
    }
}

/// A running rsyslog. Dropping it ends the process; the folder is the caller's.
pub struct Collector {
    dir: PathBuf,
    block: PortBlock,
    options: CollectorOptions,
    running: Option<Running>,
    /// Grows at each start: what a killed one left half written stays apart.
    starts: u32,
}

struct Running {
    keeper: Child,
    pid: u32,
}

impl Collector {
    /// Starts a collector in this folder, with a certificate of these authorities for `localhost` that names no revocation list.
    ///
    /// # Errors
    /// When rsyslog or its TLS is not installed, or does not come up (with what it said).
    pub fn start(dir: &Path, pki: &Pki) -> Result<Self> {
        Self::start_with(dir, pki, CollectorOptions::default())
    }

    /// As [`Collector::start`], otherwise.
    ///
    /// # Errors
    /// As [`Collector::start`].
    pub fn start_with(dir: &Path, pki: &Pki, options: CollectorOptions) -> Result<Self> {
        let mut collector = Self {
            dir: dir.to_path_buf(),
            block: PortBlock::reserve()?,
            options,
            running: None,
            starts: 0,
        };
        collector.write_certificates(pki)?;
        collector.begin()?;
        Ok(collector)
    }

    /// What its certificate says by default.
    #[must_use]
    pub fn usual_certificate() -> LeafOptions {
        LeafOptions {
            names: vec![NAME.to_owned()],
            without_crl_url: true,
            ..LeafOptions::default()
        }
    }

    /// Its name and port, as the policy writes them.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{NAME}:{}", self.port())
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.block.collector()
    }

    /// The authority that certifies it, PEM.
    #[must_use]
    pub fn authority_file(&self) -> PathBuf {
        self.dir.join("collector-ca.crt")
    }

    /// A sender's certificate with its chain, and its key, PEM.
    #[must_use]
    pub fn sender_files(&self) -> (PathBuf, PathBuf) {
        (
            self.dir.join("collector-sender.crt"),
            self.dir.join("collector-sender.key"),
        )
    }

    /// The section of a workstation's policy that sends the journal here.
    #[must_use]
    pub fn policy(&self) -> String {
        let mut text = format!(
            "[collector]\naddress = \"{}\"\nca = \"{}\"\n",
            self.address(),
            self.authority_file().display()
        );
        if self.options.asks_certificate {
            let (certificate, key) = self.sender_files();
            text.push_str(&format!(
                "certificate = \"{}\"\nkey = \"{}\"\n",
                certificate.display(),
                key.display()
            ));
        }
        text
    }

    /// Everything it wrote, in its order, each line read strictly (RFC 5424 §6). The last line of a run that was killed may
    /// be cut, and is not told.
    ///
    /// # Errors
    /// When a line is not what RFC 5424 allows.
    pub fn records(&self) -> Result<Vec<SyslogLine>> {
        let mut records = Vec::new();
        for line in self.raw()? {
            records.push(
                SyslogLine::parse(&line)
                    .map_err(|bad| Error::answer("reading what the collector wrote", bad.to_string()))?,
            );
        }
        Ok(records)
    }

    /// The lines as written, octet for octet.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn raw(&self) -> Result<Vec<Vec<u8>>> {
        let mut lines = Vec::new();
        for start in 1..=self.starts {
            let path = self.written(start);
            let octets = match fs::read(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                other => other.doing("reading", &path)?,
            };
            lines.extend(
                octets
                    .split_inclusive(|octet| *octet == b'\n')
                    .filter_map(|line| Some(line.strip_suffix(b"\n")?.to_vec())),
            );
        }
        Ok(lines)
    }

    /// What rsyslog says of itself.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.join("collector.log")).unwrap_or_default()
    }

    /// Starts it, unless it runs. Waits until it answers.
    ///
    /// # Errors
    /// When it does not come up (with what it said).
    pub fn begin(&mut self) -> Result<()> {
        if self.running.is_some() {
            return Ok(());
        }
        self.starts += 1;
        let configuration = self.dir.join("collector.conf");
        configuration::file(&configuration, &self.configuration())?;
        let pid_file = self.dir.join("collector.pid");
        let _ = fs::remove_file(&pid_file);
        let mut keeper = Command::new("/bin/sh")
            .args(["-c", KEEPER, "keeper", "/usr/sbin/rsyslogd", "-n", "-f"])
            .arg(&configuration)
            .arg("-i")
            .arg(&pid_file)
            .env("LOG", self.dir.join("collector.log"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .doing("starting", "/bin/sh")?;
        let mut first = String::new();
        if let Some(output) = keeper.stdout.take() {
            let _ = BufReader::new(output).read_line(&mut first);
        }
        let pid = first
            .trim()
            .parse()
            .map_err(|_| Error::answer("starting rsyslog", first.clone()))?;
        self.running = Some(Running { keeper, pid });
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port())).is_err() {
            if started.elapsed() > PATIENCE || !Path::new(&format!("/proc/{pid}")).exists() {
                return Err(Error::Silent {
                    what: format!("rsyslog on port {}", self.port()),
                    after: started.elapsed(),
                    log: self.log(),
                });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Ends it in order: what it has taken in is written. Nobody listens on its port afterwards.
    pub fn stop(&mut self) {
        self.end("TERM");
    }

    /// Kills it where it stands.
    pub fn kill(&mut self) {
        if let Some(running) = &self.running {
            running.signal("KILL");
        }
        self.end("KILL");
    }

    /// Its process, for who kills it from another thread; none while it does not run.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.pid)
    }

    /// Stops it from running, without ending it: connections are still made by the system, and nobody reads them.
    pub fn freeze(&self) {
        if let Some(running) = &self.running {
            running.signal("STOP");
        }
    }

    /// Lets it run again.
    pub fn thaw(&self) {
        if let Some(running) = &self.running {
            running.signal("CONT");
        }
    }

    /// Gives it another certificate, and starts it again.
    ///
    /// # Errors
    /// When the certificate cannot be made, or it does not come back.
    pub fn set_certificate(&mut self, pki: &Pki, certificate: LeafOptions) -> Result<()> {
        self.stop();
        self.options.certificate = certificate;
        self.write_certificates(pki)?;
        self.begin()
    }

    fn end(&mut self, how: &str) {
        use std::io::Write as _;
        let Some(mut running) = self.running.take() else { return };
        if let Some(mut input) = running.keeper.stdin.take() {
            let _ = writeln!(input, "{how}");
        }
        let _ = running.keeper.wait();
    }

    fn write_certificates(&self, pki: &Pki) -> Result<()> {
        let [server, sender] = pki.leaves([
            self.options.certificate.clone(),
            LeafOptions {
                names: vec![SENDER.to_owned()],
                client: true,
                without_crl_url: true,
                ..LeafOptions::default()
            },
        ])?;
        let (certificate, key) = self.sender_files();
        for (path, text) in [
            (&self.authority_file(), pki.root_pem()),
            (&self.dir.join("collector.crt"), &server.chain_pem()),
            (&self.dir.join("collector.key"), &server.key_pem),
            (&certificate, &sender.chain_pem()),
            (&key, &sender.key_pem),
        ] {
            configuration::file(path, text)?;
        }
        Ok(())
    }

    fn written(&self, start: u32) -> PathBuf {
        self.dir.join(format!("collector-{start}.received"))
    }

    /// As `packaging/README.md` tells an administrator to write it, on loopback.
    fn configuration(&self) -> String {
        let dir = self.dir.display();
        let senders = if self.options.asks_certificate {
            format!("streamDriver.authMode=\"x509/name\" permittedPeer=[\"{SENDER}\"]")
        } else {
            "streamDriver.authMode=\"anon\"".to_owned()
        };
        format!(
            "global(workDirectory=\"{dir}\" maxMessageSize=\"8k\" defaultNetstreamDriver=\"gtls\"\n  \
             defaultNetstreamDriverCAFile=\"{dir}/collector-ca.crt\"\n  \
             defaultNetstreamDriverCertFile=\"{dir}/collector.crt\"\n  \
             defaultNetstreamDriverKeyFile=\"{dir}/collector.key\")\n\
             module(load=\"imtcp\" streamDriver.name=\"gtls\" streamDriver.mode=\"1\" {senders})\n\
             template(name=\"whole\" type=\"string\" string=\"%rawmsg%\\n\")\n\
             ruleset(name=\"pli\" queue.type=\"Direct\") {{\n  \
             action(type=\"omfile\" file=\"{file}\" template=\"whole\" fileCreateMode=\"0600\")\n}}\n\
             input(type=\"imtcp\" address=\"127.0.0.1\" port=\"{port}\" ruleset=\"pli\")\n",
            file = self.written(self.starts).display(),
            port = self.port(),
        )
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.end("KILL");
    }
}

impl Running {
    fn signal(&self, name: &str) {
        let _ = Command::new("kill")
            .args([format!("-{name}"), self.pid.to_string()])
            .stderr(Stdio::null())
            .status();
    }
}
