//! A TLS server, the `openssl s_server` command, and a web server of revocation lists.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::pki::{Authority, HOST, Issued, Pki, TestClock};
use crate::{ClientIdentity, Connector, CrlCache, HttpCrlFetch, TlsError, TlsStream};

/// Serves lists by plain HTTP until it is dropped; a path without a list answers 404.
pub(super) struct Lists {
    pub(super) base: String,
    lists: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    asked: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Lists {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let lists: Arc<Mutex<HashMap<String, Vec<u8>>>> = Arc::default();
        let asked = Arc::new(AtomicUsize::new(0));
        let (served, count) = (Arc::clone(&lists), Arc::clone(&asked));
        let task = tokio::spawn(async move {
            while let Ok((mut tcp, _)) = listener.accept().await {
                let mut request = vec![0; 2048];
                let n = tcp.read(&mut request).await.unwrap_or(0);
                let text = String::from_utf8_lossy(&request[..n]).into_owned();
                let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
                let body = served.lock().unwrap().get(&path).cloned();
                if path == "/organisations.crl" {
                    count.fetch_add(1, Ordering::SeqCst);
                }
                let status = if body.is_some() { "200 OK" } else { "404 Not Found" };
                let body = body.unwrap_or_default();
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let _ = tcp.write_all(head.as_bytes()).await;
                let _ = tcp.write_all(&body).await;
            }
        });
        Self {
            base,
            lists,
            asked,
            task,
        }
    }

    pub(super) fn serve(&self, path: &str, list: Vec<u8>) {
        self.lists.lock().unwrap().insert(path.to_owned(), list);
    }

    pub(super) fn clear(&self) {
        self.lists.lock().unwrap().clear();
    }

    /// How often the « organisations » list was asked for.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Lists {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A TLS server that keeps every application byte it receives, and answers `* OK\r\n` to the first.
pub(super) struct Server {
    pub(super) addr: SocketAddr,
    received: Arc<Mutex<Vec<u8>>>,
    /// The CN of client certificates, and whether sessions were full handshakes.
    pub(super) clients: Arc<Mutex<Vec<Option<String>>>>,
    pub(super) resumed: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    pub(super) async fn start(issued: &Issued, authorities: &[&Authority]) -> Self {
        Self::with_client_root(issued, authorities, None).await
    }

    pub(super) async fn with_client_root(
        issued: &Issued,
        authorities: &[&Authority],
        root: Option<&Authority>,
    ) -> Self {
        let mut chain = vec![CertificateDer::from_pem_slice(issued.cert_pem.as_bytes()).unwrap()];
        chain.extend(authorities.iter().map(|a| a.der().clone()));
        let key = PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .unwrap();
        let builder = match root {
            Some(root) => {
                let mut roots = rustls::RootCertStore::empty();
                roots.add(root.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                    .build()
                    .unwrap();
                builder.with_client_cert_verifier(verifier)
            }
            None => builder.with_no_client_auth(),
        };
        let config = builder.with_single_cert(chain, key).unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let received: Arc<Mutex<Vec<u8>>> = Arc::default();
        let clients: Arc<Mutex<Vec<Option<String>>>> = Arc::default();
        let resumed = Arc::new(AtomicUsize::new(0));
        let (kept, names, again) = (Arc::clone(&received), Arc::clone(&clients), Arc::clone(&resumed));
        let task = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, kept, names, again) = (
                    acceptor.clone(),
                    Arc::clone(&kept),
                    Arc::clone(&names),
                    Arc::clone(&again),
                );
                tokio::spawn(async move {
                    let Ok(mut tls) = acceptor.accept(tcp).await else {
                        return;
                    };
                    let session = tls.get_ref().1;
                    if session.handshake_kind() == Some(rustls::HandshakeKind::Resumed) {
                        again.fetch_add(1, Ordering::SeqCst);
                    }
                    let name = session
                        .peer_certificates()
                        .and_then(|c| c.first())
                        .map(|c| common_name(c));
                    names.lock().unwrap().push(name);
                    let mut buffer = [0; 1024];
                    while let Ok(n @ 1..) = tls.read(&mut buffer).await {
                        kept.lock().unwrap().extend_from_slice(&buffer[..n]);
                        if buffer.starts_with(b"GET ") {
                            let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
                        } else {
                            let _ = tls.write_all(b"* OK\r\n").await;
                        }
                    }
                });
            }
        });
        Self {
            addr,
            received,
            clients,
            resumed,
            task,
        }
    }

    pub(super) fn received(&self) -> Vec<u8> {
        self.received.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn common_name(certificate: &[u8]) -> String {
    use x509_parser::prelude::{FromDer, X509Certificate};
    let (_, parsed) = X509Certificate::from_der(certificate).unwrap();
    parsed
        .subject()
        .iter_common_name()
        .next()
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

/// `openssl s_server`, for what rustls itself would not offer.
pub(super) struct OpensslServer {
    pub(super) addr: SocketAddr,
    child: Child,
    _dir: tempfile::TempDir,
}

impl OpensslServer {
    pub(super) fn start(issued: &Issued, pki: &Pki, options: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-cert"])
            .arg(file("leaf.pem", &issued.cert_pem))
            .arg("-key")
            .arg(file("key.pem", &issued.key_pem))
            .arg("-cert_chain")
            .arg(file("chain.pem", &pki.organisations.pem()))
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the openssl command");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next().expect("openssl s_server says where it listens").unwrap();
            if let Some(place) = line.strip_prefix("ACCEPT ") {
                break place.rsplit(':').next().unwrap().parse().unwrap();
            }
        };
        // It must not be stopped by a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            addr: SocketAddr::from(([127, 0, 0, 1], port)),
            child,
            _dir: dir,
        }
    }
}

impl Drop for OpensslServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A trust space with its lists served, and connectors into it.
pub(super) struct Space {
    pub(super) lists: Lists,
    pub(super) pki: Pki,
    pub(super) clock: Arc<TestClock>,
}

impl Space {
    pub(super) async fn new() -> Self {
        let lists = Lists::start().await;
        let pki = Pki::new(&lists.base);
        lists.serve("/organisations.crl", pki.list(&[]));
        lists.serve("/root.crl", pki.root_list(&[]));
        Self {
            lists,
            pki,
            clock: Arc::new(TestClock::new()),
        }
    }

    pub(super) fn connector(&self) -> Connector {
        self.connector_with(CrlCache::new(None, Arc::new(HttpCrlFetch::new().unwrap())), None)
    }

    pub(super) fn connector_in(&self, dir: &std::path::Path) -> Connector {
        self.connector_with(
            CrlCache::new(Some(dir.to_owned()), Arc::new(HttpCrlFetch::new().unwrap())),
            None,
        )
    }

    pub(super) fn connector_with(&self, crls: Arc<CrlCache>, client: Option<ClientIdentity>) -> Connector {
        Connector::with_clock(self.pki.policy(), crls, client, Arc::clone(&self.clock) as _).unwrap()
    }
}

pub(super) async fn connect(connector: &Connector, addr: SocketAddr) -> Result<TlsStream<TcpStream>, TlsError> {
    connector.connect(HOST, TcpStream::connect(addr).await.unwrap()).await
}

/// Says something over the stream and waits for the answer.
pub(super) async fn exchange(stream: &mut TlsStream<TcpStream>) -> std::io::Result<Vec<u8>> {
    stream.write_all(b"a1 LOGIN\r\n").await?;
    let mut answer = [0; 6];
    stream.read_exact(&mut answer).await?;
    Ok(answer.to_vec())
}
