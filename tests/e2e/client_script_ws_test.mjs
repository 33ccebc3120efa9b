// The client script on sockets of npm's `ws`, against a server of a few lines: what a scripted socket cannot show.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {createServer} from 'node:http';
import {after, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import WebSocket, {WebSocketServer} from 'ws';
import {connect} from '../../src/web/carillon.js';
import {eventually} from './support/eventually.mjs';

// Takes whoever has the token `good`. Gives {url, arrivals: [{url, token, socket}], refused, close()}.
async function a_server() {
    const sockets = new WebSocketServer({noServer: true, handleProtocols: () => 'carillon.v1'});
    const server = createServer();
    const made = {arrivals: [], refused: 0, close: () => { server.closeAllConnections(); server.close(); }};
    server.on('upgrade', (incoming, raw, head) => {
        const token = incoming.headers['sec-websocket-protocol'].split(/, */)[1];
        if (token !== 'bearer.good') {
            ++made.refused;
            return raw.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
        }
        sockets.handleUpgrade(incoming, raw, head, (socket) => {
            made.arrivals.push({url: incoming.url, socket});
            say(socket, 'connected', {last_seq: 0, expires_at: null, message_bytes: 65536});
        });
    });
    await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
    made.url = `http://127.0.0.1:${server.address().port}`;
    after(made.close);
    return made;
}
function say(socket, type, data = {}, seq = null) {
    socket.send(JSON.stringify({type, id: `id_${seq}`, seq, timestamp: new Date().toISOString(), data}));
}
function client(url, options = {}) {
    const seen = [];
    const carillon = connect({user: 'asha', url, token: 'good', WebSocket, first_delay_ms: 20, max_delay_ms: 100,
                              on: {message: ({seq}) => seen.push(seq), error: () => {}}, ...options});
    after(() => carillon.close());
    return {carillon, seen};
}
const is = (carillon, state) => eventually(() => carillon.state === state);

test('it shows its token, hears, acknowledges, and comes back with its cursor', async () => {
    const server = await a_server();
    const {carillon, seen} = client(server.url);
    await is(carillon, 'open');
    const [{socket}] = server.arrivals;
    const heard = [];
    socket.on('message', (text) => heard.push(JSON.parse(text)));
    say(socket, 'lead_update', {}, 1);
    say(socket, 'lead_update', {}, 2);
    await eventually(() => heard.length > 0);
    assert.deepEqual([seen, heard], [[1, 2], [{type: 'ack', data: {seq: 2}}]]);
    const began = Date.now();
    socket.close(1012, '{"retry_after_ms":300}');
    await is(carillon, 'catching-up');
    assert.ok(Date.now() - began >= 300);
    assert.equal(server.arrivals[1].url, '/api/ws/authenticated/asha?since=2');
});

test('a refused handshake asks for another token', async () => {
    const server = await a_server();
    const given = ['bad', 'good'];
    const reasons = [];
    const get_token = async ({reason}) => {
        reasons.push(reason);
        return given.shift();
    };
    const {carillon} = client(server.url, {token: undefined, get_token});
    await is(carillon, 'open');
    assert.deepEqual([reasons, server.refused], [['first', 'refused'], 1]);
});

test('a token that no header can carry harms nobody', async () => {
    const server = await a_server();
    const codes = [];
    const {carillon} = client(server.url, {token: 'two words', on: {error: ({code}) => codes.push(code)}});
    await eventually(() => codes.length > 1);
    assert.deepEqual([...new Set(codes)], ['token_unusable']);
    assert.equal(carillon.state, 'connecting');
    carillon.reconnect({token: 'good'});
    await is(carillon, 'open');
});

test('a peer that went silent is left at once', async () => {
    const server = await a_server();
    const {carillon} = client(server.url, {quiet_ms: 50, pong_ms: 50});
    await eventually(() => server.arrivals.length >= 2);
    const [{socket}] = server.arrivals;
    await eventually(() => socket.readyState === WebSocket.CLOSED);
    carillon.close();
});

test('close() and reconnect() in the middle of a handshake throw nothing', async () => {
    const server = await a_server();
    const {carillon} = client(server.url);
    await eventually(() => carillon.state === 'connecting');
    carillon.reconnect();
    await new Promise((later) => { setImmediate(later); });
    carillon.close();
    await new Promise((later) => { setImmediate(later); });
    carillon.reconnect();
    await is(carillon, 'open');
});

test('in Node the socket keeps the process, and nothing else does', async () => {
    const server = await a_server();
    const script = `
        import WebSocket from 'ws';
        import {connect} from ${JSON.stringify(fileURLToPath(new URL('../../src/web/carillon.js', import.meta.url)))};
        connect({user: 'asha', url: ${JSON.stringify(server.url)}, token: 'good', WebSocket, first_delay_ms: 60_000,
                 foreground: true, on: {message: ({seq}) => console.log(seq)}});`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script],
                        {cwd: fileURLToPath(new URL('..', import.meta.url)), stdio: ['ignore', 'pipe', 'inherit']});
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text) => { printed += text; });
    const ended = new Promise((resolve) => { child.on('close', (code) => resolve(code)); });
    await eventually(() => server.arrivals.length === 1, 15_000);
    const [{socket}] = server.arrivals;
    say(socket, 'lead_update', {}, 1);
    await eventually(() => printed === '1\n');
    assert.equal(child.exitCode, null);
    socket.terminate();
    assert.equal(await ended, 0);
});
