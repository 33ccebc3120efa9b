// Events that put one message into a user's feed and call nobody.
import assert from 'node:assert/strict';
import {eventually} from './eventually.mjs';

export async function create_user(server, id) {
    const body = {id, name: `User ${id}`, role: 'salesperson'};
    const {status, text} = await server.api('POST', '/api/users', {token: server.token('admin'), body});
    assert.ok([200, 201].includes(status), text);
    return id;
}

// `lead` is what the message tells. Gives the event's id, once the event is accepted.
export async function raise(server, user, lead = {}) {
    const body = {type: 'lead.updated', subject: `lead-of-${user}`, payload: {salesperson_id: user, lead}};
    const {status, text, json} = await server.api('POST', '/api/notifications/events',
                                                  {token: server.token('admin'), body});
    assert.equal(status, 202, text);
    return json.event_id;
}

// So many at once, and waits until they stand in the feed.
export async function raise_many(server, user, count, lead = {}) {
    const before = await feed_end(server, user);
    await Promise.all(Array.from({length: count}, (_, n) => raise(server, user, {n, ...lead})));
    await eventually(async () => (await feed_end(server, user)) === before + count, 20_000);
}

export async function feed_end(server, user) {
    const [{end}] = await server.database.query(
        'SELECT coalesce(max(seq), 0) AS end FROM feed WHERE user_id = $1', [user]);
    return Number(end);
}
