//! `pli-relay`: the intermediary as a program.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pli_relay::{Config, Log, Relay, RelayError};
use tracing_subscriber::EnvFilter;

/// What any library leaves behind is wiped when it is freed.
#[global_allocator]
static MEMORY: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

const HELP: &str = "\
pli-relay: the intermediary between Pli and Pro Santé Connect

  pli-relay --config FILE           runs, until it is told to stop (SIGTERM, SIGINT); SIGHUP reads keys and certificates anew
  pli-relay --config FILE --check   judges the settings and every file they name, then ends
  pli-relay --new-keys FOLDER       writes new keys: seal.key and sign.pem
  pli-relay --version";

enum Wanted {
    Run(PathBuf),
    Check(PathBuf),
    NewKeys(PathBuf),
    Version,
    Help,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(wanted) = read(&arguments) else {
        eprintln!("{HELP}");
        return ExitCode::from(2);
    };
    let outcome = match wanted {
        Wanted::Run(file) => run(&file),
        Wanted::Check(file) => check(&file),
        Wanted::NewKeys(folder) => new_keys(&folder),
        Wanted::Version => {
            println!("pli-relay {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        Wanted::Help => {
            println!("{HELP}");
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pli-relay: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read(arguments: &[String]) -> Option<Wanted> {
    let (mut file, mut check) = (None, false);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--config" => file = Some(PathBuf::from(arguments.next()?)),
            "--check" => check = true,
            "--new-keys" => return Some(Wanted::NewKeys(PathBuf::from(arguments.next()?))),
            "--version" => return Some(Wanted::Version),
            "--help" | "-h" => return Some(Wanted::Help),
            _ => return None,
        }
    }
    let file = file?;
    Some(if check { Wanted::Check(file) } else { Wanted::Run(file) })
}

fn check(file: &Path) -> Result<(), RelayError> {
    let config = Config::from_file(file)?;
    log(&Log::default());
    Relay::check(config)?;
    println!("{}: everything is as it should be", file.display());
    Ok(())
}

fn run(file: &Path) -> Result<(), RelayError> {
    let config = Config::from_file(file)?;
    log(&config.log);
    // An image of the memory, written by the system at a crash, would hold tokens on their way and the client's secret.
    #[cfg(unix)]
    if let Err(error) = rlimit::setrlimit(rlimit::Resource::CORE, 0, 0) {
        tracing::warn!(%error, "a crash may leave an image of the memory");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| RelayError::System(error.to_string()))?;
    runtime.block_on(serve(config))
}

async fn serve(config: Config) -> Result<(), RelayError> {
    use tokio::signal::unix::{SignalKind, signal};
    let heard = |kind| signal(kind).map_err(|error| RelayError::System(error.to_string()));
    let (mut hangup, mut terminate, mut interrupt) = (
        heard(SignalKind::hangup())?,
        heard(SignalKind::terminate())?,
        heard(SignalKind::interrupt())?,
    );
    let running = Relay::start(config).await?;
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            // What went wrong was written to the log.
            _ = hangup.recv() => { let _ = running.reload(); }
        }
    }
    running.stop().await;
    Ok(())
}

/// Our own lines only, whatever the environment says: a library might log an address with a token in it.
fn log(settings: &Log) {
    let filter = EnvFilter::new(format!("off,pli_relay={}", settings.level.as_str()));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    if settings.json {
        lines.json().init();
    } else {
        lines.init();
    }
}

fn new_keys(folder: &Path) -> Result<(), RelayError> {
    let (seal, sign) = pli_relay::new_keys()?;
    for (name, content) in [("seal.key", seal), ("sign.pem", sign)] {
        let path = folder.join(name);
        write_new(&path, content.as_bytes()).map_err(|source| RelayError::File {
            setting: "--new-keys",
            path: path.clone(),
            source,
        })?;
        println!("{}", path.display());
    }
    Ok(())
}

/// Never over a file that is there: the keys in it may be in use.
fn write_new(path: &Path, content: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
