-- What is still to be dealt with, so that it can be listed. All of it follows from the facts of `handling` and the keywords
-- of `message`; triggers keep it, whatever changes either.

-- Where the facts say that a message stands, and whom it concerns if that is so: a JSON list of persons, empty for everybody.
ALTER TABLE handling ADD COLUMN said TEXT NOT NULL DEFAULT 'none';
ALTER TABLE handling ADD COLUMN who_todo TEXT NOT NULL DEFAULT '[]';
ALTER TABLE handling ADD COLUMN who_taken TEXT NOT NULL DEFAULT '[{}]';   -- somebody that nobody named
ALTER TABLE handling ADD COLUMN who_else TEXT;                            -- in another state; null: nothing is left to do

-- Whom a message is left to, as above; null: nothing is left to do.
ALTER TABLE message ADD COLUMN todo TEXT;
-- 1: of an account's copies of one message that are left to do, bin and unwanted mail apart, the newest.
ALTER TABLE message ADD COLUMN todo_first INTEGER NOT NULL DEFAULT 0;

CREATE INDEX message_todo ON message (folder_id, todo, internal_date DESC, id DESC) WHERE todo IS NOT NULL;
CREATE INDEX message_todo_first ON message (account_id, todo, internal_date DESC, id DESC) WHERE todo_first = 1;
CREATE INDEX message_todo_named ON message (account_id, message_id) WHERE todo_first = 1;
CREATE INDEX message_todo_copies ON message (account_id, message_id, internal_date DESC, id DESC) WHERE todo IS NOT NULL;

-- The last fact counts as long as the keywords do not say another state; else the furthest keyword does.
CREATE VIEW message_left AS
SELECT m.id AS id, m.account_id AS account_id, m.message_id AS message_id,
       CASE CASE
                WHEN h.said <> 'none' AND instr(lower(' ' || m.keywords || ' '), ' $pli' || h.said || ' ') > 0 THEN h.said
                WHEN instr(lower(' ' || m.keywords || ' '), ' $plidone ') > 0 THEN 'done'
                WHEN instr(lower(' ' || m.keywords || ' '), ' $plitaken ') > 0 THEN 'taken'
                WHEN instr(lower(' ' || m.keywords || ' '), ' $plitodo ') > 0 THEN 'todo'
                ELSE coalesce(h.said, 'none')
            END
            WHEN 'todo' THEN coalesce(h.who_todo, '[]')
            WHEN 'taken' THEN coalesce(h.who_taken, '[{}]')
            ELSE h.who_else
       END AS todo
FROM message m LEFT JOIN handling h ON h.account_id = m.account_id
     AND h.message_id = coalesce(m.message_id, '#' || m.id);

-- The copy that stands for a message where folders are listed together.
CREATE VIEW message_copy AS
SELECT m.id AS id, m.account_id AS account_id, m.message_id AS message_id, m.internal_date AS internal_date
FROM message m CROSS JOIN folder f ON f.id = m.folder_id
WHERE m.todo IS NOT NULL AND f.role NOT IN ('trash', 'junk', 'all', 'flagged');

-- What was said before this was kept.
UPDATE handling SET said = handling_said(facts), who_todo = handling_who(facts, 'todo'),
                    who_taken = handling_who(facts, 'taken'), who_else = handling_who(facts, 'none')
WHERE facts <> '[]';

UPDATE message SET todo = (SELECT v.todo FROM message_left v WHERE v.id = message.id)
WHERE instr(lower(keywords), '$pli') > 0
   OR EXISTS (SELECT 1 FROM handling h WHERE h.account_id = message.account_id
              AND h.message_id = coalesce(message.message_id, '#' || message.id));

UPDATE message SET todo_first = 1 WHERE id IN (
    SELECT id FROM (SELECT c.id AS id, row_number() OVER (PARTITION BY c.account_id, coalesce(c.message_id, '#' || c.id)
                                                          ORDER BY c.internal_date DESC, c.id DESC) AS place
                    FROM message_copy c)
    WHERE place = 1);

CREATE TRIGGER todo_message_added AFTER INSERT ON message
WHEN NEW.todo IS NOT NULL OR NEW.todo_first <> 0 OR instr(lower(NEW.keywords), '$pli') > 0
     OR EXISTS (SELECT 1 FROM handling h WHERE h.account_id = NEW.account_id
                AND h.message_id = coalesce(NEW.message_id, '#' || NEW.id)) BEGIN
    UPDATE message SET todo_first = 0, todo = (SELECT v.todo FROM message_left v WHERE v.id = NEW.id) WHERE id = NEW.id;
    UPDATE message SET todo_first = 0
    WHERE account_id = NEW.account_id AND message_id = NEW.message_id AND todo_first = 1;
    UPDATE message SET todo_first = 1 WHERE id = (
        SELECT c.id FROM message_copy c WHERE c.account_id = NEW.account_id AND c.message_id = NEW.message_id
        ORDER BY c.internal_date DESC, c.id DESC LIMIT 1);
    UPDATE message SET todo_first = 1
    WHERE id = (SELECT c.id FROM message_copy c WHERE c.id = NEW.id AND c.message_id IS NULL);
END;

