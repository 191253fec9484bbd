//! From a host's name to a secured stream: resolving, connecting, TLS, and how long each may take.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::net::NetError;
use pli_tls::Connector;
use tokio::net::TcpStream;

use crate::WireError;
use crate::socket::Socket;

/// How a port is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum TlsMode {
    /// TLS from the first byte (RFC 8314): IMAPS 993, SMTPS 465.
    Implicit,
    /// STARTTLS, always required (ECO.1.0.1): IMAP 143, submission 587.
    StartTls,
}

/// A server to connect to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Endpoint {
    /// Host name, never an address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How it is secured.
    pub tls: TlsMode,
}

/// How long the steps of an exchange may take. Servers were seen to think for a minute: be patient.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Name resolution and TCP connection, for each address tried.
    pub connect: Duration,
    /// The greeting and what precedes TLS.
    pub greeting: Duration,
    /// Between two reads that bring something.
    pub read: Duration,
    /// Between two writes that take something.
    pub write: Duration,
    /// A whole command, however much trickles in; of a streamed answer, each item.
    pub command: Duration,
    /// The answer to the final dot (RFC 5321 §4.5.3.2.6).
    pub final_answer: Duration,
    /// The end of an IDLE, after `DONE`.
    pub done: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            greeting: Duration::from_secs(60),
            read: Duration::from_secs(90),
            write: Duration::from_secs(90),
            command: Duration::from_secs(600),
            final_answer: Duration::from_secs(600),
            done: Duration::from_secs(15),
        }
    }
}

/// Resolves names. In production only public addresses are ever answered.
#[derive(Clone)]
pub struct Resolver {
    inner: TokioResolver,
    private: bool,
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver")
            .field("private", &self.private)
            .finish_non_exhaustive()
    }
}

impl Resolver {
    /// The system's resolver.
    ///
    /// # Errors
    /// [`WireError::Resolve`] when the system's settings cannot be read.
    pub fn system() -> Result<Self, WireError> {
        let unusable = |error: NetError| WireError::Resolve {
            host: String::new(),
            reason: error.to_string(),
            absent: false,
        };
        let mut builder = TokioResolver::builder_tokio().map_err(unusable)?;
        builder.options_mut().edns0 = true;
        Ok(Self {
            inner: builder.build().map_err(unusable)?,
            private: false,
        })
    }

    /// The resolver of a local operator, which may answer loopback addresses. Development builds and tests only.
    ///
    /// # Errors
    /// [`WireError::Resolve`] when the resolver cannot be set up.
    #[cfg(any(test, feature = "local-operator"))]
    pub fn local(server: SocketAddr) -> Result<Self, WireError> {
        use hickory_resolver::config::{NameServerConfig, ResolverConfig};
        use hickory_resolver::net::runtime::TokioRuntimeProvider;
        let mut name_server = NameServerConfig::udp_and_tcp(server.ip());
        for connection in &mut name_server.connections {
            connection.port = server.port();
        }
        let config = ResolverConfig::from_name_servers(vec![name_server]);
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        builder.options_mut().cache_size = 0;
        // On this machine an answer comes at once or never: nobody waits fifteen seconds for an operator that is away.
        builder.options_mut().timeout = Duration::from_secs(1);
        builder.options_mut().attempts = 3;
        let inner = builder.build().map_err(|error| WireError::Resolve {
            host: String::new(),
            reason: error.to_string(),
            absent: false,
        })?;
        Ok(Self { inner, private: true })
    }

    /// The addresses of `host`, 16 at most.
    ///
    /// # Errors
    /// [`WireError::Resolve`], or [`WireError::NoPublicAddress`] when all are private, local or reserved.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, WireError> {
        let answer = self
            .inner
            .lookup_ip(rooted(host))
            .await
            .map_err(|error| failure(host, &error))?;
        let all: Vec<IpAddr> = answer.iter().take(16).collect();
        if all.is_empty() {
            return Err(WireError::Resolve {
                host: host.to_owned(),
                reason: "no address".to_owned(),
                absent: true,
            });
        }
        let public: Vec<IpAddr> = all.into_iter().filter(|ip| self.private || is_public(*ip)).collect();
        if public.is_empty() {
            Err(WireError::NoPublicAddress { host: host.to_owned() })
        } else {
            Ok(public)
        }
    }

    pub(crate) fn inner(&self) -> &TokioResolver {
        &self.inner
    }
}

