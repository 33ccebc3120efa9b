// What the client script lives in, under the test's hand: time, chance, sockets, a browser's events and fetch.
//
//     const {carillon, host, states, errors} = client({since: 3});
//     const socket = await host.connected({last_seq: 7});
//     await host.pass(30_000);
import assert from 'node:assert/strict';
import {connect} from '../../../src/web/carillon.js';

// Everything that was promised by now has come.
const settled = () => new Promise((done) => { setImmediate(done); });

class FakeSocket {
    sent = [];
    opened = false;
    closed = null;  // the code the client closed it with
    terminated = false;

    constructor(url, protocols, host) { Object.assign(this, {url: new URL(url), protocols, host}); }

    send(text) {
        assert.ok(this.opened, 'sent on a socket that is not open');
        const message = JSON.parse(text);
        this.sent.push(message);
        if (message.type === 'ping' && this.host.answers_pings) queueMicrotask(() => this.says('pong', message.data));
    }
    close(code) { [this.closed, this.opened] = [code, false]; }

    // What was sent of this type: its data.
    of(type) { return this.sent.filter((each) => each.type === type).map(({data}) => data); }

    // ---- The server's part; each waits for what it sets off.
    async opens() {
        this.opened = true;
        this.onopen?.({});
        await settled();
    }
    async frame(data) {
        this.onmessage?.({data});
        await settled();
    }
    async says(type, data = {}, more = {}) {
        const timestamp = '2030-01-01T00:00:00.000Z';
        await this.frame(JSON.stringify({type, id: 'id', seq: null, timestamp, data, ...more}));
    }
    async stores(...numbers) {
        for (const seq of numbers) await this.says('lead_update', {number: seq}, {seq, id: `evt_${seq}`});
    }
    async ends(code = 1006, reason = '') {
        this.opened = false;
        this.onclose?.({code, reason});
        await settled();
    }
}

export class FakeHost {
    #time = 1_700_000_000_000;
    #timers = [];
    // How far the clock on the wall is from the one of the timers.
    wrong_by = 0;
    sockets = [];
    chance = 0.5;
    answers_pings = false;
    // What the next fetches answer, as {status, headers, body} or an Error, and what was asked of them.
    answers = [];
    fetched = [];
    window = new EventTarget();
    document = Object.assign(new EventTarget(), {visibilityState: 'visible'});
    location = {href: 'http://page.example/inbox'};

    constructor() {
        const host = this;
        this.WebSocket = class extends FakeSocket {
            constructor(url, protocols) {
                super(url, protocols, host);
                host.sockets.push(this);
            }
        };
    }

    now = () => this.#time + this.wrong_by;
    random = () => this.chance;
    set_timer = (run, ms) => {
        assert.ok(ms >= 0 && ms < 2 ** 31, `a timer of ${ms} ms`);
        const timer = {at: this.#time + ms, run, unref: () => { timer.unreferenced = true; }};
        this.#timers.push(timer);
        return timer;
    };
    clear_timer = (timer) => { this.#timers = this.#timers.filter((each) => each !== timer); };
    fetch = async (url, options) => {
        this.fetched.push({url, ...options});
        const answer = this.answers.shift();
        if (!answer) return new Promise(() => {});
        if (answer instanceof Error) throw answer;
        return new Response(answer.body && JSON.stringify(answer.body), answer);
    };

    get timers() { return this.#timers; }
    get socket() { return this.sockets.at(-1); }

    async pass(ms) {
        const end = this.#time + ms;
        while (await this.#next(end)) { /* one timer after the other */ }
        this.#time = end;
    }

    // The machine stands still; what became due meanwhile comes after it.
    sleeps(ms) { this.#time += ms; }

    async #next(end) {
        await settled();
        const due = this.#timers.filter(({at}) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!due) return false;
        this.clear_timer(due);
        this.#time = Math.max(this.#time, due.at);
        due.run();
        await settled();
        return true;
    }

    async happens(type, target = this.window) {
        target.dispatchEvent(new Event(type));
        await settled();
    }
    async shows(state) {
        this.document.visibilityState = state;
        await this.happens('visibilitychange', this.document);
    }

    // The newest socket is taken by the server.
    async connected(data = {}) {
        await settled();
        const {socket} = this;
        await socket.opens();
        await socket.says('connected', {user_id: 'asha', last_seq: 0, expires_at: null, message_bytes: 65536, ...data});
        return socket;
    }
    // Gives how long it took until there was another socket.
    async another_socket(limit_ms = 60_000) {
        const [began, before] = [this.#time, this.sockets.length];
        while (this.sockets.length === before) {
            assert.ok(await this.#next(began + limit_ms), `no other socket within ${limit_ms} ms`);
        }
        return this.#time - began;
    }
    async connected_again(data) {
        await this.another_socket();
        return this.connected(data);
    }
}

// The client in a host of its own, which `prepare` may change first. Gives both, and all it says of states and errors.
export function client(options = {}, prepare = () => {}) {
    const host = new FakeHost();
    prepare(host);
    const carillon = connect({user: 'asha', url: 'http://host:8000', token: 'a.b.c', host, ...options});
    const states = [];
    const errors = [];
    carillon.on('state', (state) => states.push(state));
    carillon.on('error', (error) => errors.push(error));
    return {carillon, host, states, errors, named: () => states.map(({state}) => state)};
}
