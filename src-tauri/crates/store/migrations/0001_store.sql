-- The store's first schema. Times are milliseconds since 1970 (UTC); ids are never reused.

CREATE TABLE account (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    address      TEXT NOT NULL UNIQUE COLLATE NOCASE,
    kind         TEXT NOT NULL,                       -- PER, CAB, ORG, APP
    display_name TEXT NOT NULL DEFAULT '',
    servers      TEXT NOT NULL DEFAULT 'null',        -- JSON, the engine's own
    auth         TEXT NOT NULL,                       -- psc, certificate
    color        TEXT NOT NULL DEFAULT '',
    created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE folder (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id     INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    raw_name       TEXT NOT NULL,                     -- as the server writes it (modified UTF-7)
    name           TEXT NOT NULL,
    delimiter      TEXT NOT NULL DEFAULT '',
    role           TEXT NOT NULL DEFAULT 'other',
    selectable     INTEGER NOT NULL DEFAULT 1,
    uid_validity   INTEGER,
    uid_next       INTEGER,
    highest_modseq INTEGER,
    header_floor   INTEGER,                           -- headers are known from this UID up
    synced_at      INTEGER,
    total          INTEGER NOT NULL DEFAULT 0,        -- the three counts are kept by triggers
    unread         INTEGER NOT NULL DEFAULT 0,
    flagged        INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account_id, raw_name)
) STRICT;

