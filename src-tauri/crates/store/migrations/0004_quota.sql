-- Room of each mailbox, what was said of it, and what weighs in it (EX_GBM_4470). Sizes are octets.

-- The last reading, and the warning that goes with it.
CREATE TABLE quota (
    account_id     INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    source         TEXT NOT NULL,                       -- server, estimate
    used           INTEGER,                             -- the root nearest to its limit
    allowed        INTEGER,
    messages       INTEGER,
    messages_limit INTEGER,
    left_over      INTEGER,                             -- what still fits under every root
    read_at        INTEGER,
    refused_at     INTEGER,                             -- when the server last refused something for want of room
    refused_size   INTEGER,
    level          TEXT NOT NULL DEFAULT 'fine',        -- the level last told: fine, high, almost_full, full
    percent        INTEGER NOT NULL DEFAULT 0,
    told_at        INTEGER,
    snoozed        INTEGER NOT NULL DEFAULT 0,
    notified_at    INTEGER                              -- the warning of this time was shown by a notification
) STRICT;

-- One point a day: the day's last reading. Days are counted since 1970 in the workstation's calendar.
CREATE TABLE quota_point (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    day        INTEGER NOT NULL,
    source     TEXT NOT NULL,
    used       INTEGER NOT NULL,
    allowed    INTEGER,
    PRIMARY KEY (account_id, day)
) STRICT, WITHOUT ROWID;

INSERT INTO quota (account_id, source, used, allowed, left_over)
SELECT a.id, 'server', json_extract(s.value, '$.used'), json_extract(s.value, '$.limit'),
       max(0, json_extract(s.value, '$.limit') - json_extract(s.value, '$.used'))
FROM account a JOIN setting s ON s.name = 'account/' || a.id || '/quota'
WHERE json_valid(s.value) AND typeof(json_extract(s.value, '$.used')) = 'integer'
      AND typeof(json_extract(s.value, '$.limit')) = 'integer' AND json_extract(s.value, '$.limit') > 0;

DELETE FROM setting WHERE name LIKE 'account/%/quota';

-- What a message holds (none, other, image, pdf, document), and with whom it was exchanged: its sender, or its first
-- recipient when the mailbox's own address wrote it.
ALTER TABLE message ADD COLUMN document TEXT NOT NULL DEFAULT 'none';
ALTER TABLE message ADD COLUMN party TEXT NOT NULL DEFAULT '';

UPDATE message SET party = lower(from_address);

UPDATE message SET party = lower(trim(CASE
    WHEN instr(recipients, '<') > 0 AND instr(recipients, '<') < instr(recipients, '@')
        THEN substr(recipients, instr(recipients, '<') + 1, instr(recipients || '>', '>') - instr(recipients, '<') - 1)
    ELSE substr(recipients, 1, instr(recipients || ',', ',') - 1) END))
WHERE recipients <> '' AND lower(from_address) = (SELECT lower(a.address) FROM account a WHERE a.id = account_id);

UPDATE message SET document = CASE
    WHEN subject LIKE 'XDM/1.0/DDM%' THEN 'document'
    WHEN EXISTS (SELECT 1 FROM attachment a WHERE a.message_id = message.id AND a.inline_cid IS NULL AND (
            a.name LIKE '%.xml' OR a.name LIKE '%.cda' OR a.name LIKE '%.hl7' OR a.name LIKE '%.hpr'
            OR a.name LIKE '%ihe_xdm%.zip' OR a.mime IN ('text/xml', 'application/xml', 'application/hl7-cda+xml')))
        THEN 'document'
    WHEN EXISTS (SELECT 1 FROM attachment a WHERE a.message_id = message.id AND a.inline_cid IS NULL
                 AND (a.name LIKE '%.pdf' OR a.mime = 'application/pdf')) THEN 'pdf'
    WHEN EXISTS (SELECT 1 FROM attachment a WHERE a.message_id = message.id AND a.inline_cid IS NULL
                 AND (a.mime LIKE 'image/%' OR a.mime = 'application/dicom' OR a.name LIKE '%.dcm')) THEN 'image'
    WHEN attachment_count > 0 THEN 'other'
    ELSE 'none' END;

-- Everything that « Libérer de la place » asks, so that no wide row is read for it.
CREATE INDEX message_space ON message (account_id, folder_id, size, internal_date, flags, document, party, keywords);
