-- Linking every event that a query finds to a case, in the background: what was asked, how far it came, how it ended.
-- place_at and place_id: the last event it came to. found: events that matched, added: those that were not linked before.
CREATE TABLE case_jobs (
    organization_id UUID NOT NULL,
    id              UUID NOT NULL,
    case_id         UUID NOT NULL,
    query           TEXT NOT NULL,
    from_at         TIMESTAMPTZ,
    until_at        TIMESTAMPTZ NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'failed', 'taken_back')),
    expected        BIGINT NOT NULL,
    exact           BOOLEAN NOT NULL,
    found           BIGINT NOT NULL DEFAULT 0,
    added           BIGINT NOT NULL DEFAULT 0,
    place_at        TIMESTAMPTZ,
    place_id        UUID,
    failure         TEXT,
    started_by_id   UUID,
    started_by      TEXT NOT NULL,
    started_at      TIMESTAMPTZ NOT NULL,
    ended_at        TIMESTAMPTZ,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
);
CREATE INDEX case_jobs_by_case ON case_jobs (organization_id, case_id, started_at, id);
-- What the server looks for every second.
CREATE INDEX case_jobs_running ON case_jobs (organization_id, id) WHERE state = 'running';

-- The job that made a link, so that it can be taken back as a whole.
ALTER TABLE case_links ADD COLUMN job_id UUID;
CREATE INDEX case_links_by_job ON case_links (organization_id, job_id) WHERE job_id IS NOT NULL;

CALL wall_off('case_jobs');
