// node --test tests/bench/support/socket_load_test.mjs: the load program against npm's `ws`. What it counts, that it
// notices what is wrong, and the protocol of resuming against a server of ten lines.
import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import {after, test} from 'node:test';
import {WebSocketServer} from 'ws';
import {LoadProgram} from './socket_load.mjs';
import {Ws} from './socket_peers.mjs';

const program = new LoadProgram();
const body = '{"type":"lead_update","seq":@seq@,"data":{"user":"@user@","sent":"@sent@"}}';
const some_users = (count) => Array.from({length: count}, (_, n) => ({id: `u${n + 1}`, token: `token-${n + 1}`}));

const running = [];
function start(settings) {
    running.push(program.start({body, ...settings}));
    return running.at(-1);
}
async function start_ws() {
    const ws = new Ws();
    await ws.start();
    running.push(ws);
    return ws;
}
after(() => Promise.all(running.map((load) => load.stop())));

test('every socket of a channel gets every message', async () => {
    const ws = await start_ws();
    const load = start({...ws.load, users: some_users(1), size: 50});
    const opened = await load.open({at_once: 8});
    assert.equal(opened.open, 50);

    const sent = await load.publish({in_flight: 4, count: 20});

    assert.deepEqual([sent.published, sent.received], [20, 1000]);
    assert.equal(sent.message_bytes, body.replace('@seq@', '1000000000').replace('@user@', 'u1')
        .replace('@sent@', '0'.repeat(20)).length);
    assert.ok(sent.delivery_p50_ms > 0 && sent.delivery_p99_ms <= sent.last_receipt_max_ms);
});

test('messages at a rate go to one user each, and a run without an end is ended', async () => {
    const ws = await start_ws();
    const load = start({...ws.load, users: some_users(30), size: 30});
    await load.open();

    const sent = await load.publish({in_flight: 8, rate: 500, seconds: 1});
    assert.deepEqual([sent.published, sent.received], [500, 500]);
    assert.ok(sent.seconds > 0.95 && sent.seconds < 2, `${sent.seconds} s`);

    await load.command('begin', {in_flight: 2, rate: 1000});
    await load.command('await', {each: 20});
    const more = await load.command('end');
    assert.equal(more.published, more.received);
    assert.ok(more.received >= 100);
});

test('a socket that ends ends the measurement', async () => {
    const ws = await start_ws();
    const load = start({...ws.load, users: some_users(2), size: 2});
    await load.open();
    await ws.stop();
    await assert.rejects(load.publish({count: 1}), /was closed/);
});

// Speaks as the server does: a greeting with the last number, what was missed in order, and then that this was all.
// `spoil` may change a message.
async function start_store(spoil = (message) => message) {
    const sockets = new WebSocketServer({noServer: true});
    const server = createServer().listen(0, '127.0.0.1');
    const last_seq = 100;
    let arrivals = 0;
    server.on('upgrade', (incoming, socket, head) => {
        socket.on('error', () => {});  // they leave without a farewell
        // Some are told to come again.
        if (++arrivals % 5 === 0) {
            socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n');
            return;
        }
        const since = Number(new URL(incoming.url, 'http://localhost').searchParams.get('since') ?? last_seq);
        sockets.handleUpgrade(incoming, socket, head, (open) => {
            const say = (type, seq, data) => open.send(JSON.stringify(spoil({type, id: 'x', seq, data})));
            say('connected', null, {last_seq});
            for (let seq = since + 1; seq <= last_seq; ++seq) say('lead_update', seq, {});
            if (since < last_seq) say('resumed', null, {count: last_seq - since, gap: false, last_seq});
        });
    });
    await new Promise((resolve) => { server.once('listening', resolve); });
    const stop = async () => {
        server.closeAllConnections();
        await new Promise((resolve) => { server.close(resolve); });
    };
    const restart = async () => {
        for (const open of sockets.clients) open.close(1012, '{"retry_after_ms":10}');
    };
    running.push({stop});
    return {port: server.address().port, restart};
}
const resuming = (port) => ({port, path: '/ws/@user@', header: 'Authorization: Bearer @token@', users: some_users(40),
                             size: 40, greeted: 1, gapless: 1});

test('all come back and get what they ask for, those that were refused too', async () => {
    const load = start(resuming((await start_store()).port));
    const opened = await load.open({at_once: 40});
    assert.deepEqual([opened.open, opened.refused > 0], [40, true]);
    const back = await load.command('return', {back: 20});
    assert.deepEqual([back.open, back.refused > 0], [40, true]);
    assert.ok(back.opened_max_ms >= 1000);  // whoever was refused has waited
    await load.command('return', {back: 20});
});

test('a hole in what is resumed is found', async () => {
    const hole = (message) => (message.seq === 95 ? {...message, seq: 96} : message);
    const load = start(resuming((await start_store(hole)).port));
    await load.open();
    await assert.rejects(load.command('return', {back: 20}), /96 came after 94/);
});

test('closings by the server are counted by their code', async () => {
    const store = await start_store();
    const load = start(resuming(store.port));
    await load.open();
    const closed = load.command('closed');
    await store.restart();
    assert.equal((await closed).code_1012, 40);
});
