// The database goes, stands still, throws everybody out, and comes back. The server lives through all of it, and
// nobody waits for an answer longer than the configured times allow.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {request} from './support/client.mjs';
import {Database} from './support/database.mjs';
import {eventually} from './support/eventually.mjs';
import {hold_user} from './support/locks.mjs';
import {Postgres} from './support/postgres.mjs';
import {Server} from './support/server.mjs';

const postgres = await Postgres.create();
process.env.CARILLON_TEST_PG = postgres.conninfo;
const env = {CARILLON_DATABASE_STATEMENT_TIMEOUT_MS: '1000', CARILLON_DATABASE_CONNECT_TIMEOUT_MS: '1000'};
// A statement, a look whether the server is still there and a new connection, each with its time, and some room
// for a loaded machine.
const bound_ms = 12_000;
// "At once" is less than any of the times that the server would wait.
const at_once_ms = 900;

const server = new Server(await Database.create(), env);
after(async () => {
    if (!server.ended) await server.crash();
    await server.close();
    await postgres.remove();
});

const get_user = () => server.api('GET', '/api/users/asha', {token: server.token()});
const put_user = (id = 'asha') =>
    server.api('POST', '/api/users', {token: server.token(), body: {id, name: 'Asha', role: 'customer'}});
const is_ready = async () => (await server.api('GET', '/healthz/ready')).status === 200;

// All connections of the server; gives how many there were.
async function throw_out() {
    const sql = `SELECT count(pg_terminate_backend(pid))::int AS gone FROM pg_stat_activity
                  WHERE datname = $1 AND application_name = 'carillon'`;
    const [{gone}] = await server.database.admin(sql, [server.database.name]);
    return gone;
}

async function took(work) {
    const began = Date.now();
    const answer = await work();
    return {answer, ms: Date.now() - began};
}

function assert_away({status, headers, json}, code = 'database_unavailable') {
    assert.equal(status, 503);
    assert.equal(json.code, code);
    assert.match(headers['retry-after'], /^[1-9]\d*$/);
}

async function assert_tells_that_it_is_away() {
    assert.equal((await server.api('GET', '/healthz/live')).status, 200);
    const ready = await server.api('GET', '/healthz/ready');
    assert.equal(ready.status, 503);
    assert.equal(ready.json.reason, 'database away');
    assert.ok(ready.headers['retry-after']);
    const health = await server.api('GET', '/api/health');
    assert.equal(health.status, 200);
    assert.equal(health.json.status, 'unhealthy');
    assert.equal(health.json.database.status, 'away');
}

test('started without a database it listens and says what it waits for', async () => {
    await postgres.stop();
    const running = server.spawn(['serve']);
    const {address} = await running.logged('server_listening');
    const url = `http://${address}`;
    const token = server.token();
    await running.logged('waiting_for_database');

    const [live, ready, health, api] = await Promise.all([
        request(url, {path: '/healthz/live'}),
        request(url, {path: '/healthz/ready'}),
        request(url, {path: '/api/health'}),
        request(url, {path: '/api/users/asha', headers: {authorization: `Bearer ${token}`}}),
    ]);

    assert.equal(live.status, 200);
    assert.equal(ready.status, 503);
    assert.ok(ready.json.reason);
    assert.equal(health.json.database.status, 'away');
    assert.equal(api.status, 503);
    assert.equal(api.headers['content-type'], 'application/problem+json');
    assert.equal(api.headers['retry-after'], '1');
    assert.equal(api.json.detail, 'The database is away.');

    await postgres.start();
    await eventually(async () => (await request(url, {path: '/healthz/ready'})).status === 200, 15_000);
    const found = await request(url, {path: '/api/users/asha', headers: {authorization: `Bearer ${token}`}});
    assert.equal(found.status, 404);
    await running.stop();
});

test('told to stop while it waits for the database, it stops', async () => {
    await postgres.stop();
    const running = server.spawn(['serve']);
    await running.logged('waiting_for_database');

    running.signal('SIGTERM');

    assert.deepEqual(await running.finished(10_000), {code: 0, signal: null});
    await postgres.start();
});

