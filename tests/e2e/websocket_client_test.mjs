// The tests' own WebSocket client, against a server that says what a script tells it: it must notice what is wrong.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import http from 'node:http';
import {after, test} from 'node:test';
import {fragments, frame, FrameReader, opcodes, ping, split} from './support/frames.mjs';
import {connect, open, shake} from './support/websocket.mjs';

const document = readFileSync(new URL('../../src/realtime/asyncapi.json', import.meta.url));
const accepts = (key) => createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const open_sockets = new Set();

// What the server does with a connection, and which fields it answers with, stands in the path of the handshake.
const scripts = {};
const scripted = http.createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(document);
});
scripted.on('upgrade', ({url, headers}, socket, early) => {
    open_sockets.add(socket);
    socket.on('error', () => {});
    const script = scripts[url.split('/').at(-1).split('?')[0]];
    const accept = accepts(headers['sec-websocket-key']);
    const fields = {Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Accept': accept, ...script.fields};
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`);
    script.run?.(socket, early);
});
await new Promise((listening) => { scripted.listen(0, '127.0.0.1', listening); });
const {port} = scripted.address();
const server = {port, url: `http://127.0.0.1:${port}`, token: (role, sub) => `${role}.${sub}`};
after(() => {
    for (const socket of open_sockets) socket.destroy();
    scripted.close();
});

const unmasked = (payload, options) => frame(payload, {mask: null, ...options});
const goodbye = (code, reason = '') =>
    unmasked(Buffer.from([code >> 8, code & 0xff, ...Buffer.from(reason)]), {opcode: opcodes.close});
const message = (type, data, more = {}) => unmasked(JSON.stringify(
    {type, id: 'srv_1', seq: null, timestamp: '2030-01-01T00:00:00.000Z', data, ...more}));
const connected = {user_id: 'asha', connection_id: 'c', device: '', node: 'n', last_seq: 0, expires_at: null,
                   ping_seconds: 25, message_bytes: 65536};
// A server that sends this and no more.
const says = (name, ...pieces) => {
    scripts[name] = {run: (socket) => socket.write(Buffer.concat(pieces))};
    return `/${name}`;
};

test('frames of every length are written and read', () => {
    for (const size of [0, 1, 125, 126, 127, 65535, 65536, 70000]) {
        const payload = Buffer.alloc(size, 'ab');
        const sent = unmasked(payload);
        assert.equal(sent.length - size, size < 126 ? 2 : size < 65536 ? 4 : 10);
        const reader = new FrameReader();
        const [got] = split(sent, 1000).flatMap((part) => reader.take(part));
        assert.ok(got.payload.equals(payload));
        const masked = frame(payload);
        assert.equal(masked.length, sent.length + 4);
        assert.equal(masked[1] & 0x80, 0x80);
    }
});

test('a message in pieces is one message', () => {
    const reader = new FrameReader();
    const got = reader.take(Buffer.concat(fragments(['one', 'two', 'three'], {mask: null})));
    assert.deepEqual(got.map(({opcode, fin, payload}) => [opcode, fin, String(payload)]),
                     [[1, false, 'one'], [0, false, 'two'], [0, true, 'three']]);
});

const wrong_frames = {
    'a masked frame': frame('x'),
    'a reserved bit': unmasked('x', {rsv: 4}),
    'an unknown opcode': unmasked('x', {opcode: 3}),
    'a length of 16 bits that needs 7': unmasked('x', {bits: 16}),
    'a length of 64 bits that needs 16': unmasked('x'.repeat(200), {bits: 64}),
    'a ping in pieces': unmasked('x', {opcode: opcodes.ping, fin: false}),
    'a ping of 126 bytes': unmasked('x'.repeat(126), {opcode: opcodes.ping}),
    'something continued that never began': unmasked('x', {opcode: opcodes.continuation}),
    'a message inside another': Buffer.concat([unmasked('x', {fin: false}), unmasked('y')]),
};
for (const [name, bytes] of Object.entries(wrong_frames)) {
    test(`${name} from a server is noticed`, async () => {
        const read = async () => {
            const raw = await open(server, says('wrong', bytes));
            await raw.frame();
        };
        await assert.rejects(read, /the server/);
    });
}

const wrong_answers = {
    'another accept key': {'Sec-WebSocket-Accept': accepts('another')},
    'an extension': {'Sec-WebSocket-Extensions': 'permessage-deflate'},
    'a length': {'Content-Length': '0'},
};
for (const [name, fields] of Object.entries(wrong_answers)) {
    test(`${name} in the answer to the handshake is noticed`, async () => {
        scripts.answer = {fields};
        await assert.rejects(shake(server, '/answer'), assert.AssertionError);
    });
}

test('a time limit is kept, and says what came', async () => {
    const raw = await open(server, says('quiet', Buffer.from([0x81])));
    await assert.rejects(raw.frame(50), /not within 50 ms: a frame; .*"half_read":1/);
    raw.destroy();
});

test('a goodbye is answered and recorded, and the end of the connection with it', async () => {
    const heard = [];
    scripts.leaves = {run: (socket) => {
        socket.on('data', (data) => {
            heard.push(data);
            socket.end();
        });
        socket.write(goodbye(1012, 'soon'));
    }};
    const raw = await open(server, '/leaves');
    assert.deepEqual(await raw.closed(), {code: 1012, reason: 'soon'});
    assert.equal(raw.tcp_closed, true);
    assert.equal(Buffer.concat(heard)[0], 0x88);
    assert.deepEqual((await raw.rest()).map(({opcode}) => opcode), [opcodes.close]);
    assert.equal(await raw.frame(), null);
});

test('what follows a goodbye is noticed', async () => {
    const path = says('talks', goodbye(1000), unmasked('x'));
    await assert.rejects(open(server, path).then((raw) => raw.rest()), /went on after its goodbye/);
});

test('pings are answered and not shown', async () => {
    const heard = new Promise((said) => {
        scripts.pings = {run: (socket) => {
            socket.once('data', said);
            socket.write(Buffer.concat([unmasked('p', {opcode: opcodes.ping}), unmasked('t')]));
        }};
    });
    const raw = await open(server, '/pings');
    assert.equal(String((await raw.frame()).payload), 't');
    assert.equal(raw.pings, 1);
    assert.equal((await heard)[0], 0x8a);
    raw.destroy();
});

test('pieces travel alone, and what is sent early comes with the head', async () => {
    const arrivals = [];
    const early_bytes = new Promise((told) => {
        scripts.counts = {run: (socket, early) => {
            told(early.length);
            socket.on('data', (data) => {
                arrivals.push(data.length);
                socket.write(unmasked(String(data.length)));
            });
        }};
    });
    const raw = await open(server, '/counts', {early: ping('early')});
    assert.equal(await early_bytes, 11);
    for (let i = 0; i < 3; ++i) {
        await raw.send(Buffer.from('x'));
        await raw.frame();
    }
    assert.deepEqual(arrivals, [1, 1, 1]);
    await raw.send(Buffer.alloc(10), {chop: 4});
    await raw.until(() => arrivals.reduce((sum, each) => sum + each) === 13, 'all of it');
    raw.destroy();
});

test('the comfortable client gives messages by type, and keeps all', async () => {
    const pong = (n) => message('pong', {n});
    says('asha', message('connected', connected), pong(1), message('acked', {seq: 3, device: 'd'}), pong(2), pong(3));
    const asha = await connect(server, 'asha');
    assert.deepEqual(asha.connected, connected);
    assert.equal((await asha.next()).data.n, 1);
    assert.equal((await asha.next('acked')).data.seq, 3);
    assert.equal((await asha.next('pong')).data.n, 2);
    await asha.raw.until(() => asha.messages.length === 5, 'all of them');
    assert.deepEqual(asha.take().map(({data}) => data), [{n: 3}]);
    await assert.rejects(asha.next('resumed', 50), /a message resumed/);
    asha.destroy();
});

const undescribed = {
    'a type that is not described': message('tada', {}),
    'a type that only clients have': message('ping', {}),
    'a member too many': message('pong', {}, {more: 1}),
    'a member of data too many': message('acked', {seq: 3, device: 'd', more: 1}),
    'a place that it does not have': message('pong', {}, {seq: 7}),
    'no place where it must have one': message('lead_update', {}, {id: 'evt_1'}),
    'a time that is none': message('pong', {}, {timestamp: 'now'}),
    'an invalid_field without its fields': message('error', {code: 'invalid_field', message: 'x', about: null}),
    'no JSON': unmasked('{'),
    'a binary message': unmasked('{}', {opcode: opcodes.binary}),
};
for (const [name, bytes] of Object.entries(undescribed)) {
    test(`the comfortable client notices ${name}`, async () => {
        says('asha', message('connected', connected), bytes);
        await assert.rejects(connect(server, 'asha').then((asha) => asha.next()));
    });
}

test('the comfortable client says where it stopped', async () => {
    says('asha', message('connected', connected), goodbye(4401, 'token_expired'));
    const asha = await connect(server, 'asha');
    await asha.raw.until(() => asha.raw.close_frame, 'its goodbye');
    asha.destroy();
    await assert.rejects(asha.next('pong'), /closed before a message pong: .*4401.*; told: connected/);
});
