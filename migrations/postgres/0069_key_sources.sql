-- An API key can be of one source: what is sent with it is filed under that source. Whoever deletes a source revokes its keys and unbinds
-- them; a revoked key stays one.
ALTER TABLE api_keys
    ADD COLUMN source_id UUID,
    ADD FOREIGN KEY (organization_id, source_id) REFERENCES sources (organization_id, id);
CREATE INDEX api_keys_by_source ON api_keys (organization_id, source_id) WHERE source_id IS NOT NULL;
