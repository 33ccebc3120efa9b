// The Autobahn cases of section 6: text is UTF-8, and what is not closes the connection with 1007 at the first byte
// that cannot be right. The server is no echo; how the cases are meant here stands in support/autobahn.mjs.
//
// A valid sequence goes out twice on one connection: as it is, which is no JSON and is told so, and within a ping
// message, which brings it back. An invalid one goes out as it is and within a ping message, on a connection each.
import assert from 'node:assert/strict';
import {after, describe} from 'node:test';
import {around, echo, enter, malformed, start_autobahn_server, test_cases} from './support/autobahn.mjs';
import {continuation, fragments, ping, split, text} from './support/frames.mjs';

const server = await start_autobahn_server();
after(() => server.close());

const invalid = 1007;
const hex = (digits) => Buffer.from(digits.replaceAll(' ', ''), 'hex');

// ---- 6.1 to 6.3 In fragments

const greeting = 'Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!';
const greek = hex('ceba e1bdb9 cf83 cebc ceb5');
const surrogate = Buffer.concat([greek, hex('eda080'), Buffer.from('edited')]);
const within = around(greeting);
const cut = within.indexOf('\u00fc');
const in_fragments = {
    '6.1.1 an empty text': {send: [text('')], expect: [malformed]},
    '6.1.2 an empty text in three fragments': {send: fragments(['', '', '']), expect: [malformed]},
    '6.1.3 a text between two empty fragments': {send: fragments(['', within, '']), expect: [echo(greeting)]},
    '6.2.1 a text beyond ASCII': {send: [text(within)], expect: [echo(greeting)]},
    '6.2.2 a text in two fragments, cut between two characters':
        {send: fragments([within.subarray(0, cut), within.subarray(cut)]), expect: [echo(greeting)]},
    '6.2.3 a text in fragments of one byte': {send: fragments(split(within, 1)), expect: [echo(greeting)]},
    '6.2.4 another text in fragments of one byte': [
        {send: fragments(split(greek, 1)), expect: [malformed]},
        {send: fragments(split(around(greek), 1)), expect: [echo(greek)]},
    ],
    '6.3.1 half a surrogate pair': {send: [text(surrogate)], ends: invalid},
    '6.3.2 half a surrogate pair in fragments of one byte': {send: fragments(split(surrogate, 1)), ends: invalid},
};

// ---- 6.4 What comes behind the wrong byte is not waited for

const beyond = Buffer.concat([greek, hex('f4908080'), Buffer.from('edited')]);
async function fails_at(start, wrong) {
    const raw = await enter(server);
    await raw.send(start);
    await raw.send(wrong);
    assert.equal((await raw.closed()).code, invalid);
}
// That the beginning alone is taken is seen by the answer to a ping between two fragments.
async function fails_in_fragments(end) {
    const raw = await enter(server);
    await raw.send([text(beyond.subarray(0, end[0]), {fin: false}), ping('still here?')]);
    assert.equal(String((await raw.frame()).payload), 'still here?');
    await raw.send(continuation(beyond.subarray(...end), {fin: false}));
    assert.equal((await raw.closed()).code, invalid);
}
function fails_in_one_frame([from, to]) {
    const whole = text(beyond);
    const head = whole.length - beyond.length;
    return fails_at(whole.subarray(0, head + from), whole.subarray(head + from, head + to));
}
const fail_fast = {
    '6.4.1 a character beyond Unicode in the second of three fragments': () => fails_in_fragments([11, 15]),
    '6.4.2 its second byte alone in the second of three fragments': () => fails_in_fragments([12, 13]),
    '6.4.3 a character beyond Unicode in the second of three pieces': () => fails_in_one_frame([11, 15]),
    '6.4.4 its second byte alone in the second of three pieces': () => fails_in_one_frame([12, 13]),
};

// ---- 6.5 to 6.23 Sequences, after Markus Kuhn's stress test of decoders

const valid_sequence = (bytes) => {
    // A control character may not stand in JSON as it is.
    const back = bytes[0] < 0x20 ? malformed : echo(bytes);
    return {send: [text(bytes), text(around(bytes))], expect: [malformed, back]};
};
const invalid_sequence = (bytes) =>
    [{send: [text(bytes)], ends: invalid}, {send: [text(around(bytes))], ends: invalid}];

