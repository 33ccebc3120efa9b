// Deliveries that failed once and are due again, put into the tables as if the pipeline had left them there.
import assert from 'node:assert/strict';
import {eventually} from '../../e2e/support/eventually.mjs';

// $1 how many, $2 a number of its own for each fill, $3 channel, $4 users, $5 what the channel needs beside the text.
const fill_statement = `
    WITH made AS (
        SELECT n, 'u' || (n * 7919 % $4::int + 1) AS user_id,
               lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') || '7'
                   || lpad(to_hex($2::int), 3, '0') || lpad(to_hex(n), 16, '0') AS id
          FROM generate_series(1, $1::int) AS n),
    raised AS (
        INSERT INTO events (id, type, actor, payload)
        SELECT 'evt_' || id, 'bench.told', 'admin', jsonb_build_object('user_id', user_id) FROM made),
    planned AS (
        INSERT INTO event_plans (event_id, recipients, deliveries, feed_rows) SELECT 'evt_' || id, 1, 1, 0 FROM made),
    logged AS (
        INSERT INTO notifications_log (id, event_id, user_id, channel, type, language, message, content, status, reason,
                                       attempt, attention, failed_at, phone)
        SELECT 'msg_' || id, 'evt_' || id, user_id, $3, 'direct_message', 'en', 'Your table is ready.', $5::jsonb,
               'failed', 'provider_error', 1, 1, now(),
               CASE WHEN $3 = 'whatsapp' THEN '+91' || (7000000000 + n) END
          FROM made)
    INSERT INTO notifications_queue (id, event_id, user_id, channel, due, state, reason, bulk, urgent, step, fallback,
                                     attempt)
    SELECT 'msg_' || id, 'evt_' || id, user_id, $3, clock_timestamp(), 'waiting', 'provider_error', false, true, 0,
           false, 1
      FROM made ORDER BY n
    RETURNING id`;

const contents = {
    web_chat: null,
    push: {title: 'Ready', data: {}, ttl_seconds: 86_400, priority: 'high'},
    whatsapp: {template: {name: 'table_ready', language: 'en', parameters: [{text: 'Asha'}]}},
    // Nobody carries this one out: what waits for it stays there to be claimed.
    untouched: null,
};

let fills = 0;

// Gives the id of one of them.
export async function fill(client, {count, channel, users}) {
    const content = contents[channel] && JSON.stringify(contents[channel]);
    const {rows} = await client.query(fill_statement, [count, ++fills, channel, users, content]);
    return rows[0].id;
}

const count_sent = `
    SELECT count(*) FILTER (WHERE l.status = 'sent')::int AS sent, count(a)::int AS accepted,
           extract(epoch FROM max(l.sent_at) - least($2, min(a.begun_at))) AS seconds
      FROM notifications_log l
      LEFT JOIN attempts a ON a.delivery_id = l.id AND a.verdict = 'accepted'
     WHERE l.id >= id_floor('msg_', $1)`;

const now = async (client) => (await client.query('SELECT clock_timestamp() AS now')).rows[0].now;

export async function until_empty(client, table, limit_ms) {
    const empty = `SELECT NOT EXISTS (SELECT FROM ${table}) AS empty`;
    await eventually(async () => (await client.query(empty)).rows[0].empty, limit_ms, 50);
}

// Fills the queue, wakes the server, and waits until the last of them is settled.
export async function drain(server, client, {count, channel, users, token, limit_ms = 60_000}) {
    const before = await now(client);
    const id = await fill(client, {count, channel, users});
    const filled = await now(client);
    // The server may have found them by itself; then there is none to wake it for.
    const woken = await server.api('POST', `/api/notifications/queue/${id}/retry`, {token});
    assert.ok([202, 404, 409].includes(woken.status), woken.text);
    await until_empty(client, 'notifications_queue', limit_ms);
    const {rows: [{sent, accepted, seconds}]} = await client.query(count_sent, [before, filled]);
    // One call each: what was tried twice would count twice.
    assert.deepEqual({sent, accepted}, {sent: count, accepted: count}, `${channel}: ${count} waited`);
    return {deliveries: count, seconds: Number(seconds), per_second: count / Number(seconds)};
}
