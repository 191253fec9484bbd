//! The encrypted store: database, raw message files, migrations, search.
