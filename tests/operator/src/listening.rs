//! Threads that answer on a port until they are dropped, then leave it free.

use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::error::{Doing, Result};

/// A port being answered on.
pub(crate) struct Listening {
    stop: Arc<AtomicBool>,
    port: u16,
    stream: bool,
    thread: Option<JoinHandle<()>>,
}

impl Listening {
    /// One thread for each connection: a bench has few.
    pub(crate) fn streams(
        listener: TcpListener,
        port: u16,
        serve: Arc<dyn Fn(TcpStream) + Send + Sync>,
    ) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name(format!("listening-{port}"))
            .spawn(move || {
                for stream in listener.incoming().flatten() {
                    if stopped.load(Ordering::Acquire) {
                        return;
                    }
                    let serve = Arc::clone(&serve);
                    let _ = std::thread::Builder::new().spawn(move || serve(stream));
                }
            })
            .doing("starting a thread for", format!("127.0.0.1:{port}"))?;
        Ok(Listening {
            stop,
            port,
            stream: true,
            thread: Some(thread),
        })
    }

    /// Answers datagrams one after the other.
    pub(crate) fn datagrams(
        socket: UdpSocket,
        port: u16,
        answer: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + 'static,
    ) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name(format!("listening-{port}"))
            .spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                    if stopped.load(Ordering::Acquire) {
                        return;
                    }
                    if let Some(reply) = buffer.get(..length).and_then(&answer) {
                        let _ = socket.send_to(&reply, from);
                    }
                }
            })
            .doing("starting a thread for", format!("127.0.0.1:{port}"))?;
        Ok(Listening {
            stop,
            port,
            stream: false,
            thread: Some(thread),
        })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // The thread waits in the system: knock, so that it looks up.
        if self.stream {
            drop(TcpStream::connect(("127.0.0.1", self.port)));
        } else if let Ok(socket) = UdpSocket::bind(("127.0.0.1", 0)) {
            let _ = socket.send_to(&[0], ("127.0.0.1", self.port));
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
