/**
 * The client of Carillon's WebSocket protocol carillon.v1, without dependencies: for browsers, and for Node from 18 on
 * (which has no WebSocket of its own: `import WebSocket from 'ws'`, option `WebSocket`).
 *
 *     import {connect} from '/carillon.js';
 *     const carillon = connect({user: 'asha', get_token: () => my_token(), storage: localStorage});
 *     carillon.on('lead_update', ({data}) => show(data));
 *     carillon.on('gap', () => load_all_over_rest());
 *     carillon.on('state', ({state, retry_in_ms}) => show_light(state, retry_in_ms));
 *     await carillon.mark_read('evt_0199...');
 *
 * connect(options) begins after the running turn, so handlers may be added right behind it. on(type, handler) gives the
 * function that takes the handler away. ping() gives the round trip in ms; mark_read(id), mark_all_read(),
 * device_info({...}) and register_push(fcm_token, platform, app_version) give the data of the server's answer, or reject
 * with a CarillonError {code, message}. foreground(bool) is repeated while true. ack(seq) is for `auto_ack: false`.
 * reconnect({token}) tries at once, also after the end. close() is the end. To be read: state, cursor, connection (the
 * data of the last `connected`).
 *
 * Options, beside those of `defaults` below: user; url, of the server (the page's own if it is left out); token, or
 * get_token({reason, signal}) for a promise of one (null: nobody is signed in; rejected: tried again), asked for the
 * first connection, before the token runs out and after a refusal; ticket: true sends a single-use ticket in place of
 * the token; device; since, a seq; storage, with getItem and setItem, which may be asynchronous; on: {type: handler}.
 *
 * Events:
 *   message  every stored message {type, id, seq, timestamp, data, read?}, and the same again under its own type
 *   read     {notification_id, from_seq, to_seq, marked}: something was read, on whatever device
 *   gap      {from_seq, to_seq, last_seq}: these are not kept any more. Load over REST; whatever follows them comes.
 *   state    {state, previous, code?, reason?, attempt?, retry_in_ms?}: connecting, told again for each further try;
 *            catching-up: connected, what was missed arrives; open: level with the server; closed: over, by its reason
 *            closed_by_app, erased, replaced (by newer connections), signed_out or token_expired
 *   error    a CarillonError about what nobody awaits; goes to the console where no handler is
 *
 * Guarantees:
 *   - Messages come in the order of seq, each once in the life of this object, and a hole is told. A message is
 *     acknowledged, and with `storage` the cursor moved, when its handlers are done: a promise they give is waited for,
 *     and a failure is told as an error and counts as done. After a reload one may come twice; none is left out.
 *   - Requests wait while there is no connection, `queued_requests` of them for `request_ms`, and are sent again if one
 *     breaks under them. ping() measures a connection and does not wait for it.
 *   - The token is never in a URL. get_token is never called twice at a time.
 *   - After close() no timer and no listener is left. In Node the socket keeps the process, a timer never does.
 *
 * The emitter is its own: EventTarget neither tells whether a handler failed nor waits for it.
 */
import {CarillonError, Connection, listen, rest_url, Timers} from './carillon-connection.js';
import {Feed, is_seq, Requests} from './carillon-messages.js';

export {CarillonError};
export const connect = (options) => new Carillon(options);

const foreground_ms = 60_000;

const defaults = {
    ticket: false, auto_ack: true, ack_ms: 200,
    foreground: false,  // true: as the page is visible
    first_delay_ms: 500, max_delay_ms: 30_000, stable_ms: 10_000,  // back-off, and after how long it begins anew
    handshake_ms: 10_000, token_ms: 30_000, request_ms: 15_000, queued_requests: 64,
    quiet_ms: 30_000, pong_ms: 8_000,  // how much silence makes it ask, and how long it waits for the answer
};
const others = ['user', 'url', 'token', 'get_token', 'device', 'since', 'storage', 'on', 'WebSocket', 'host'];

// What an option `host` may replace: time, chance, and what a browser has.
const default_host = () => ({
    now: () => Date.now(), random: () => Math.random(),
    set_timer: (run, ms) => setTimeout(run, ms), clear_timer: (timer) => clearTimeout(timer),
    fetch: (...request) => fetch(...request), WebSocket: globalThis.WebSocket,
    window: globalThis, document: globalThis.document, location: globalThis.location,
});

