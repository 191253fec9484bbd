//! `pli-operator`: keeps one local operator running for a person.
fn main() {}
