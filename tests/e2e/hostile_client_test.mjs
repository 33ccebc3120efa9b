// Clients that are slow, greedy or strange, but speak HTTP.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import {after, afterEach, describe, test} from 'node:test';
import {eventually} from './support/eventually.mjs';
import {assert_problem} from './support/problem.mjs';
import {start_server} from './support/server.mjs';

const most_connections = 40;
const server = await start_server({env: {
    CARILLON_HTTP_HEADER_SECONDS: '1', CARILLON_HTTP_BODY_SECONDS: '1', CARILLON_HTTP_IDLE_SECONDS: '2',
    CARILLON_HTTP_WRITE_SECONDS: '1', CARILLON_HTTP_CONNECTIONS_PER_ADDRESS: String(most_connections),
}});
after(() => server.close());

const admin = server.token('admin');
const get = (path, fields = '') =>
    `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${admin}\r\n${fields}\r\n`;
const post = 'POST /api/users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n' +
    `Authorization: Bearer ${admin}\r\n`;
const body = '{"id":"asha","name":"Asha"}';
const one = async (pieces, options) => (await server.raw(pieces, {responses: 1, ...options})).responses[0];

await one(`${post}Content-Length: ${body.length}\r\n\r\n${body}`);

// Whatever happened, another connection is served as usual.
afterEach(async () => assert.equal((await one(get('/api/users/asha'))).status, 200));

// How a connection ends on which these pieces were sent, and nothing or a drop at a time after them.
function lingering(pieces, drop) {
    return new Promise((resolve, reject) => {
        const socket = net.connect(server.port, '127.0.0.1');
        const began = Date.now();
        let received = '';
        const drip = drop && setInterval(() => socket.writable && socket.write(drop), 50);
        const give_up = setTimeout(() => socket.destroy(new Error(`still open: ${received}`)), 10_000);
        socket.on('data', (data) => { received += data; });
        socket.on('error', (error) => { if (!['ECONNRESET', 'EPIPE'].includes(error.code)) reject(error); });
        socket.on('close', () => {
            clearInterval(drip);
            clearTimeout(give_up);
            resolve({received, seconds: (Date.now() - began) / 1000});
        });
        for (const piece of [pieces].flat()) socket.write(piece);
    });
}

