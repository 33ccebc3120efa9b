// Clients that read slowly or not at all, and more clients than there is room for: what waits for them is bounded, they
// lose nothing, and nobody else is kept waiting.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, afterEach, test} from 'node:test';
import {eventually} from './support/eventually.mjs';
import {create_user, raise, raise_many} from './support/events.mjs';
import {text} from './support/frames.mjs';
import {assert_problem} from './support/problem.mjs';
import {start_server} from './support/server.mjs';
import {connect, open, shake} from './support/websocket.mjs';

const open_files = Number(readFileSync('/proc/self/limits', 'utf8').match(/^Max open files\s+(\d+)/m)[1]);
const most_connections = Math.min(2000, open_files - 300);
const queue_bytes = 65536;
const per_user = 20;
const server = await start_server({env: {
    CARILLON_REALTIME_QUEUE_BYTES: String(queue_bytes), CARILLON_REALTIME_QUEUE_MESSAGES: '16',
    CARILLON_HTTP_CONNECTIONS_PER_ADDRESS: String(most_connections),
}});
after(() => server.close());

// Another reader is served all the while: not at once, on a machine that has much else to do, but soon.
const soon_ms = 3_000;
const admin = server.token('admin');
const other = await connect(server, await create_user(server, 'other'));
async function other_is_served() {
    const id = await raise(server, 'other');
    assert.equal((await other.next('lead_update', soon_ms)).id, id);
    await other.ask({type: 'ping'}, 'pong', soon_ms);
}
afterEach(other_is_served);

const status = async (query = '') => (await server.api('GET', `/api/ws/status${query}`, {token: admin})).json;
const seen = async (user) => (await status(`?user_id=${user}`)).users.flatMap(({connections}) => connections);

// ---- Slow

test('a reader who is slow gets everything in order, and nobody else waits', async () => {
    const size = 100_000;
    // A page from the store, and the message that was one too many.
    const most_queued = queue_bytes + 262_144 + 3 * size;
    const slow = await connect(server, await create_user(server, 'slow'));
    slow.raw.pause();
    let raised = 0;
    for (let behind = 0; behind < 3;) {
        assert.ok(raised < 400, 'the kernel takes everything');
        await raise_many(server, 'slow', 4, {pad: 'x'.repeat(size)});
        raised += 4;
        await other_is_served();
        const [{state, queued_bytes}] = await seen('slow');
        assert.ok(queued_bytes <= most_queued, `${queued_bytes} bytes wait`);
        // Behind for good, and not for the moment in which one message goes out.
        behind = state === 'catching_up' && queued_bytes > 0 ? behind + 1 : 0;
    }
    slow.raw.resume();
    const level = ({type, data}) => type === 'resumed' && data.last_seq === raised;
    await slow.raw.until(() => slow.messages.some(level), 'the last resumed', 30_000);

    const stored = slow.messages.filter(({seq}) => seq !== null);
    assert.deepEqual(stored.map(({seq}) => seq), Array.from({length: raised}, (_, i) => i + 1));
    assert.equal(new Set(stored.map(({id}) => id)).size, raised);
    let [last, behind_since] = [0, null];
    for (const {type, seq, data} of slow.messages) {
        if (seq !== null) last = seq;
        if (type === 'catch_up') {
            assert.equal(data.from_seq, last + 1);
            assert.ok(data.last_seq > last);
            assert.equal(behind_since, null, 'told twice');
            behind_since = last;
        } else if (type === 'resumed') {
            assert.deepEqual(data, {count: last - behind_since, gap: false, last_seq: last});
            behind_since = null;
        }
    }
    assert.equal((await slow.close()).code, 1000);
});

test('what waits for somebody who asks and does not read the answers is bounded', async () => {
    const greedy = await connect(server, 'greedy');
    greedy.raw.pause();
    const data = {x: 'x'.repeat(60_000)};
    for (let i = 0; i < 100; ++i) await greedy.send({type: 'ping', data});
    for (const {queued_bytes} of await seen('greedy')) assert.ok(queued_bytes <= 1 << 20, `${queued_bytes} bytes wait`);
    await other_is_served();
    greedy.raw.resume();
    await greedy.raw.until(() => greedy.raw.tcp_closed || greedy.messages.length === 101, 'all answers, or the end');
    if (greedy.raw.tcp_closed) assert.equal(greedy.raw.close_frame?.code, 1013);
    greedy.destroy();
});

// ---- Many

test('of one user\'s connections the oldest is closed when there are too many', async () => {
    const mine = [];
    for (let i = 0; i < per_user + 5; ++i) mine.push(await connect(server, 'collector'));
    for (const old of mine.slice(0, 5)) assert.equal((await old.closed()).code, 4429);
    assert.equal((await seen('collector')).length, per_user);
    for (const each of mine.slice(5)) await each.ask({type: 'ping'}, 'pong');
    for (const each of mine) each.destroy();
    await eventually(async () => (await seen('collector')).length === 0);
});

test('somebody who opens thousands of sockets is stopped, and who is there already notices nothing', async () => {
    const crowd = [];
    const join = async (i) => {
        const raw = await shake(server, `/api/ws/crowd-${i}`, {headers: {authorization: `Bearer ${admin}`}});
        if (raw.response.status === 101) return crowd.push(raw);
        assert.equal(raw.response.status, 429, raw.response.text);
        return null;
    };
    // Whoever is turned away while still talking may see a reset in place of the answer.
    const turned_away = (error) => assert.match(error.message, /without an answer|ECONNRESET|EPIPE/);
    for (let full = false, next = 0; !full; next += 50) {
        assert.ok(next < 2 * most_connections, 'there is no end');
        const all = await Promise.all(Array.from({length: 50}, (_, i) => join(next + i).catch(turned_away)));
        full = all.some((each) => typeof each !== 'number');
        await other.ask({type: 'ping'}, 'pong', soon_ms);
    }
    assert.ok(crowd.length > most_connections - 60, `${crowd.length} got in`);
    assert.ok(crowd.length < most_connections, `${crowd.length} got in`);
    const {responses: [refused], closed} = await server.raw('');
    assert_problem(refused, 429, 'too_many_connections');
    assert.ok(Number(refused.headers['retry-after']) >= 1);
    assert.equal(closed, true);

    // They live, and there is room again when some of them go.
    for (const raw of crowd.slice(0, 20)) await raw.send(text('{"type":"ping"}'));
    for (const raw of crowd.slice(0, 20)) {
        const types = [await raw.frame(), await raw.frame()].map(({payload}) => JSON.parse(payload).type);
        assert.deepEqual(types, ['connected', 'pong']);
    }
    for (const raw of crowd.splice(0, 20)) raw.destroy();
    const late = await eventually(() => open(server, '/api/ws/late', {headers: {authorization: `Bearer ${admin}`}}));
    late.destroy();
    for (const raw of crowd) raw.destroy();
    await eventually(async () => (await status()).active_connections === 1, 20_000);
});
