-- Nothing told in vain: a letter that a worker has in hand says so, a text to a duty lead is followed until it arrives, and
-- a sound that brings workers down is given up after a few of them.

-- Who sends the letter of an alarm just now, since when; and whether it may have gone before without our knowing.
ALTER TABLE alarm
    ADD COLUMN mail_claimed_at timestamptz,
    ADD COLUMN mail_claimed_by text,
    ADD COLUMN mail_perhaps_sent boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT alarm_claimed_by_somebody_at_some_time CHECK (num_nulls(mail_claimed_at, mail_claimed_by) <> 1);

-- The same of a notice; what was sent may turn out to have arrived, or not.
ALTER TABLE alert_notice
    ADD COLUMN claimed_at timestamptz,
    ADD COLUMN claimed_by text,
    ADD COLUMN perhaps_sent boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT alert_notice_claimed_by_somebody_at_some_time CHECK (num_nulls(claimed_at, claimed_by) <> 1),
    DROP CONSTRAINT alert_notice_state_check,
    ADD CONSTRAINT alert_notice_state_check CHECK (state IN (
        'to_send', 'sending', 'sent', 'delivered', 'undelivered', 'unknown', 'failed', 'dropped')),
    DROP CONSTRAINT alert_notice_over_when_ended,
    ADD CONSTRAINT alert_notice_over_when_ended CHECK (
        (state IN ('sent', 'delivered', 'undelivered', 'unknown', 'failed', 'dropped')) = (ended_at IS NOT NULL)),
    DROP CONSTRAINT alert_notice_not_sent_has_its_reason,
    ADD CONSTRAINT alert_notice_not_sent_has_its_reason CHECK (
        state NOT IN ('undelivered', 'unknown', 'failed', 'dropped') OR problem IS NOT NULL);

-- Since when a worker looks through a sound, and how many workers began to.
ALTER TABLE message
    ADD COLUMN speech_claimed_at timestamptz,
    ADD COLUMN speech_tries smallint NOT NULL DEFAULT 0 CHECK (speech_tries >= 0);

