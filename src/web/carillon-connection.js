/**
 * Getting a connection, knowing whether it lives, and getting the next one; a part of carillon.js.
 *
 * There is one socket at most. Whatever an older one, or an older wait for a token, still has to say finds another
 * `turn` or another socket in its place and is dropped.
 */
const protocol = 'carillon.v1';
const final_codes = {4403: 'erased', 4429: 'replaced'};
const defects = [1002, 1003, 1007, 1008, 1009];  // one side is wrong, and the next connection would end the same
const header_token = /^[\w!#$%&'*+.^`|~-]+$/;
const most_hold_ms = 600_000;
const most_timer_ms = 2 ** 31 - 1;  // beyond it setTimeout fires at once
const least_pause_ms = 1000;

export class CarillonError extends Error {
    constructor(code, message, {cause, ...more} = {}) {
        super(message, {cause});
        Object.assign(this, more, {name: 'CarillonError', code});
    }
}

// Each has a name, and a name has one. In Node none of them keeps the process.
export class Timers {
    #host;
    #running = new Map();

    constructor(host) { this.#host = host; }

    has(name) { return this.#running.has(name); }
    later(name, ms, run) {
        this.cancel(name);
        const fire = () => {
            this.#running.delete(name);
            run();
        };
        const timer = this.#host.set_timer(fire, Math.min(ms, most_timer_ms));
        timer?.unref?.();
        this.#running.set(name, timer);
    }
    cancel(...names) {
        for (const name of names) {
            if (this.#running.has(name)) this.#host.clear_timer(this.#running.get(name));
            this.#running.delete(name);
        }
    }
    clear() { this.cancel(...this.#running.keys()); }
}

// Gives what takes it back.
export function listen(target, type, run) {
    target?.addEventListener?.(type, run);
    return () => target?.removeEventListener?.(type, run);
}

// http or ws, it is the same server.
export function rest_url(url, location) {
    const base = new URL(url ?? '/', location?.href);
    if (!/^(http|ws)s?:$/.test(base.protocol) || base.search || base.hash || base.username) {
        throw new TypeError('carillon: option url is to be like https://host, and without anything secret');
    }
    return `${base.protocol.replace('ws', 'http')}//${base.host}${base.pathname.replace(/\/+$/, '')}`;
}

function parse(text) {
    try {
        return JSON.parse(text) ?? {};
    } catch {
        return {};
    }
}

export class Connection {
    #options; #host; #timers; #rest;
    // address() gives {since, device}; connected(message, resumes), received(message), lost(), leaving() before a
    // connection is given up on purpose, ended(reason); changed(state, more); report(error).
    #client;
    #turn = 0;
    #socket = null;
    #ready = false;
    #failures = 0;
    #held = false;  // the wait is one the server asked for
    #heard_at = 0;
    #token;
    #why = 'first';
    #expires = Infinity;
    #asking = null;
    #limited = new Set();
    #unwatch = [];

    constructor(client, {options, host, timers, rest}) {
        [this.#client, this.#options, this.#host, this.#timers, this.#rest] = [client, options, host, timers, rest];
        this.#token = options.token;
    }

    get ready() { return this.#ready; }

    send(text) { this.#socket?.send(text); }

    // For the first time, after the end, or in place of the one there is.
    start({token} = {}) {
        if (token) [this.#token, this.#expires] = [token, Infinity];
        if (!this.#unwatch.length) this.#watch();
        this.#leave();
        this.#attempt();
    }

    // As start(), without what is left of a bad time.
    start_afresh(more) {
        this.#failures = 0;
        this.start(more);
    }

    end(reason, more) {
        this.#leave();
        for (const abort of this.#limited) abort.abort();
        this.#asking = null;
        for (const undo of this.#unwatch.splice(0)) undo();
        this.#client.ended(reason, more);
    }

    // A hole that the server could not fill; a new connection asks in its own way.
    give_up() {
        this.#leave();
        this.#lost({});
    }

    // ---- Towards a connection

    async #attempt() {
        const turn = ++this.#turn;
        const overtaken = () => turn !== this.#turn;
        this.#held = false;
        this.#client.changed('connecting');
        try {
            const address = await this.#client.address();
            if (overtaken()) return;
            const {get_token, ticket} = this.#options;
            const expired = Boolean(this.#token) && this.#host.now() >= this.#expires;
            if (expired && !get_token) return this.end('token_expired');
            if (get_token && (expired || !this.#token)) {
                const token = await this.#ask_token(expired ? 'expired' : this.#why);
                if (overtaken()) return;
                if (!token) return this.end('signed_out');
                [this.#token, this.#expires] = [token, Infinity];
            }
            const bought = ticket && this.#token ? await this.#buy_ticket() : undefined;
            if (!overtaken()) this.#open(address, bought);
        } catch (error) {
            if (overtaken()) return;
            const known = error instanceof CarillonError;
            const told = known ? error : new CarillonError('connect_failed', error.message, {cause: error});
            this.#lost({error: told, refused: error.code === 'token_unusable'});
        }
    }

    #ask_token(reason) {
        const {get_token, token_ms} = this.#options;
        this.#asking ??= this.#within(token_ms, 'token', (signal) => get_token({reason, signal}))
            .finally(() => { this.#asking = null; });
        return this.#asking;
    }

    #buy_ticket() {
        return this.#within(this.#options.handshake_ms, 'ticket', async (signal) => {
            const headers = {Authorization: `Bearer ${this.#token}`};
            const answer = await this.#host.fetch(`${this.#rest}/api/ws/ticket`, {method: 'POST', headers, signal});
            if (answer.ok) return (await answer.json()).ticket;
            const seconds = Number(answer.headers.get('Retry-After') ?? NaN);
            const more = {status: answer.status, retry_after_ms: seconds * 1000};
            throw new CarillonError('ticket_refused', `POST /api/ws/ticket answered ${answer.status}`, more);
        });
    }

    // Work that is not ours and may hang: when its time is over its signal says so, and nobody waits any more.
    #within(ms, what, work) {
        const abort = new AbortController();
        const over = new Promise((_, reject) => abort.signal.addEventListener(
            'abort', () => reject(new CarillonError('timeout', `no ${what} within ${ms} ms`))));
        this.#timers.later(abort, ms, () => abort.abort());
        this.#limited.add(abort);
        const failed = (cause) => {
            if (cause instanceof CarillonError) throw cause;
            throw new CarillonError(`${what}_failed`, `there was no ${what}: ${cause?.message}`, {cause});
        };
        return Promise.race([over, (async () => work(abort.signal))()]).catch(failed).finally(() => {
            this.#timers.cancel(abort);
            this.#limited.delete(abort);
        });
    }

    #open({since, device}, ticket) {
        const {user, handshake_ms, WebSocket} = this.#options;
        const given = Object.entries({since, device, ticket}).filter(([, value]) => (value ?? null) !== null);
        const query = given.length ? `?${new URLSearchParams(given)}` : '';
        // Without a token only a server in development lets anybody in, and only by the other path.
        const path = `/api/ws/${this.#token ? 'authenticated/' : ''}${encodeURIComponent(user)}`;
        // Asked first, since a browser's own error would quote it.
        if (this.#token && !ticket && !header_token.test(this.#token)) {
            throw new CarillonError('token_unusable', 'the token has characters that a subprotocol cannot have');
        }
        const offered = this.#token && !ticket ? [protocol, `bearer.${this.#token}`] : [protocol];
        const socket = this.#socket = new WebSocket(this.#rest.replace('http', 'ws') + path + query, offered);
        const ours = () => socket === this.#socket;
        let opened = false;
        let trouble;
        this.#timers.later('handshake', handshake_ms, () => {
            this.#abandon(true);
            this.#lost({error: new CarillonError('timeout', `no connection within ${handshake_ms} ms`)});
        });
        socket.onopen = () => { opened = true; };
        // It stays there to the end: `ws` throws what nobody listens to.
        socket.onerror = ({message}) => { trouble = message; };
        socket.onmessage = ({data}) => { if (ours()) this.#received(data, since !== null); };
        socket.onclose = ({code, reason}) => {
            if (ours()) this.#lost({code, reason: reason || trouble, refused: !opened});
        };
    }

    // ---- On a connection

    #received(text, resumes) {
        this.#heard_at = this.#host.now();
        this.#timers.cancel('pong');
        const message = typeof text === 'string' ? parse(text) : {};
        if (typeof message.type !== 'string') {
            return this.#client.report(new CarillonError('malformed_message', 'the server sent what is no message'));
        }
        message.data ??= {};
        if (message.type === 'connected') this.#connected(message, resumes);
        else if (this.#ready) this.#client.received(message);
    }

    #connected(message, resumes) {
        const {expires_at} = message.data;
        this.#ready = true;
        this.#timers.cancel('handshake');
        this.#timers.later('stable', this.#options.stable_ms, () => { this.#failures = 0; });
        this.#plan_quiet(this.#options.quiet_ms);
        // By the server's clock alone: the one here may be wrong by hours.
        const left = expires_at ? Date.parse(expires_at) - Date.parse(message.timestamp) : Infinity;
        this.#expires = this.#heard_at + left;
        if (this.#options.get_token && left < Infinity) {
            const early = Math.min(30_000, left / 4) * (0.5 + this.#host.random() / 2);
            this.#timers.later('refresh', left - early, () => this.#refresh());
        }
        this.#client.connected(message, resumes);
    }

    // The new token first: the connection is good as long as the old one is.
    async #refresh() {
        const turn = this.#turn;
        try {
            const token = await this.#ask_token('expires');
            if (turn !== this.#turn) return;
            if (!token) return this.end('signed_out');
            if (token !== this.#token) return this.start({token});
            this.#refresh_later();
        } catch (error) {
            if (turn !== this.#turn) return;
            this.#refresh_later();
            this.#client.report(error);
        }
    }

    #refresh_later() { this.#timers.later('refresh', this.#back_off(), () => this.#refresh()); }

    // Browsers hide the server's pings, so a broken connection looks like a quiet one until it is asked.
    #plan_quiet(ms) {
        this.#timers.later('quiet', ms, () => {
            this.#heard_at = Math.min(this.#heard_at, this.#host.now());  // a clock may be set back
            const quiet = this.#host.now() - this.#heard_at;
            if (quiet >= this.#options.quiet_ms) this.#probe();
            this.#plan_quiet(Math.max(this.#options.quiet_ms - quiet, least_pause_ms));
        });
    }
    #probe() {
        if (!this.#ready || this.#timers.has('pong')) return;
        this.send(JSON.stringify({type: 'ping', data: {}}));
        this.#timers.later('pong', this.#options.pong_ms, () => {
            this.#abandon(true);
            this.#lost({reason: 'no answer to a ping'});
        });
    }

    // ---- Away from a connection

    // It is gone, or did not come to be.
    #lost({code, reason, refused, error}) {
        this.#detach();
        if (final_codes[code]) return this.end(final_codes[code], {code});
        const {get_token, max_delay_ms} = this.#options;
        const expired = code === 4401 || error?.status === 401;
        if (expired && !get_token) return this.end('token_expired', {code});
        // A browser does not say why a handshake failed; it may have been the token.
        if (get_token && (expired || refused)) [this.#token, this.#why] = [undefined, expired ? 'expired' : 'refused'];
        const defect = defects.includes(code);
        if (defect) error = new CarillonError('protocol_defect', `closed with ${code}: ${reason}`, {close_code: code});
        const asked = error?.retry_after_ms ?? ([1012, 1013].includes(code) ? parse(reason).retry_after_ms : undefined);
        this.#held = defect || (Number.isFinite(asked) && asked >= 0);
        const delay = !this.#held ? this.#back_off()
            : defect ? max_delay_ms * (1 + this.#host.random()) / 2 : Math.min(asked, most_hold_ms);
        this.#timers.later('retry', delay, () => this.#attempt());
        this.#client.changed('connecting', {code, reason, attempt: this.#failures, retry_in_ms: Math.round(delay)});
        // Last, since a handler may end it all.
        if (error) this.#client.report(error);
    }

    // Full jitter: a crowd that was thrown out together comes back spread over the whole time.
    #back_off() {
        const {first_delay_ms, max_delay_ms} = this.#options;
        const most = Math.min(max_delay_ms, first_delay_ms * 2 ** this.#failures++);
        return most * (0.1 + 0.9 * this.#host.random());
    }

    #detach() {
        ++this.#turn;
        [this.#socket, this.#ready] = [null, false];
        this.#timers.cancel('handshake', 'quiet', 'pong', 'stable', 'refresh', 'retry');
        this.#client.lost();
    }

    // Nobody waits for the other side to agree; a dead one never would.
    #abandon(dead) {
        const socket = this.#socket;
        this.#detach();
        if (dead && socket?.terminate) socket.terminate();
        else socket?.close(1000);
    }
    #leave() {
        if (this.#ready) this.#client.leaving();
        this.#abandon(false);
    }

    // The network is back, or somebody looks: a wait of our own is over, one that the server asked for is not.
    #wake(network) {
        if (this.#ready) return this.#probe();
        if (this.#held || !(this.#timers.has('retry') || (network && this.#socket))) return;
        if (network) this.#failures = 0;
        this.start();
    }

    #watch() {
        const {window, document} = this.#host;
        this.#unwatch.push(
            listen(window, 'online', () => this.#wake(true)),
            listen(window, 'offline', () => this.#probe()),
            listen(window, 'pageshow', () => this.#wake(false)),
            listen(document, 'visibilitychange', () => {
                if (document.visibilityState === 'visible') this.#wake(false);
            }));
    }
}
