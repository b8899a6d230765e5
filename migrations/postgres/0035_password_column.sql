-- What works for one organization has no business with anybody's password. Columns that come later are granted where they are made.
REVOKE SELECT ON users FROM watchroom_app;
DO $$
DECLARE readable TEXT;
BEGIN
    SELECT string_agg(quote_ident(c.column_name), ', ') INTO readable
    FROM information_schema.columns c
    WHERE c.table_schema = current_schema() AND c.table_name = 'users' AND c.column_name <> 'password_hash';
    EXECUTE format('GRANT SELECT (%s) ON users TO watchroom_app', readable);
END $$;
