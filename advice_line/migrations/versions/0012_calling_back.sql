-- Calling back: calls that are to be stopped, a caller's last word, a therapist's phone of the day, the last text.

-- Our own ring is not wanted any more; true until the network was asked to stop it.
ALTER TABLE attempt ADD COLUMN to_stop boolean NOT NULL DEFAULT false;
CREATE INDEX attempt_to_stop ON attempt (service_id, id) WHERE to_stop;
-- When the network was asked to stop the ring of a therapist on duty, because its caller had gone.
ALTER TABLE offer ADD COLUMN stop_asked_at timestamptz;
CREATE INDEX attempt_of_a_number ON attempt (service_id, placed_at);
CREATE INDEX offer_of_a_day ON offer (service_id, at);

-- When the caller last got in touch; attempts before that do not count against them any more.
ALTER TABLE enquiry ADD COLUMN last_word_at timestamptz;
UPDATE enquiry e SET last_word_at = greatest(
    (SELECT max(m.at) FROM message m WHERE m.service_id = e.service_id AND m.enquiry_id = e.id
        AND m.direction = 'inbound'),
    (SELECT max(t.at) FROM text_message t WHERE t.service_id = e.service_id AND t.enquiry_id = e.id
        AND t.direction = 'inbound'));
-- Who could not be reached and rings again finds their enquiry.
CREATE INDEX enquiry_not_reached ON enquiry (service_id, caller_number, closed_at)
    WHERE closing_reason = 'unable_to_contact';

-- A second phone, at the desk, and which of the two is to be rung on a day; without a choice it is the usual one.
ALTER TABLE therapist ADD COLUMN desk_phone text;
CREATE TABLE phone_choice (
    service_id smallint NOT NULL REFERENCES service,
    therapist_id bigint NOT NULL,
    day date NOT NULL,
    phone text NOT NULL CHECK (phone IN ('usual', 'desk')),
    chosen_at timestamptz NOT NULL,
    PRIMARY KEY (service_id, therapist_id, day),
    FOREIGN KEY (service_id, therapist_id) REFERENCES therapist (service_id, id)
);
ALTER TABLE phone_choice ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_service_only ON phone_choice
    USING (service_id = nullif(current_setting('app.service_id', true), '')::smallint);

ALTER TABLE text_message DROP CONSTRAINT text_message_purpose_check;
ALTER TABLE text_message ADD CONSTRAINT text_message_purpose_check
    CHECK (purpose IN ('confirmation', 'before_callback', 'after_missed_call', 'unable_to_contact', 'help', 'delay'));

-- Asking to be called is one thing, in the queue as after silence.
UPDATE call SET callback_requested_at = least(callback_requested_at, asked_back_at) WHERE asked_back_at IS NOT NULL;
ALTER TABLE call DROP COLUMN asked_back_at;
