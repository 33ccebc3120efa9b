// Frames that no well-behaved client sends. Whatever one client does, another is served as usual. Wrong messages are in
// websocket_hostile_messages_test.mjs; clients that are slow or many in websocket_slow_test.mjs, and those that fall
// silent in websocket_heartbeat_test.mjs.
import assert from 'node:assert/strict';
import {after, afterEach, test} from 'node:test';
import {eventually} from './support/eventually.mjs';
import {binary, close, continuation, fragments, frame, ping, pong, split, text} from './support/frames.mjs';
import {start_server} from './support/server.mjs';
import {connect, open} from './support/websocket.mjs';

const message_bytes = 65536;
const server = await start_server();
after(() => server.close());

const admin = {authorization: `Bearer ${server.token('admin')}`};
const innocent = await connect(server, 'innocent');
afterEach(async () => {
    const {data} = await innocent.ask({type: 'ping', data: {still: 'here'}}, 'pong');
    assert.deepEqual(data, {still: 'here'});
});

// Connected, of a user of their own, so that nobody else's limits count.
let users = 0;
async function hostile(options) {
    const raw = await open(server, `/api/ws/hostile-${++users}`, {...options, headers: admin});
    assert.equal(JSON.parse((await raw.frame()).payload).type, 'connected');
    return raw;
}
const json_of = async (raw) => JSON.parse((await raw.frame()).payload);
const around = (x) => `{"type":"ping","data":{"x":"${x}"}}`;
const envelope = around('').length;
const ping_of = (length) => around('x'.repeat(length - envelope));

// ---- Frames

const [protocol_error, no_binary, no_text, too_big] = [1002, 1003, 1007, 1009];
const hello = '{"type":"ping"}';
const bytes = (digits) => Buffer.from(digits, 'hex');
const wrong_frames = {
    'a text that is not masked': [frame(hello, {mask: null}), protocol_error],
    'a ping that is not masked': [ping('x', {mask: null}), protocol_error],
    'a goodbye that is not masked': [close(1000, '', {mask: null}), protocol_error],
    'the first reserved bit': [text(hello, {rsv: 4}), protocol_error],
    'the second reserved bit': [text(hello, {rsv: 2}), protocol_error],
    'the third reserved bit': [text(hello, {rsv: 1}), protocol_error],
    'a reserved bit on a continuation':
        [[text('{', {fin: false}), continuation('}', {rsv: 4})], protocol_error],
    'a length of 2^63': [text('', {length: 1n << 63n, bits: 64}), protocol_error],
    'a length of 2^64 - 1': [text('', {length: (1n << 64n) - 1n, bits: 64}), protocol_error],
    'a length of 2^63 - 1': [text('', {length: (1n << 63n) - 1n, bits: 64}), too_big],
    'a length of 2^32': [text('', {length: 1n << 32n, bits: 64}), too_big],
    'a length of 2^32 + 5, which is 5 in 32 bits': [text('{"x":', {length: (1n << 32n) + 5n, bits: 64}), too_big],
    'a length that is one too many, before any of it came':
        [text('', {length: message_bytes + 1, bits: 64}), too_big],
    'a short length in 16 bits': [text(hello, {bits: 16}), protocol_error],
    'a short length in 64 bits': [text(hello, {bits: 64}), protocol_error],
    'a length of 16 bits in 64': [text(ping_of(300), {bits: 64}), protocol_error],
    'a ping of 126 bytes': [ping('x'.repeat(126)), protocol_error],
    'a pong of 126 bytes': [pong('x'.repeat(126)), protocol_error],
    'a goodbye of 126 bytes': [close(1000, 'x'.repeat(124)), protocol_error],
    'a ping of 70 000 bytes': [ping('x'.repeat(70_000)), protocol_error],
    'a short ping with a length of 16 bits': [ping('x', {bits: 16}), protocol_error],
    'a ping in fragments': [[ping('x', {fin: false}), continuation('y')], protocol_error],
    'a pong in fragments': [[pong('x', {fin: false}), continuation('y')], protocol_error],
    'a goodbye in fragments': [[close(1000, '', {fin: false}), continuation('y')], protocol_error],
    'a continuation of nothing': [continuation(hello), protocol_error],
    'a continuation of what is complete': [[text('{', {fin: false}), continuation('}'), continuation('x')],
                                           protocol_error, 'malformed_json or nothing'],
    'a text inside a text': [[text('{', {fin: false}), text(hello)], protocol_error],
    'a binary message': [binary(hello), no_binary],
    'an empty binary message': [binary(''), no_binary],
    'a binary message in fragments': [binary('x', {fin: false}), no_binary],
    'half a close code': [frame('\u0003', {opcode: 8}), protocol_error],
    'the close code that means there was none': [close(1005), protocol_error],
    'the close code of a failed handshake of TLS': [close(1015), protocol_error],
    'a character cut in two and never ended': [fragments([bytes('7b22c3'), bytes('227d')]), no_text],
    'a character cut in two at the end': [fragments([bytes('7b22'), bytes('e282')]), no_text],
    'a character of four bytes, wrong in the fourth fragment':
        [fragments(['f0', '9f', '94', '28'].map(bytes)), no_text],
    'a surrogate cut in two': [fragments([bytes('ed'), bytes('a080')]), no_text],
    'a wrong character behind a ping that comes between': [
        [text(bytes('e2'), {fin: false}), ping('x'), continuation(bytes('28'), {fin: false})], no_text, 'a pong'],
    'a wrong byte behind 60 KB that are right':
        [text(Buffer.concat([Buffer.alloc(60_000, 'x'), bytes('ff')])), no_text],
};
for (const [name, [pieces, code, between]] of Object.entries(wrong_frames)) {
    for (const chop of [undefined, 1]) {
        if (chop && [pieces].flat().reduce((sum, each) => sum + each.length, 0) > 1000) continue;
        test(`${name} is refused with ${code}${chop ? ', byte by byte' : ''}`, async () => {
            const raw = await hostile();
            await raw.send(pieces, {chop});
            // What comes behind is not read any more.
            await raw.send([text(hello), ping('behind')]);
            const rest = await raw.rest();
            assert.equal(raw.close_frame?.code, code);
            assert.ok(rest.length <= (between ? 2 : 1), 'something else was answered');
        });
    }
}

