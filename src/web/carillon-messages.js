/**
 * What goes over a connection and outlives it: the user's feed as this client has it, and what the app asks of the
 * server. A part of carillon.js.
 */
import {CarillonError} from './carillon-connection.js';

export const is_seq = (value) => Number.isSafeInteger(value) && value >= 0;

// An error with one of these codes says: later.
const passing = ['rate_limited', 'unavailable'];
const first_pause_ms = 1000;

/**
 * Three numbers follow each other: `cursor`, the last message the handlers were given, without a hole before it that
 * was not told; `done`, up to which the handlers are through, which is what is stored; `acked`, what of that the server
 * knows. After a hole, the handlers of `gap` stand in for the messages that are missing, so `done` waits for them too:
 * a page that dies between the hole and the reload is told of it again.
 *
 * A double is known by its seq alone. The feed has an event once, so ids could tell nothing more, and a number takes
 * the same memory after a year.
 */
export class Feed {
    #options;  // {since, storage, key, auto_ack, ack_ms, timers, emit, report}
    #loading;
    #send = null;
    #stopped = false;
    #cursor = null;
    #done = null;
    #stored = null;
    #acked = 0;
    #ack_sent = 0;
    #pending = new Set();  // given and not done, ascending; a hole by its first number
    #hole = null;
    #asked_from = null;  // the cursor with which a hole was asked about

