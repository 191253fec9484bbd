//! The journal of traces: records, hash chain, verification.
