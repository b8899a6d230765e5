-- Linking every event that a query finds to a case, in the background: what was asked, how far it came, how it ended.
-- place_at and place_id: the last event it came to. found: events that matched, added: those that were not linked before.
CREATE TABLE case_jobs (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    query           TEXT NOT NULL,
    from_at         TEXT,
    until_at        TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'failed', 'taken_back')),
    expected        INTEGER NOT NULL,
    exact           INTEGER NOT NULL,
    found           INTEGER NOT NULL DEFAULT 0,
    added           INTEGER NOT NULL DEFAULT 0,
    place_at        TEXT,
    place_id        TEXT,
    failure         TEXT,
    started_by_id   TEXT,
    started_by      TEXT NOT NULL,
    started_at      TEXT NOT NULL,
    ended_at        TEXT,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
) STRICT;
CREATE INDEX case_jobs_by_case ON case_jobs (organization_id, case_id, started_at, id);
-- What the server looks for every second.
CREATE INDEX case_jobs_running ON case_jobs (organization_id, id) WHERE state = 'running';

-- The job that made a link, so that it can be taken back as a whole.
ALTER TABLE case_links ADD COLUMN job_id TEXT;
CREATE INDEX case_links_by_job ON case_links (organization_id, job_id) WHERE job_id IS NOT NULL;
