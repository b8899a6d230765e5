-- When whoever is at a signed-in device last gave the account's password there; without a value: at the sign-in.
ALTER TABLE user_sessions ADD COLUMN confirmed_at TIMESTAMPTZ;
