//! Rules on a real server: Pigeonhole answers, redirects and sorts what Postfix really delivers (EX_GBM_4471, EX_GBM_4480).

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod answering;
#[path = "../common/mod.rs"]
mod common;
mod cut;
mod foreign;
#[path = "../outbox/proxy.rs"]
#[allow(dead_code, reason = "the tests of the outbox use more of it")]
mod proxy;
mod redirecting;
mod sorting;
mod stage;
mod support;
mod together;
