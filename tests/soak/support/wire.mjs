// What one connection brings, held against the protocol message by message: which of them may come next is known at
// every moment, so this finds what a later look at the whole would excuse, as a hole that was filled afterwards.
const members = 'type,id,seq,timestamp,data';
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const stored_types = ['notification', 'lead_update', 'conversation_update', 'lead.distributed'];
const other_types = ['connected', 'pong', 'error', 'read', 'acked', 'catch_up', 'resumed', 'device_info_received'];

export class Wire {
    // The last place that came; before the greeting, nothing.
    #cursor = null;
    #greeted = false;
    #since;
    #user;
    #device;
    #report;
    #asked = [];  // places of `resume` that no message has followed yet
    #refused = 0;  // of these, nobody knows which
    #catching_up = false;
    #told_again = 0;
    resumed = 0;
    catch_ups = 0;

    // `since`: null without one; `report(what, details)` is told of every breach.
    constructor({since, user, device, report}) {
        [this.#since, this.#user, this.#device, this.#report] = [since, user, device, report];
    }

    // All that was asked for has come, and nothing is under way that the server has announced.
    get level() { return this.#greeted && !this.#catching_up && !this.asks; }
    get asks() { return this.#asked.length > this.#refused; }
    get state() {
        return {cursor: this.#cursor, catching_up: this.#catching_up, asked: this.#asked, refused: this.#refused};
    }

    said({type, data}) {
        if (type !== 'resume') return;
        if (!this.asks) [this.#asked, this.#refused] = [[], 0];
        this.#asked.push(data.last_seq);
    }

    heard(message) {
        const {type, seq, data} = message;
        const shape = Object.keys(message).join();
        const may_be = message.read === true && seq !== null ? `${members},read` : members;
        if (shape !== may_be || !timestamp.test(message.timestamp) || typeof message.id !== 'string') {
            this.#breach('malformed', {message: JSON.stringify(message).slice(0, 300)});
        }
        if (type === 'connected') return this.#connected(data);
        if (!this.#greeted) this.#breach('before_connected', {type});
        if (!(seq === null ? other_types : stored_types).includes(type)) this.#breach('malformed', {type, seq});
        if (seq !== null) return this.#stored(seq);
        if (type === 'catch_up') this.#catch_up(data);
        if (type === 'resumed') this.#resumed(data);
        if (type === 'error') this.#error(data);
    }

    #connected({user_id, device, last_seq}) {
        if (this.#greeted) this.#breach('malformed', {second: 'connected'});
        if (user_id !== this.#user || device !== this.#device) this.#breach('malformed', {user_id, device});
        this.#greeted = true;
        this.#catching_up = this.#since !== null;
        this.#cursor = this.#since ?? last_seq;
        if (this.#cursor > last_seq) this.#breach('feed_lost', {since: this.#since, last_seq});
    }

    #stored(seq) {
        const asked = seq === this.#cursor + 1 ? -1 : this.#asked.indexOf(seq - 1);
        if (seq !== this.#cursor + 1 && asked < 0) {
            this.#breach(seq > this.#cursor ? 'hole' : 'out_of_order', {seq, after: this.#cursor});
        }
        if (asked >= 0) {
            this.#asked.splice(0, asked + 1);
            this.#refused = Math.min(this.#refused, this.#asked.length);
            this.#catching_up = true;
            this.#told_again = 0;
        }
        ++this.#told_again;
        this.#cursor = seq;
    }

    #catch_up({from_seq, last_seq}) {
        ++this.catch_ups;
        if (this.#catching_up || from_seq !== this.#cursor + 1 || last_seq < from_seq) {
            this.#breach('catch_up', {from_seq, last_seq, after: this.#cursor, already: this.#catching_up});
        }
        this.#catching_up = true;
        this.#told_again = 0;
    }

    #resumed({count, gap, last_seq}) {
        ++this.resumed;
        if (gap) this.#breach('gap', {last_seq, after: this.#cursor});
        const right = this.#catching_up && count === this.#told_again && last_seq === this.#cursor;
        if (!right && !gap) {
            this.#breach('resumed', {count, told: this.#told_again, last_seq, after: this.#cursor,
                                     announced: this.#catching_up});
        }
        this.#catching_up = false;
        this.#cursor = last_seq;
    }

    #error({code, about}) { if (code === 'rate_limited' && about === 'resume') ++this.#refused; }

    #breach(what, details) { this.#report(what, details); }
}