-- Flags that nobody took: how many in each service, and for how long the oldest has waited. Nothing of a caller.
CREATE FUNCTION untaken_alerts(p_now timestamptz)
RETURNS TABLE (service_key text, alerts_untaken bigint, oldest_alert_seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.key, count(a.id), extract(epoch FROM p_now - min(a.at))::double precision
    FROM public.service s
    LEFT JOIN (public.alert a JOIN public.enquiry q ON q.service_id = a.service_id AND q.id = a.enquiry_id
            AND q.status <> 'closed' AND q.priority IN ('safeguarding', 'urgent'))
        ON a.service_id = s.id AND a.taken_at IS NULL
    GROUP BY s.id, s.key ORDER BY s.id
$$;

-- What is due in each service, job by job, and since when the oldest of it is: for readiness and metrics. What a worker
-- has claimed is not due while its claim lasts, and neither is what failed and is to be tried again later.
CREATE OR REPLACE FUNCTION due_work(p_now timestamptz)
RETURNS TABLE (service_key text, job text, due bigint, oldest timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.key, waiting.job, waiting.due, waiting.oldest
    FROM public.service s
    CROSS JOIN LATERAL (
        SELECT 'apply_events', count(*), min(e.received_at) FROM public.provider_event e
        WHERE e.service_id = s.id AND e.applied_at IS NULL
        UNION ALL
        SELECT 'fetch_recordings', count(*), min(m.fetch_after) FROM public.message m
        WHERE m.service_id = s.id AND m.ready_at IS NOT NULL AND m.provider_deleted_at IS NULL
            AND m.state IN ('expected', 'stored') AND m.fetch_after <= p_now
        UNION ALL
        SELECT 'look_for_speech', count(*), min(coalesce(m.speech_claimed_at + interval '5 minutes', m.stored_at))
        FROM public.message m
        WHERE m.service_id = s.id AND m.state = 'stored' AND m.speech_looked_for_at IS NULL
            AND (m.speech_claimed_at IS NULL OR m.speech_claimed_at <= p_now - interval '5 minutes')
        UNION ALL
        SELECT 'explain_messages', count(*),
            min(coalesce(m.fetch_after, c.ended_at, c.started_at + interval '4 hours') + interval '1 minute')
        FROM public.message m
        JOIN public.call c ON c.service_id = m.service_id AND c.id = m.call_id
        WHERE m.service_id = s.id AND m.state = 'expected' AND (m.recording_sid IS NULL OR m.ready_at IS NULL)
            AND coalesce(c.ended_at, c.started_at + interval '4 hours') < p_now - interval '1 minute'
            AND (m.fetch_after IS NULL OR m.fetch_after <= p_now - interval '1 minute')
        UNION ALL
        SELECT 'reconcile', count(*), min(r.next_at) FROM public.reconciliation r
        WHERE r.service_id = s.id AND r.next_at <= p_now
        UNION ALL
        SELECT 'place_calls', count(*), min(a.at) FROM public.attempt a
        WHERE a.service_id = s.id AND a.state = 'to_place'
        UNION ALL
        SELECT 'look_up_calls', count(*), min(a.placed_at) + interval '1 minute' FROM public.attempt a
        WHERE a.service_id = s.id AND a.state IN ('placing', 'unknown') AND a.placed_at <= p_now - interval '1 minute'
        UNION ALL
        -- Callers whom nobody is rung for, each beside somebody on duty who is free: since when both have been so.
        SELECT 'connect_callers', count(*), min(greatest(caller.queued_at, free.since))
        FROM (
            SELECT c.line_key, c.queued_at, row_number() OVER (PARTITION BY c.line_key ORDER BY c.queued_at, c.id) - (
                SELECT count(*) FROM public.offer o WHERE o.service_id = s.id AND o.line_key = c.line_key
                    AND o.state IN ('placing', 'unknown', 'ringing', 'accepted') AND o.stop_asked_at IS NULL) AS place
            FROM public.call c
            WHERE c.service_id = s.id AND c.queued_at IS NOT NULL AND c.left_queue_at IS NULL
                AND c.queue_seen_at > p_now - interval '2 minutes'
        ) AS caller
        JOIN (
            SELECT d.line_key, freed.since, row_number() OVER (PARTITION BY d.line_key ORDER BY freed.since) AS place
            FROM public.duty d
            CROSS JOIN LATERAL (
                -- Null while they are rung or talk; in the future while they write up or their phone rests.
                SELECT CASE WHEN bool_and(busy.until IS NOT NULL) THEN max(busy.until) END AS since FROM (
                    SELECT d.since
                    UNION ALL
                    SELECT o.finished_at
                        + CASE WHEN o.problem = 'not_taken' THEN interval '20 seconds' ELSE interval '0' END
                    FROM public.offer o
                    WHERE o.service_id = s.id AND o.therapist_id = d.therapist_id AND o.at >= d.since
                    UNION ALL
                    SELECT CASE WHEN a.state = 'call_over' THEN coalesce(a.call_ended_at, a.at) + make_interval(
                        mins => coalesce((s.configuration #>> '{capacity,wrap_minutes}')::integer, 10)) END
                    FROM public.attempt a
                    WHERE a.service_id = s.id AND a.therapist_id = d.therapist_id AND a.finished_at IS NULL
                    UNION ALL
                    SELECT a.finished_at FROM public.attempt a
                    WHERE a.service_id = s.id AND a.therapist_id = d.therapist_id
                        AND a.finished_at >= d.since AND a.placed_at >= d.since - interval '1 day'
                ) AS busy (until)
            ) AS freed
            WHERE d.service_id = s.id AND d.ended_at IS NULL AND d.since <= p_now AND d.until > p_now
                AND freed.since <= p_now
        ) AS free ON free.line_key = caller.line_key AND free.place = caller.place
        UNION ALL
        SELECT 'look_up_rings', count(*), min(o.at) + interval '1 minute' FROM public.offer o
        WHERE o.service_id = s.id AND o.state IN ('placing', 'unknown') AND o.at <= p_now - interval '1 minute'
        UNION ALL
        SELECT 'alert', count(*), min(due.since) FROM (
            SELECT n.send_after FROM public.alert_notice n
            WHERE n.service_id = s.id AND n.state IN ('to_send', 'sending') AND n.send_after <= p_now
            UNION ALL
            SELECT a.tell_after FROM public.alert a
            JOIN public.enquiry q ON q.service_id = a.service_id AND q.id = a.enquiry_id
            WHERE a.service_id = s.id AND a.taken_at IS NULL AND a.tell_after <= p_now
                AND q.status <> 'closed' AND q.priority IN ('safeguarding', 'urgent')
        ) AS due (since)
        UNION ALL
        SELECT 'send_texts', count(*), min(t.send_after) FROM public.text_message t
        WHERE t.service_id = s.id AND t.state = 'to_send' AND t.send_after <= p_now
        UNION ALL
        SELECT 'look_up_texts', count(*), min(t.claimed_at) + interval '1 minute' FROM public.text_message t
        WHERE t.service_id = s.id AND t.state IN ('sending', 'unknown') AND t.claimed_at <= p_now - interval '1 minute'
        UNION ALL
        SELECT 'plan', count(*), min(p.wanted_at) FROM public.planning p
        WHERE p.service_id = s.id AND (p.planned_at IS NULL OR p.wanted_at > p.planned_at)
        UNION ALL
        SELECT 'tell', count(*), min(a.mail_after) FROM public.alarm a
        WHERE a.service_id = s.id AND a.told_at IS NULL AND a.mail_after <= p_now
    ) AS waiting (job, due, oldest)
    WHERE waiting.due > 0
    ORDER BY s.id, waiting.job
$$;
