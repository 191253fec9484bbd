//! The exchanges with the identity provider, in the journal: a login, its refusal, a renewal, a logout. Those made while the
//! journal is closed (a login unlocks the profile) are owed to it.

use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use jiff::Timestamp;
use pli_identity::{ClockGap, Exchange, Outcome, Step, Unrecorded, Witness};
use pli_terms::Wording;
use pli_trace as trace;

use super::Local;
use crate::core::Core;

/// The witness of this profile's exchanges with its provider.
pub(crate) fn witness(core: &Arc<Core>) -> Arc<dyn Witness> {
    Arc::new(Seen(Arc::downgrade(core)))
}

struct Seen(Weak<Core>);

impl Witness for Seen {
    fn number(&self) -> u64 {
        pli_wire::audit::next_exchange()
    }

    fn now(&self) -> Timestamp {
        self.0.upgrade().map_or_else(Timestamp::now, |core| core.now())
    }

    fn exchange(&self, exchange: Exchange) -> Result<(), Unrecorded> {
        let core = self.0.upgrade().ok_or(Unrecorded)?;
        let intended = exchange.outcome == Outcome::Intended;
        let local = local(&core, &exchange);
        let written = if intended {
            core.note(local)
        } else {
            core.note_after(local)
        };
        core.owed.tell(&core);
        written.map_err(|error| {
            tracing::warn!(%error, "an exchange with the identity provider could not be recorded");
            Unrecorded
        })
    }

    fn clock(&self, gap: ClockGap) {
        if let Some(core) = self.0.upgrade() {
            core.clock_truth.note_gap(gap.gap_ms, gap.measured_at);
        }
    }
}

fn local(core: &Core, exchange: &Exchange) -> Local {
    let mut local = Local::new(action(exchange.step), exchange.step.verb()).with(outcome(exchange.outcome));
    local.protocol = trace::Protocol::Https;
    local.exchange = Some(trace::Exchange(exchange.number));
    local.duration_ms = u64::try_from(exchange.took.as_millis()).unwrap_or(u64::MAX);
    local.octets = (exchange.octets_out, exchange.octets_in);
    let zone = core.zoned().time_zone().clone();
    local.at = Some(exchange.started_at.to_zoned(zone));
    local.server = Some(trace::Server {
        name: Wording::fact(&exchange.host),
        address: match exchange.address {
            Some(address) => Wording::empty().and(address),
            None => Wording::fixed(":").then(exchange.port),
        },
    });
    // Towards the provider this workstation has the address that its route to it has.
    local.address = exchange.address.and_then(towards).map(|ip| Wording::empty().and(ip));
    local
}

/// The address of this workstation on its route to another; nothing is sent.
fn towards(peer: SocketAddr) -> Option<std::net::IpAddr> {
    let any: SocketAddr = if peer.is_ipv4() {
        (std::net::Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (std::net::Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let socket = std::net::UdpSocket::bind(any).ok()?;
    socket.connect(peer).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

fn action(step: Step) -> trace::Action {
    if step.is_logout() {
        trace::Action::Logout
    } else if step.is_login() || step == Step::Refresh {
        trace::Action::Login
    } else {
        trace::Action::Discover
    }
}

fn outcome(outcome: Outcome) -> trace::Outcome {
    match outcome {
        Outcome::Intended => trace::Outcome::Intended,
        Outcome::Answered {
            accepted,
            status,
            error,
        } => {
            let code = status.map(|status| Wording::empty().and(status)).unwrap_or_default();
            let enhanced = error.map(Wording::fixed).unwrap_or_default();
            let text = Wording::empty();
            if accepted {
                trace::Outcome::Done { code, enhanced, text }
            } else {
                trace::Outcome::Refused { code, enhanced, text }
            }
        }
        Outcome::Failed { what } => trace::Outcome::failed(Wording::fixed(what)),
    }
}
