-- The journal's first schema. `record.canonical` is the truth; the other columns repeat parts of it to be searched, and
-- verification holds them against it. Times are milliseconds since 1970 (UTC).

CREATE TABLE journal (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    unique_id       BLOB NOT NULL,
    anchor_sequence INTEGER NOT NULL,   -- the chain starts after this one: 0, or the last one pruned
    anchor_hash     BLOB NOT NULL,
    head_sequence   INTEGER NOT NULL,
    head_hash       BLOB NOT NULL
) STRICT;

CREATE TABLE record (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    bal        TEXT NOT NULL DEFAULT '',
    author     TEXT NOT NULL DEFAULT '',
    action     TEXT NOT NULL,
    failed     INTEGER NOT NULL,
    message_id TEXT NOT NULL DEFAULT '',
    mail       TEXT NOT NULL DEFAULT '',
    canonical  BLOB NOT NULL,
    hash       BLOB NOT NULL
) STRICT;

CREATE INDEX record_at ON record (at, sequence);
CREATE INDEX record_bal ON record (bal, at, sequence) WHERE bal <> '';
CREATE INDEX record_author ON record (author, at, sequence) WHERE author <> '';
CREATE INDEX record_action ON record (action, at, sequence);
CREATE INDEX record_failed ON record (at, sequence) WHERE failed = 1;
CREATE INDEX record_message ON record (message_id, at, sequence) WHERE message_id <> '';
CREATE INDEX record_mail ON record (mail, at, sequence) WHERE mail <> '';
