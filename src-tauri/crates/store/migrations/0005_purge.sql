-- Purges (EX_GBP_3050): a plan is a snapshot of what is to be deleted, and of where each message of it stands. Times are
-- milliseconds since 1970 (UTC), sizes octets.
CREATE TABLE purge (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id   INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    scope        TEXT NOT NULL,                       -- JSON, the engine's own
    keep_local   INTEGER NOT NULL,
    scheduled    INTEGER NOT NULL DEFAULT 0,
    state        TEXT NOT NULL,                       -- planned, running, stopped, done, failed
    kept         TEXT NOT NULL DEFAULT '[]',          -- JSON, the engine's own: what the plan leaves, and why
    obstacle     TEXT NOT NULL DEFAULT '',            -- why it may not begin
    problem      TEXT NOT NULL DEFAULT '',            -- JSON, the engine's own: what stopped it
    journal_from INTEGER,                             -- the journal's last trace before the batch under way
    quota_before INTEGER,
    quota_after  INTEGER,
    planned_at   INTEGER NOT NULL,
    started_at   INTEGER,
    ended_at     INTEGER
) STRICT;

CREATE INDEX purge_account ON purge (account_id, id);

-- One at a time for each account.
CREATE UNIQUE INDEX purge_running ON purge (account_id) WHERE state = 'running';

-- Folders by the name that the server knows: a plan outlives what this store knows of them.
CREATE TABLE purge_folder (
    purge_id     INTEGER NOT NULL REFERENCES purge (id) ON DELETE CASCADE,
    folder_id    INTEGER NOT NULL,
    raw_name     TEXT NOT NULL,
    name         TEXT NOT NULL,
    uid_validity INTEGER NOT NULL,
    PRIMARY KEY (purge_id, folder_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE purge_message (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    purge_id      INTEGER NOT NULL REFERENCES purge (id) ON DELETE CASCADE,
    mail_id       INTEGER NOT NULL,                   -- no reference: the plan outlives the row
    folder_id     INTEGER NOT NULL,
    uid           INTEGER NOT NULL,
    message_id    TEXT,
    size          INTEGER NOT NULL,
    internal_date INTEGER NOT NULL,
    flags         INTEGER NOT NULL,                   -- as the plan saw them
    document      TEXT NOT NULL,
    sender        TEXT NOT NULL DEFAULT '',           -- for its traces; wiped once the last one is written
    recipients    TEXT NOT NULL DEFAULT '',
    step          TEXT NOT NULL DEFAULT 'planned',
    is_foreign    INTEGER NOT NULL DEFAULT 0,         -- another had marked it before us
    modseq        INTEGER,                            -- as last seen before it was marked
    exchange      INTEGER,                            -- what ties its traces together
    why           TEXT                                -- why it is spared
) STRICT;

CREATE UNIQUE INDEX purge_message_uid ON purge_message (purge_id, folder_id, uid);
CREATE INDEX purge_message_step ON purge_message (purge_id, step, folder_id, uid);
