// A device with the client script that the server hands out (src/web/carillon.js), as an app would use it.
import {connect} from '../../../src/web/carillon.js';
import {eventually} from '../../e2e/support/eventually.mjs';
import {observed_socket} from './socket.mjs';

const patience_ms = 120_000;
// What the script tells of a server that is away. Anything else has a reason that should not be there.
const ordinary_errors = ['connect_failed', 'timeout', 'connection_lost', 'rate_limited', 'unavailable', 'closed'];
const quick = {first_delay_ms: 40, max_delay_ms: 400, ack_ms: 50, handshake_ms: 60_000, request_ms: 60_000};

export class ScriptClient {
    kind = 'script';
    #stage;
    #ledger;
    #chance;
    #token;
    #Socket;
    #socket = null;
    #from_start;
    #stored = new Map();
    #carillon = null;
    #last = null;  // in the life of this object

    constructor({stage, ledger, chance, user, device, from_start}) {
        [this.#stage, this.#ledger, this.#chance, this.#from_start] = [stage, ledger, chance, from_start];
        [this.user, this.device] = [user, device];
        this.books = ledger.device(user, device);
        if (from_start) this.books.base = 0;
        this.#token = stage.token(user);
        const on_socket = (socket) => { this.#socket = socket; };
        this.#Socket = observed_socket({stage, ledger, user, device, on_socket});
    }

    get present() { return this.#carillon !== null && !this.#socket?.reads_nothing; }
    get connected() { return this.#is_open && Boolean(this.#socket?.connection_id); }
    get #is_open() { return ['open', 'catching-up'].includes(this.#carillon?.state); }
    get connection_id() { return this.#socket?.connection_id; }
    level(head) {
        return this.#carillon?.state === 'open' && this.#socket.wire.level && this.#carillon.cursor >= head;
    }
    get describes() {
        return {kind: this.kind, user: this.user, device: this.device, cursor: this.#carillon?.cursor,
                state: this.#carillon?.state, connection: this.connection_id, wire: this.#socket?.wire.state};
    }

    // ---- Coming and going

    come() {
        if (this.#carillon) return;
        const life = {over: false};
        // A dead app stores nothing.
        const storage = {
            getItem: (name) => this.#stored.get(name) ?? null,
            setItem: (name, value) => { if (!life.over) this.#stored.set(name, value); },
        };
        const report = (what, details) => this.#ledger.report(what, {user: this.user, device: this.device, ...details});
        this.#last = null;
        const carillon = connect({
            user: this.user, device: this.device, url: this.#stage.url, token: this.#token, storage,
            WebSocket: this.#Socket, ...quick, ...(this.#from_start && {since: 0}),
            on: {
                message: (message) => this.#took(message, report),
                gap: (gap) => report('script_gap', gap),
                state: ({state, reason}) => {
                    if (state === 'catching-up' || state === 'open') this.books.base ??= carillon.connection.last_seq;
                    if (state === 'closed' && reason !== 'closed_by_app') report('script_ended', {reason});
                },
                error: ({code, message}) => {
                    if (!ordinary_errors.includes(code)) report('script_error', {code, message});
                },
            },
        });
        this.#carillon = carillon;
        carillon.life = life;
    }
    leave() {
        this.#carillon?.close();
        this.#carillon = null;
    }
    drop() {
        ++this.#ledger.counts.drops;
        this.#socket?.terminate();
    }
    // Before it has stored anything it would begin anew, and be right.
    crash() {
        if (!this.#from_start && this.#stored.size === 0) return;
        ++this.#ledger.counts.crashes;
        this.#carillon.life.over = true;
        this.#socket?.terminate();
        this.leave();
        this.come();
    }
    pause() {
        if (!this.connected) return false;
        ++this.#ledger.counts.paused;
        this.#socket.pause();
        return true;
    }
    unpause() { this.#socket?.resume(); }

    #took(message, report) {
        const {seq} = message;
        if (this.#last !== null && seq !== this.#last + 1) report('script_order', {seq, after: this.#last});
        this.#last = seq;
        this.#ledger.took(this.books, message);
    }

    // ---- What it says. It acknowledges by itself, and asks again by itself.

    ask_again() {}
    acknowledge() {}
    mark_read() {
        const {copies} = this.books;
        if (copies.length === 0 || !this.#carillon) return;
        const id = this.#chance.one_in(10) ? 'all' : this.#chance.pick(copies).id;
        this.#carillon.mark_read(id).catch(({code, message}) => {
            if (!ordinary_errors.includes(code)) {
                const {user, device} = this;
                this.#ledger.report('script_error', {user, device, about: 'mark_read', code, message});
            }
        });
    }
    async poll() {}

    async quiet() {
        let answered = false;
        await eventually(async () => {
            answered ||= await this.#carillon.ping().then(() => true, () => false);
            return answered;
        }, patience_ms, 50);
        return answered;
    }
    retire() { this.leave(); }
}
