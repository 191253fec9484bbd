-- Who takes charge of a message, on boxes that several people read.

-- 1: the folder takes keywords of one's own; 0: it does not; null: it was not opened since this is asked.
ALTER TABLE folder ADD COLUMN keywords INTEGER;

-- For a change of keywords: those the message had before, to undo it.
ALTER TABLE operation ADD COLUMN had INTEGER NOT NULL DEFAULT 0;

-- What was said of a message, by everybody, whichever folder it is in. A message without Message-ID is '#' and its number.
CREATE TABLE handling (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    message_id TEXT NOT NULL,
    facts      TEXT NOT NULL DEFAULT '[]',            -- JSON, oldest first
    summary    TEXT,                                  -- JSON: what a row shows of them; null for nothing
    entry      TEXT NOT NULL DEFAULT 'none',          -- of its own on the server: none, waiting, told, refused
    attempts   INTEGER NOT NULL DEFAULT 0,
    stale      INTEGER NOT NULL DEFAULT 0,            -- 1: the server may have something else
    read_at    INTEGER,                               -- when the server was last asked
    gone_at    INTEGER,                               -- since when no message has this Message-ID any more
    PRIMARY KEY (account_id, message_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX handling_stale ON handling (account_id) WHERE stale = 1;
CREATE INDEX handling_waiting ON handling (account_id) WHERE entry = 'waiting';

-- Who was ever met in these facts.
CREATE TABLE handling_person (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name       TEXT NOT NULL COLLATE NOCASE,
    id         TEXT,                                  -- national id
    seen_at    INTEGER NOT NULL,
    PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;