function check(given, host) {
    const unknown = Object.keys(given).find((name) => !(name in defaults) && !others.includes(name));
    if (unknown) throw new TypeError(`carillon: there is no option ${unknown}`);
    const options = {...defaults, ...given, WebSocket: given.WebSocket ?? host.WebSocket};
    if (typeof options.user !== 'string' || !options.user) throw new TypeError('carillon: option user is missing');
    if (!is_seq(options.since ?? 0)) throw new TypeError('carillon: option since is not a seq');
    if (!options.WebSocket) throw new TypeError('carillon: there is no WebSocket here; give the option WebSocket');
    return options;
}

export class Carillon {
    #host; #options; #timers; #connection; #feed; #requests;
    #handlers = new Map();
    #state = null;
    #greeting = null;
    #device;
    #info = null;
    #foreground;
    #unwatch = [];

    constructor(given = {}) {
        const host = this.#host = {...default_host(), ...given.host};
        const options = this.#options = check(given, host);
        const timers = this.#timers = new Timers(host);
        const rest = rest_url(options.url, host.location);
        const {user, since, storage, auto_ack, ack_ms, request_ms, queued_requests} = options;
        const emit = (type, value) => this.#emit(type, value);
        const report = (error) => this.#report(error);
        const key = `carillon:${rest}:${user}`;
        this.#device = options.device;
        this.#feed = new Feed({since, storage, key, auto_ack, ack_ms, timers, emit, report});
        this.#requests = new Requests({limit_ms: request_ms, most: queued_requests, timers, now: host.now});
        this.#connection = new Connection(this.#for_connection(), {options, host, timers, rest});
        for (const [type, handler] of Object.entries(options.on ?? {})) this.on(type, handler);
        queueMicrotask(() => { if (this.#state === null) this.reconnect(); });
    }

    get state() { return this.#state ?? 'connecting'; }
    get cursor() { return this.#feed.cursor; }
    get connection() { return this.#greeting; }

    on(type, handler) {
        if (typeof handler !== 'function') throw new TypeError(`carillon: no function to handle ${type}`);
        if (!this.#handlers.has(type)) this.#handlers.set(type, new Set());
        const handlers = this.#handlers.get(type).add(handler);
        return () => { handlers.delete(handler); };
    }

    ping() {
        if (!this.#connection.ready) return Promise.reject(new CarillonError('not_open', 'no connection to measure'));
        const value = (pong, sent_at) => this.#host.now() - sent_at;
        // Marked, so that the pongs of the connection's own pings are told apart.
        return this.#ask('ping', {measured: true}, {value, fits: ({measured}) => measured === true});
    }
    mark_read(id) {
        const told = id === 'all' ? null : id;
        return this.#ask('mark_read', {notification_id: id}, {fits: (read) => read.notification_id === told});
    }
    mark_all_read() { return this.mark_read('all'); }
    register_push(fcm_token, platform, app_version) {
        return this.#ask('fcm_token', {fcm_token, platform, app_version});
    }
    // The server knows it of a connection, so each new one is told again what was taken.
    async device_info(info) {
        const answer = await this.#ask('device_info', info);
        const {foreground, ...lasting} = info;
        this.#info = {...this.#info, ...lasting};
        this.#device = info.device_id ?? this.#device;
        if (foreground !== undefined) this.#repeat_foreground(foreground);
        return answer;
    }
    foreground(on) {
        this.#repeat_foreground(Boolean(on));
        if (this.#connection.ready) this.#tell({foreground: this.#foreground});
    }
    ack(seq) { this.#feed.ack(seq); }

    close() { this.#connection.end('closed_by_app'); }
    reconnect({token} = {}) {
        if (!this.#unwatch.length) this.#watch();
        this.#connection.start_afresh({token});
    }

    // ---- What the connection tells

    #for_connection() {
        return {
            address: async () => {
                await this.#feed.load();
                return {since: this.#feed.cursor, device: this.#device};
            },
            connected: (message, resumes) => this.#connected(message, resumes),
            received: (message) => this.#received(message),
            leaving: () => this.#feed.flush(),
            lost: () => {
                this.#feed.lost();
                this.#requests.lost();
                this.#timers.cancel('foreground');
            },
            ended: (reason, more) => this.#ended(reason, more),
            changed: (state, more) => this.#change(state, more),
            report: (error) => this.#report(error),
        };
    }

    #connected({data}, resumes) {
        const send = (text) => this.#connection.send(text);
        this.#greeting = data;
        this.#feed.began(data.last_seq, (type, content) => send(JSON.stringify({type, data: content})));
        if (this.#info) this.#tell(this.#info);
        if (this.#foreground !== undefined) {
            this.#tell({foreground: this.#foreground});
            this.#repeat_foreground(this.#foreground);
        }
        this.#requests.open(send, data.message_bytes);
        this.#change(resumes ? 'catching-up' : 'open');
    }

    #received(message) {
        const {type, seq, data} = message;
        if (Number.isInteger(seq)) {
            if (!this.#feed.take(message, this.#state === 'open')) this.#change('catching-up');
            return;
        }
        if (type === 'error') return this.#refused(data);
        if (type === 'catch_up') return this.#change('catching-up');
        if (type === 'acked') return this.#feed.acked(data.seq);
        if (type === 'resumed') {
            this.#feed.resumed(data);
            if (this.#connection.ready) this.#change('open');
            return;
        }
        if (type === 'read') this.#emit('read', data);
        this.#requests.answered(type, data);
    }

    #refused({code, message, about, errors}) {
        const error = new CarillonError(code, message, {about, errors});
        // A limit on all messages: it was met before the server looked at what it refused.
        const unheard = code === 'rate_limited' && !about;
        if (unheard) {
            this.#requests.unheard(error);
            this.#feed.unheard();
        } else if (!this.#requests.refused(error) && !this.#feed.refused(error)) {
            this.#report(error);
        }
        const asking = this.#state === 'catching-up' && this.#feed.asking;
        if (about === 'resume' || (unheard && asking)) this.#connection.give_up();
    }

    #ended(reason, more) {
        if (this.#state === 'closed') return;
        const previous = this.#state;
        this.#state = 'closed';
        if (reason === 'erased') this.#feed.forget();
        else this.#feed.stop();
        for (const undo of this.#unwatch.splice(0)) undo();
        this.#requests.end(new CarillonError('closed', `the client is closed: ${reason}`));
        this.#timers.clear();
        this.#emit('state', {state: 'closed', previous, reason, ...more});
    }

    // ---- Within

    #ask(type, data, more) {
        if (this.#state === 'closed') return Promise.reject(new CarillonError('closed', 'the client is closed'));
        return this.#requests.ask(type, data, more);
    }
    #tell(info) { this.#ask('device_info', info).catch((error) => this.#report(error)); }

    #repeat_foreground(on) {
        this.#foreground = on;
        this.#timers.cancel('foreground');
        if (on && this.#connection.ready) {
            this.#timers.later('foreground', foreground_ms, () => this.foreground(true));
        }
    }

    #watch() {
        const {window, document} = this.#host;
        const follow = () => this.foreground(document?.visibilityState !== 'hidden');
        this.#unwatch.push(listen(window, 'pagehide', () => this.#feed.flush()));
        if (!this.#options.foreground) return;
        this.#unwatch.push(listen(document, 'visibilitychange', follow));
        follow();
    }

    #change(state, more) {
        const previous = this.#state;
        if (state === previous && !more) return;
        this.#state = state;
        this.#emit('state', {state, previous, ...more});
    }

    // Gives the promises of those that are not through yet; they do not fail.
    #emit(type, value) {
        const failed = (cause) => (type === 'error' ? console.error(cause)
            : this.#report(new CarillonError('handler_failed', `a handler of ${type} failed`, {cause})));
        const waits = [];
        for (const handler of [...this.#handlers.get(type) ?? []]) {
            try {
                const result = handler(value);
                if (typeof result?.then === 'function') waits.push(Promise.resolve(result).catch(failed));
            } catch (error) {
                failed(error);
            }
        }
        return waits;
    }

    #report(error) {
        if (this.#handlers.get('error')?.size) this.#emit('error', error);
        else console.error(error);
    }
}
