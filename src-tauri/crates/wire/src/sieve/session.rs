//! An authenticated ManageSieve session and its commands.

use std::sync::Arc;

use pli_terms::Wording;

use super::answer::{Answer, Size, Word, answer};
use super::capabilities::Capabilities;
use super::connect::{self, accepted, string, write};
use super::{LARGEST, Script};
use crate::audit::{Action, AuditContext, Auditor};
use crate::codes;
use crate::opening::from_socket;
use crate::socket::Socket;
use crate::trail::{Answered, Request, Trail};
use crate::{Credentials, Endpoint, Network, Timeouts, WireError};

/// The most characters of a script's name (RFC 5804 §1.6: a server takes at least as many).
const NAME: usize = 128;

/// How much of what a server says of a script is kept, in characters.
const ERRORS: usize = 4000;

/// An authenticated ManageSieve session. One command at a time; a command that was dropped half-way ends it.
pub struct Session {
    socket: Socket,
    trail: Trail,
    timeouts: Timeouts,
    capabilities: Capabilities,
    /// Cleared while a command is under way, so that a dropped future leaves it cleared.
    usable: bool,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("trail", &self.trail)
            .field("usable", &self.usable)
            .finish_non_exhaustive()
    }
}

/// A command, and what of it the trace says.
struct Command {
    action: Action,
    verb: &'static str,
    /// What the trace says after the verb: sizes.
    told: Wording,
    /// The script's name. People may call one as they like: a trace treats it as a folder's.
    name: Option<String>,
    /// Its name to be.
    new_name: Option<String>,
    /// What is sent after the verb.
    arguments: String,
    octets: usize,
    size: Size,
}

impl Command {
    fn new(action: Action, verb: &'static str) -> Self {
        Self {
            action,
            verb,
            told: Wording::empty(),
            name: None,
            new_name: None,
            arguments: String::new(),
            octets: 0,
            size: Size::Short,
        }
    }

    /// A script's name: sent, and told as a folder is.
    fn named(mut self, name: &str) -> Result<Self, WireError> {
        let fits = (1..=NAME).contains(&name.chars().count());
        let control = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if !fits || name.chars().any(control) {
            return Err(WireError::Name);
        }
        self.arguments = format!("{} {}", self.arguments, *string(name));
        self.name = Some(name.to_owned());
        Ok(self)
    }

    /// A second name: told as a folder of destination is.
    fn renamed(self, name: &str) -> Result<Self, WireError> {
        let former = self.name.clone();
        let mut command = self.named(name)?;
        command.new_name = std::mem::replace(&mut command.name, former);
        Ok(command)
    }

    /// A script: sent, and never told.
    fn with(mut self, script: &str) -> Result<Self, WireError> {
        if script.len() > LARGEST {
            return Err(WireError::TooLarge {
                size: script.len() as u64,
                limit: LARGEST as u64,
            });
        }
        if script.contains('\0') {
            return Err(WireError::Name);
        }
        self.octets = script.len();
        self.told = Wording::empty().and(script.len()).and("octets");
        self.arguments = format!("{} {{{}+}}\r\n{script}", self.arguments, script.len());
        Ok(self)
    }
}

impl Session {
    /// Connects, secures, logs in.
    ///
    /// # Errors
    /// [`WireError::Tls`] and [`WireError::StartTlsMissing`] before anything secret is sent;
    /// [`WireError::TokenRefused`] when a new token is needed; any other [`WireError`].
    pub async fn open(
        network: &Network,
        endpoint: &Endpoint,
        credentials: &Credentials,
        auditor: Arc<dyn Auditor>,
        context: AuditContext,
    ) -> Result<Self, WireError> {
        connect::connect(network, endpoint, credentials, auditor, context).await
    }

    pub(super) fn new(socket: Socket, trail: Trail, timeouts: Timeouts, capabilities: Capabilities) -> Self {
        Self {
            socket,
            trail,
            timeouts,
            capabilities,
            usable: true,
        }
    }