test('a binary message inside a text is refused', async () => {
    const raw = await hostile();
    await raw.send([text('{', {fin: false}), binary('x')]);
    assert.ok([protocol_error, no_binary].includes((await raw.closed())?.code));
});

test('a thousand tiny fragments are one message, with pings between them or without', async () => {
    const raw = await hostile();
    const pieces = fragments(split(ping_of(1000), 1));
    assert.equal(pieces.length, 1000);
    await raw.send(pieces);
    assert.equal((await json_of(raw)).data.x.length, 1000 - envelope);
    await raw.send(pieces.flatMap((each, i) => i % 100 === 50 ? [each, ping(String(i))] : [each]));
    const got = [];
    for (let i = 0; i < 11; ++i) got.push(await raw.frame());
    assert.deepEqual(got.slice(0, 10).map(({payload}) => String(payload)),
                     Array.from({length: 10}, (_, i) => String(i * 100 + 50)));
    assert.equal(JSON.parse(got[10].payload).data.x.length, 1000 - envelope);
    raw.destroy();
});

test('empty fragments are taken, and endless ones are not', async () => {
    const raw = await hostile();
    await raw.send(fragments([hello, ...Array(500).fill(''), '']));
    assert.equal((await json_of(raw)).type, 'pong');
    await raw.send(text('', {fin: false}));
    const thousand = Buffer.concat(Array.from({length: 1000}, () => continuation('', {fin: false})));
    for (let i = 0; i < 1000 && !raw.close_frame; ++i) await raw.send(thousand);
    assert.ok([1002, 1008, 1009].includes((await raw.closed())?.code), JSON.stringify(raw.close_frame));
});

test('a message may be as large as the limit, and no larger, however it is cut', async () => {
    for (const size of [message_bytes, message_bytes + 1]) {
        const whole = ping_of(size);
        for (const cut of [size, 32768, 1000, size - 1]) {
            const raw = await hostile();
            await raw.send(fragments(split(whole, cut)));
            if (size > message_bytes) {
                assert.equal((await raw.closed())?.code, too_big, `${size} in pieces of ${cut}`);
            } else {
                assert.equal((await json_of(raw)).data.x.length, size - envelope);
                raw.destroy();
            }
        }
    }
});

test('fragments of one byte without an end are too big in the end', async () => {
    const raw = await hostile();
    await raw.send(text('{', {fin: false}));
    const many = Buffer.concat(Array.from({length: 1000}, () => continuation(' ', {fin: false})));
    for (let i = 0; i < 100 && !raw.close_frame; ++i) await raw.send(many);
    assert.ok([1008, 1009].includes((await raw.closed())?.code), JSON.stringify(raw.close_frame));
});

test('of pings that come too fast at least the last is answered, and all that are in their order', async () => {
    const raw = await hostile();
    const sent = Array.from({length: 1000}, (_, i) => `ping-${i}`);
    await raw.send(sent.map((each) => ping(each)));
    const answered = [];
    do answered.push(sent.indexOf(String((await raw.frame()).payload))); while (answered.at(-1) !== 999);
    assert.deepEqual(answered, [...answered].sort((a, b) => a - b));
    raw.destroy();
});

test('a goodbye is answered once, and the connection ends whoever goes on talking', async () => {
    const raw = await hostile();
    await raw.send([close(1000), ...Array(100).fill(text(hello)), close(1001), ping('x')]);
    const frames = await raw.rest();
    assert.deepEqual(frames.map(({opcode}) => opcode), [8]);
});

const connections_of = async (user) => {
    const {json} = await server.api('GET', `/api/ws/status?user_id=${user}`, {token: server.token('admin')});
    return json.users.flatMap(({connections}) => connections).length;
};
for (const way of ['half_close', 'destroy', 'break_off']) {
    test(`whoever hangs up without a goodbye is gone: ${way}`, async () => {
        const raw = await hostile();
        const user = `hostile-${users}`;
        assert.equal(await connections_of(user), 1);
        raw[way]();
        await eventually(async () => await connections_of(user) === 0);
    });
}
