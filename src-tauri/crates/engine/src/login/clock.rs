//! The session's clock: renews it before it lapses, notices its end, and what a suspend did.

use std::sync::Arc;
use std::time::Duration;

use pli_terms::Wording;
use pli_trace::Action;

use crate::audit::Local;
use crate::core::Core;
use crate::event::Event;
use crate::{certificates, lock};

/// How soon a renewal that the provider could not serve is tried again.
const AGAIN: Duration = Duration::from_secs(15);

/// The longest the session's clock sleeps: a workstation that was suspended wakes up with an old clock.
const NAP: Duration = Duration::from_secs(20);

/// The shortest: a provider whose tokens live for an instant is not asked in a loop.
const BLINK: Duration = Duration::from_millis(200);

/// Keeps the provider's session alive by renewing it before its tokens end, for as long as the vault is open. Also
/// notices that the workstation was suspended: its clock has moved on and this task has not.
pub(crate) async fn keep_fresh(core: Arc<Core>) {
    let mut before = (core.now(), tokio::time::Instant::now());
    loop {
        let kept = core.identities.keep_fresh(core.now()).await;
        if core.identities.take_ended() {
            session_ended(&core);
        }
        certificates::announce(&core);
        let nap = match kept {
            Ok(None) => NAP,
            Ok(Some(due)) => {
                let left = due.duration_since(core.now());
                Duration::try_from(left).unwrap_or(Duration::ZERO).clamp(BLINK, NAP)
            }
            Err(error) if error.needs_login() => NAP,
            Err(error) => {
                tracing::info!(%error, "the session could not be renewed now");
                core.identities
                    .patience(core.now())
                    .await
                    .map_or(AGAIN, |left| left.clamp(BLINK, AGAIN))
            }
        };
        tokio::select! {
            () = tokio::time::sleep(nap) => {}
            () = core.identities.changed.notified() => {}
            () = core.closed() => return,
        }
        let now = (core.now(), tokio::time::Instant::now());
        if was_suspended(
            now.0.duration_since(before.0).as_millis(),
            now.1.duration_since(before.1).as_millis(),
        ) {
            core.resumed();
        }
        before = now;
    }
}

/// The provider ended the session: connections close, and everybody is told that a login is needed (ECO.1.2.6).
fn session_ended(core: &Arc<Core>) {
    core.owe(Local::new(Action::Logout, Wording::fixed("SESSION END")));
    // Decided before it is told: what is set once it is known counts for the next session.
    lock::session_ended(core);
    core.wake_all();
    core.emit(Event::Identity);
    core.emit(Event::Accounts);
}

/// Whether the calendar moved on by a minute more than this process did.
fn was_suspended(calendar: i128, process: u128) -> bool {
    calendar.saturating_sub(i128::try_from(process).unwrap_or(i128::MAX)) > 60_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspend_is_a_calendar_that_ran_ahead() {
        assert!(was_suspended(3_600_000, 20_000));
        assert!(!was_suspended(20_500, 20_000));
        assert!(!was_suspended(-3_600_000, 20_000));
    }
}
