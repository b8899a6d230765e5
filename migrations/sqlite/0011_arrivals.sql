-- What arrived, in the order in which it became visible: one row a stored batch. seq is that of the batch's last audit entry,
-- which is given under the lock of the organization's chain and kept until the commit; so whoever has read up to a number
-- never finds a smaller one later. A live tail reads on from there. Rows live for a quarter of an hour.

CREATE TABLE event_arrivals (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    seq             INTEGER NOT NULL,
    arrived_at      TEXT NOT NULL,
    -- All events of the batch; event_ids holds the newest of them, at most 2,000, 16 bytes each, in the order of time.
    event_count     INTEGER NOT NULL,
    event_ids       BLOB NOT NULL,
    PRIMARY KEY (organization_id, seq)
) STRICT;
