// The Autobahn cases of sections 1 to 5: framing, pings, reserved bits, opcodes, fragments. The server is no echo and
// refuses binary messages with 1003; how the cases are meant here stands in support/autobahn.mjs.
import assert from 'node:assert/strict';
import {after, describe} from 'node:test';
import {
    around, echo, echo_of, enter, malformed, pong_of, sized, start_autobahn_server, test_cases,
} from './support/autobahn.mjs';
import {binary, close, continuation, fragments, frame, ping, pong, split, text} from './support/frames.mjs';

const server = await start_autobahn_server();
after(() => server.close());

const protocol_error = 1002;
const unsupported = 1003;
const hello = around('Hello, world!');
const hello_back = echo('Hello, world!');

// ---- 1 Framing

const lengths = [0, 125, 126, 127, 128, 65535, 65536, 65536];
const framing = {};
for (const [i, length] of lengths.entries()) {
    // The last is sent in pieces.
    const chop = i === 7 ? 997 : undefined;
    const name = `${length} bytes${chop ? ` in pieces of ${chop}` : ''}`;
    const message = length > 0 ? sized(length) : Buffer.alloc(0);
    framing[`1.1.${i + 1} a text of ${name}`] =
        {send: [text(message)], chop, expect: [length > 0 ? echo_of(message) : malformed]};
    framing[`1.2.${i + 1} a binary message of ${name}`] =
        {send: [binary(Buffer.alloc(length, 0xfe))], chop, ends: unsupported};
}

// ---- 2 Pings and pongs

const bytes = Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff]);
const full = Buffer.alloc(125, 0xfe);
const ten = Array.from({length: 10}, (_, i) => `payload-${i}`);
const pings = {
    '2.1 a ping without a payload': {send: [ping()], expect: [pong_of()]},
    '2.2 a ping with a text': {send: [ping('Hello, world!')], expect: [pong_of('Hello, world!')]},
    '2.3 a ping with bytes that are no text': {send: [ping(bytes)], expect: [pong_of(bytes)]},
    '2.4 a ping of 125 bytes': {send: [ping(full)], expect: [pong_of(full)]},
    '2.5 a ping of 126 bytes': {send: [ping(Buffer.alloc(126, 0xfe))], ends: protocol_error},
    '2.6 a ping of 125 bytes, byte by byte': {send: [ping(full)], chop: 1, expect: [pong_of(full)]},
    '2.7 a pong that nobody asked for, without a payload': {send: [pong()]},
    '2.8 a pong that nobody asked for': {send: [pong('unsolicited pong payload')]},
    '2.9 a pong that nobody asked for, and a ping':
        {send: [pong('unsolicited pong payload'), ping('ping payload')], expect: [pong_of('ping payload')]},
    '2.10 ten pings': {send: ten.map((each) => ping(each)), expect: ten.map(pong_of)},
    '2.11 ten pings, byte by byte': {send: ten.map((each) => ping(each)), chop: 1, expect: ten.map(pong_of)},
};

// ---- 3 Reserved bits. What came before the mistake may be answered, what comes behind it never.

const after_a_text = (wrong, chop) =>
    ({send: [text(hello), wrong, ping()], chop, expect: [hello_back], lenient: true, ends: protocol_error});
const reserved_bits = {
    '3.1 a text with the third reserved bit': {send: [text(hello, {rsv: 1})], ends: protocol_error},
    '3.2 a text, one with the second reserved bit, a ping': after_a_text(text(hello, {rsv: 2})),
    '3.3 the same with two bits, frame by frame': after_a_text(text(hello, {rsv: 3}), 'frames'),
    '3.4 the same with the first bit, byte by byte': after_a_text(text(hello, {rsv: 4}), 1),
    '3.5 a binary message with two bits': {send: [binary(bytes, {rsv: 5})], ends: protocol_error},
    '3.6 a ping with two bits': {send: [ping('Hello, world!', {rsv: 6})], ends: protocol_error},
    '3.7 a close with all bits': {send: [close(1000, '', {rsv: 7})], ends: protocol_error},
};

// ---- 4 Opcodes that mean nothing

