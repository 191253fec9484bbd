-- What somebody keeps on this workstation, whatever becomes of it on the server. While the server has the message, it
-- stays in its folder; afterwards it goes to the folder of role 'kept', which no server knows.
CREATE TABLE kept (
    message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    kept_at    INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX folder_kept ON folder (account_id) WHERE role = 'kept';

-- Bodies older than the retention that came back because somebody opened them: they stay a while.
CREATE TABLE recalled (
    message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    at         INTEGER NOT NULL
) STRICT;

CREATE TABLE box_life (
    account_id     INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    opened_at      INTEGER,                           -- when its server was last really opened from here
    offline_months INTEGER,                           -- null: everything is kept here
    bodies_from    INTEGER,                           -- bodies older than this are not fetched by themselves
    offloaded_at   INTEGER,                           -- when bodies older than that were last removed from here
    announced      TEXT,                              -- JSON, the engine's own: what was last told
    announced_at   INTEGER,
    dismissed_at   INTEGER                            -- when the person put what was told aside
) STRICT;