-- Encrypted segment files. `size` is what was committed: what follows it in the file is an orphan.
CREATE TABLE pack (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    size INTEGER NOT NULL DEFAULT 0,
    live INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE blob (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    pack_id INTEGER NOT NULL REFERENCES pack (id),
    place   INTEGER NOT NULL,                         -- offset in the pack
    stored  INTEGER NOT NULL,                         -- octets on disk
    length  INTEGER NOT NULL,                         -- octets once decrypted
    sha256  BLOB NOT NULL                             -- of the decrypted octets: the proof
) STRICT;

CREATE INDEX blob_pack ON blob (pack_id);

CREATE TRIGGER blob_added AFTER INSERT ON blob BEGIN
    UPDATE pack SET live = live + NEW.stored WHERE id = NEW.pack_id;
END;

CREATE TRIGGER blob_removed AFTER DELETE ON blob BEGIN
    UPDATE pack SET live = live - OLD.stored WHERE id = OLD.pack_id;
END;

CREATE TRIGGER blob_relocated AFTER UPDATE OF pack_id, stored ON blob BEGIN
    UPDATE pack SET live = live - OLD.stored WHERE id = OLD.pack_id;
    UPDATE pack SET live = live + NEW.stored WHERE id = NEW.pack_id;
END;

-- folder_id is null while a removal waits for the server; uid is null while a move or a new UIDVALIDITY does.
CREATE TABLE message (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id       INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    folder_id        INTEGER REFERENCES folder (id) ON DELETE CASCADE,
    uid              INTEGER,
    flags            INTEGER NOT NULL DEFAULT 0,
    internal_date    INTEGER NOT NULL,
    date             INTEGER,
    size             INTEGER NOT NULL DEFAULT 0,
    attachment_count INTEGER NOT NULL DEFAULT 0,
    kind             TEXT NOT NULL DEFAULT 'professional',
    body_state       INTEGER NOT NULL DEFAULT 0,      -- 0 none, 1 partial, 2 stored, 3 failed
    stale            INTEGER NOT NULL DEFAULT 0,      -- 1: known under a former UIDVALIDITY only
    thread_id        INTEGER,                         -- null: the message is its thread's own root
    search_key       INTEGER NOT NULL UNIQUE,         -- grows with the date: newest hits come first without sorting
    blob_id          INTEGER REFERENCES blob (id),
    keywords         TEXT NOT NULL DEFAULT '',
    from_name        TEXT NOT NULL DEFAULT '',
    from_address     TEXT NOT NULL DEFAULT '',
    recipients       TEXT NOT NULL DEFAULT '',
    subject          TEXT NOT NULL DEFAULT '',
    display_subject  TEXT NOT NULL DEFAULT '',
    snippet          TEXT NOT NULL DEFAULT '',
    message_id       TEXT,
    in_reply_to      TEXT,
    body_error       TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE UNIQUE INDEX message_uid ON message (folder_id, uid) WHERE uid IS NOT NULL;
CREATE INDEX message_list ON message (folder_id, internal_date DESC, id DESC);
CREATE INDEX message_unread ON message (folder_id, internal_date DESC, id DESC) WHERE (flags & 1) = 0;
CREATE INDEX message_flagged ON message (folder_id, internal_date DESC, id DESC) WHERE (flags & 4) <> 0;
CREATE INDEX message_attached ON message (folder_id, internal_date DESC, id DESC) WHERE attachment_count > 0;
CREATE INDEX message_missing ON message (folder_id, internal_date DESC, id DESC) WHERE body_state < 2;
CREATE INDEX message_waiting ON message (size) WHERE uid IS NULL;
CREATE INDEX message_message_id ON message (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX message_in_reply_to ON message (in_reply_to) WHERE in_reply_to IS NOT NULL;
CREATE INDEX message_thread ON message (thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX message_blob ON message (blob_id) WHERE blob_id IS NOT NULL;

CREATE TABLE attachment (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    part       TEXT NOT NULL,
    name       TEXT NOT NULL DEFAULT '',
    mime       TEXT NOT NULL DEFAULT '',
    size       INTEGER NOT NULL DEFAULT 0,
    inline_cid TEXT
) STRICT;

CREATE INDEX attachment_message ON attachment (message_id);

-- Text reaches this table folded (œ, æ, accents, case, punctuation) by the same function that folds a question. `ascii`
-- then splits at spaces and takes every other character as it is: no Unicode table of its own can disagree.
CREATE VIRTUAL TABLE search USING fts5 (
    sender, recipients, subject, body, attachments,
    content = '', contentless_delete = 1, detail = column,
    tokenize = 'ascii', prefix = '1 2 3'
);

CREATE TRIGGER message_added AFTER INSERT ON message WHEN NEW.folder_id IS NOT NULL BEGIN
    UPDATE folder SET total = total + 1,
                      unread = unread + ((NEW.flags & 1) = 0),
                      flagged = flagged + ((NEW.flags & 4) <> 0)
    WHERE id = NEW.folder_id;
END;

CREATE TRIGGER message_removed AFTER DELETE ON message BEGIN
    UPDATE folder SET total = total - 1,
                      unread = unread - ((OLD.flags & 1) = 0),
                      flagged = flagged - ((OLD.flags & 4) <> 0)
    WHERE id = OLD.folder_id;
    DELETE FROM search WHERE rowid = OLD.search_key;
    DELETE FROM blob WHERE id = OLD.blob_id;
END;

CREATE TRIGGER message_changed AFTER UPDATE OF folder_id, flags ON message
WHEN OLD.folder_id IS NOT NEW.folder_id OR OLD.flags <> NEW.flags BEGIN
    UPDATE folder SET total = total - 1,
                      unread = unread - ((OLD.flags & 1) = 0),
                      flagged = flagged - ((OLD.flags & 4) <> 0)
    WHERE id = OLD.folder_id;
    UPDATE folder SET total = total + 1,
                      unread = unread + ((NEW.flags & 1) = 0),
                      flagged = flagged + ((NEW.flags & 4) <> 0)
    WHERE id = NEW.folder_id;
END;

-- Changes made here that the server does not know yet, in the order they were made. No reference to `message`: an
-- operation outlives a row that the server already reported gone.
CREATE TABLE operation (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id   INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    folder_id    INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
    mail_id      INTEGER NOT NULL,
    uid          INTEGER,                             -- null until an earlier move tells it
    uid_validity INTEGER,
    kind         TEXT NOT NULL,                       -- flags, move, delete
    add_flags    INTEGER NOT NULL DEFAULT 0,
    drop_flags   INTEGER NOT NULL DEFAULT 0,
    target_id    INTEGER REFERENCES folder (id) ON DELETE CASCADE,
    attempts     INTEGER NOT NULL DEFAULT 0,
    last_error   TEXT NOT NULL DEFAULT '',
    queued_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX operation_account ON operation (account_id, id);
CREATE INDEX operation_mail ON operation (mail_id, id);
CREATE INDEX operation_uid ON operation (folder_id, uid);

CREATE TABLE draft (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    content    TEXT NOT NULL,                         -- JSON
    revision   INTEGER NOT NULL DEFAULT 1,
    outbox_id  INTEGER,                               -- set while its message waits in the outbox
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE draft_attachment (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    draft_id   INTEGER NOT NULL REFERENCES draft (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    mime       TEXT NOT NULL,
    blob_id    INTEGER NOT NULL REFERENCES blob (id)
) STRICT;

CREATE INDEX draft_attachment_draft ON draft_attachment (draft_id);
CREATE INDEX draft_attachment_blob ON draft_attachment (blob_id);

CREATE TRIGGER draft_attachment_removed AFTER DELETE ON draft_attachment BEGIN
    DELETE FROM blob WHERE id = OLD.blob_id;
END;

CREATE TABLE outbox (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id    INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    message_id    TEXT NOT NULL UNIQUE,
    envelope_id   TEXT NOT NULL UNIQUE,
    sender        TEXT NOT NULL,
    subject       TEXT NOT NULL DEFAULT '',
    blob_id       INTEGER NOT NULL REFERENCES blob (id),
    state         TEXT NOT NULL,
    attempts      INTEGER NOT NULL DEFAULT 0,
    not_before    INTEGER,
    code          TEXT NOT NULL DEFAULT '',
    text          TEXT NOT NULL DEFAULT '',
    sent_copy     TEXT NOT NULL DEFAULT 'wanted',     -- wanted, filed, failed
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX outbox_state ON outbox (state, id);
CREATE INDEX outbox_blob ON outbox (blob_id);

CREATE TRIGGER outbox_removed AFTER DELETE ON outbox BEGIN
    DELETE FROM blob WHERE id = OLD.blob_id;
END;

CREATE TABLE outbox_recipient (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    outbox_id  INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    address    TEXT NOT NULL COLLATE NOCASE,
    name       TEXT NOT NULL DEFAULT '',
    field      TEXT NOT NULL DEFAULT 'to',
    state      TEXT NOT NULL,
    code       TEXT NOT NULL DEFAULT '',
    text       TEXT NOT NULL DEFAULT '',
    updated_at INTEGER NOT NULL,
    UNIQUE (outbox_id, address)
) STRICT;

-- Which message of the mailbox reported what on which message sent.
CREATE TABLE report (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    outbox_id   INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    mail_id     INTEGER,
    address     TEXT NOT NULL COLLATE NOCASE,
    state       TEXT NOT NULL,
    code        TEXT NOT NULL DEFAULT '',
    text        TEXT NOT NULL DEFAULT '',
    received_at INTEGER NOT NULL
) STRICT;

CREATE INDEX report_outbox ON report (outbox_id);
CREATE INDEX report_mail ON report (mail_id) WHERE mail_id IS NOT NULL;

CREATE TABLE correspondent (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    address   TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name      TEXT NOT NULL DEFAULT '',
    folded    TEXT NOT NULL,
    uses      INTEGER NOT NULL DEFAULT 0,
    last_used INTEGER NOT NULL
) STRICT;

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE server_cache (
    domain     TEXT PRIMARY KEY,
    servers    TEXT NOT NULL,
    fetched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
