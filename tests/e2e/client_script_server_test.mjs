// The client script against the real server: what is raised over REST arrives in order and once, whatever happens to
// the server, the connection and the token meanwhile.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import WebSocket from 'ws';
import {connect} from '../../src/web/carillon.js';
import {eventually} from './support/eventually.mjs';
import {free_port} from './support/ports.mjs';
import {start_server} from './support/server.mjs';

const patience_ms = 20_000;
// It comes back to the same address, as a real one does.
const server = await start_server({env: {
    CARILLON_SERVER_LISTEN: `127.0.0.1:${await free_port()}`,
    CARILLON_REALTIME_CONNECTIONS_PER_USER: '3', CARILLON_QUEUE_LEASE_SECONDS: '5',
}});
const clients = [];
after(async () => {
    for (const carillon of clients) carillon.close();
    await server.close();
});
const admin = server.token('admin');

async function a_user(id) {
    const body = {id, name: `User ${id}`, role: 'salesperson'};
    const {status, text} = await server.api('POST', '/api/users', {token: admin, body});
    assert.equal(status, 201, text);
    return id;
}
let raised = 0;
async function raise(user, count = 1) {
    for (let index = 0; index < count; ++index) {
        const lead = `lead-${++raised}`;
        const body = {type: 'lead.updated', subject: lead, payload: {salesperson_id: user, lead: {id: lead, number: raised}}};
        const {status, text} = await server.api('POST', '/api/notifications/events', {token: admin, body});
        assert.equal(status, 202, text);
    }
}
const feed_of = async (user) =>
    (await server.database.query('SELECT seq, event_id FROM feed WHERE user_id = $1 ORDER BY seq', [user]))
        .map(({seq, event_id}) => [Number(seq), event_id]);

// Gives the client, all it was told of the feed as [seq, id], and the rest by name.
function client(user, options = {}) {
    const told = {seen: [], gaps: [], reads: [], states: [], errors: []};
    const carillon = connect({
        user, url: server.url, token: server.token('salesperson', user), WebSocket, first_delay_ms: 50,
        max_delay_ms: 500, ...options,
        on: {
            lead_update: ({seq, id}) => told.seen.push([seq, id]),
            gap: (gap) => told.gaps.push(gap),
            read: (read) => told.reads.push(read),
            state: (state) => told.states.push(state),
            error: (error) => told.errors.push(error),
        },
    });
    clients.push(carillon);
    return {carillon, ...told};
}
async function opened(user, options) {
    const made = client(user, options);
    await is(made.carillon, 'open');
    return made;
}
const is = (carillon, state) => eventually(() => carillon.state === state, patience_ms);
// All that the server has for this user, in its order, and nothing twice.
async function has_all({seen, errors, gaps}, user, count) {
    await eventually(() => seen.length >= count, patience_ms);
    const feed = await feed_of(user);
    assert.equal(feed.length, count);
    assert.deepEqual(seen, feed);
    assert.deepEqual([errors, gaps], [[], []]);
}
const memory = () => {
    const kept = new Map();
    return {getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => { kept.set(key, text); }};
};

test('events arrive in order, and what was shown is acknowledged for the device', async () => {
    const user = await a_user('reader');
    const reader = await opened(user, {device: 'phone-1'});
    await raise(user, 20);
    await has_all(reader, user, 20);
    await eventually(async () => {
        const rows = await server.database.query(
            'SELECT acked_seq FROM feed_readers WHERE user_id = $1 AND device = $2', [user, 'phone-1']);
        return Number(rows[0]?.acked_seq) === 20;
    });
});

for (const [name, end] of [['kill -9', 'crash'], ['SIGTERM', 'stop']]) {
    test(`over ${name} and a restart, three times, everything arrives once`, async () => {
        const user = await a_user(`survivor-${end}`);
        const reader = await opened(user);
        for (let round = 0; round < 3; ++round) {
            // Accepted, and wherever else the end finds them.
            await raise(user, 5);
            await server[end]();
            await is(reader.carillon, 'connecting');
            await server.start();
            // There before it is back, or while it catches up.
            await raise(user, 5);
        }
        await has_all(reader, user, 30);
        await is(reader.carillon, 'open');
        await raise(user, 5);
        await has_all(reader, user, 35);
        const codes = reader.states.map(({code}) => code);
        assert.ok(end === 'crash' || codes.includes(1012), `closed with ${codes}`);
    });
}

test('tokens of a few seconds are replaced in time, and nothing is missed', async () => {
    const user = await a_user('short');
    let asked = 0;
    const get_token = async () => {
        ++asked;
        return server.token('salesperson', user, {ttl_seconds: 6, claims: {jti: `token-${asked}`}});
    };
    const reader = await opened(user, {token: undefined, get_token});
    for (const wanted of [2, 3]) {
        await raise(user, 3);
        await eventually(() => asked === wanted, patience_ms);
        await raise(user, 3);
    }
    await has_all(reader, user, 12);
    assert.ok(reader.states.every(({code}) => code === undefined), 'it came before the server had to say 4401');
});

test('a token that ran out is replaced when the server says so', async () => {
    const user = await a_user('late');
    const stale = server.token('salesperson', user, {ttl_seconds: 5});
    const reasons = [];
    const get_token = async ({reason}) => {
        reasons.push(reason);
        // Before its end it gives the one there is: no reason to connect again.
        return ['first', 'expires'].includes(reason) ? stale : server.token('salesperson', user);
    };
    const reader = await opened(user, {token: undefined, get_token});
    await eventually(() => reasons.includes('expired'), patience_ms);
    await is(reader.carillon, 'open');
    await raise(user);
    await has_all(reader, user, 1);
    assert.ok(reader.states.some(({code}) => code === 4401));
});

