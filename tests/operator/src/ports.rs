//! A block of free ports, kept for one operator: several start at once without clashing.

use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use crate::configuration;
use crate::error::{Error, Result};
use crate::info::Ports;

/// Below the range that the system gives to outgoing connections, so that none of these takes a port in between.
const FIRST: u16 = 20_000;
const LAST: u16 = 32_000;
const BLOCK: u16 = 16;

/// A reserved block. The reservation is an abstract socket: the system gives it back when the process ends, however it ends.
pub(crate) struct PortBlock {
    first: u16,
    _reservation: UnixListener,
}

impl PortBlock {
    pub(crate) fn reserve() -> Result<Self> {
        let blocks = (LAST - FIRST) / BLOCK;
        // Another place to begin for each process, only to find a free block sooner.
        let start = (std::process::id() % u32::from(blocks)) as u16;
        for step in 0..blocks {
            let first = FIRST + ((start + step) % blocks) * BLOCK;
            let Ok(name) = SocketAddr::from_abstract_name(format!("pli-operator-ports-{first}")) else {
                continue;
            };
            let Ok(reservation) = UnixListener::bind_addr(&name) else {
                continue;
            };
            let free = (first..first + BLOCK).all(|port| {
                TcpListener::bind(("127.0.0.1", port)).is_ok() && UdpSocket::bind(("127.0.0.1", port)).is_ok()
            });
            if free {
                return Ok(PortBlock {
                    first,
                    _reservation: reservation,
                });
            }
        }
        Err(Error::NoPorts)
    }

    pub(crate) fn ports(&self) -> Ports {
        let n = self.first;
        Ports {
            imaps: n,
            imap: n + 1,
            submissions: n + 2,
            submission: n + 3,
            submissions_cert: n + 4,
            submissions_external: configuration::has_submission_service().then_some(n + 11),
            sieve: n + 5,
            inject: n + 6,
            web: n + 7,
            idp: n + 8,
            idp_tls: n + 12,
            relay: n + 13,
        }
    }

    pub(crate) fn https(&self) -> u16 {
        self.first + 9
    }

    /// Where the intermediary tells of itself.
    pub(crate) fn relay_admin(&self) -> u16 {
        self.first + 14
    }

    pub(crate) fn dns(&self) -> u16 {
        self.first + 10
    }

    /// Where a collector of traces listens.
    pub(crate) fn collector(&self) -> u16 {
        self.first + 15
    }
}
