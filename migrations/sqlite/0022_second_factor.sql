-- The second factor of an account: one TOTP secret, sealed with the server's key. It counts once it was confirmed by a code. A step
-- of its clock is good for one sign-in.
CREATE TABLE user_factors (
    user_id      TEXT NOT NULL PRIMARY KEY REFERENCES users (id),
    secret       BLOB NOT NULL,
    last_step    INTEGER NOT NULL DEFAULT 0,
    confirmed_at TEXT,
    created_at   TEXT NOT NULL
) STRICT;

-- For when the device with the secret is gone: digests under the server's key, each good for one sign-in.
CREATE TABLE recovery_codes (
    user_id   TEXT NOT NULL REFERENCES users (id),
    code_hash TEXT NOT NULL,
    used_at   TEXT,
    PRIMARY KEY (user_id, code_hash)
) STRICT;
