WITH raised AS (
    INSERT INTO peer_records (id, type, actor, subject, payload, created_at)
    VALUES (id_floor('evt_', clock_timestamp()) || substr(replace(gen_random_uuid()::text, '-', ''), 1, 20),
            'bench.fed', 'admin', NULL, '{"user_id": "u1", "text": "Your table is ready."}', now())
    RETURNING id)
INSERT INTO peer_outbox (event_id, due) SELECT id, now() + interval '30 seconds' FROM raised;
