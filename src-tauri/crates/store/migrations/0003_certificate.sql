-- The client certificate of an account that logs in with one. Its file's passphrase is in the system's keyring under the
-- name `entry`, or here where there is no keyring: one of the two is null.
CREATE TABLE certificate (
    account_id INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    pkcs12     BLOB NOT NULL,
    subject    TEXT NOT NULL DEFAULT '',
    not_after  INTEGER NOT NULL,
    entry      TEXT,
    passphrase TEXT
) STRICT;
