// How a socket is opened: the handshake, and what comes in its packet. Who may open one is in websocket_caller_test.mjs
// and websocket_origin_test.mjs.
import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {after, test} from 'node:test';
import {make_certificate} from './support/certificates.mjs';
import {bearer, doorstep} from './support/doorstep.mjs';
import {frame, ping, text} from './support/frames.mjs';
import {assert_problem} from './support/problem.mjs';
import {start_server} from './support/server.mjs';
import {handshake, open, shake} from './support/websocket.mjs';

const folder = mkdtempSync(path.join(os.tmpdir(), 'carillon-ws-'));
const certificate = make_certificate(folder, 'bell.example');
const server = await start_server({env: {
    CARILLON_SERVER_TLS_LISTEN: '127.0.0.1:0', CARILLON_TLS_CERTIFICATES: `${certificate.cert}:${certificate.key}`,
}});
after(async () => {
    await server.close();
    rmSync(folder, {recursive: true});
});

const {token, taken, refused} = doorstep(server);
const own = bearer(token());
const admin = bearer(token('admin', 'root'));

// ---- The handshake

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const base64_of = (size) => Buffer.alloc(size).toString('base64');
const good_headers = {
    'the letters of Upgrade': {upgrade: 'WebSocket'},
    'a list of upgrades': {upgrade: 'h2c, websocket'},
    'the letters of Connection': {connection: 'uPGRADE'},
    'a list in Connection': {connection: 'keep-alive, Upgrade'},
    'two lines of Connection': {connection: ['keep-alive', 'Upgrade']},
    'blanks around the key': {'sec-websocket-key': `  ${key}\t`},
    'the key of the standard': {'sec-websocket-key': key},
    'a body of no bytes': {'content-length': '0'},
    'compression that is offered': {'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits'},
    'compression in several ways': {'sec-websocket-extensions': ['permessage-deflate', 'x-webkit-deflate-frame, foo']},
};
for (const [name, headers] of Object.entries(good_headers)) {
    test(`a handshake is taken with ${name}`, () => taken('/api/ws/asha', {headers: {...own, ...headers}}));
}

const [upgrade_required, malformed] = [[426, 'upgrade_required'], [400, 'malformed_handshake']];
const wrong_version = [426, undefined];
const bad_headers = {
    'no Upgrade': [{upgrade: undefined}, ...upgrade_required],
    'an empty Upgrade': [{upgrade: ''}, ...upgrade_required],
    'another Upgrade': [{upgrade: 'h2c'}, ...upgrade_required],
    'something like websocket': [{upgrade: 'websockets'}, ...upgrade_required],
    'no Connection': [{connection: undefined}, ...malformed],
    'Connection: keep-alive': [{connection: 'keep-alive'}, ...malformed],
    'Connection: upgraded': [{connection: 'upgraded'}, ...malformed],
    'no version': [{'sec-websocket-version': undefined}, ...wrong_version],
    ...Object.fromEntries(['', '0', '8', '12', '14', '013', '13, 8', '13.0', 'x', '-13'].map(
        (version) => [`the version "${version}"`, [{'sec-websocket-version': version}, ...wrong_version]])),
    'two versions': [{'sec-websocket-version': ['13', '8']}, ...wrong_version],
    'no key': [{'sec-websocket-key': undefined}, ...malformed],
    'two keys': [{'sec-websocket-key': [key, key]}, ...malformed],
    ...Object.fromEntries([
        '', '==', 'x', key.slice(0, -1), key.slice(0, -2), `${key}=`, `A${key}`, key.replace('d', '!'),
        key.replace('d', '-'), key.replace('d', ' '), base64_of(15), base64_of(17), '0'.repeat(32),
    ].map((wrong) => [`the key "${wrong}"`, [{'sec-websocket-key': wrong}, ...malformed]])),
    'a body': [{'content-length': '5'}, ...malformed, {early: ['hello']}],
    'a body in chunks': [{'transfer-encoding': 'chunked'}, ...malformed, {early: ['0\r\n\r\n']}],
};
for (const [name, [headers, status, code, more]] of Object.entries(bad_headers)) {
    test(`a handshake is refused with ${name}`, async () => {
        await refused('/api/ws/asha', {headers: {...own, ...headers}, ...more}, status, code);
    });
}

test('HTTP/1.0 knows no upgrade',
     () => refused('/api/ws/asha', {headers: own, version: '1.0'}, ...upgrade_required));

