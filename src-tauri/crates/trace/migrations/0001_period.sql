-- A period: the traces of one month. `record.canonical` is the truth; everything else repeats parts of it to be searched,
-- and verification holds it against it. Times are milliseconds since 1970 (UTC).

CREATE TABLE period (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    unique_id       BLOB NOT NULL,       -- the journal's
    number          INTEGER NOT NULL,
    month           INTEGER NOT NULL,    -- 12 × year + month − 1
    before_sequence INTEGER NOT NULL,
    before_hash     BLOB NOT NULL,
    head_sequence   INTEGER NOT NULL,
    head_hash       BLOB NOT NULL,
    head_moment     INTEGER NOT NULL     -- when the last trace was written, by its own saying
) STRICT;

CREATE TABLE kind (
    id     INTEGER PRIMARY KEY,
    bal    TEXT NOT NULL,                -- lower case; empty for none
    author TEXT NOT NULL,                -- national id; empty for none
    action TEXT NOT NULL,
    class  INTEGER NOT NULL,             -- 0 done, 1 refused, 2 failed, 3 intended
    UNIQUE (bal, author, action, class)
) STRICT;

CREATE TABLE author (
    id          INTEGER PRIMARY KEY,
    national_id TEXT NOT NULL,
    name        TEXT NOT NULL,
    method      TEXT NOT NULL,
    UNIQUE (national_id, name, method)
) STRICT;

CREATE TABLE bal (id INTEGER PRIMARY KEY, address TEXT NOT NULL, kind TEXT NOT NULL, UNIQUE (address, kind)) STRICT;

-- The sender and recipients of a message, lower case, sorted, one a line. Their digest is found without a text index.
CREATE TABLE party (id INTEGER PRIMARY KEY, digest INTEGER NOT NULL UNIQUE, addresses TEXT NOT NULL) STRICT;

CREATE TABLE record (
    sequence  INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    party     INTEGER NOT NULL,          -- 0 for no address
    hash      BLOB NOT NULL,
    canonical BLOB NOT NULL
) STRICT;

-- The traces of a message: each of its names, digested.
CREATE TABLE message (name INTEGER NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (name, sequence)) STRICT, WITHOUT ROWID;

-- 4,096 traces in a row, what is searched of them packed: `counts` by kind, `columns` each.
CREATE TABLE chunk (
    first   INTEGER PRIMARY KEY,
    last    INTEGER NOT NULL,
    min_at  INTEGER NOT NULL,
    max_at  INTEGER NOT NULL,
    counts  BLOB NOT NULL,
    columns BLOB NOT NULL
) STRICT;

-- Intentions whose outcome has not come, those of earlier periods included: the last period's list is the one that holds.
CREATE TABLE open (exchange INTEGER NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (exchange, sequence)) STRICT, WITHOUT ROWID;