    /// What the server offers to this mailbox.
    #[must_use]
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Whether another command can be sent on this connection.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.usable
    }

    /// Asks again: what is offered may depend on who asks.
    pub(super) async fn learn(&mut self) -> Result<(), WireError> {
        let told = self.run(Command::new(Action::Inquire, "CAPABILITY")).await?;
        self.capabilities = Capabilities::read(&told);
        Ok(())
    }

    /// The scripts of the mailbox (RFC 5804 §2.7), in the server's order; at most 1,000.
    ///
    /// # Errors
    /// Any [`WireError`].
    pub async fn list_scripts(&mut self) -> Result<Vec<Script>, WireError> {
        let told = self.run(Command::new(Action::ReadRules, "LISTSCRIPTS")).await?;
        let script = |line: &Vec<Word>| {
            let name = line.first().and_then(Word::text).unwrap_or_default();
            Script {
                name: String::from_utf8_lossy(name).into_owned(),
                active: line.iter().any(|word| word.is_atom("ACTIVE")),
            }
        };
        Ok(told.lines.iter().map(script).collect())
    }

    /// A script (RFC 5804 §2.9), at most [`LARGEST`] octets.
    ///
    /// # Errors
    /// [`WireError::Refused`] with `NONEXISTENT` when there is none of this name; [`WireError::Unreadable`] for one that
    /// is not UTF-8; any other [`WireError`].
    pub async fn get_script(&mut self, name: &str) -> Result<String, WireError> {
        let mut command = Command::new(Action::ReadRules, "GETSCRIPT").named(name)?;
        command.size = Size::Script;
        let told = self.run(command).await?;
        let unreadable = || WireError::Unreadable { during: "GETSCRIPT" };
        let script = told.lines.into_iter().flatten().next();
        match script {
            Some(Word::Text(script)) => String::from_utf8(script).map_err(|_| unreadable()),
            _ => Err(unreadable()),
        }
    }

    /// Writes a script, instead of the one of this name (RFC 5804 §2.6). It does not become the active one by itself.
    /// Answers the server's warnings, if it has any.
    ///
    /// # Errors
    /// [`WireError::ScriptRefused`] when it is not written as it must, [`WireError::Refused`] with `QUOTA…` when there
    /// is no room ([`WireError::is_over_quota`]), [`WireError::TooLarge`] before anything is sent, any other
    /// [`WireError`].
    pub async fn put_script(&mut self, name: &str, script: &str) -> Result<Option<String>, WireError> {
        let command = Command::new(Action::ChangeRules, "PUTSCRIPT");
        let told = self.run(command.named(name)?.with(script)?).await?;
        Ok(warnings(told))
    }

    /// Has a script checked without keeping it (RFC 5804 §2.12). Answers the server's warnings, if it has any.
    ///
    /// # Errors
    /// As [`Session::put_script`].
    pub async fn check_script(&mut self, script: &str) -> Result<Option<String>, WireError> {
        let command = Command::new(Action::ReadRules, "CHECKSCRIPT").with(script)?;
        Ok(warnings(self.run(command).await?))
    }

    /// Makes a script the one that runs, or has none run (RFC 5804 §2.8).
    ///
    /// # Errors
    /// [`WireError::Refused`] with `NONEXISTENT` when there is none of this name; any other [`WireError`].
    pub async fn set_active(&mut self, name: Option<&str>) -> Result<(), WireError> {
        let mut command = Command::new(Action::ChangeRules, "SETACTIVE");
        match name {
            Some(name) => command = command.named(name)?,
            None => {
                command.arguments = " \"\"".to_owned();
                command.told = Wording::fixed("\"\"");
            }
        }
        self.run(command).await.map(drop)
    }

    /// Deletes a script that is not the active one (RFC 5804 §2.10).
    ///
    /// # Errors
    /// [`WireError::Refused`] with `ACTIVE` or `NONEXISTENT`; any other [`WireError`].
    pub async fn delete_script(&mut self, name: &str) -> Result<(), WireError> {
        let command = Command::new(Action::ChangeRules, "DELETESCRIPT").named(name)?;
        self.run(command).await.map(drop)
    }

    /// Gives a script another name, which none has; the active one stays active (RFC 5804 §2.11). It is done whole or not at
    /// all: what stands under the new name is never written over.
    ///
    /// # Errors
    /// [`WireError::Refused`] with `ALREADYEXISTS` or `NONEXISTENT`, or by a server that does not know it
    /// ([`Capabilities::renames`]); any other [`WireError`].
    pub async fn rename_script(&mut self, from: &str, to: &str) -> Result<(), WireError> {
        let command = Command::new(Action::ChangeRules, "RENAMESCRIPT");
        self.run(command.named(from)?.renamed(to)?).await.map(drop)
    }

    /// Whether a script of this name and of that many octets would have room (RFC 5804 §2.5).
    ///
    /// # Errors
    /// [`WireError::Refused`] with `QUOTA…` when it would not ([`WireError::is_over_quota`]); any other [`WireError`].
    pub async fn have_space(&mut self, name: &str, octets: u32) -> Result<(), WireError> {
        let mut command = Command::new(Action::Inquire, "HAVESPACE").named(name)?;
        command.arguments = format!("{} {octets}", command.arguments);
        command.told = Wording::empty().and(octets).and("octets");
        self.run(command).await.map(drop)
    }

    /// Says good-bye.
    ///
    /// # Errors
    /// Any [`WireError`]: harmless.
    pub async fn logout(&mut self) -> Result<(), WireError> {
        let result = self.run(Command::new(Action::Disconnect, "LOGOUT")).await;
        self.usable = false;
        match result {
            Err(WireError::Bye { .. }) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Runs one command and records its answer.
    async fn run(&mut self, command: Command) -> Result<Answer, WireError> {
        if !self.usable {
            return Err(WireError::Broken);
        }
        let verb = command.verb;
        let told = Wording::fixed(verb);
        let told = if command.told.is_empty() {
            told
        } else {
            told.and(&command.told)
        };
        let mut request = Request::new(command.action, told).in_mailbox(command.name.as_deref());
        request.target.clone_from(&command.new_name);
        let pending = self.trail.begin(request)?;
        self.usable = false;
        let line = format!("{verb}{}", command.arguments);
        let exchange = async {
            write(&mut self.socket, &line, verb).await?;
            answer(&mut self.socket, command.size, verb).await
        };
        let told = match tokio::time::timeout(self.timeouts.command, exchange).await {
            Err(_) => Err(WireError::Timeout { during: verb }),
            Ok(Err(error)) => Err(from_socket(&self.socket, self.trail.host(), error)),
            Ok(Ok(told)) => Ok(told),
        };
        let told = match told {
            Ok(told) => told,
            Err(error) => {
                pending.failed(&error);
                return Err(error);
            }
        };
        let (words, code) = (told.end.text.clone(), told.end.code.clone());
        let result = match accepted(told, verb) {
            // Its words quote the script: they are for the person alone.
            Err(WireError::Refused { code, .. }) if command.octets > 0 && of_script(code.as_deref()) => {
                Err(WireError::ScriptRefused {
                    errors: readable(&words),
                })
            }
            other => other,
        };
        let (status, text) = match &result {
            Ok(_) => ("OK", String::new()),
            Err(WireError::Refused { text, .. }) => ("NO", text.clone()),
            Err(WireError::ScriptRefused { .. }) => ("NO", String::new()),
            Err(error) => {
                pending.failed(error);
                return result;
            }
        };
        self.usable = true;
        pending.close(Answered {
            accepted: result.is_ok(),
            code: Wording::fixed(status),
            detail: codes::response(code.as_deref()),
            text: &text,
        })?;
        result
    }
}

/// Whether a refusal of a script speaks of what it says, and not of room or of the server's health.
fn of_script(code: Option<&str>) -> bool {
    !code.is_some_and(|code| code.starts_with("QUOTA") || code == "TRYLATER")
}

fn warnings(told: Answer) -> Option<String> {
    (told.end.code.as_deref() == Some("WARNINGS")).then(|| readable(&told.end.text))
}

/// A server's words about a script, for a person to read: lines stay, other control characters do not.
fn readable(words: &str) -> String {
    let kept = words.chars().filter(|c| *c == '\n' || !c.is_control()).take(ERRORS);
    kept.collect::<String>().trim().to_owned()
}
