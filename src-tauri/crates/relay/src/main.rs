//! `pli-relay`: the intermediary as a program.

fn main() {}