const good = (...list) => list.map((digits) => [true, hex(digits)]);
const bad = (...list) => list.map((digits) => [false, hex(digits)]);
const range = (from, to, behind = []) =>
    Buffer.from(Array.from({length: to - from}, (_, i) => [from + i, ...behind]).flat()).toString('hex');
const prefixes = Array.from({length: greek.length}, (_, i) => greek.subarray(0, i + 1));
const whole_characters = [2, 5, 7, 9, 11];
const lacking = ['c0', 'e080', 'f08080', 'f8808080', 'fc80808080', 'df', 'efbf', 'f7bfbf', 'fbbfbfbf', 'fdbfbfbfbf'];
const last_of_planes = ['f0', 'f1', 'f2', 'f3', 'f4'].flatMap(
    (lead) => ['8f', '9f', 'af', 'bf'].flatMap((next) => [`${lead}${next}bfbe`, `${lead}${next}bfbf`]))
    .filter((digits) => !digits.startsWith('f08f') && (!digits.startsWith('f4') || digits.startsWith('f48f')));

const sequences = {
    '6.5 valid text': good(...['24', 'c2a2', 'e282ac', 'f0a4ada2'].map((each) => `68656c6c6f${each}776f726c64`),
                           greek.toString('hex')),
    '6.6 a beginning of valid text': prefixes.map((each) => [whole_characters.includes(each.length), each]),
    '6.7 the first of a length': good('00', 'c280', 'e0a080', 'f0908080'),
    '6.8 the first of five or six bytes': bad('f888808080', 'fc8480808080'),
    '6.9 the last of a length': good('7f', 'dfbf', 'efbfbf', 'f48fbfbf'),
    '6.10 the last of four, five or six bytes': bad('f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf'),
    '6.11 on a boundary': [...good('ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf'), ...bad('f4908080')],
    '6.12 continuation bytes of nothing': bad('80', 'bf', '80bf', '80bf80', '80bf80bf', '80bf80bf80', '80bf80bf80bf',
                                              range(0x80, 0xbf)),
    '6.13 leading bytes alone': bad(...[[0xc0, 0xdf], [0xe0, 0xef], [0xf0, 0xf7], [0xf8, 0xfb], [0xfc, 0xfd]].map(
        ([from, to]) => range(from, to, [0x20]))),
    '6.14 the last byte is missing': bad(...lacking),
    '6.15 many of these': bad(lacking.join('')),
    '6.16 bytes that never occur': bad('fe', 'ff', 'fefeffff'),
    '6.17 a slash in too many bytes': bad('c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af'),
    '6.18 the largest in too many bytes': bad('c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf'),
    '6.19 NUL in too many bytes': bad('c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080'),
    '6.20 half a surrogate pair': bad('eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf'),
    '6.21 both halves of a surrogate pair': bad(...['eda080', 'edadbf', 'edae80', 'edafbf'].flatMap(
        (high) => [`${high}edb080`, `${high}edbfbf`])),
    '6.22 what is no character and yet valid': good('efbfbe', 'efbfbf', ...last_of_planes),
    '6.23 specials': good('efbfb9', 'efbfba', 'efbfbb', 'efbfbc', 'efbfbd', 'efbfbe', 'efbfbf'),
};
const counts = [5, 11, 4, 2, 4, 3, 5, 8, 5, 10, 1, 3, 5, 5, 5, 7, 8, 34, 7];
assert.deepEqual(Object.values(sequences).map((list) => list.length), counts);

describe('6.1 to 6.3 fragments', {concurrency: 8}, () => test_cases(server, in_fragments));
describe('6.4 fail fast', {concurrency: 4}, () => test_cases(server, fail_fast));
for (const [title, list] of Object.entries(sequences)) {
    const [number, ...what] = title.split(' ');
    const cases = Object.fromEntries(list.map(([is_valid, bytes], i) => [
        `${number}.${i + 1} ${what.join(' ')}: ${bytes.toString('hex')}`,
        is_valid ? valid_sequence(bytes) : invalid_sequence(bytes),
    ]));
    describe(title, {concurrency: 8}, () => test_cases(server, cases));
}
