-- What arrived, in the order in which it became visible: one row a stored batch. seq is that of the batch's last audit entry,
-- which is given under the lock of the organization's chain and kept until the commit; so whoever has read up to a number
-- never finds a smaller one later. A live tail reads on from there. Rows live for a quarter of an hour.

CREATE TABLE event_arrivals (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    seq             BIGINT NOT NULL,
    arrived_at      TIMESTAMPTZ NOT NULL,
    -- All events of the batch; event_ids holds the newest of them, at most 2,000, 16 bytes each, in the order of time.
    event_count     BIGINT NOT NULL,
    event_ids       BYTEA NOT NULL,
    PRIMARY KEY (organization_id, seq)
);
-- Ids do not shrink; trying costs time.
ALTER TABLE event_arrivals ALTER COLUMN event_ids SET STORAGE EXTERNAL;

CALL wall_off('event_arrivals');
