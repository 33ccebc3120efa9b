-- The notification pipeline: what happened, who is told, and what came of it.
--
-- Ids are text whose order is the order of their making ("msg_" and a UUID of version 7 in hex). So the tables that
-- grow are partitioned by month on their id, a list by id is a list by time, and no index on a time is needed.

-- The smallest id of a kind that could have been made at that time.
CREATE FUNCTION id_floor(prefix text, at timestamptz) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN prefix || lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0');

---- Events

CREATE TABLE events (
    id          text COLLATE "C" PRIMARY KEY,           -- "evt_…"
    type        text        NOT NULL,
    actor       text,
    subject     text,
    payload     jsonb       NOT NULL,
    traceparent text,
    created_at  timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (id);

-- What has yet to be planned: written with its event, deleted by the transaction that plans it. That deletion is
-- what makes planning happen once, whoever tries. Tiny, so that looking for work costs the same beside any history.
CREATE TABLE outbox (
    event_id text COLLATE "C" PRIMARY KEY,
    due      timestamptz NOT NULL,                      -- until then it is somebody's, in memory
    tries    smallint    NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
CREATE INDEX outbox_due ON outbox (due);

-- For a business statement to call beside its own write: both or neither.
CREATE FUNCTION raise_event(id text, type text, actor text, subject text, payload jsonb, traceparent text,
                            lease interval) RETURNS text
    LANGUAGE sql
    BEGIN ATOMIC
        INSERT INTO events (id, type, actor, subject, payload, traceparent)
        VALUES (raise_event.id, raise_event.type, raise_event.actor, raise_event.subject, raise_event.payload,
                raise_event.traceparent);
        INSERT INTO outbox (event_id, due) VALUES (raise_event.id, now() + raise_event.lease);
        SELECT raise_event.id;
    END;

-- That an event was planned, and how much came of it: the audit counts against this.
CREATE TABLE event_plans (
    event_id   text COLLATE "C" PRIMARY KEY,
    planned_at timestamptz NOT NULL DEFAULT now(),
    recipients integer     NOT NULL,
    deliveries integer     NOT NULL,                    -- rows of notifications_log, skipped ones too
    feed_rows  integer     NOT NULL,
    broadcast  text                                     -- its recipients are planned in chunks by this job
) PARTITION BY RANGE (event_id);

-- An event with more recipients than one transaction should hold.
CREATE TABLE broadcasts (
    id          text COLLATE "C" PRIMARY KEY,           -- "job_…"
    event_id    text COLLATE "C" NOT NULL,
    route       text        NOT NULL,
    total       integer     NOT NULL,
    planned     integer     NOT NULL DEFAULT 0,
    position    text COLLATE "C" NOT NULL DEFAULT '',   -- the last user planned
    status      text        NOT NULL DEFAULT 'running',
    due         timestamptz NOT NULL,                   -- until then it is somebody's
    created_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CONSTRAINT broadcasts_status_known CHECK (status IN ('running', 'done')),
    CONSTRAINT broadcasts_finished CHECK ((status = 'done') = (finished_at IS NOT NULL))
);
CREATE UNIQUE INDEX broadcasts_event_route ON broadcasts (event_id, route);
CREATE INDEX broadcasts_due ON broadcasts (due) WHERE status = 'running';

---- The feed: one mailbox a user

-- Beside `users` and not in it: this row is locked by every message, that one is read by every request.
CREATE TABLE feed_heads (
    user_id  text COLLATE "C" PRIMARY KEY,
    last_seq bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE feed (
    user_id    text COLLATE "C" NOT NULL,
    seq        bigint      NOT NULL,                    -- without a gap; handed out under the lock of the head
    event_id   text COLLATE "C" NOT NULL,
    type       text        NOT NULL,                    -- "lead_update"
    body       jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    read_at    timestamptz,
    PRIMARY KEY (user_id, seq)
) WITH (fillfactor = 90);
CREATE INDEX feed_event ON feed (event_id, user_id, seq);

CREATE TABLE feed_readers (
    user_id          text COLLATE "C" NOT NULL,
    device           text        NOT NULL,
    acked_seq        bigint      NOT NULL DEFAULT 0,
    foreground_until timestamptz,                       -- the device shows the app until then
    seen_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, device)
) WITH (fillfactor = 70);

---- Deliveries: the record, and what is not final

CREATE TABLE notifications_log (
    id                  text COLLATE "C" PRIMARY KEY,   -- "msg_…"
    event_id            text COLLATE "C" NOT NULL,
    user_id             text COLLATE "C",
    phone               text,
    channel             text        NOT NULL,
    type                text        NOT NULL,           -- the message type: the template's name
    language            text,
    message             text,
    content             jsonb,                          -- what the channel needs beside the text
    status              text        NOT NULL,
    reason              text        NOT NULL,
    detail              text,                           -- what a reason alone does not say, for people
    reference_id        text,
    route               text,
    step                smallint    NOT NULL DEFAULT 0, -- its place in the route's order of channels
    feed_seq            bigint,
    attempt             smallint    NOT NULL DEFAULT 0, -- of the last call to the provider
    -- 1 it is in trouble, 2 it was skipped, 3 it was in trouble once. Only these are indexed, so that a message
    -- that simply arrives changes no indexed column and its update stays in its page.
    attention           smallint    NOT NULL DEFAULT 0,
    digest_of           text COLLATE "C",               -- sent as a part of that one
    provider_message_id text,
    conversation_id     text,
    created_at          timestamptz NOT NULL DEFAULT now(),
    sent_at             timestamptz,
    delivered_at        timestamptz,
    read_at             timestamptz,
    failed_at           timestamptz,
    CONSTRAINT notifications_log_status_known CHECK (status IN (
        'queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'dead', 'skipped', 'unknown'))
) PARTITION BY RANGE (id);
CREATE INDEX notifications_log_event ON notifications_log (event_id, user_id, id);
CREATE INDEX notifications_log_user ON notifications_log (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX notifications_log_phone ON notifications_log (phone, id) WHERE phone IS NOT NULL;
CREATE INDEX notifications_log_reference ON notifications_log (reference_id, id) WHERE reference_id IS NOT NULL;
CREATE INDEX notifications_log_attention ON notifications_log (attention, id) WHERE attention > 0;
CREATE INDEX notifications_log_digest ON notifications_log (digest_of) WHERE digest_of IS NOT NULL;

-- Every delivery that is not final has a row here, and no other has. `due` is the one clock: of a waiting row when to
-- try, of a leased one when its lease runs out. Claiming, retrying and taking over are the same thing.
CREATE TABLE notifications_queue (
    id         text COLLATE "C" PRIMARY KEY,
    event_id   text COLLATE "C" NOT NULL,
    user_id    text COLLATE "C",
    channel    text        NOT NULL,
    due        timestamptz NOT NULL,                    -- 'infinity': waits for the channel before it
    state      text        NOT NULL,
    reason     text        NOT NULL,                    -- what it waits for
    bulk       boolean     NOT NULL,                    -- one of many: goes behind those that are not
    urgent     boolean     NOT NULL,                    -- passes quiet hours
    step       smallint    NOT NULL,
    fallback   boolean     NOT NULL,                    -- another channel waits for what becomes of this
    digest     boolean     NOT NULL DEFAULT false,      -- speaks for others, who share its fate
    unless     text,                                    -- 'acked', 'read': then it need not go out
    feed_seq   bigint,
    attempt    smallint    NOT NULL DEFAULT 0,          -- calls begun
    begun_at   timestamptz,                             -- of the call that is under way
    fence      bigint      NOT NULL DEFAULT 0,          -- raised by every claim; who has an older one is too late
    node       text,
    progress   text,
    expires_at timestamptz,
    first_at   timestamptz NOT NULL DEFAULT now(),
    tried_at   timestamptz,                             -- first claimed for an attempt
    CONSTRAINT notifications_queue_state_known CHECK (state IN ('waiting', 'leased')),
    CONSTRAINT notifications_queue_unless_known CHECK (unless IN ('acked', 'read'))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
-- Per channel: one that is full or down is passed over without looking at what waits for it.
CREATE INDEX notifications_queue_due ON notifications_queue (channel, bulk, due);
CREATE INDEX notifications_queue_user ON notifications_queue (user_id, feed_seq);
CREATE INDEX notifications_queue_event ON notifications_queue (event_id);

-- One row a call, written when it is over. While it runs, the queue's row says so.
CREATE TABLE attempts (
    delivery_id text COLLATE "C" NOT NULL,
    attempt     smallint    NOT NULL,
    begun_at    timestamptz NOT NULL,
    ended_at    timestamptz NOT NULL,
    node        text        NOT NULL,
    verdict     text        NOT NULL,
    reason      text        NOT NULL,
    answer      jsonb       NOT NULL,
    PRIMARY KEY (delivery_id, attempt, begun_at),
    CONSTRAINT attempts_verdict_known CHECK (verdict IN ('accepted', 'retry', 'reject', 'unknown'))
) PARTITION BY RANGE (delivery_id);

-- What an operator or a policy did to a message, for its timeline.
CREATE TABLE interventions (
    delivery_id text COLLATE "C" NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    what        text        NOT NULL,                   -- "resend", "retry", "dismiss"
    actor       text        NOT NULL,
    PRIMARY KEY (delivery_id, at)
);

-- The provider's name of a message, for its receipts.
CREATE TABLE provider_messages (
    provider            text NOT NULL,
    provider_message_id text NOT NULL,
    delivery_id         text COLLATE "C" NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, provider_message_id)
);
CREATE INDEX provider_messages_created_at ON provider_messages (created_at);

-- Everything that a provider told us, once, as it came.
CREATE TABLE receipts (
    provider    text        NOT NULL,
    event_id    text        NOT NULL,                   -- the provider's
    kind        text        NOT NULL,
    delivery_id text COLLATE "C",                       -- null: of no message that we know
    provider_message_id text,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    applied     boolean     NOT NULL DEFAULT false,    -- what it says has counted
    body        jsonb       NOT NULL,
    PRIMARY KEY (provider, event_id)
);
CREATE INDEX receipts_delivery ON receipts (delivery_id) WHERE delivery_id IS NOT NULL;
CREATE INDEX receipts_early ON receipts (provider, provider_message_id)
 WHERE delivery_id IS NULL AND provider_message_id IS NOT NULL;
CREATE INDEX receipts_received_at ON receipts (received_at);

-- A channel whose account needs somebody.
CREATE TABLE channel_pauses (
    channel text PRIMARY KEY,
    until   timestamptz NOT NULL,
    reason  text        NOT NULL
);

-- Messages of a chatty kind gather here until the window closes.
CREATE TABLE digests (
    user_id   text COLLATE "C" NOT NULL,
    channel   text        NOT NULL,
    type      text        NOT NULL,
    head_id   text COLLATE "C" NOT NULL,                -- the delivery that will speak for all
    closes_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, channel, type)
);
CREATE UNIQUE INDEX digests_head ON digests (head_id);

---- Statistics

-- Changes are appended and folded from time to time: a counter that every batch updates would make all batches wait
-- for one another's commit.
CREATE TABLE count_changes (
    hour    timestamptz NOT NULL,                       -- in which the message was made
    channel text        NOT NULL,
    type    text        NOT NULL,
    measure text        NOT NULL,                       -- a status; "reason:…"; "retries"; "ms:…", a bucket of latency
    n       integer     NOT NULL
);
CREATE TABLE hourly_counts (
    hour    timestamptz NOT NULL,
    channel text        NOT NULL,
    type    text        NOT NULL,
    measure text        NOT NULL,
    n       bigint      NOT NULL,
    PRIMARY KEY (hour, channel, type, measure)
);

---- Templates

CREATE TABLE notification_templates (
    type       text        NOT NULL,
    channel    text        NOT NULL,
    language   text        NOT NULL,
    version    integer     NOT NULL,
    content    text        NOT NULL,
    options    jsonb       NOT NULL DEFAULT '{}',
    active     boolean     NOT NULL DEFAULT true,
    category   text        NOT NULL DEFAULT 'notification',
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by text        NOT NULL,
    PRIMARY KEY (type, channel, language)
);
CREATE TABLE notification_template_versions (
    type       text        NOT NULL,
    channel    text        NOT NULL,
    language   text        NOT NULL,
    version    integer     NOT NULL,
    content    text        NOT NULL,
    options    jsonb       NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text        NOT NULL,
    PRIMARY KEY (type, channel, language, version)
);
-- Raised by every change, so that every server notices with the next batch that it plans.
CREATE TABLE template_stamp (
    one   boolean PRIMARY KEY DEFAULT true,
    stamp bigint  NOT NULL,
    CONSTRAINT template_stamp_single CHECK (one)
);
INSERT INTO template_stamp (stamp) VALUES (1);

-- FCM has refused it in a way that may be our fault: it is kept, and left alone until the app registers it again.
ALTER TABLE devices ADD COLUMN unusable_at timestamptz;

---- What people want

CREATE TABLE notification_settings (
    user_id        text COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    channels_off   text[]      NOT NULL DEFAULT '{}',
    muted          text[]      NOT NULL DEFAULT '{}',   -- event types; "lead.*" for a family
    quiet_from     time,                                -- of the user's day
    quiet_to       time,
    timezone       text,                                -- null: the user's
    language       text,                                -- null: the user's
    digest_minutes integer,                             -- null: no digest
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT notification_settings_quiet CHECK ((quiet_from IS NULL) = (quiet_to IS NULL)),
    CONSTRAINT notification_settings_digest CHECK (digest_minutes BETWEEN 1 AND 1440)
);

-- By number and not by user: STOP is said by a phone, whoever it belongs to.
CREATE TABLE whatsapp_contacts (
    phone           text PRIMARY KEY,
    last_inbound_at timestamptz,                        -- free text may follow for 24 hours
    opted_out_at    timestamptz
);

-- When quiet hours that hold at `at` end; null when none hold. In the user's time zone: an end that the change to
-- summer time leaves out comes with the moment of the change; of one that comes twice, the later counts, so that
-- nobody is woken an hour early.
CREATE FUNCTION quiet_until(at timestamptz, zone text, quiet_from time, quiet_to time) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CASE
            WHEN quiet_from IS NULL OR quiet_from = quiet_to THEN NULL
            WHEN quiet_from < quiet_to THEN
                CASE WHEN wall.now::time >= quiet_from AND wall.now::time < quiet_to
                     THEN (wall.now::date + quiet_to) AT TIME ZONE zone END
            WHEN wall.now::time >= quiet_from THEN ((wall.now::date + 1) + quiet_to) AT TIME ZONE zone
            WHEN wall.now::time < quiet_to THEN (wall.now::date + quiet_to) AT TIME ZONE zone
        END
        FROM (SELECT at AT TIME ZONE zone AS now) wall;
    END;

---- Partitions

-- A partition for each month up to three from now, named after it. What falls outside lands in the default one, so
-- that a clock gone wrong loses nothing.
CREATE FUNCTION make_partitions(until timestamptz) RETURNS integer
    LANGUAGE plpgsql AS $$
DECLARE
    kind   record;
    month  timestamptz;
    name   text;
    made   integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('carillon.partitions'));
    -- It takes the default partition for itself alone; nobody must wait for that.
    PERFORM set_config('lock_timeout', '200ms', true);
    FOR kind IN SELECT * FROM (VALUES ('events', 'evt_'), ('event_plans', 'evt_'), ('notifications_log', 'msg_'),
                                      ('attempts', 'msg_')) AS k (parent, prefix) LOOP
        month := date_trunc('month', now(), 'UTC');
        WHILE month <= until LOOP
            name := kind.parent || '_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
            IF to_regclass(name) IS NULL THEN
                BEGIN
                    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', name, kind.parent,
                                   id_floor(kind.prefix, month), id_floor(kind.prefix, date_add_month(month)));
                    IF kind.parent = 'notifications_log' THEN
                        EXECUTE format('ALTER TABLE %I SET (fillfactor = 75)', name);
                    END IF;
                    made := made + 1;
                EXCEPTION WHEN lock_not_available OR check_violation THEN
                    -- A long transaction reads the default partition, or it holds rows of that month. There is time:
                    -- three months of partitions lie ahead, and the next call tries again.
                    RAISE WARNING 'partition % not made: %', name, SQLERRM;
                END;
            END IF;
            month := date_add_month(month);
        END LOOP;
    END LOOP;
    RETURN made;
END $$;

-- The same day a month later in UTC, whatever the session's time zone is.
CREATE FUNCTION date_add_month(month timestamptz) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ((month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';

CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE TABLE event_plans_default PARTITION OF event_plans DEFAULT;
CREATE TABLE notifications_log_default PARTITION OF notifications_log DEFAULT;
CREATE TABLE attempts_default PARTITION OF attempts DEFAULT;
SELECT make_partitions(now() + interval '3 months');
