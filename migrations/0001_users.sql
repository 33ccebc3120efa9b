-- Who is told, and the phones and browsers that a push can reach.

-- Ids compare bytewise: lists page by them, and that order must not change with the machine's locale.
CREATE TABLE users (
    id         text COLLATE "C" PRIMARY KEY,
    name       text        NOT NULL,
    phone      text,                                -- E.164
    email      text,
    role       text        NOT NULL DEFAULT 'customer',
    locale     text,                                -- "fr-CM"
    timezone   text,                                -- "Africa/Douala"
    area       text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_id_length CHECK (char_length(id) BETWEEN 1 AND 128),
    CONSTRAINT users_name_length CHECK (char_length(name) BETWEEN 1 AND 200),
    CONSTRAINT users_phone_e164 CHECK (phone ~ '^\+[1-9][0-9]{7,14}$'),
    CONSTRAINT users_email_shape CHECK (email ~ '^[^@]+@[^@]+$' AND char_length(email) <= 254),
    CONSTRAINT users_role_known CHECK (role IN ('admin', 'service', 'salesperson', 'property_manager', 'customer',
                                                'provider', 'delivery_agent')),
    CONSTRAINT users_area_length CHECK (char_length(area) BETWEEN 1 AND 200),
    -- Checked at the end of a statement, so that one that moves a number from a user to another may do so in
    -- any order of rows.
    CONSTRAINT users_phone_key UNIQUE (phone) DEFERRABLE INITIALLY IMMEDIATE
);

-- The lists by role and by area, in the order of their pages.
CREATE INDEX users_role_id ON users (role, id);
CREATE INDEX users_area_id ON users (area, id) WHERE area IS NOT NULL;

CREATE TABLE devices (
    id           text        PRIMARY KEY,           -- "dev_…"
    user_id      text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    target_kind  text        NOT NULL,              -- what FCM takes it as
    token        text        NOT NULL,
    platform     text,
    app_version  text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT devices_target_kind_known CHECK (target_kind IN ('token', 'fid')),
    CONSTRAINT devices_token_length CHECK (char_length(token) BETWEEN 1 AND 2048),
    CONSTRAINT devices_platform_known CHECK (platform IN ('android', 'ios', 'web')),
    CONSTRAINT devices_app_version_length CHECK (char_length(app_version) BETWEEN 1 AND 64),
    CONSTRAINT devices_target_key UNIQUE (target_kind, token)
);

CREATE INDEX devices_user_id_last_seen_at ON devices (user_id, last_seen_at DESC);
