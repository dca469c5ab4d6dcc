-- The caller's own page, reached by a link in a text: no sign-in, no cookie, nothing of theirs on it.

-- `own_number` is the number that they rang or texted from, kept while another one, which they gave, is rung.
-- Dates are London's; `not_after` is the last day on which it is of use to ring.
ALTER TABLE enquiry
    ADD COLUMN own_number text,
    ADD COLUMN not_after date,
    ADD COLUMN caller_changed_at timestamptz,
    ADD COLUMN sorted_at timestamptz,
    ADD CONSTRAINT days_to_ring_are_in_order CHECK (not_after >= not_before);
CREATE INDEX enquiry_of_an_own_number ON enquiry (service_id, own_number)
    WHERE own_number IS NOT NULL AND status <> 'closed';

-- One row for each text that was sent with a link. The token itself is nowhere but in that text.
CREATE TABLE caller_link (
    service_id smallint NOT NULL REFERENCES service,
    digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    enquiry_id bigint NOT NULL,
    text_id bigint NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (service_id, digest),
    FOREIGN KEY (service_id, enquiry_id) REFERENCES enquiry (service_id, id),
    FOREIGN KEY (service_id, text_id) REFERENCES text_message (service_id, id),
    CONSTRAINT link_expires_after_it_was_made CHECK (expires_at > made_at)
);
CREATE INDEX caller_link_of_an_enquiry ON caller_link (service_id, enquiry_id) WHERE ended_at IS NULL;

-- Whose link it is, before anything else may be asked: the service, and not a word more.
CREATE FUNCTION service_of_caller_link(p_digest bytea)
RETURNS smallint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT service_id FROM public.caller_link WHERE digest = p_digest
$$;

ALTER TABLE caller_link ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_service_only ON caller_link
    USING (service_id = nullif(current_setting('app.service_id', true), '')::smallint);
