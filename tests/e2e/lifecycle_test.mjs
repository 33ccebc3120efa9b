// How the server starts, is told things by signals, and goes.
import assert from 'node:assert/strict';
import http from 'node:http';
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {after, test} from 'node:test';
import {request} from './support/client.mjs';
import {Database} from './support/database.mjs';
import {eventually} from './support/eventually.mjs';
import {hold_user, hold_migrations} from './support/locks.mjs';
import {free_port, knock} from './support/ports.mjs';
import {parse_responses} from './support/raw.mjs';
import {Server, start_server} from './support/server.mjs';

const clean_end = {code: 0, signal: null};
const user = {name: 'Asha', role: 'customer'};

// Each test stops its own; this is for the one that failed before it did.
async function with_server(options, use) {
    const server = await start_server(options);
    try {
        await use(server);
    } finally {
        if (!server.ended) await server.crash();
        await server.close();
    }
}

function put_user(server, id) {
    const answer = server.api('POST', '/api/users', {token: server.token(), body: {...user, id}});
    answer.catch(() => {});  // when the test has failed already, its first failure is the one to show
    return answer;
}

// One connection that asks, waits for the answer, and asks again until the server has enough of it.
// Gives {answered: ids of the requests that were answered, told: whether the last answer announced the end}.
function keep_asking(server, name) {
    const answered = new Set();
    let received = Buffer.alloc(0);
    let told = false;
    let count = 0;
    return new Promise((resolve) => {
        const socket = net.connect({port: server.port, host: '127.0.0.1'});
        const ask = () => socket.write(
            `GET /api/users/${name} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: ${name}-${++count}\r\n` +
            `Authorization: Bearer ${server.token()}\r\n\r\n`);
        socket.on('connect', ask).on('error', () => {}).on('close', () => resolve({answered, told}));
        socket.on('data', (data) => {
            const {responses, rest} = parse_responses(Buffer.concat([received, data]));
            received = rest;
            for (const {headers} of responses) {
                answered.add(headers['x-request-id']);
                told = headers.connection === 'close';
                if (!told) ask();
            }
        });
    });
}

const accepted = (server, prefix) =>
    server.log.filter(({event, request_id}) => event === 'request' && request_id.startsWith(prefix))
        .map(({request_id}) => request_id);

test('under load it answers all that it accepted, and ends with 0', () => with_server({}, async (server) => {
    await put_user(server, 'held');
    const lock = await hold_user(server.database, 'held');
    const slow = [put_user(server, 'held')];
    await lock.waiting(1);
    // These wait behind it, in the server.
    slow.push(put_user(server, 'held'), put_user(server, 'held'), put_user(server, 'held'));
    const clients = Array.from({length: 8}, (_, index) => keep_asking(server, `client${index}`));
    await eventually(() => accepted(server, 'client').length > 100);

    server.signal('SIGTERM');
    const began = Date.now();
    await server.logged('server_stopping');
    await eventually(async () => await knock(server.port) === 'ECONNREFUSED');
    const results = await Promise.all(clients);
    await lock.release();

    for (const {status} of await Promise.all(slow)) assert.equal(status, 200);
    assert.deepEqual(await server.finished(10_000), clean_end);
    assert.ok(Date.now() - began < 10_000);
    const answered = new Set(results.flatMap((each) => [...each.answered]));
    assert.deepEqual(accepted(server, 'client').filter((id) => !answered.has(id)), []);
    assert.ok(results.some(({told}) => told), 'no client was told that its connection ends');
}));

test('while it stops it is not ready, and tells those still connected', () => with_server({}, async (server) => {
    const socket = net.connect({port: server.port, host: '127.0.0.1'});
    let received = '';
    socket.setEncoding('latin1').on('data', (text) => { received += text; });
    const closed = new Promise((resolve) => { socket.on('close', resolve); });
    await put_user(server, 'held');
    const lock = await hold_user(server.database, 'held');
    const slow = put_user(server, 'held');
    await lock.waiting(1);
    // Half a request, so that the connection is not one that rests.
    socket.write('GET /healthz/ready HTTP/1.1\r\nHost: localhost\r\n');

    server.signal('SIGTERM');
    await server.logged('server_stopping');
    socket.write('\r\n');
    await closed;

    const [answer] = parse_responses(Buffer.from(received, 'latin1'), {ended: true}).responses;
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.connection, 'close');
    assert.deepEqual(JSON.parse(answer.text), {status: 'not_ready', reason: 'stopping'});
    await lock.release();
    assert.equal((await slow).status, 200);
    assert.deepEqual(await server.finished(10_000), clean_end);
}));

test('connections that rest do not keep it', () => with_server({}, async (server) => {
    const idle = net.connect({port: server.port, host: '127.0.0.1'});
    const closed = new Promise((resolve) => { idle.on('close', resolve); });
    await eventually(() => !idle.connecting);

    server.signal('SIGTERM');

    await closed;
    assert.deepEqual(await server.finished(10_000), clean_end);
}));

test('with nobody connected it stops too, at SIGINT as well', () => with_server({}, async (server) => {
    http.globalAgent.destroy();
    await eventually(async () => {
        const {text} = await request(server.url, {path: '/metrics', headers: {connection: 'close'}});
        return /^carillon_connections\{.*http.*\} 1$/m.test(text);
    });

    server.signal('SIGINT');

    assert.deepEqual(await server.finished(10_000), clean_end);
}));

