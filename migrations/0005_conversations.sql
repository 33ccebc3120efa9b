-- What was said in the web chat and over WhatsApp; a notification in the chat is a row of the conversation.
CREATE TABLE conversations (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id            text COLLATE "C" NOT NULL,
    message_type       text        NOT NULL,
    message_content    text        NOT NULL,
    ai_response        text,
    confidence_score   numeric(3, 2),
    action_code        text,
    conversation_state text,
    action_success     boolean,
    channel            text        NOT NULL DEFAULT 'web_chat',
    delivery_id        text COLLATE "C",                -- of a notification; the second try of one finds it there
    language           text,
    created_at         timestamptz NOT NULL DEFAULT now(),
    read_at            timestamptz,
    cleared_at         timestamptz,
    CONSTRAINT conversations_type_known CHECK (message_type IN ('incoming', 'outgoing'))
);
CREATE UNIQUE INDEX conversations_delivery ON conversations (delivery_id) WHERE delivery_id IS NOT NULL;
CREATE INDEX conversations_user ON conversations (user_id, id);
