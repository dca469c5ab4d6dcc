-- Texts: what callers write to a line, and the few neutral words that we send them.

-- Whether the caller wants texts at this number: null while nobody asked them.
ALTER TABLE enquiry ADD COLUMN caller_texts boolean;
CREATE INDEX enquiry_to_text ON enquiry (service_id, id) WHERE caller_texts AND status <> 'closed';

CREATE TABLE text_message (
    service_id smallint NOT NULL REFERENCES service,
    -- One counter with recordings, so that no id ever stands for one of each.
    id bigint NOT NULL DEFAULT nextval('message_id_seq'),
    enquiry_id bigint NOT NULL,
    line_key text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    purpose text CHECK (purpose IN ('confirmation', 'before_callback', 'after_missed_call', 'help')),
    -- What it is for, once: an attempt, a slot, the enquiry itself; for an incoming text its sid.
    about text NOT NULL,
    number text,
    words text NOT NULL,
    state text NOT NULL CHECK (state IN ('received', 'to_send', 'sending', 'unknown', 'queued', 'sent', 'delivered',
        'undelivered', 'failed', 'refused', 'dropped')),
    at timestamptz NOT NULL,
    sid text UNIQUE,
    slot_at timestamptz,
    send_after timestamptz,
    expires_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    claimed_at timestamptz,
    ended_at timestamptz,
    problem text,
    needs_reply boolean NOT NULL DEFAULT false,
    heard_at timestamptz,
    heard_by bigint REFERENCES person,
    heard_by_system text,
    PRIMARY KEY (service_id, id),
    FOREIGN KEY (service_id, enquiry_id) REFERENCES enquiry (service_id, id),
    FOREIGN KEY (service_id, line_key) REFERENCES line (service_id, key),
    CONSTRAINT text_once UNIQUE (service_id, enquiry_id, about),
    CONSTRAINT text_comes_or_goes CHECK ((direction = 'inbound') = (state = 'received')
        AND (direction = 'outbound') = (purpose IS NOT NULL)),
    CONSTRAINT text_goes_to_a_mobile CHECK (direction = 'inbound' OR number ~ '^\+447[1-57-9][0-9]{8}$'),
    CONSTRAINT outgoing_text_has_its_times CHECK (
        direction = 'inbound' OR (send_after IS NOT NULL AND expires_at IS NOT NULL)),
    CONSTRAINT text_asked_for_at_some_time CHECK (
        state NOT IN ('sending', 'unknown', 'refused') OR claimed_at IS NOT NULL),
    CONSTRAINT text_over_when_ended CHECK (
        (state IN ('delivered', 'undelivered', 'failed', 'refused', 'dropped')) = (ended_at IS NOT NULL)),
    CONSTRAINT text_not_sent_has_its_reason CHECK (state NOT IN ('refused', 'dropped') OR problem IS NOT NULL),
    CONSTRAINT text_read_by_somebody_at_some_time CHECK (
        (heard_at IS NULL) = (num_nonnulls(heard_by, heard_by_system) = 0)),
    CONSTRAINT only_a_callers_text_is_answered_or_read CHECK (
        direction = 'inbound' OR (heard_at IS NULL AND NOT needs_reply))
);
CREATE INDEX text_to_send ON text_message (service_id, send_after, id) WHERE state = 'to_send';
CREATE INDEX text_unsettled ON text_message (service_id, id) WHERE state IN ('sending', 'unknown');
CREATE INDEX text_of_a_day ON text_message (service_id, claimed_at, number) WHERE claimed_at IS NOT NULL;

-- Who wrote STOP, and whether they have written START since.
CREATE TABLE text_stop (
    service_id smallint NOT NULL REFERENCES service,
    number text NOT NULL,
    stopped boolean NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (service_id, number)
);

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['text_message', 'text_stop']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_table);
        EXECUTE format(
            'CREATE POLICY own_service_only ON %I USING (service_id = nullif(current_setting(''app.service_id'', true), '''')::smallint)',
            v_table);
    END LOOP;
END $$;
