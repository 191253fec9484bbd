//! The few lines that are exchanged before a protocol's library takes over: greeting, capabilities, STARTTLS.
//!
//! Read one octet at a time, so that not one octet beyond the line is taken: what an attacker put behind the answer to
//! STARTTLS stays in front of the TLS handshake, which it makes fail, and never reaches the secured session.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::WireError;

/// Longest line accepted.
const LINE: usize = 8 << 10;

/// Most lines accepted in one answer.
pub(crate) const LINES: usize = 200;

/// Reads a line without its CRLF.
pub(crate) async fn read<S: AsyncRead + Unpin>(stream: &mut S, during: &'static str) -> Result<String, WireError> {
    let mut line = Vec::with_capacity(128);
    loop {
        let byte = stream.read_u8().await.map_err(|error| failure(&error, during))?;
        match byte {
            b'\n' => break,
            _ if line.len() >= LINE => return Err(WireError::Unreadable { during }),
            _ => line.push(byte),
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

/// Writes a line.
pub(crate) async fn write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    line: &str,
    during: &'static str,
) -> Result<(), WireError> {
    let bytes = format!("{line}\r\n");
    stream
        .write_all(bytes.as_bytes())
        .await
        .map_err(|error| failure(&error, during))?;
    stream.flush().await.map_err(|error| failure(&error, during))
}

/// What an I/O error means to the caller.
pub(crate) fn failure(error: &io::Error, during: &'static str) -> WireError {
    kind(error.kind(), during)
}

pub(crate) fn kind(kind: io::ErrorKind, during: &'static str) -> WireError {
    use io::ErrorKind as K;
    match kind {
        K::TimedOut => WireError::Timeout { during },
        K::UnexpectedEof | K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe | K::WriteZero => {
            WireError::Closed { during }
        }
        K::InvalidData | K::Other => WireError::Unreadable { during },
        kind => WireError::Io { during, kind },
    }
}
