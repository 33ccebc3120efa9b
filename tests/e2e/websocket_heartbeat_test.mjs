// Clients that fall silent: the server asks every second here, and gives up whoever leaves two questions unanswered, and
// whoever does not answer its goodbye; another server, whoever takes nothing for a second.
import assert from 'node:assert/strict';
import {after, describe, test} from 'node:test';
import {eventually} from './support/eventually.mjs';
import {create_user, raise_many} from './support/events.mjs';
import {ping, pong, text} from './support/frames.mjs';
import {start_server} from './support/server.mjs';
import {connect, open} from './support/websocket.mjs';

const server = await start_server({env: {CARILLON_REALTIME_PING_SECONDS: '1'}});
const impatient = await start_server({env: {CARILLON_REALTIME_STALL_SECONDS: '1'}});
after(() => Promise.all([server, impatient].map((each) => each.close())));

const headers = {authorization: `Bearer ${server.token('admin')}`};
const patience_ms = 20_000;
const whole = text(JSON.stringify({type: 'ping', data: {x: 'x'.repeat(100)}}));

let users = 0;
async function enter(options) {
    const raw = await open(server, `/api/ws/user-${++users}`, {...options, headers});
    assert.equal(JSON.parse((await raw.frame()).payload).type, 'connected');
    return raw;
}
const connections_of = async (where, user) => {
    const {json} = await where.api('GET', `/api/ws/status?user_id=${user}`, {token: where.token('admin')});
    return json.users.flatMap(({connections}) => connections).length;
};
// The server has asked twice, has waited, and is gone.
async function assert_given_up(raw, began) {
    await raw.closed(patience_ms);
    const took_ms = Date.now() - began;
    assert.equal(raw.pings, 2);
    assert.ok(took_ms > 1_900, `after ${took_ms} ms already`);
}

describe('a client that falls silent', {concurrency: true}, () => {
    test('answers no ping: it is given up', async () => {
        const began = Date.now();
        await assert_given_up(await enter({answers: false}), began);
    });

    test('hangs in the middle of a frame: it is given up', async () => {
        const began = Date.now();
        const raw = await enter({answers: false});
        await raw.send(whole.subarray(0, 50));
        await assert_given_up(raw, began);
    });

    test('hangs in the middle of a head: it is given up', async () => {
        const began = Date.now();
        const raw = await enter({answers: false});
        await raw.send(whole.subarray(0, 1));
        await assert_given_up(raw, began);
    });

    test('hangs between two fragments: it is given up', async () => {
        const began = Date.now();
        const raw = await enter({answers: false});
        await raw.send(text('{', {fin: false}));
        await assert_given_up(raw, began);
    });

    // Each byte is on its way in time, and yet nothing whole ever comes.
    test('sends one byte for each ping: it is given up', async () => {
        const began = Date.now();
        const raw = await enter({answers: false});
        for (let sent = 0; !raw.tcp_closed && sent < 10; ++sent) {
            await raw.send(whole.subarray(sent, sent + 1));
            await raw.until(() => raw.pings > sent || raw.tcp_closed, 'a ping', patience_ms);
        }
        await assert_given_up(raw, began);
    });

    test('reads nothing, and nothing waits for it: it is given up', async () => {
        const user = await create_user(server, 'deaf');
        const raw = await open(server, `/api/ws/${user}`, {headers});
        raw.pause();
        assert.equal(await connections_of(server, user), 1);
        await eventually(async () => await connections_of(server, user) === 0, patience_ms);
        raw.resume();
        await raw.closed();
    });

    test('answers each ping: it stays', async () => {
        const raw = await enter();
        await raw.until(() => raw.pings >= 4, 'four pings', patience_ms);
        await raw.send(ping('still here?'));
        assert.equal(String((await raw.frame()).payload), 'still here?');
        await raw.goodbye(1000);
        assert.equal((await raw.closed()).code, 1000);
    });

    test('answers every second ping: it stays', async () => {
        const raw = await enter({answers: false});
        for (const seen of [2, 4]) {
            await raw.until(() => raw.pings >= seen || raw.tcp_closed, 'two pings', patience_ms);
            assert.equal(raw.tcp_closed, false);
            await raw.send(pong(''));
        }
        await raw.send(ping('still here?'));
        assert.equal(String((await raw.frame()).payload), 'still here?');
        raw.destroy();
    });

    test('takes nothing of what waits for it: it is sent away with 1013', async () => {
        const user = await create_user(impatient, 'stalled');
        const client = await connect(impatient, user);
        client.raw.pause();
        for (let raised = 0; await connections_of(impatient, user) > 0; raised += 4) {
            assert.ok(raised < 400, 'the kernel takes everything');
            await raise_many(impatient, user, 4, {pad: 'x'.repeat(200_000)});
        }
        client.raw.resume();
        const {code, reason} = await client.closed(patience_ms) ?? {};
        assert.equal(code, 1013);
        if (reason.startsWith('{')) assert.equal(typeof JSON.parse(reason).retry_after_ms, 'number');
    });

    test('does not answer a goodbye: its connection ends all the same', async () => {
        const raw = await enter({answers: false});
        await raw.send(Array(20).fill(text('{')));
        await raw.closed(patience_ms);
        assert.equal(raw.close_frame.code, 1008);
    });
});
