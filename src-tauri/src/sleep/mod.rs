//! Pli is locked just before the workstation sleeps, and when the desktop's session is locked (FAQ: automatic lock).
//!
//! Linux tells it beforehand, on the desktop's buses. On Windows and macOS nothing is asked of the system: the engine sees on
//! waking that the clock has jumped, and locks before the window shows anything.

#[cfg(target_os = "linux")]
mod linux;

use pli_contract::Waiting;

/// What is locked.
pub(crate) trait Lock: Send + Sync + 'static {
    /// Locks. The workstation waits for the answer before it sleeps, five seconds at most.
    fn sleeping(&self) -> Waiting<'_, ()>;
}

/// Follows the workstation until the program ends.
pub(crate) fn follow(lock: std::sync::Arc<dyn Lock>) {
    #[cfg(target_os = "linux")]
    linux::follow(lock);
    #[cfg(not(target_os = "linux"))]
    drop(lock);
}
