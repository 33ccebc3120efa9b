// A WebSocket client of our own, with a hand on every byte, and a comfortable one on top of it.
//
//     const raw = await open(server, '/api/ws/asha', {headers: {authorization: `Bearer ${token}`}});
//     await raw.send([ping('a'), text('{"type":"ping"}')], {chop: 1});
//     const {opcode, payload} = await raw.frame();
//
//     const asha = await connect(server, 'asha', {since: 3});
//     await asha.send({type: 'ping', data: {n: 1}});
//     assert.deepEqual((await asha.next('pong')).data, {n: 1});
//     await asha.close();
//
// Every message that the comfortable one receives is held against the server's description of itself.
import assert from 'node:assert/strict';
import {createHash, randomBytes} from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import {socket_contract} from './asyncapi.mjs';
import {close as close_frame, FrameReader, opcodes, pong, split, text} from './frames.mjs';
import {parse_responses} from './raw.mjs';

const patience_ms = 10_000;
const accept_of = (key) => createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

// The head of a handshake. `headers` go over what is usual: undefined leaves a field out, a list repeats it.
export function handshake(path, {host = '127.0.0.1', method = 'GET', version = '1.1', headers = {}} = {}) {
    const fields = new Map(Object.entries({
        host, upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
    }));
    for (const [name, value] of Object.entries(headers)) fields.set(name.toLowerCase(), value);
    const lines = [...fields].flatMap(([name, value]) => [value].flat().map((each) => [name, each]))
                      .filter(([, value]) => value !== undefined)
                      .map(([name, value]) => `${name}: ${value}\r\n`);
    const key = String(fields.get('sec-websocket-key')).trim();
    return {head: `${method} ${path} HTTP/${version}\r\n${lines.join('')}\r\n`, key};
}

export class RawSocket {
    #socket;
    #head_method;
    #answers;
    #unread = Buffer.alloc(0);  // of the answer to the handshake
    #reader = new FrameReader();
    #frames = [];
    #listener = null;
    #watchers = new Set();
    #trouble = null;
    #said_goodbye = false;

    response = null;     // to the handshake
    close_frame = null;  // the server's: {code, reason}; without a code, code is null
    tcp_closed = false;  // by the server, or broken
    reset = false;
    pings = 0;           // of the server's