test('a socket is opened by GET alone', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
        const {headers} = await refused('/api/ws/asha', {method, headers: own}, 405);
        assert.ok(headers.allow.includes('GET'));
    }
    const {response} = await shake(server, '/api/ws/asha', {method: 'HEAD', headers: own});
    assert.ok([400, 405].includes(response.status), `HEAD: ${response.status}`);
});

test('an ordinary request is told what is spoken here, with a token and without', async () => {
    for (const headers of [own, {}]) {
        const answer = await server.api('GET', '/api/ws/asha', {headers});
        assert_problem(answer, 426, 'upgrade_required');
    }
});

test('after a refusal the connection serves the next request', async () => {
    const {head} = handshake('/api/ws/asha', {headers: {...own, 'sec-websocket-version': '8'}});
    const next = 'GET /healthz/live HTTP/1.1\r\nHost: a\r\n\r\n';
    const {responses} = await server.raw([head, next], {responses: 2});
    assert.deepEqual(responses.map(({status}) => status), [426, 200]);
});

test('the id of a request is on its answer', async () => {
    const {headers} = await taken('/api/ws/asha', {headers: {...own, 'x-request-id': 'my-own-id'}});
    assert.equal(headers['x-request-id'], 'my-own-id');
});

test('with compression offered and declined, a compressed frame is an error', async () => {
    const headers = {...own, 'sec-websocket-extensions': 'permessage-deflate'};
    const raw = await open(server, '/api/ws/asha', {headers, early: text('{"type":"ping"}', {rsv: 4})});
    assert.equal((await raw.closed()).code, 1002);
});

// ---- What comes in the packet of the handshake

const secure = () => {
    const [, {address}] = server.log.filter(({event}) => event === 'server_listening');
    const port = Number(address.slice(address.lastIndexOf(':') + 1));
    return {tls: {port, servername: 'bell.example', ca: readFileSync(certificate.cert)}};
};
for (const [scheme, options] of [['ws', () => ({})], ['wss', secure]]) {
    test(`${scheme}: frames right behind the handshake are read, and connected is said first`, async () => {
        // Each a user of whom the server knows nothing yet.
        const early = [text('{"type":"ping","data":{"n":1}}'), ping('early'), text('{"type":"ping","data":{"n":2}}')];
        const raw = await open(server, `/api/ws/early-${scheme}`, {...options(), headers: admin, early});
        const frames = [];
        for (let i = 0; i < 4; ++i) frames.push(await raw.frame());
        const texts = frames.filter(({opcode}) => opcode === 1).map(({payload}) => JSON.parse(payload));
        assert.deepEqual(texts.map(({type, data}) => type === 'pong' ? data.n : type), ['connected', 1, 2]);
        assert.deepEqual(frames.filter(({opcode}) => opcode === 10).map(({payload}) => String(payload)), ['early']);
        raw.destroy();
    });

    test(`${scheme}: a frame may begin in the packet of the handshake and end in another`, async () => {
        const whole = text('{"type":"ping","data":{"n":1}}');
        for (const cut of [1, 3, 6, 20]) {
            const raw = await open(server, '/api/ws/asha', {...options(), headers: own, early: whole.subarray(0, cut)});
            assert.equal(JSON.parse((await raw.frame()).payload).type, 'connected');
            await raw.send(whole.subarray(cut));
            assert.deepEqual(JSON.parse((await raw.frame()).payload).data, {n: 1});
            raw.destroy();
        }
    });

    test(`${scheme}: a handshake may come byte by byte`, async () => {
        const raw = await open(server, '/api/ws/asha', {...options(), headers: own, chop: 1, early: ping('x')});
        const opcodes = [(await raw.frame()).opcode, (await raw.frame()).opcode];
        assert.deepEqual(opcodes.sort(), [1, 10]);
        raw.destroy();
    });

    test(`${scheme}: a hundred messages in the packet of the handshake are all answered`, async () => {
        const data = Array.from({length: 100}, (_, n) => ({n, pad: 'x'.repeat(900)}));
        const early = data.map((each) => text(JSON.stringify({type: 'ping', data: each})));
        const raw = await open(server, '/api/ws/asha', {...options(), headers: own, early});
        assert.equal(JSON.parse((await raw.frame()).payload).type, 'connected');
        for (const each of data) assert.deepEqual(JSON.parse((await raw.frame()).payload).data, each);
        raw.destroy();
    });

    test(`${scheme}: a wrong frame right behind the handshake fails the connection`, async () => {
        const raw = await open(server, '/api/ws/asha', {...options(), headers: own, early: frame('{}', {mask: null})});
        assert.equal((await raw.closed()).code, 1002);
    });
}
