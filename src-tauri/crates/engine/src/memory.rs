//! What is freed is wiped: libraries leave copies of tokens and keys in the memory they give back (buffers that grew,
//! requests, literals), and a lock that only dropped them would leave them to whoever reads the process.

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

/// The allocator of every program that holds an engine.
#[global_allocator]
static WIPED: ZeroAlloc<System> = ZeroAlloc(System);