test('what lasts longer than it may is given up, and the end is clean', () => {
    const env = {CARILLON_SERVER_SHUTDOWN_SECONDS: '3', CARILLON_DATABASE_STATEMENT_TIMEOUT_MS: '60000'};
    return with_server({env}, async (server) => {
        await put_user(server, 'held');
        const lock = await hold_user(server.database, 'held');
        const slow = put_user(server, 'held').catch((error) => error);
        await lock.waiting(1);

        server.signal('SIGTERM');

        assert.deepEqual(await server.finished(10_000), clean_end);
        assert.equal((await slow).code, 'ECONNRESET');
        await lock.release();
    });
});

test('told twice, it ends at once and not with 0', () => with_server({}, async (server) => {
    await put_user(server, 'held');
    const lock = await hold_user(server.database, 'held');
    const slow = put_user(server, 'held').catch((error) => error);
    await lock.waiting(1);
    server.signal('SIGTERM');
    await server.logged('server_stopping');

    server.signal('SIGTERM');

    assert.deepEqual(await server.finished(2000), {code: 1, signal: null});
    assert.equal(server.log.at(-1).event, 'server_killed');
    assert.equal((await slow).code, 'ECONNRESET');
    await lock.release();
}));

function write_config(server, text) {
    const file = path.join(server.folder, 'config/carillon.toml');
    mkdirSync(path.dirname(file), {recursive: true});
    writeFileSync(file, text);
}

async function ask_as(server, port, id) {
    const answer = await request(`http://127.0.0.1:${port}`,
                                 {path: '/api/nowhere', headers: {'x-request-id': id, connection: 'close'}});
    assert.equal(answer.headers['x-request-id'], id);
}
const logged_request = (process, id) =>
    process.log.some(({event, request_id}) => event === 'request' && request_id === id);

test('told to stop while another server migrates, it ends within its time', async () => {
    const server = new Server(await Database.create(), {CARILLON_SERVER_SHUTDOWN_SECONDS: '2'});
    after(async () => {
        await server.database.drop();
        rmSync(server.folder, {recursive: true});
    });
    const migrations = await hold_migrations(server.database);
    const running = server.spawn(['serve']);
    await migrations.waiting(1);

    running.signal('SIGTERM');

    assert.deepEqual(await running.finished(4_000), {code: 0, signal: null});
    await migrations.release();
});

test('SIGHUP takes up another log level', async () => {
    const server = new Server(await Database.create(), {});
    after(async () => {
        await server.database.drop();
        rmSync(server.folder, {recursive: true});
    });
    const port = await free_port();
    write_config(server, `[server]\nlisten = ["127.0.0.1:${port}"]\n[log]\nlevel = "error"\n`);
    const running = server.spawn(['serve'], {CARILLON_SERVER_LISTEN: undefined});
    await eventually(async () => await knock(port) === 'connected', 20_000);
    await ask_as(server, port, 'before');

    write_config(server, `[server]\nlisten = ["127.0.0.1:${port}"]\n[log]\nlevel = "info"\n`);
    running.signal('SIGHUP');
    await running.logged('reloaded');
    await ask_as(server, port, 'afterwards');

    await eventually(() => logged_request(running, 'afterwards'));
    assert.equal(logged_request(running, 'before'), false);
    await running.stop();
});

test('SIGHUP with a mistake in the file changes nothing and names it', () => with_server({}, async (server) => {
    write_config(server, '[log]\nlevel = "error"\n\n[http]\nbody_byte = 1\n');

    server.signal('SIGHUP');

    const {reason} = await server.logged('reload_failed');
    assert.equal(reason, 'config/carillon.toml:5:1: unknown key http.body_byte (did you mean http.body_bytes?)');
    await ask_as(server, server.port, 'still_here');
    await eventually(() => logged_request(server, 'still_here'));
    await server.stop();
}));

test('two servers share a port when both are told to', async () => {
    const env = {CARILLON_SERVER_REUSE_PORT: 'true', CARILLON_SERVER_NODE: 'first'};
    await with_server({env}, async (server) => {
        const second = server.spawn(['serve'], {
            CARILLON_SERVER_LISTEN: `127.0.0.1:${server.port}`, CARILLON_SERVER_NODE: 'second'});
        await second.logged('server_ready');
        const who = async () =>
            (await request(server.url, {path: '/api/health', headers: {connection: 'close'}})).json.node;

        const seen = new Set();
        await eventually(async () => seen.add(await who()).size === 2);

        await server.stop();
        for (let i = 0; i < 20; ++i) assert.equal(await who(), 'second');
        await second.stop();
    });
});

test('a port that is taken ends the start with 1 and its name', () => with_server({}, async (server) => {
    const second = server.spawn(['serve'], {CARILLON_SERVER_LISTEN: `127.0.0.1:${server.port}`});

    assert.deepEqual(await second.finished(), {code: 1, signal: null});

    const {reason} = second.log.find(({event}) => event === 'listen_failed');
    assert.equal(reason, `cannot listen on 127.0.0.1:${server.port}: Address already in use`);
    await server.stop();
}));
