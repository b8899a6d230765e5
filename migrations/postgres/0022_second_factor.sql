-- The second factor of an account: one TOTP secret, sealed with the server's key. It counts once it was confirmed by a code. A step
-- of its clock is good for one sign-in.
CREATE TABLE user_factors (
    user_id      UUID NOT NULL PRIMARY KEY REFERENCES users (id),
    secret       BYTEA NOT NULL,
    last_step    BIGINT NOT NULL DEFAULT 0,
    confirmed_at TIMESTAMPTZ,
    created_at   TIMESTAMPTZ NOT NULL
);

-- For when the device with the secret is gone: digests under the server's key, each good for one sign-in.
CREATE TABLE recovery_codes (
    user_id   UUID NOT NULL REFERENCES users (id),
    code_hash TEXT NOT NULL,
    used_at   TIMESTAMPTZ,
    PRIMARY KEY (user_id, code_hash)
);
