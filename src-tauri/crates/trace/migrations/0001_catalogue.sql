-- The catalogue: what holds the periods together. Nothing here is of a person: it outlives what is destroyed. Times are
-- milliseconds since 1970 (UTC).

CREATE TABLE journal (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    unique_id  BLOB NOT NULL,
    start      INTEGER NOT NULL,         -- the chain begins after this sequence: 0, but for a folder that was lost
    start_hash BLOB NOT NULL,            -- what stands before the first trace
    clean      INTEGER NOT NULL DEFAULT 1, -- 0 while the journal is open
    importing  INTEGER NOT NULL DEFAULT 0  -- 1 while an older database is being taken over
) STRICT;

-- In the order of before_sequence, then number. The last one is being written: its head is in its own file.
CREATE TABLE period (
    number          INTEGER PRIMARY KEY,
    month           INTEGER NOT NULL,    -- 12 × year + month − 1
    before_sequence INTEGER NOT NULL,
    before_hash     BLOB NOT NULL,
    last_sequence   INTEGER NOT NULL,
    last_hash       BLOB NOT NULL,
    min_at          INTEGER,
    max_at          INTEGER,
    state           INTEGER NOT NULL     -- 0 being written, 1 closed, 2 announced: its file may not be there yet
) STRICT;

CREATE TABLE cursor (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- `octets` is what was signed, canonical; the columns beside repeat what is searched.
CREATE TABLE seal (sequence INTEGER PRIMARY KEY, octets BLOB NOT NULL, signature BLOB NOT NULL) STRICT;
CREATE TABLE anchor (number INTEGER PRIMARY KEY, octets BLOB NOT NULL, signature BLOB NOT NULL) STRICT;
CREATE TABLE statistic (number INTEGER PRIMARY KEY, octets BLOB NOT NULL, signature BLOB NOT NULL) STRICT;