test('a database that stops is answered for at once, and found again', async () => {
    await server.start();
    assert.equal((await put_user()).status, 201);
    await postgres.stop();

    for (const work of [get_user, put_user]) {
        const {answer, ms} = await took(work);
        assert_away(answer);
        assert.ok(ms < at_once_ms, `${ms} ms`);
    }
    await eventually(async () => !await is_ready());
    await assert_tells_that_it_is_away();

    await postgres.start();
    await eventually(is_ready, 15_000);
    assert.equal((await get_user()).status, 200);
    assert.equal((await server.api('GET', '/api/health')).json.status, 'healthy');
});

test('without a request it notices by itself that the database went', async () => {
    assert.equal((await get_user()).status, 200);

    await postgres.stop();

    await eventually(async () => !await is_ready());
    await postgres.start();
    await eventually(is_ready, 15_000);
});

test('all connections thrown out, the next request works', async () => {
    await Promise.all(Array.from({length: 20}, get_user));
    assert.ok(await throw_out() >= 1);

    assert.equal((await get_user()).status, 200);
    assert.equal((await put_user()).status, 200);
    assert.equal(await is_ready(), true);
});

test('thrown out again and again under load, reads go on', async () => {
    const statuses = [];
    const clients = Array.from({length: 8}, async () => {
        for (let i = 0; i < 50; ++i) statuses.push((await get_user()).status);
    });
    let thrown_out = 0;
    for (let round = 0; round < 5; ++round) thrown_out += await throw_out();
    await Promise.all(clients);

    assert.ok(thrown_out > 0);
    // A read meets a broken connection twice in a row when two rounds fall on it: then it is told to come again.
    assert.deepEqual([...new Set(statuses)].filter((status) => ![200, 503].includes(status)), []);
    assert.ok(statuses.filter((status) => status === 200).length > statuses.length / 2);
    assert.equal((await get_user()).status, 200);
});

test('a statement that takes too long is cut off, and nothing else suffers', async () => {
    assert.equal((await put_user('held')).status, 201);
    const lock = await hold_user(server.database, 'held');

    const slow = took(() => put_user('held'));
    await lock.waiting(1);
    assert.equal((await get_user()).status, 200);
    const {answer, ms} = await slow;
    await lock.release();

    assert_away(answer, 'database_timeout');
    assert.ok(ms < bound_ms, `${ms} ms`);
    assert.equal(await is_ready(), true);
    assert.equal((await put_user('held')).status, 200);
});

test('a database that stands still holds nobody for ever', async () => {
    assert.equal((await get_user()).status, 200);  // there is a connection, and it looks healthy
    postgres.freeze();
    try {
        // One after another, so that the last is still within its time when the first is given up.
        const asked = [];
        for (let i = 0; i < 4; ++i) {
            asked.push(took(get_user));
            const began = Date.now();
            await eventually(() => Date.now() - began >= 400);
        }
        const results = await Promise.all(asked);
        for (const {answer, ms} of results) {
            assert_away(answer, answer.json.code);
            assert.ok(ms < bound_ms, `${ms} ms`);
        }
        await eventually(async () => !await is_ready());
        await assert_tells_that_it_is_away();
        const {answer, ms} = await took(get_user);
        assert_away(answer);
        assert.ok(ms < at_once_ms, `${ms} ms`);
    } finally {
        postgres.thaw();
    }

    await eventually(is_ready, 15_000);
    assert.equal((await get_user()).status, 200);
});

test('a database that stands still does not keep the server from stopping', async () => {
    assert.equal((await get_user()).status, 200);
    postgres.freeze();
    try {
        const held = get_user().catch((error) => error);
        await eventually(async () => /^carillon_database_busy 1$/m.test((await server.api('GET', '/metrics')).text));

        server.signal('SIGTERM');

        assert.deepEqual(await server.finished(10_000), {code: 0, signal: null});
        await held;
    } finally {
        postgres.thaw();
    }
});
