-- PostgreSQL's: a table of SQLite has no partitions.
SELECT 1;
