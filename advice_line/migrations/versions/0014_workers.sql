-- Workers. Each has a heartbeat of its own; what fails is kept where every process sees it. No caller's data is here.

ALTER TABLE heartbeat ADD COLUMN started_at timestamptz NOT NULL DEFAULT now();

-- One row for a job that ever failed somewhere: `place` is the key of a service, or empty for what belongs to none.
CREATE TABLE job_trouble (
    job text NOT NULL,
    place text NOT NULL,
    failures integer NOT NULL CHECK (failures >= 0),
    failing_since timestamptz,
    failed_total bigint NOT NULL CHECK (failed_total >= 0),
    retried_total bigint NOT NULL CHECK (retried_total >= 0),
    at timestamptz NOT NULL,
    worker text NOT NULL,
    error text NOT NULL,
    sqlstate text NOT NULL,
    PRIMARY KEY (job, place),
    CONSTRAINT job_trouble_fails_since CHECK ((failures > 0) = (failing_since IS NOT NULL))
);

CREATE INDEX offer_unsettled ON offer (service_id, at) WHERE state IN ('placing', 'unknown');
CREATE INDEX attempt_unsettled ON attempt (service_id, placed_at) WHERE state IN ('placing', 'unknown');
CREATE INDEX message_to_look_through_by_age ON message (service_id, stored_at)
    WHERE state = 'stored' AND speech_looked_for_at IS NULL;

-- What is due in each service, job by job, and since when the oldest of it is: for readiness and metrics. What a worker
-- has claimed is not due while its claim lasts, and neither is what failed and is to be tried again later.
CREATE FUNCTION due_work(p_now timestamptz)
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
        SELECT 'look_for_speech', count(*), min(m.stored_at) FROM public.message m
        WHERE m.service_id = s.id AND m.state = 'stored' AND m.speech_looked_for_at IS NULL
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
        SELECT 'look_up_rings', count(*), min(o.at) + interval '1 minute' FROM public.offer o
        WHERE o.service_id = s.id AND o.state IN ('placing', 'unknown') AND o.at <= p_now - interval '1 minute'
        UNION ALL
        SELECT 'alert', count(*), min(n.send_after) FROM public.alert_notice n
        WHERE n.service_id = s.id AND n.state = 'to_send' AND n.send_after <= p_now
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
