-- One round trip for the telephone door, as before: find the service of each event and keep what was told.
-- New: `accounts`, names with commas of the account that told it. Where they are given, the event belongs to a service
-- only if that service's configuration names one of them; else it is nobody's. The door gives them when it could not
-- judge from memory; events without them are those that it judged, or that an older door sent.
CREATE OR REPLACE FUNCTION receive_events(p_events json)
RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    INSERT INTO public.provider_event AS kept
        (key, service_id, line_key, kind, call_sid, path, body, answer, received_at)
    SELECT told.key, owned.service_id, owned.line_key,
        told.kind, told.call_sid, told.path, told.body, told.answer, told.at
    FROM json_to_recordset(p_events) AS told (
        key text, kind text, call_sid text, line text, number text, path text, body text, answer text, at timestamptz,
        accounts text)
    LEFT JOIN public.line AS named ON named.key = told.line
    LEFT JOIN public.line AS called ON named.key IS NULL AND called.number = told.number
    LEFT JOIN LATERAL (
        SELECT service_id, line_key FROM public.provider_event
        WHERE named.key IS NULL AND called.key IS NULL
            AND call_sid = told.call_sid AND told.call_sid <> '' AND service_id IS NOT NULL
        LIMIT 1
    ) AS before ON true
    LEFT JOIN LATERAL (
        SELECT coalesce(named.service_id, called.service_id, before.service_id) AS service_id,
            coalesce(named.key, called.key, before.line_key) AS line_key
    ) AS owned ON coalesce(told.accounts, '') = '' OR EXISTS (
        SELECT FROM public.service s WHERE s.id = owned.service_id
            AND coalesce(s.configuration ->> 'account', 'default') = ANY (string_to_array(told.accounts, ',')))
    -- Always in one order, so that two lists that hold the same events never wait for each other.
    ORDER BY told.key
    ON CONFLICT (key) DO NOTHING
    RETURNING kept.key;
END $$;

-- How many calls were placed is counted before each further one (limits of a service).
CREATE INDEX attempt_by_time_placed ON attempt (service_id, placed_at) WHERE placed_at IS NOT NULL;
