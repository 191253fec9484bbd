//! The use cases: accounts, sync, outbox, drafts, search, journal.
