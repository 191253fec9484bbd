//! What reaches the standard output: JSON for scripts, French for people.

use std::io::Write as _;

use serde::Serialize;

/// How answers are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Voice {
    /// JSON rather than French.
    pub(crate) json: bool,
}

impl Voice {
    /// One answer.
    pub(crate) fn one<T: Serialize>(self, answer: &T, french: impl FnOnce(&T) -> String) {
        if self.json { json(answer) } else { line(&french(answer)) }
    }

    /// Something to know meanwhile: on the standard error, so that the answer stays alone on the other.
    pub(crate) fn beside<T: Serialize>(self, told: &T, french: impl FnOnce(&T) -> String) {
        if self.json {
            eprintln!("{}", serde_json::to_string(told).unwrap_or_default());
        } else {
            eprintln!("{}", french(told));
        }
    }

    /// A list: one object a line, or one line each; `none` when it is empty.
    pub(crate) fn many<T: Serialize>(self, answers: &[T], none: &str, french: impl Fn(&T) -> String) {
        if self.json {
            answers.iter().for_each(json);
        } else if answers.is_empty() {
            line(none);
        } else {
            answers.iter().for_each(|answer| line(&french(answer)));
        }
    }
}

fn json<T: Serialize>(answer: &T) {
    line(&serde_json::to_string(answer).unwrap_or_default());
}

/// A reader that went away (`pli list | head`) is no failure. Control characters of a message must not drive the terminal.
fn line(text: &str) {
    let text: String = text
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
