-- What opens one WebSocket, once, within half a minute. Unlogged: after a crash of the database a page simply asks
-- for another one.
CREATE UNLOGGED TABLE ws_tickets (
    digest           text COLLATE "C" PRIMARY KEY,      -- SHA-256 of the ticket, in hex
    user_id          text        NOT NULL,
    role             text        NOT NULL,
    expires_at       timestamptz NOT NULL,
    token_expires_at timestamptz,                       -- of the token it stands for
    created_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ws_tickets_expires_at ON ws_tickets (expires_at);
