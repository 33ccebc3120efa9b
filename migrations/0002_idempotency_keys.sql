-- Answers to creating requests, kept so that a repeat is answered and not carried out again.
CREATE TABLE idempotency_keys (
    scope        bytea       PRIMARY KEY,         -- SHA-256 of caller, method, path and key
    fingerprint  bytea       NOT NULL,            -- SHA-256 of the body
    fence        bigint      NOT NULL DEFAULT 1,  -- raised whenever the key is taken anew
    leased_until timestamptz NOT NULL,
    status       integer,                         -- null while the request runs
    content_type text,
    headers      text,                            -- JSON array of [name, value]
    body         text,
    about        text,                            -- the user it speaks of, who may be erased
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_keys_answered CHECK ((status IS NULL) = (body IS NULL))
);

CREATE INDEX idempotency_keys_about ON idempotency_keys (about) WHERE about IS NOT NULL;
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