describe('a client that stops half-way', {concurrency: true}, () => {
    const in_chunks = `${post}Transfer-Encoding: chunked\r\n\r\n`;
    const of_bytes = (count) => `${post}Content-Length: ${count}\r\n\r\n`;
    const bulk = of_bytes(50).replace('POST /api/users', 'PUT /api/users/bulk');
    const open_header = get('/healthz/live').slice(0, -2);
    const [silence, late] = [/^$/, /^HTTP\/1.1 408 /];
    const cases = {
        'nothing at all it is closed without a word': ['', undefined, silence],
        'an empty line and nothing more it is closed without a word': ['\r\n', undefined, silence],
        'half a request line it is told 408': ['GET /hea', undefined, late],
        'half a header it is told 408': [open_header, undefined, late],
        'half a body it is told 408': [`${of_bytes(50)}{`, undefined, late],
        'half a chunk it is told 408': [`${in_chunks}20\r\n{`, undefined, late],
        'half a bulk import it is told 408': [`${bulk}[`, undefined, late],
        'a header byte by byte it is told 408': [open_header, 'x', late],
        'a header field by field it is told 408': [open_header, 'X: y\r\n', late],
        'a body byte by byte it is told 408': [of_bytes(5000), ' ', late],
        'a whole request it is closed without a word': [get('/healthz/live'), undefined, /^HTTP\/1.1 200 [^]*"\}$/],
        'a request and a half it is told both': [`${get('/healthz/live')}GET`, undefined, /^HTTP[^]*HTTP\/1.1 408 /],
    };
    for (const [name, [pieces, drop, wanted]] of Object.entries(cases)) {
        test(`after ${name}`, async () => {
            const {received, seconds} = await lingering(pieces, drop);
            assert.match(received, wanted);
            assert.ok(seconds > 0.8, `after ${seconds} s already`);
            assert.ok(seconds < 8, `only after ${seconds} s`);
        });
    }
});

const resident_kib = () => Number(readFileSync(`/proc/${server.pid}/status`, 'utf8').match(/^VmRSS:\s*(\d+)/m)[1]);
async function connections() {
    const {text} = await one(get('/metrics'));
    return Number(text.match(/^carillon_connections\{kind="http"\} (\d+)/m)[1]);
}

test('a client that never reads is closed, and costs little until then', async () => {
    const before = resident_kib();
    const greedy = net.connect(server.port, '127.0.0.1');
    greedy.on('error', () => {});
    greedy.pause();
    // Some 200 MB of answers, if anybody took them.
    for (let i = 0; i < 10_000; ++i) greedy.write(get('/api/openapi.json'));
    await eventually(async () => (await connections()) >= 2);
    let most = 0;
    await eventually(async () => {
        most = Math.max(most, resident_kib() - before);
        return (await connections()) === 1;
    }, 10_000);
    greedy.destroy();
    assert.ok(most < 64 * 1024, `${most} KiB more`);
});

test('fifty requests at once are answered in their order', async () => {
    const paths = ['/api/users/asha', '/healthz/live', '/api/users/nobody', '/api/nothing', '/api/users?limit=1'];
    const requests = Array.from({length: 50}, (_, i) => get(paths[i % 5], `X-Request-Id: r${i}\r\n`));
    const {responses, closed} = await server.raw(requests.join(''), {responses: 50});
    assert.deepEqual(responses.map(({headers}) => headers['x-request-id']), requests.map((_, i) => `r${i}`));
    assert.deepEqual(responses.slice(0, 5).map(({status}) => status), [200, 200, 404, 404, 200]);
    assert.equal(closed, false);
});

test('requests at once with bodies of every kind are told apart', async () => {
    const chunked = `Transfer-Encoding: chunked\r\n\r\n5;a=b\r\n${body.slice(0, 5)}\r\n` +
        `${(body.length - 5).toString(16).toUpperCase()}\r\n${body.slice(5)}\r\n0\r\n\r\n`;
    const plain = `${post}Content-Length: ${body.length}\r\n\r\n${body}`;
    const needless = `${get('/healthz/live', 'Content-Length: 3\r\n')}GET`;
    const refused = `${post.replace('Bearer', 'Basic')}Content-Length: 2\r\n\r\n{}`;
    const after_an_empty_line = `\r\n${get('/healthz/live')}`;
    const {responses} = await server.raw(
        [post + chunked, plain, needless, refused, after_an_empty_line], {responses: 5});
    assert.deepEqual(responses.map(({status}) => status), [200, 200, 200, 401, 200]);
});

test('a request in pieces of one byte is put together', async () => {
    const whole = `${post}Transfer-Encoding: chunked\r\n\r\n1b\r\n${body}\r\n0\r\nX: y\r\n\r\n`;
    assert.equal(body.length, 0x1b);
    assert.equal((await one([...whole])).status, 200);
});

test('what follows a refusal that closes is not carried out', async () => {
    const pieces = [get('/healthz/live'), 'GET / HTTP/3.0\r\n\r\n', get('/healthz/live')];
    const {responses, closed} = await server.raw(pieces);
    assert.deepEqual(responses.map(({status}) => status), [200, 505]);
    assert.equal(closed, true);
});

test('the connection ends when the client says so', async () => {
    for (const value of ['close', 'CLOSE', 'keep-alive, close', 'upgrade, close']) {
        const pieces = [get('/healthz/live', `Connection: ${value}\r\n`), get('/healthz/live')];
        const {responses, closed} = await server.raw(pieces);
        assert.equal(responses.length, 1, value);
        assert.equal(responses[0].headers.connection, 'close');
        assert.equal(closed, true);
    }
});

test('HTTP/1.0 gets one answer and the end, unless it asks to go on', async () => {
    const once = await server.raw('GET /healthz/live HTTP/1.0\r\n\r\n');
    assert.deepEqual([once.responses.length, once.responses[0].status, once.closed], [1, 200, true]);
    const kept = 'GET /healthz/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
    const {responses} = await server.raw([kept, kept], {responses: 2});
    assert.deepEqual(responses.map(({status, headers}) => [status, headers.connection]),
                     [[200, 'keep-alive'], [200, 'keep-alive']]);
});

test('a target may be written as a whole address', async () => {
    assert.equal((await one('GET http://other/healthz/live?x HTTP/1.1\r\nHost: a\r\n\r\n')).status, 200);
    assert_problem(await one('GET http://other/api/nothing HTTP/1.1\r\nHost: a\r\n\r\n'), 404);
    assert_problem(await one('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'), 404);
});

test('TRACE does not echo', async () => {
    const answer = await one(get('/api/users').replace('GET', 'TRACE'));
    assert_problem(answer, 405);
    assert.ok(!answer.text.includes(admin));
});

test('an upgrade that nobody speaks is an ordinary request', async () => {
    for (const more of ['Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n', 'Upgrade: TLS/1.2\r\n',
                        'Upgrade:\r\n', 'Upgrade: websocket\r\nSec-WebSocket-Version: 99\r\nSec-WebSocket-Key: x\r\n',
                        `Upgrade: ${'a, '.repeat(900)}\r\n`]) {
        const answer = await one(get('/healthz/live', `Connection: Upgrade\r\n${more}`));
        assert.equal(answer.status, 200, more);
    }
    assert_problem(await one(get('/healthz/live', 'Connection: Upgrade\r\nUpgrade: \x01\r\n')), 400);
});

// A request that waits for leave to send its body. Gives {status, continued}.
function expecting(fields, content) {
    return new Promise((resolve, reject) => {
        let continued = false;
        const headers = {'content-type': 'application/json', expect: '100-continue', ...fields};
        const target = {port: server.port, host: '127.0.0.1', method: 'POST', path: '/api/users', agent: false};
        const request = http.request({...target, headers});
        request.on('continue', () => {
            continued = true;
            request.end(content);
        });
        request.on('response', (answer) => {
            resolve({status: answer.statusCode, continued});
            request.destroy();
        });
        request.on('error', reject);
        request.flushHeaders();
    });
}

test('a body is asked for only when it will be taken', async () => {
    const authorization = `Bearer ${admin}`;
    const length = {'content-length': body.length};
    const taken = {status: 200, continued: true};
    const refused = (status) => ({status, continued: false});
    assert.deepEqual(await expecting({authorization, ...length}, body), taken);
    assert.deepEqual(await expecting({authorization, 'transfer-encoding': 'chunked'}, body), taken);
    assert.deepEqual(await expecting(length, body), refused(401));
    assert.deepEqual(await expecting({authorization, 'content-length': 2 << 20}), refused(413));
    assert.deepEqual(await expecting({authorization, ...length, 'content-type': 'text/plain'}), refused(415));
});

test('what else is expected fails', async () => {
    assert_problem(await one(get('/healthz/live', 'Expect: a miracle\r\n')), 417, 'expectation_failed');
    assert_problem(await one(get('/healthz/live', 'Expect: 100-continue, x\r\n')), 417, 'expectation_failed');
});

// Two fields are there already.
const many = (count) => get('/healthz/live', Array.from({length: count - 2}, (_, i) => `X-${i}: y\r\n`).join(''));
test('a hundred fields are enough', async () => {
    assert.equal((await one(many(100))).status, 200);
    assert_problem(await one(many(101)), 431, 'header_too_large');
    assert_problem(await one(many(1000)), 431, 'header_too_large');
});

test('a header of 16 KiB is enough', async () => {
    const bare = get('/healthz/live', 'X: \r\n').length;
    const sized = (size) => get('/healthz/live', `X: ${'y'.repeat(size - bare)}\r\n`);
    assert.equal((await one(sized(16 << 10))).status, 200);
    assert_problem(await one(sized((16 << 10) + 1)), 431, 'header_too_large');
    assert_problem(await one(sized(17 << 10)), 431, 'header_too_large');
    assert_problem(await one(sized(1 << 20)), 431, 'header_too_large');
});

test('a request line of 8 KiB is enough', async () => {
    const sized = (size) => `GET /${'y'.repeat(size - 'GET / HTTP/1.1'.length)} HTTP/1.1\r\nHost: a\r\n\r\n`;
    assert_problem(await one(sized(8000)), 404);
    assert_problem(await one(sized(9 << 10)), 414, 'uri_too_long');
    assert_problem(await one(`GET /${'y'.repeat(100_000)}`), 414, 'uri_too_long');
});

test('a body where none belongs is skipped, and one too large for that ends the connection', async () => {
    const pieces = [get('/healthz/live', 'Content-Length: 1000\r\n'), 'x'.repeat(1000), get('/')];
    const {responses} = await server.raw(pieces, {responses: 2});
    assert.deepEqual(responses.map(({status}) => status), [200, 200]);
    const {responses: [refused], closed} = await server.raw(
        [get('/healthz/live', 'Content-Length: 1048577\r\n'), 'x'.repeat(1 << 20), 'x', get('/')]);
    assert_problem(refused, 413, 'too_large');
    assert.equal(closed, true);
});

test('more connections from one address than allowed are told so', async () => {
    await eventually(async () => (await connections()) === 1);
    const held = [];
    for (let i = 0; i < most_connections; ++i) {
        const socket = net.connect(server.port, '127.0.0.1');
        held.push(socket);
        await new Promise((connected, failed) => socket.on('connect', connected).on('error', failed));
    }
    // The last may not have been accepted yet; only then does this one count.
    const refused = await server.raw('');
    assert_problem(refused.responses[0], 429, 'too_many_connections');
    assert.ok(Number(refused.responses[0].headers['retry-after']) >= 1);
    assert.equal(refused.closed, true);
    for (const socket of held.slice(0, 3)) socket.destroy();
    await eventually(async () => (await one(get('/healthz/live'))).status === 200);
    for (const socket of held) socket.destroy();
    await eventually(async () => (await connections()) === 1);
});
