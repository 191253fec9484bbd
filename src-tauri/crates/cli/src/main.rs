//! `pli`: the engine without a window, for scripts, practice software and support.

fn main() {}
