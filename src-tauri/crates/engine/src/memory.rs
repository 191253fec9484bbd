//! What is given back is wiped: libraries leave copies of tokens and keys in the memory they free (buffers that grew,
//! requests, literals) and in the stack, and a lock that only dropped them would leave them to whoever reads the process.

use std::alloc::System;

use zeroize::Zeroize as _;
use zeroizing_alloc::ZeroAlloc;

/// The allocator of every program that holds an engine.
#[global_allocator]
static WIPED: ZeroAlloc<System> = ZeroAlloc(System);

/// More than the calls that handle keys and tokens take: ciphers, key schedules, JSON.
const DEPTH: usize = 192 * 1024;

/// Overwrites what the calls that have returned left in this thread's stack, beneath the caller: key schedules, arguments,
/// values on their way. To be called right after them, in the same function, without waiting in between.
#[inline(never)]
pub(crate) fn wipe_stack() {
    let mut below = [0u8; DEPTH];
    // Written for good: the compiler may not leave it out.
    below.zeroize();
    std::hint::black_box(&below);
}

/// Has the system write no image of this process when it crashes, nor of those it starts: tokens and keys would be in it.
/// Elsewhere than on Unix, reports of crashes are the system's and hold no image unless an administrator asks for one.
pub(crate) fn leave_no_dump() {
    #[cfg(unix)]
    if let Err(error) = rlimit::setrlimit(rlimit::Resource::CORE, 0, 0) {
        tracing::warn!(%error, "a crash of this program may leave an image of its memory");
    }
}