CREATE TRIGGER todo_message_changed AFTER UPDATE OF keywords, folder_id ON message
WHEN (OLD.folder_id IS NOT NEW.folder_id AND NEW.todo IS NOT NULL)
     OR (OLD.keywords <> NEW.keywords
         AND (instr(lower(OLD.keywords), '$pli') > 0 OR instr(lower(NEW.keywords), '$pli') > 0)) BEGIN
    UPDATE message SET todo_first = 0, todo = (SELECT v.todo FROM message_left v WHERE v.id = NEW.id) WHERE id = NEW.id;
    UPDATE message SET todo_first = 0
    WHERE account_id = NEW.account_id AND message_id = NEW.message_id AND todo_first = 1;
    UPDATE message SET todo_first = 1 WHERE id = (
        SELECT c.id FROM message_copy c WHERE c.account_id = NEW.account_id AND c.message_id = NEW.message_id
        ORDER BY c.internal_date DESC, c.id DESC LIMIT 1);
    UPDATE message SET todo_first = 1
    WHERE id = (SELECT c.id FROM message_copy c WHERE c.id = NEW.id AND c.message_id IS NULL);
END;

CREATE TRIGGER todo_message_removed AFTER DELETE ON message WHEN OLD.todo_first = 1 BEGIN
    UPDATE message SET todo_first = 1 WHERE id = (
        SELECT c.id FROM message_copy c WHERE c.account_id = OLD.account_id AND c.message_id = OLD.message_id
        ORDER BY c.internal_date DESC, c.id DESC LIMIT 1);
END;

CREATE TRIGGER todo_handling_added AFTER INSERT ON handling
WHEN NEW.said <> 'none' OR NEW.who_todo <> '[]' OR NEW.who_taken <> '[{}]' OR NEW.who_else IS NOT NULL BEGIN
    UPDATE message SET todo_first = 0, todo = (SELECT v.todo FROM message_left v WHERE v.id = message.id)
    WHERE message_id = NEW.message_id AND +account_id = NEW.account_id;
    UPDATE message SET todo_first = 0, todo = (SELECT v.todo FROM message_left v WHERE v.id = message.id)
    WHERE id = CAST(substr(NEW.message_id, 2) AS INTEGER) AND message_id IS NULL AND +account_id = NEW.account_id;
    UPDATE message SET todo_first = 1 WHERE id = (
        SELECT c.id FROM message_copy c WHERE c.account_id = NEW.account_id AND c.message_id = NEW.message_id
        ORDER BY c.internal_date DESC, c.id DESC LIMIT 1);
    UPDATE message SET todo_first = 1 WHERE id = (
        SELECT c.id FROM message_copy c WHERE c.id = CAST(substr(NEW.message_id, 2) AS INTEGER)
        AND c.message_id IS NULL AND +c.account_id = NEW.account_id);
END;

CREATE TRIGGER todo_handling_changed AFTER UPDATE OF message_id, said, who_todo, who_taken, who_else ON handling
WHEN OLD.message_id <> NEW.message_id OR OLD.said <> NEW.said OR OLD.who_todo <> NEW.who_todo
     OR OLD.who_taken <> NEW.who_taken OR OLD.who_else IS NOT NEW.who_else BEGIN
    UPDATE message SET todo_first = 0, todo = (SELECT v.todo FROM message_left v WHERE v.id = message.id)
    WHERE message_id = NEW.message_id AND +account_id = NEW.account_id;
    UPDATE message SET todo_first = 0, todo = (SELECT v.todo FROM message_left v WHERE v.id = message.id)
    WHERE id = CAST(substr(NEW.message_id, 2) AS INTEGER) AND message_id IS NULL AND +account_id = NEW.account_id;
    UPDATE message SET todo_first = 1 WHERE id = (
        SELECT c.id FROM message_copy c WHERE c.account_id = NEW.account_id AND c.message_id = NEW.message_id
        ORDER BY c.internal_date DESC, c.id DESC LIMIT 1);
    UPDATE message SET todo_first = 1 WHERE id = (
        SELECT c.id FROM message_copy c WHERE c.id = CAST(substr(NEW.message_id, 2) AS INTEGER)
        AND c.message_id IS NULL AND +c.account_id = NEW.account_id);
END;

CREATE TRIGGER todo_handling_removed AFTER DELETE ON handling BEGIN
    UPDATE message SET todo_first = 0, todo = (SELECT v.todo FROM message_left v WHERE v.id = message.id)
    WHERE message_id = OLD.message_id AND +account_id = OLD.account_id;
    UPDATE message SET todo_first = 0, todo = (SELECT v.todo FROM message_left v WHERE v.id = message.id)
    WHERE id = CAST(substr(OLD.message_id, 2) AS INTEGER) AND message_id IS NULL AND +account_id = OLD.account_id;
    UPDATE message SET todo_first = 1 WHERE id = (
        SELECT c.id FROM message_copy c WHERE c.account_id = OLD.account_id AND c.message_id = OLD.message_id
        ORDER BY c.internal_date DESC, c.id DESC LIMIT 1);
    UPDATE message SET todo_first = 1 WHERE id = (
        SELECT c.id FROM message_copy c WHERE c.id = CAST(substr(OLD.message_id, 2) AS INTEGER)
        AND c.message_id IS NULL AND +c.account_id = OLD.account_id);
END;

CREATE TRIGGER todo_folder_changed AFTER UPDATE OF role ON folder WHEN OLD.role <> NEW.role BEGIN
    UPDATE message SET todo_first = 0 WHERE account_id = NEW.account_id AND todo_first = 1;
    UPDATE message SET todo_first = 1 WHERE id IN (
        SELECT id FROM (SELECT c.id AS id, row_number() OVER (PARTITION BY coalesce(c.message_id, '#' || c.id)
                                                              ORDER BY c.internal_date DESC, c.id DESC) AS place
                        FROM message_copy c WHERE c.account_id = NEW.account_id)
        WHERE place = 1);
END;