    // `answers`: pings and a goodbye of the server's are answered at once, as a good client does.
    constructor(socket, {method = 'GET', answers = true} = {}) {
        this.#socket = socket;
        this.#head_method = method === 'HEAD';
        this.#answers = answers;
        socket.setNoDelay?.(true);
        socket.on('data', (data) => this.#take(data));
        socket.on('end', () => this.#lost());
        socket.on('close', () => this.#lost());
        socket.on('error', (error) => {
            if (['ECONNRESET', 'EPIPE'].includes(error.code)) this.reset = true;
            else this.trouble(error);
            this.#lost();
        });
    }

    // ---- Reading

    // The next frame that is no ping; null when the server has closed and there are no more.
    async frame(limit_ms = patience_ms) {
        await this.until(() => this.#frames.length > 0 || this.tcp_closed, 'a frame', limit_ms);
        return this.#frames.shift() ?? null;
    }
    // What comes until the server closes the connection.
    async rest(limit_ms = patience_ms) {
        await this.until(() => this.tcp_closed, 'the end of the connection', limit_ms);
        return this.#frames.splice(0);
    }
    // How the server ends the connection: {code, reason}, or null when it said nothing.
    async closed(limit_ms = patience_ms) {
        await this.until(() => this.tcp_closed, 'the end of the connection', limit_ms);
        return this.close_frame;
    }
    // Frames go there from now on.
    listen(listener) {
        this.#listener = listener;
        for (const each of this.#frames.splice(0)) listener(each);
    }
    async until(condition, what, limit_ms = patience_ms) {
        const holds = () => this.#trouble || condition();
        if (!holds()) await this.#changed(holds, what, limit_ms);
        if (this.#trouble) throw this.#trouble;
    }
    #changed(holds, what, limit_ms) {
        return new Promise((resolve, reject) => {
            const check = () => {
                if (!holds()) return;
                clearTimeout(limit);
                this.#watchers.delete(check);
                resolve();
            };
            const limit = setTimeout(() => {
                this.#watchers.delete(check);
                const so_far = {closed: this.tcp_closed, close_frame: this.close_frame, half_read: this.#reader.rest};
                reject(new Error(`not within ${limit_ms} ms: ${what}; so far ${JSON.stringify(so_far)}`));
            }, limit_ms);
            this.#watchers.add(check);
        });
    }
    // Nothing that comes later counts: whoever waits fails with this.
    trouble(error) {
        this.#trouble ??= error;
        this.#socket.destroy();
        this.#tell();
    }
    #tell() { for (const check of [...this.#watchers]) check(); }

    #take(data) {
        try {
            if (this.response) this.#take_frames(data);
            else this.#take_response(data);
        } catch (error) {
            return this.trouble(error);
        }
        this.#tell();
    }
    #take_response(data) {
        this.#unread = Buffer.concat([this.#unread, data]);
        const {responses, rest} = parse_responses(this.#unread, {head: this.#head_method});
        [this.response = null] = responses;
        if (this.response?.status === 101 && rest.length > 0) this.#take_frames(rest);
    }
    #take_frames(data) {
        // What follows an ordinary answer is no frame.
        if (this.response.status !== 101) return;
        for (const each of this.#reader.take(data)) this.#take_frame(each);
    }
    #take_frame(each) {
        assert.equal(this.close_frame, null, 'the server went on after its goodbye');
        if (each.opcode === opcodes.ping) {
            ++this.pings;
            if (this.#answers && !this.#said_goodbye) this.send(pong(each.payload));
            return;
        }
        if (each.opcode === opcodes.close) this.#take_goodbye(each.payload);
        if (this.#listener) this.#listener(each);
        else this.#frames.push(each);
    }
    #take_goodbye(payload) {
        assert.notEqual(payload.length, 1, 'the server sent half a close code');
        const code = payload.length >= 2 ? payload.readUInt16BE(0) : null;
        const reason = new TextDecoder('utf-8', {fatal: true}).decode(payload.subarray(2));
        this.close_frame = {code, reason};
        if (this.#answers && !this.#said_goodbye) this.goodbye(code ?? undefined);
    }
    #lost() {
        this.tcp_closed = true;
        if (!this.response && this.#unread.length > 0) this.#take_last_response();
        this.#tell();
    }
    // One without a length ends with the connection.
    #take_last_response() {
        try {
            [this.response = null] = parse_responses(this.#unread, {head: this.#head_method, ended: true}).responses;
        } catch (error) {
            this.trouble(error);
        }
    }

    // ---- Writing

    // Frames or any bytes, those of a text one by one. `chop`: "frames" hands each piece to the kernel alone, a
    // number so many bytes at a time.
    async send(pieces, {chop} = {}) {
        const all = [pieces].flat().map((each) => (typeof each === 'string' ? Buffer.from(each, 'latin1') : each));
        const parts = chop === 'frames' ? all : chop ? split(Buffer.concat(all), chop) : [Buffer.concat(all)];
        for (const part of parts) {
            // Whoever is refused meanwhile need not go on.
            if (this.tcp_closed || !this.#socket.writable) return;
            await new Promise((written) => { this.#socket.write(part, () => written()); });
        }
    }
    goodbye(code, reason) {
        this.#said_goodbye = true;
        return this.send(close_frame(code, reason));
    }
    // Nothing more is read, so that the kernel's buffers fill.
    pause() { this.#socket.pause(); }
    resume() { this.#socket.resume(); }
    half_close() { this.#socket.end(); }
    destroy() { this.#socket.destroy(); }
    break_off() { this.#socket.resetAndDestroy(); }
}

// The handshake, whatever the answer: a RawSocket with its `response`. `target` is a server or {port}; `tls`: the
// options of tls.connect, for another port; `early`: frames in the same packet as the head; `chop`: as of send().
export async function shake(target, path, {early = [], chop, answers, tls: secure, ...options} = {}) {
    const place = {host: '127.0.0.1', port: target.port};
    const socket = secure ? tls.connect({...place, ...secure}) : net.connect(place);
    const raw = new RawSocket(socket, {method: options.method, answers});
    const {head, key} = handshake(path, options);
    await raw.send([head, ...[early].flat()], {chop});
    await raw.until(() => raw.response || raw.tcp_closed, 'an answer to the handshake');
    assert.ok(raw.response, 'the connection ended without an answer to the handshake');
    if (raw.response.status === 101) assert_switched(raw.response, key);
    else raw.destroy();
    return raw;
}

function assert_switched({headers}, key) {
    assert.equal(headers.upgrade?.toLowerCase(), 'websocket');
    assert.equal(headers.connection?.toLowerCase(), 'upgrade');
    assert.equal(headers['sec-websocket-accept'], accept_of(key));
    assert.equal(headers['sec-websocket-extensions'], undefined, 'an extension was negotiated');
    assert.equal(headers['content-length'], undefined);
    assert.equal(headers['transfer-encoding'], undefined);
}

// A handshake that is taken.
export async function open(target, path, options) {
    const raw = await shake(target, path, options);
    assert.equal(raw.response.status, 101, raw.response.text);
    return raw;
}

// ---- With comfort

export class Client {
    #raw;
    #contract;
    #parts = [];
    #read = 0;

    messages = [];  // all that came

    constructor(raw, contract) {
        this.#raw = raw;
        this.#contract = contract;
        raw.listen((each) => this.#take(each));
    }

    get raw() { return this.#raw; }
    get response() { return this.#raw.response; }
    // What the server said first.
    get connected() { return this.messages[0].data; }

    // The next message that was not asked for yet; with a type, the next one of that type, and those before it are
    // passed over.
    async next(type, limit_ms) {
        const place = () => this.messages.findIndex(
            (each, i) => i >= this.#read && (type === undefined || each.type === type));
        const what = type ? `a message ${type}` : 'a message';
        await this.#raw.until(() => place() >= 0 || this.#raw.tcp_closed, what, limit_ms);
        const found = place();
        if (found < 0) assert.fail(`closed before ${what}: ${JSON.stringify(this.#raw.close_frame)}; ${this.#told()}`);
        this.#read = found + 1;
        return this.messages[found];
    }
    #told() { return `told: ${this.messages.map((each) => each.type).join(' ')}`; }
    // All that came since, and is not looked at again.
    take() {
        const fresh = this.messages.slice(this.#read);
        this.#read = this.messages.length;
        return fresh;
    }
    // An object becomes JSON; a text goes as it is.
    send(message) { return this.#raw.send(text(typeof message === 'string' ? message : JSON.stringify(message))); }
    // Says this, and gives the answer of that type.
    async ask(message, type, limit_ms) {
        await this.send(message);
        return this.next(type, limit_ms);
    }
    // Gives how the server said goodbye: {code, reason}.
    async close(code = 1000, reason = '') {
        await this.#raw.goodbye(code, reason);
        return this.closed();
    }
    closed(limit_ms) { return this.#raw.closed(limit_ms); }
    destroy() { this.#raw.destroy(); }

    #take({opcode, fin, payload}) {
        if (opcode === opcodes.pong || opcode === opcodes.close) return;
        try {
            assert.notEqual(opcode, opcodes.binary, 'the server sent a binary message');
            this.#parts.push(payload);
            if (!fin) return;
            const message = JSON.parse(Buffer.concat(this.#parts.splice(0)).toString('utf8'));
            this.#contract.check_server(message);
            this.messages.push(message);
        } catch (error) {
            this.#raw.trouble(error);
        }
    }
}

function address(user, {since, device, ticket, query = {}, authenticated = false}) {
    const given = Object.entries({since, device, ticket, ...query}).filter(([, value]) => value !== undefined);
    const joined = given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    return `/api/ws/${authenticated ? 'authenticated/' : ''}${encodeURIComponent(user)}${joined && `?${joined}`}`;
}

// As this user, by a token of theirs in the header; `token` null: without one. Gives the client once it is connected.
export async function connect(server, user, options = {}) {
    const {token = options.ticket ? null : server.token('salesperson', user), since, device, ticket, query,
           authenticated, headers = {}, ...more} = options;
    const contract = await socket_contract(server);
    const raw = await open(server, address(user, {since, device, ticket, query, authenticated}),
                           {...more, headers: {...(token && {authorization: `Bearer ${token}`}), ...headers}});
    const client = new Client(raw, contract);
    const {type} = await client.next();
    assert.equal(type, 'connected');
    return client;
}
