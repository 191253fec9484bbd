//! The commands of the workspace: `cargo demo`, `cargo verify`, `cargo operator`.

fn main() {}