test('a token for somebody else is refused, and another one asked for', async () => {
    const user = await a_user('mistaken');
    const given = [server.token('salesperson', 'somebody'), server.token('salesperson', user)];
    const {carillon} = await opened(user, {token: undefined, get_token: async () => given.shift()});
    assert.equal(carillon.connection.user_id, user);
    assert.equal(given.length, 0);
});

test('what is read on one device is told to the other', async () => {
    const user = await a_user('two-devices');
    const [phone, desk] = [await opened(user, {device: 'phone'}), await opened(user, {device: 'desk'})];
    await raise(user, 3);
    await has_all(phone, user, 3);
    const [, second] = phone.seen[1];
    const read = await phone.carillon.mark_read(second);
    assert.deepEqual([read.notification_id, read.marked], [second, 1]);
    await eventually(() => desk.reads.some(({notification_id}) => notification_id === second));
    // Once more changes nothing, and is answered all the same.
    assert.equal((await phone.carillon.mark_read(second)).marked, 0);
    assert.equal((await phone.carillon.mark_all_read()).marked, 2);
    await eventually(() => desk.reads.some(({notification_id, to_seq}) => notification_id === null && to_seq === 3));
    await assert.rejects(phone.carillon.mark_read('evt_unknown'), {name: 'CarillonError', code: 'not_found'});
});

test('ping, device_info and register_push are answered', async () => {
    const user = await a_user('device');
    const {carillon} = await opened(user, {device: 'phone'});
    assert.ok(await carillon.ping() >= 0);
    assert.deepEqual(await carillon.device_info({device_id: 'phone-2', platform: 'web'}), {device: 'phone-2'});
    const {platform, created} = await carillon.register_push('fcm-of-the-script', 'web', '1.0');
    assert.deepEqual([platform, created], ['web', true]);
    await assert.rejects(carillon.register_push('', 'web'), {code: 'invalid_field'});
});

test('a hundred requests and more at once are all answered in spite of the limit', async () => {
    const user = await a_user('busy');
    const reader = await opened(user, {queued_requests: 200, request_ms: 60_000});
    await raise(user);
    await has_all(reader, user, 1);
    const [[, id]] = reader.seen;
    const answers = await Promise.all(Array.from({length: 150}, () => reader.carillon.mark_read(id)));
    assert.equal(answers.length, 150);
    assert.equal(reader.carillon.state, 'open');
});

test('with tickets no token reaches the socket, and every connection has a ticket of its own', async () => {
    const user = await a_user('ticketed');
    const urls = [];
    class Watched extends WebSocket {
        constructor(url, protocols) {
            super(url, protocols);
            urls.push([url, protocols]);
        }
    }
    const reader = await opened(user, {ticket: true, WebSocket: Watched});
    await raise(user);
    await has_all(reader, user, 1);
    reader.carillon.reconnect();
    await is(reader.carillon, 'open');
    await raise(user);
    await has_all(reader, user, 2);
    const tickets = urls.map(([url]) => new URL(url).searchParams.get('ticket'));
    assert.equal(new Set(tickets).size, 2);
    assert.ok(urls.every(([, protocols]) => protocols.join() === 'carillon.v1'));
});

test('a page that is loaded again goes on where it was', async () => {
    const user = await a_user('reloaded');
    const storage = memory();
    const first = await opened(user, {storage});
    await raise(user, 3);
    await has_all(first, user, 3);
    first.carillon.close();
    await raise(user, 3);
    const second = await opened(user, {storage});
    await eventually(() => second.seen.length >= 3);
    assert.deepEqual([...first.seen, ...second.seen], await feed_of(user));
});

test('a cursor that the server knows nothing of is told as a gap', async () => {
    const user = await a_user('future');
    await raise(user, 2);
    await eventually(async () => (await feed_of(user)).length === 2);
    const reader = await opened(user, {since: 1000});
    assert.deepEqual(reader.gaps, [{from_seq: 1, to_seq: 2, last_seq: 2}]);
    await raise(user);
    await eventually(() => reader.seen.length > 0);
    assert.equal(reader.seen[0][0], 3);
});

test('of too many devices the oldest is told that it was replaced', async () => {
    const user = await a_user('many');
    const [oldest, ...others] = [await opened(user), await opened(user), await opened(user), await opened(user)];
    await is(oldest.carillon, 'closed');
    assert.equal(oldest.states.at(-1).reason, 'replaced');
    for (const {carillon} of others) assert.equal(carillon.state, 'open');
});

test('the client of a user who is erased ends', async () => {
    const user = await a_user('erased');
    const {carillon, states} = await opened(user);
    assert.equal((await server.api('DELETE', `/api/users/${user}`, {token: admin})).status, 204);
    await is(carillon, 'closed');
    assert.equal(states.at(-1).reason, 'erased');
});

test('the server hands out the script, and what it imports', async () => {
    for (const path of ['/carillon.js', '/carillon-connection.js', '/carillon-messages.js']) {
        const {status, headers, text} = await server.api('GET', path);
        assert.equal(status, 200, path);
        assert.match(headers['content-type'], /^text\/javascript/);
        for (const [, imported] of text.matchAll(/^import .* from '\.\/(.*)';$/gm)) {
            assert.equal((await server.api('GET', `/${imported}`)).status, 200, imported);
        }
    }
});
