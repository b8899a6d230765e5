-- PostgreSQL's: SQLite has no roles.
SELECT 1;
