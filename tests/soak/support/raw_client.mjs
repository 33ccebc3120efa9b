// A device with a client of a few lines: it keeps its place in the feed itself, and asks for what comes after it.
import {eventually} from '../../e2e/support/eventually.mjs';
import {observed_socket} from './socket.mjs';

// A server that is stopped, started under sanitizers and stormed by everybody.
const patience_ms = 120_000;
// How far back one looks who asks again.
const most_back = 150;

export class RawClient {
    kind = 'raw';
    #stage;
    #ledger;
    #chance;
    #token;
    #Socket;
    #socket = null;
    #wanted = false;
    #coming = false;
    // Of the feed: the last place that came, and the one that would outlive a crash of the app.
    #cursor;
    #stored;

    constructor({stage, ledger, chance, user, device, from_start}) {
        [this.#stage, this.#ledger, this.#chance] = [stage, ledger, chance];
        [this.user, this.device] = [user, device];
        this.books = ledger.device(user, device);
        this.#token = stage.token(user);
        this.#Socket = observed_socket({stage, ledger, user, device});
        this.#cursor = this.#stored = this.books.base = from_start ? 0 : null;
    }

    get present() { return this.#wanted && !this.#socket?.reads_nothing; }
    get connected() { return Boolean(this.#socket?.connection_id); }
    get connection_id() { return this.#socket?.connection_id; }
    // Everything up to there is here, and nothing is under way.
    level(head) { return this.connected && this.#socket.wire.level && this.#cursor >= head; }
    get describes() {
        return {kind: this.kind, user: this.user, device: this.device, cursor: this.#cursor,
                connection: this.connection_id, wire: this.#socket?.wire.state};
    }

    // ---- Coming and going

    come() {
        this.#wanted = true;
        this.#keep_on();
    }
    leave() {
        this.#wanted = false;
        this.#socket?.close(1000);
    }
    // The network is gone without a word.
    drop() {
        ++this.#ledger.counts.drops;
        this.#socket?.terminate();
    }
    // The app is: what it had not stored it does not know any more.
    crash() {
        ++this.#ledger.counts.crashes;
        this.#socket?.terminate();
        this.#cursor = this.#stored;
    }
    pause() {
        if (!this.connected) return false;
        ++this.#ledger.counts.paused;
        this.#socket.pause();
        return true;
    }
    unpause() { this.#socket?.resume(); }

    // Tries until it is in, or not wanted any more.
    #keep_on() {
        if (this.#coming || this.#socket) return;
        this.#coming = true;
        const there = () => !this.#wanted || (this.#stage.up && this.#connect());
        eventually(there, patience_ms, this.#chance.between(40, 160))
            .catch((error) => this.#ledger.report('not_connected', {...this.describes, why: error.message}))
            .finally(() => {
                this.#coming = false;
                if (this.#wanted && !this.#socket) this.#keep_on();
            });
    }
    // Whether it got there.
    #connect() {
        const since = this.#cursor === null ? '' : `&since=${this.#cursor}`;
        const server = this.#stage.url.replace('http', 'ws');
        const url = `${server}/api/ws/authenticated/${this.user}?device=${this.device}${since}`;
        const socket = this.#socket = new this.#Socket(url, ['carillon.v1', `bearer.${this.#token}`]);
        return new Promise((there) => {
            socket.on('message', () => {
                if (socket !== this.#socket) return;
                this.#heard(socket.parsed);
                there(true);
            });
            socket.on('error', () => {});
            socket.on('close', () => {
                there(false);
                if (socket !== this.#socket) return;
                this.#socket = null;
                if (this.#wanted) this.#keep_on();
            });
        });
    }

    // ---- What it hears

    #heard(message) {
        const {type, seq, data} = message;
        if (type === 'connected' && this.#cursor === null) {
            this.#cursor = this.#stored = this.books.base = data.last_seq;
        }
        if (type === 'acked') this.#ledger.was_acked(this.books, data.seq);
        if (seq === null) return;
        this.#ledger.took(this.books, message);
        this.#cursor = Math.max(this.#cursor, seq);
        if (this.#chance.one_in(25)) this.#stored = this.#cursor;
    }

    // ---- What it says

    #say(type, data) { if (this.connected) this.#socket.send(JSON.stringify({type, data})); }

    // At times twice in a row, the second overtaking the first. Not from the same place: then nobody could tell one
    // answer from two.
    ask_again() {
        if (!this.connected || this.#socket.wire.asks) return;
        const places = Array.from({length: this.#chance.one_in(4) ? 2 : 1}, () => (
            Math.max(this.books.base, this.#cursor - this.#chance.between(1, most_back))));
        for (const place of new Set(places)) {
            if (place < this.#cursor) this.#say('resume', {last_seq: place});
        }
    }
    acknowledge() {
        if (this.#cursor === null) return;
        const {base} = this.books;
        const seq = this.#chance.one_in(3) ? this.#chance.between(base, this.#cursor) : this.#cursor;
        this.#stored = Math.max(this.#stored, seq);
        this.#say('ack', {seq});
    }
    mark_read() {
        const {copies} = this.books;
        if (copies.length === 0) return;
        const id = this.#chance.one_in(10) ? 'all' : this.#chance.pick(copies).id;
        this.#say('mark_read', {notification_id: id});
    }

    // Another way to the same feed: some pages over REST, and the socket goes on behind them.
    async poll(pages) {
        for (let page = 0; page < pages && this.#cursor !== null && !this.#wanted; ++page) {
            const messages = await this.#stage.poll(this.user, this.#token, this.#cursor);
            if (!messages?.length) return;
            this.#ledger.counts.polled += messages.length;
            for (const {read, ...message} of messages) {
                this.#ledger.took(this.books, read ? {...message, read} : message);
                this.#cursor = Math.max(this.#cursor, message.seq);
            }
            this.#stored = this.#cursor;
        }
    }

    // Whether nothing more was under way: the answer comes behind everything the server had queued.
    async quiet() {
        if (!this.connected) return false;
        const socket = this.#socket;
        let heard = 0;
        const count = () => { heard += socket.parsed.type === 'pong' ? 1 : 0; };
        socket.on('message', count);
        this.#say('ping', {});
        await eventually(() => heard > 0 || socket !== this.#socket, patience_ms);
        socket.off('message', count);
        return heard > 0;
    }
    retire() { this.leave(); }
}
