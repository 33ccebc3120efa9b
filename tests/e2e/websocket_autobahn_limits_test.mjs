// The Autobahn cases of sections 9 and 10: large messages, many messages, many fragments. The server is no echo and
// refuses binary messages with 1003, as soon as it has seen the head of one; how the cases are meant here stands in
// support/autobahn.mjs. Texts have the full size of the original: the server is told to take 16 MiB.
//
// Round trips are 1000, as in the original, but over ten connections: one alone may say no more than 100 at once.
import assert from 'node:assert/strict';
import {after, describe} from 'node:test';
import {
    around, echo, echo_of, enter, run_case, sized, start_autobahn_server, test_cases,
} from './support/autobahn.mjs';
import {binary, fragments, opcodes, split, text} from './support/frames.mjs';

const [kib, mib] = [1 << 10, 1 << 20];
const server = await start_autobahn_server({CARILLON_REALTIME_MESSAGE_BYTES: String(16 * mib)});
after(() => server.close());

const unsupported = 1003;
const bytes = (size) => Buffer.alloc(size, 0xfe);
const shown = (size) => size < kib ? `${size} bytes` : size < mib ? `${size / kib} KiB` : `${size / mib} MiB`;
// Built when its turn comes: all of them at once are a hundred megabytes. The server works on them for a while.
const lazily = (make) => () => run_case(server, {...make(), limit_ms: 60_000});

const cases = {};
const table = (section, sizes, what, make) => sizes.forEach((size, i) => {
    cases[`${section}.${i + 1} ${what.replace('%', shown(size))}`] = lazily(() => make(size));
});

const message_sizes = [64 * kib, 256 * kib, mib, 4 * mib, 8 * mib, 16 * mib];
const fragment_sizes = [64, 256, kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib, mib, 4 * mib];
const piece_sizes = [64, 128, 256, 512, kib, 2 * kib];

table('9.1', message_sizes, 'a text of %',
      (size) => ({send: [text(sized(size))], expect: [echo_of(sized(size))]}));
table('9.2', message_sizes, 'a binary message of %', (size) => ({send: [binary(bytes(size))], ends: unsupported}));
table('9.3', fragment_sizes, 'a text of 4 MiB in fragments of %',
      (size) => ({send: fragments(split(sized(4 * mib), size)), expect: [echo_of(sized(4 * mib))]}));
table('9.4', fragment_sizes, 'a binary message of 4 MiB in fragments of %', (size) => ({
    send: fragments(split(bytes(4 * mib), size), {opcode: opcodes.binary}), ends: unsupported,
}));
table('9.5', piece_sizes, 'a text of 1 MiB in pieces of %',
      (size) => ({send: [text(sized(mib))], chop: size, expect: [echo_of(sized(mib))]}));
table('9.6', piece_sizes, 'a binary message of 1 MiB in pieces of %',
      (size) => ({send: [binary(bytes(mib))], chop: size, ends: unsupported}));

// ---- 9.7 and 9.8 Round trips, of payloads that are within the message here

const payload_sizes = [0, 16, 64, 256, kib, 4 * kib];
async function round_trips(payload, count) {
    const raw = await enter(server);
    for (let i = 0; i < count; ++i) {
        await raw.send(text(around(payload)));
        assert.equal(echo(JSON.parse((await raw.frame()).payload).data.echo), echo(payload));
    }
    await raw.goodbye(1000);
    assert.equal((await raw.closed()).code, 1000);
}
for (const [i, size] of payload_sizes.entries()) {
    const payload = '*'.repeat(size);
    cases[`9.7.${i + 1} 1000 round trips of ${shown(size)}`] = () =>
        Promise.all(Array.from({length: 10}, () => round_trips(payload, 100)));
    cases[`9.8.${i + 1} a binary message of ${shown(size)}, of 1000`] =
        lazily(() => ({send: [binary(bytes(size))], ends: unsupported}));
}

cases['10.1.1 a text of 64 KiB in fragments of 1300 bytes'] = lazily(
    () => ({send: fragments(split(sized(64 * kib), 1300)), expect: [echo_of(sized(64 * kib))]}));

assert.equal(Object.keys(cases).length, 6 + 6 + 9 + 9 + 6 + 6 + 6 + 6 + 1);
describe('9 limits and 10 fragments', {concurrency: 4}, () => test_cases(server, cases));
