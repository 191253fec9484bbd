//! Sample mail of the project's own writing, deterministic.