    constructor(options) { this.#options = options; }

    get cursor() { return this.#cursor; }

    // Where to begin. What the app says is a lower limit: it may have loaded more since the cursor was stored.
    load() { return this.#loading ??= this.#load(); }
    async #load() {
        const {since = null, storage, key, report} = this.#options;
        let text;
        try {
            text = await storage?.getItem(key);
        } catch (error) {
            report(new CarillonError('storage_failed', 'the cursor cannot be read', {cause: error}));
        }
        this.#stored = /^\d{1,15}$/.test(text ?? '') ? Number(text) : null;
        if (since === null && this.#stored === null) return;
        this.#cursor = this.#done = Math.max(since ?? 0, this.#stored ?? 0);
        // A stored one was shown on this device, though the acknowledgement may not have got through.
        this.#acked = this.#cursor === this.#stored ? 0 : this.#cursor;
    }

    // A connection stands, and there are `last_seq` messages.
    began(last_seq, send) {
        [this.#send, this.#stopped, this.#asked_from, this.#ack_sent] = [send, false, null, this.#acked];
        // Without a cursor it begins with what is new.
        if (this.#cursor === null) this.#cursor = this.#done = this.#acked = this.#ack_sent = last_seq;
        this.#plan_flush();
    }

    lost() { this.#send = null; }

    stop() {
        this.flush();
        this.#stopped = true;
    }

    // Gives false when a hole stands before it, about which the server has been asked; it comes again after that.
    take(message, level) {
        const {seq} = message;
        if (seq <= this.#cursor) return true;
        if (seq > this.#cursor + 1) {
            const asked = this.#asked_from === this.#cursor;
            if (level && !asked) {
                this.#asked_from = this.#cursor;
                this.#send('resume', {last_seq: this.#cursor});
                return false;
            }
            if (!level && asked) return true;  // sent before the server had our question
            // While catching up the oldest may be gone. Asked in vain, they are gone whatever the server says.
            this.#note_hole(seq - 1);
            if (level) this.#tell_gap(seq);
        }
        this.#cursor = seq;
        this.#hand_over(seq, [['message', message], [message.type, message]]);
        return true;
    }

    resumed({gap, last_seq}) {
        if (gap && last_seq < this.#cursor) {
            // A cursor from a future that the server has lost: nothing we know of this feed holds.
            this.#pending.clear();
            [this.#cursor, this.#done, this.#hole] = [0, 0, null];
            this.#acked = this.#ack_sent = Math.min(this.#acked, last_seq);
        }
        if (gap && (!this.#hole || last_seq > this.#cursor)) {
            this.#note_hole(last_seq);
            this.#cursor = last_seq;
        }
        if (this.#hole) this.#tell_gap(last_seq);
    }

    ack(seq) {
        if (this.#cursor === null) return;
        this.#done = Math.max(this.#done, Math.min(seq, this.#cursor));
        this.#plan_flush();
    }
    acked(seq) { this.#acked = Math.max(this.#acked, seq); }
    // Gives whether that is all there is to it.
    refused({code, about}) {
        if (about !== 'ack' || !passing.includes(code)) return false;
        this.unheard();
        return true;
    }
    // What was sent counts as not sent.
    unheard() {
        this.#ack_sent = this.#acked;
        this.#options.timers.later('ack', first_pause_ms, () => this.flush());
    }
    // Nothing has come yet of what the server was asked.
    get asking() { return this.#asked_from !== null && this.#asked_from === this.#cursor; }

    // What is done becomes known: to the server while there is a connection, to the storage in any case.
    flush() {
        this.#options.timers.cancel('ack');
        this.#store();
        if (!this.#send || !(this.#done > this.#ack_sent)) return;
        this.#ack_sent = this.#done;
        this.#send('ack', {seq: this.#done});
    }

    // The user is no more.
    async forget() {
        const {storage, key, report} = this.#options;
        this.#options.storage = null;
        this.#stopped = true;
        try {
            await storage?.removeItem?.(key);
        } catch (error) {
            report(new CarillonError('storage_failed', 'the cursor cannot be removed', {cause: error}));
        }
    }

    #note_hole(to_seq) {
        this.#hole ??= {from_seq: Math.min(this.#cursor + 1, to_seq)};
        this.#hole.to_seq = to_seq;
        this.#pending.add(this.#hole.from_seq);
    }

    #tell_gap(last_seq) {
        const hole = this.#hole;
        this.#hole = null;
        this.#hand_over(hole.from_seq, [['gap', {...hole, last_seq}]]);
    }

    #hand_over(number, events) {
        this.#pending.add(number);
        const over = () => {
            this.#pending.delete(number);
            this.#advance();
        };
        const waits = events.flatMap(([type, value]) => this.#options.emit(type, value));
        if (waits.length) Promise.all(waits).then(over);
        else over();
    }

    #advance() {
        if (!this.#options.auto_ack) return;
        const [first] = this.#pending;
        this.#done = Math.max(this.#done, first === undefined ? this.#cursor : first - 1);
        this.#plan_flush();
    }

    // Not put off by what comes meanwhile: under a steady stream it would never be due.
    #plan_flush() {
        const {timers, ack_ms} = this.#options;
        if (this.#stopped) this.#store();
        else if (!timers.has('ack')) timers.later('ack', ack_ms, () => this.flush());
    }

    async #store() {
        const {storage, key, report} = this.#options;
        if (!storage || this.#done === null || this.#done === this.#stored) return;
        this.#stored = this.#done;
        try {
            await storage.setItem(key, String(this.#done));
        } catch (error) {
            this.#options.storage = null;  // full or forbidden, and it would be so for every message
            report(new CarillonError('storage_failed', 'the cursor cannot be stored', {cause: error}));
        }
    }
}

const answer_of = {
    ping: 'pong', mark_read: 'read', device_info: 'device_info_received', fcm_token: 'fcm_token_registered',
};

/**
 * The protocol's answers do not name the request they belong to, so one of a kind is under way at a time: then an
 * `error` about that kind can mean no other. What waits is bounded by number and by time. A request whose connection
 * breaks under it is sent again on the next one, which is harmless: all but ping come to the same when done twice.
 */
export class Requests {
    #list = [];  // in the order they were made
    #send = null;
    #bytes;
    #limit_ms;
    #most;
    #timers;
    #now;

    constructor({limit_ms, most, timers, now}) {
        [this.#limit_ms, this.#most, this.#timers, this.#now] = [limit_ms, most, timers, now];
    }

    // `fits` tells its answer from others of that type; `value` makes of it what the promise gives.
    ask(type, data, {fits = () => true, value = (answer) => answer} = {}) {
        if (this.#list.length >= this.#most) {
            return Promise.reject(new CarillonError('queue_full', `${this.#most} requests wait already`));
        }
        return new Promise((resolve, reject) => {
            const text = JSON.stringify({type, data});
            const request = {type, text, fits, value, resolve, reject, under_way: false, sent_at: null, pauses: 0};
            this.#list.push(request);
            this.#timers.later(request, this.#limit_ms, () => this.#fail(request, new CarillonError(
                'timeout', `${type}: no answer within ${this.#limit_ms} ms`, {cause: request.trouble})));
            this.#go_on();
        });
    }

    // A connection stands; `bytes` is the longest message it takes.
    open(send, bytes = Infinity) {
        [this.#send, this.#bytes] = [send, bytes];
        this.#go_on();
    }

    lost() {
        this.#send = null;
        for (const request of [...this.#list]) {
            // Its time would be that of the reconnection.
            if (request.type === 'ping') this.#fail(request, new CarillonError('connection_lost', 'ping: no answer'));
            request.under_way = false;
        }
    }

    end(error) {
        this.#send = null;
        for (const request of [...this.#list]) this.#fail(request, error);
    }

    answered(type, data) {
        const request = this.#list.find((each) => answer_of[each.type] === type && each.fits(data));
        if (!request) return;
        this.#take_out(request);
        request.resolve(request.value(data, request.sent_at));
        this.#go_on();
    }

    // Gives whether the error is about one of these.
    refused(error) {
        const request = this.#list.find(({type}) => type === error.about);
        if (request && passing.includes(error.code)) this.#put_off(request, error);
        else if (request) this.#fail(request, error);
        return Boolean(request);
    }
    // Something was not heard. Whatever has no answer yet may be it.
    unheard(error) {
        for (const request of this.#list) if (request.under_way) this.#put_off(request, error);
    }

    #go_on() {
        const busy = new Set();
        for (const request of [...this.#list]) {
            if (!this.#send) return;
            if (busy.has(request.type)) continue;
            if (request.text.length > this.#bytes / 3 && new TextEncoder().encode(request.text).length > this.#bytes) {
                // Sent, it would cost the connection.
                this.#fail(request, new CarillonError('too_large', `${request.type}: over ${this.#bytes} bytes`));
                continue;
            }
            busy.add(request.type);
            if (request.under_way || this.#timers.has(`pause ${request.type}`)) continue;
            [request.under_way, request.sent_at] = [true, this.#now()];
            this.#send(request.text);
        }
    }

    #put_off(request, error) {
        [request.under_way, request.trouble] = [false, error];
        this.#timers.later(`pause ${request.type}`, first_pause_ms * 2 ** request.pauses++, () => this.#go_on());
    }

    #fail(request, error) {
        if (!this.#take_out(request)) return;
        request.reject(error);
        this.#go_on();
    }

    #take_out(request) {
        const index = this.#list.indexOf(request);
        if (index < 0) return false;
        this.#list.splice(index, 1);
        this.#timers.cancel(request);
        if (!this.#list.some(({type}) => type === request.type)) this.#timers.cancel(`pause ${request.type}`);
        return true;
    }
}
