//! The small shell script that holds the daemons, and ends them when this process ends, however it ends.
//!
//! A death signal alone would not do: it fires when the *thread* that started the child ends, and daemons start others.
//! The script waits on a pipe that only this process holds open: the system closes it in every case.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Doing, Error, Result};

/// A daemon of the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Daemon {
    Dovecot,
    Postfix,
    Provider,
}

impl Daemon {
    fn name(self) -> &'static str {
        match self {
            Daemon::Dovecot => "dovecot",
            Daemon::Postfix => "postfix",
            Daemon::Provider => "idp",
        }
    }
}

/// The running script.
pub(crate) struct Supervisor {
    child: Child,
    pipes: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

impl Supervisor {
    /// Starts the script, no daemon yet. `environment` is the identity provider's.
    pub(crate) fn start(dir: &Path, idp_script: &Path, environment: &[(&str, String)]) -> Result<Self> {
        let mut child = Command::new("/bin/sh")
            .arg(dir.join("supervisor.sh"))
            .arg(dir)
            .arg("node")
            .arg(idp_script)
            .envs(environment.iter().map(|(name, value)| (*name, value.as_str())))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Out of the terminal's group: an interrupt ends this process, and the script then cleans up in peace.
            .process_group(0)
            .spawn()
            .doing("starting", "/bin/sh")?;
        let pipes = child.stdin.take().zip(child.stdout.take().map(BufReader::new));
        Ok(Supervisor {
            child,
            pipes: Mutex::new(pipes),
        })
    }

    /// Starts a daemon; returns its process id.
    pub(crate) fn begin(&self, daemon: Daemon) -> Result<u32> {
        let answer = self.order(&format!("start {}", daemon.name()))?;
        answer
            .trim()
            .parse()
            .map_err(|_| Error::answer("starting a daemon", answer))
    }

    /// Ends a daemon and waits until it is gone.
    pub(crate) fn finish(&self, daemon: Daemon) -> Result<()> {
        self.order(&format!("stop {}", daemon.name())).map(drop)
    }

    /// Makes the identity provider close its door without forgetting anything.
    pub(crate) fn shut_provider(&self) -> Result<()> {
        self.order("shut idp").map(drop)
    }

    /// Makes it open its door again.
    pub(crate) fn open_provider(&self) -> Result<()> {
        self.order("open idp").map(drop)
    }

    /// Removes the description in this folder too at the end, and the folder when nothing else is in it.
    pub(crate) fn remove_also(&self, folder: &Path) -> Result<()> {
        self.order(&format!("also {}", folder.display())).map(drop)
    }

    fn order(&self, line: &str) -> Result<String> {
        let mut pipes: MutexGuard<'_, _> = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((input, output)) = pipes.as_mut() else {
            return Err(Error::answer("ordering", "the supervisor ended"));
        };
        writeln!(input, "{line}").doing("ordering", "supervisor")?;
        let mut answer = String::new();
        output.read_line(&mut answer).doing("waiting for", "supervisor")?;
        if answer.is_empty() {
            return Err(Error::answer("ordering", "the supervisor ended"));
        }
        Ok(answer)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // Closing the pipe is the order to end; waiting is how the caller knows that no process and no file is left.
        drop(self.pipes.lock().unwrap_or_else(PoisonError::into_inner).take());
        let _ = self.child.wait();
    }
}
