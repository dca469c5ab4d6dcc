-- What somebody typed so far of an enquiry's outcome: no record, and gone with the outcome or after a while. `fields` are
-- those of the form, each with what was typed or chosen.
CREATE TABLE draft (
    service_id smallint NOT NULL REFERENCES service,
    enquiry_id bigint NOT NULL,
    person_id bigint NOT NULL REFERENCES person,
    fields jsonb NOT NULL CHECK (jsonb_typeof(fields) = 'object'),
    begun_at timestamptz NOT NULL,
    saved_at timestamptz NOT NULL,
    PRIMARY KEY (service_id, enquiry_id, person_id),
    FOREIGN KEY (service_id, enquiry_id) REFERENCES enquiry (service_id, id),
    CONSTRAINT draft_was_begun_before_it_was_saved CHECK (begun_at <= saved_at)
);
CREATE INDEX draft_by_age ON draft (service_id, saved_at);

ALTER TABLE draft ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_service_only ON draft
    USING (service_id = nullif(current_setting('app.service_id', true), '')::smallint);
