// How the cases of the Autobahn fuzzing client are put to this server (websocket_autobahn_*_test.mjs).
//
// Autobahn expects an echo, and this server is none. So:
// - A text that Autobahn expects back goes out as a ping message around it, of the length that Autobahn means where
//   a length is the point: {"type":"ping","data":{"echo":"..."}} is answered by a pong with the same data.
// - A text that cannot stand in JSON is answered by the error malformed_json, and the connection stays.
// - Binary messages are refused here: where Autobahn expects one back, the connection is closed with 1003.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {test} from 'node:test';
import {bytes_of, opcodes} from './frames.mjs';
import {start_server} from './server.mjs';
import {open} from './websocket.mjs';

const path = '/api/ws/autobahn';

export function start_autobahn_server(env = {}) {
    // All cases are one user's, each on a connection of its own.
    return start_server({env: {CARILLON_REALTIME_CONNECTIONS_PER_USER: '1000', ...env}});
}

// A ping message around these bytes, which must be able to stand in a JSON text.
const [before, behind] = ['{"type":"ping","data":{"echo":"', '"}}'].map((each) => Buffer.from(each));
export const around = (payload) => Buffer.concat([before, bytes_of(payload), behind]);
// A ping message of so many bytes in all.
export const sized = (size) => around(Buffer.alloc(size - before.length - behind.length, 'BAsd7&jh23'));

// What is said and expected, in few words; of a long text its length and a digest.
function brief(payload) {
    const bytes = bytes_of(payload);
    if (bytes.length <= 200) return bytes.toString('utf8');
    return `${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
}
export const echo = (payload) => `echo ${brief(payload)}`;
export const echo_of = (message) => echo(message.subarray(before.length, message.length - behind.length));
export const malformed = 'error malformed_json';
export const pong_of = (payload = '') => `pong ${bytes_of(payload).toString('hex')}`;

function told({opcode, fin, payload}) {
    if (opcode === opcodes.pong) return pong_of(payload);
    if (opcode === opcodes.close) return 'goodbye';
    if (opcode !== opcodes.text || !fin) return `opcode ${opcode}, fin ${fin}`;
    const {type, data} = JSON.parse(payload.toString('utf8'));
    return type === 'pong' ? echo(data.echo) : type === 'error' ? `error ${data.code}` : type;
}

export async function enter(server, options) {
    const raw = await open(server, path, {...options, headers: {authorization: `Bearer ${server.token('admin')}`}});
    assert.equal(told(await raw.frame()), 'connected');
    return raw;
}

// Sends the frames and looks at all that comes back. Without `ends` nothing is wrong: the client says goodbye with
// 1000 once it has got what it expects. With `ends`, a code or a list of them, the server must end it so, whether of
// itself or because a goodbye was among the frames. `lenient`: a failing server may have thrown answers away.
export async function run_case(server, {send, chop, expect = [], ends, lenient = false, limit_ms = 20_000}) {
    const raw = await enter(server);
    await raw.send(send, {chop});
    const came = [];
    if (ends === undefined) {
        for (let next; came.length < expect.length && (next = await raw.frame(limit_ms));) came.push(told(next));
        await raw.goodbye(1000);
    }
    came.push(...(await raw.rest(limit_ms)).map(told));
    const wanted = [...(lenient ? expect.slice(0, Math.max(0, came.length - 1)) : expect), 'goodbye'];
    assert.deepEqual(came, wanted);
    const {code} = raw.close_frame;
    assert.ok([ends ?? 1000].flat().includes(code), `closed with ${code}, not with ${ends ?? 1000}`);
}

// `cases`: by "1.1.1 what it is about", as run_case() takes it, or a list of such. Or a function that does it all.
export function test_cases(server, cases) {
    for (const [name, what] of Object.entries(cases)) {
        test(name, async () => {
            if (typeof what === 'function') return what();
            for (const each of [what].flat()) await run_case(server, each);
        });
    }
}