/// A name that is never completed by the workstation's search list: `imap.x.mssante.fr.hospital.lan` is another server.
pub(crate) fn rooted(host: &str) -> String {
    if host.ends_with('.') {
        host.to_owned()
    } else {
        format!("{host}.")
    }
}

pub(crate) fn failure(host: &str, error: &NetError) -> WireError {
    let absent = error.is_no_records_found() || error.is_nx_domain();
    let reason = if absent {
        "no such name".to_owned()
    } else {
        crate::scrub::scrub(&error.to_string())
    };
    WireError::Resolve {
        host: host.to_owned(),
        reason,
        absent,
    }
}

/// Whether an address is one that the whole Internet reaches (RFC 6890).
#[must_use]
pub(crate) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.is_documentation()
                || v4.is_unspecified()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (18..20).contains(&b)))
        }
        IpAddr::V6(v6) => {
            let first = v6.segments()[0];
            match v6.to_ipv4() {
                Some(v4) => is_public(IpAddr::V4(v4)),
                None => (first & 0xe000) == 0x2000 && !(first == 0x2001 && v6.segments()[1] == 0x0db8),
            }
        }
    }
}

/// How servers are reached: a resolver, what TLS is accepted, and patience.
#[derive(Debug, Clone)]
pub struct Network {
    /// Resolves names.
    pub resolver: Resolver,
    /// Secures connections; holds the client certificate when the mailbox has one.
    pub connector: Connector,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// A TCP connection not secured yet.
pub(crate) struct Plain {
    pub(crate) tcp: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) local: Option<SocketAddr>,
}

impl Network {
    /// A network with the usual patience.
    #[must_use]
    pub fn new(resolver: Resolver, connector: Connector) -> Self {
        Self {
            resolver,
            connector,
            timeouts: Timeouts::default(),
        }
    }

    /// Opens a TCP connection to the first address that answers.
    pub(crate) async fn connect(&self, endpoint: &Endpoint) -> Result<Plain, WireError> {
        let late = |_| WireError::Timeout { during: "connect" };
        let found = tokio::time::timeout(self.timeouts.connect, self.resolver.addresses(&endpoint.host));
        let mut last = std::io::ErrorKind::AddrNotAvailable;
        for ip in found.await.map_err(late)?? {
            let peer = SocketAddr::new(ip, endpoint.port);
            match tokio::time::timeout(self.timeouts.connect, TcpStream::connect(peer)).await {
                Ok(Ok(tcp)) => {
                    // A command is gathered and written at once: waiting for more would only delay it.
                    let _ = tcp.set_nodelay(true);
                    let local = tcp.local_addr().ok();
                    return Ok(Plain { tcp, peer, local });
                }
                Ok(Err(error)) => last = error.kind(),
                Err(_) => last = std::io::ErrorKind::TimedOut,
            }
        }
        Err(WireError::Connect {
            host: endpoint.host.clone(),
            port: endpoint.port,
            kind: last,
        })
    }

    /// Secures a connection. Nothing secret was sent before, and nothing is if this fails.
    pub(crate) async fn secure(&self, host: &str, plain: Plain) -> Result<Socket, WireError> {
        let stream = self
            .connector
            .connect(host, plain.tcp)
            .await
            .map_err(|source| WireError::Tls {
                host: host.to_owned(),
                source,
            })?;
        Ok(Socket::new(
            Box::new(stream),
            plain.peer,
            self.timeouts.read,
            self.timeouts.write,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_local_and_reserved_addresses_are_not_public() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.1.1",
            "172.16.0.1",
            "169.254.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "2001:db8::1",
            "ff02::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in ["91.216.1.1", "2a01:e0a::1", "::ffff:91.216.1.1"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }
}
