// The Autobahn cases of section 7: how connections are closed. The server is no echo; how the cases are meant here
// stands in support/autobahn.mjs.
import assert from 'node:assert/strict';
import {after, describe} from 'node:test';
import {around, echo, echo_of, sized, start_autobahn_server, test_cases} from './support/autobahn.mjs';
import {close, fragments, frame, opcodes, ping, split, text} from './support/frames.mjs';

const large = 256 << 10;
const server = await start_autobahn_server({CARILLON_REALTIME_MESSAGE_BYTES: String(large)});
after(() => server.close());

const protocol_error = 1002;
const invalid_text = 1007;
const normal = 1000;
const hello = text(around('Hello World!'));
const hello_back = echo('Hello World!');
const [first, second] = fragments(split(around('fragment1fragment2'), 40));
const of_bytes = (payload) => frame(payload, {opcode: opcodes.close});
const no_text = Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex');

// ---- 7.1 After a goodbye nothing is answered any more

const behaviour = {
    '7.1.1 a text, then a close': {send: [hello, close(normal)], expect: [hello_back], ends: normal},
    '7.1.2 two closes': {send: [close(normal), close(normal)], ends: normal},
    '7.1.3 a close, then a ping': {send: [close(normal), ping()], ends: normal},
    '7.1.4 a close, then a text': {send: [close(normal), hello], ends: normal},
    '7.1.5 a close between two fragments': {send: [first, close(normal), second], ends: normal},
    // How much of the answers still goes out is left to the server.
    '7.1.6 a text of 256 KiB, another, a close, a ping': {
        send: [text(sized(large)), hello, close(normal), ping()], expect: [echo_of(sized(large)), hello_back],
        lenient: true, ends: normal,
    },
};

// ---- 7.3 and 7.5 What a close frame holds

const payloads = {
    '7.3.1 an empty close': {send: [close()], ends: normal},
    '7.3.2 half a code': {send: [of_bytes(Buffer.from([3]))], ends: protocol_error},
    '7.3.3 a code': {send: [close(normal)], ends: normal},
    '7.3.4 a code and a reason': {send: [close(normal, 'Hello World!')], ends: normal},
    '7.3.5 a code and a reason of 123 bytes': {send: [close(normal, '*'.repeat(123))], ends: normal},
    '7.3.6 a code and a reason of 124 bytes': {send: [close(normal, '*'.repeat(124))], ends: protocol_error},
    '7.5.1 a reason that is no UTF-8': {send: [close(normal, no_text)], ends: invalid_text},
};

// ---- 7.7, 7.9 and 7.13 Codes

const numbered = (section, what, codes, ends) => Object.fromEntries(codes.map(
    (code, i) => [`7.${section}.${i + 1} ${what} ${code}`, {send: [close(code)], ends: ends(code)}]));
// Answered by itself or by 1000.
const valid = numbered(7, 'the code', [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999],
                       (code) => [normal, code]);
const forbidden = numbered(9, 'the forbidden code', [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999],
                           () => protocol_error);
// Nothing says what these mean; the connection must end in good order all the same.
const undefined_codes = numbered(13, 'the undefined code', [5000, 65535], (code) => [normal, code, protocol_error]);

const sections = {
    '7.1 behaviour': [behaviour, 6], '7.3 and 7.5 payloads': [payloads, 7], '7.7 valid codes': [valid, 13],
    '7.9 forbidden codes': [forbidden, 9], '7.13 undefined codes': [undefined_codes, 2],
};
for (const [name, [cases, count]] of Object.entries(sections)) {
    assert.equal(Object.keys(cases).length, count, name);
    describe(name, {concurrency: 8}, () => test_cases(server, cases));
}