const unknown_opcodes = {};
for (const [kind, first] of [[1, 3], [2, 11]]) {
    const name = (i) => `4.${kind}.${i + 1} opcode ${first + i}`;
    unknown_opcodes[name(0)] = {send: [frame('', {opcode: first})], ends: protocol_error};
    unknown_opcodes[`${name(1)} with a payload`] =
        {send: [frame('reserved opcode payload', {opcode: first + 1})], ends: protocol_error};
    unknown_opcodes[`${name(2)} behind a text`] = after_a_text(frame('', {opcode: first + 2}));
    unknown_opcodes[`${name(3)} with a payload behind a text`] =
        after_a_text(frame('reserved opcode payload', {opcode: first + 3}));
    unknown_opcodes[`${name(4)} with a payload behind a text, byte by byte`] =
        after_a_text(frame('reserved opcode payload', {opcode: first + 4}), 1);
}

// ---- 5 Fragments

const halves = split(hello, Math.ceil(hello.length / 2));
const fifths = split(around('fragment1fragment2fragment3fragment4fragment5'), 16);
const whole = echo('fragment1fragment2fragment3fragment4fragment5');
assert.equal(fifths.length, 5);
const [first, second] = fragments(halves);
const five = fragments(fifths);
const pings_between = [...five.slice(0, 2), ping('pongme 1!'), ...five.slice(2, 4), ping('pongme 2!'), five[4]];
const ways = {'': undefined, ', frame by frame': 'frames', ', byte by byte': 1};
const fragmentation = {
    '5.1 a ping in two fragments':
        {send: [ping('fragment1', {fin: false}), continuation('fragment2')], ends: protocol_error},
    '5.2 a pong in two fragments':
        {send: [pong('fragment1', {fin: false}), continuation('fragment2')], ends: protocol_error},
    '5.15 a text in two fragments, and a continuation of nothing': {
        send: [first, second, continuation('fragment3', {fin: false}), text(hello)],
        expect: [hello_back], lenient: true, ends: protocol_error,
    },
    '5.16 twice a continuation of nothing, and a text in two fragments': {
        send: Array(2).fill([continuation('fragment1', {fin: false}), first, second]).flat(), ends: protocol_error,
    },
    '5.17 twice a last continuation of nothing, and a text in two fragments': {
        send: Array(2).fill([continuation('fragment1'), first, second]).flat(), ends: protocol_error,
    },
    '5.18 a text in two fragments that both say text': {send: [first, text(halves[1])], ends: protocol_error},
    // The wait of the original ends here as soon as the first ping is answered.
    '5.19 a text in five fragments, pings between them, and a pause': async () => {
        const raw = await enter(server);
        await raw.send(pings_between.slice(0, 3));
        assert.equal(String((await raw.frame()).payload), 'pongme 1!');
        await raw.send(pings_between.slice(3));
        assert.equal(String((await raw.frame()).payload), 'pongme 2!');
        assert.equal(echo(JSON.parse((await raw.frame()).payload).data.echo), whole);
        await raw.goodbye(1000);
        assert.equal((await raw.closed()).code, 1000);
    },
    '5.20 a text in five fragments, pings between them, frame by frame': {
        send: pings_between, chop: 'frames', expect: [pong_of('pongme 1!'), pong_of('pongme 2!'), whole],
    },
};
const in_ways = [
    [3, 'a text in two fragments', {send: [first, second], expect: [hello_back]}],
    [6, 'a text in two fragments, a ping between them',
     {send: [first, ping('ping payload'), second], expect: [pong_of('ping payload'), hello_back]}],
    [9, 'a last continuation of nothing, and a text',
     {send: [continuation('non-continuation payload'), text(hello)], ends: protocol_error}],
    [12, 'a continuation of nothing, and a text',
     {send: [continuation('non-continuation payload', {fin: false}), text(hello)], ends: protocol_error}],
];
for (const [number, what, each] of in_ways) {
    for (const [i, [way, chop]] of Object.entries(ways).entries()) {
        fragmentation[`5.${number + i} ${what}${way}`] = {...each, chop};
    }
}

const sections = {
    '1 framing': [framing, 16], '2 pings and pongs': [pings, 11], '3 reserved bits': [reserved_bits, 7],
    '4 opcodes': [unknown_opcodes, 10], '5 fragments': [fragmentation, 20],
};
for (const [name, [cases, count]] of Object.entries(sections)) {
    assert.equal(Object.keys(cases).length, count, name);
    describe(name, {concurrency: 8}, () => test_cases(server, cases));
}
