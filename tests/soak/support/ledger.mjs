// The books of a run, kept while it goes: what was written, what came to whom, and what was wrong about it at once.
const kept_of_each = 20;

export class Ledger {
    events = new Map();  // as `judge` takes them
    devices = [];
    violations = [];  // {what, ...details}; of each kind the first ones
    counts = {received: 0, polled: 0, connections: 0, resumes: 0, catch_ups: 0, drops: 0, crashes: 0, sleeps: 0,
              paused: 0, acks: 0, reads: 0};
    closed = {};      // connections, by code
    #times = new Map();
    #key_of = new Map();   // id -> key
    #ids = new Map();      // user -> [id of each seq]
    read = new Map();      // user -> Set(seq) of which the server said that they are read

    get violated() { return [...this.#times.values()].reduce((sum, n) => sum + n, 0); }
    times(what) { return this.#times.get(what) ?? 0; }

    report(what, details) {
        const times = this.times(what) + 1;
        this.#times.set(what, times);
        if (times <= kept_of_each) this.violations.push({what, ...details});
    }

    // The first of each kind, and how many there were.
    first(most) {
        return [...this.#times].map(([what, times]) => (
            {what, times, first: this.violations.filter((each) => each.what === what).slice(0, most)}));
    }

    wrote(key, event) { this.events.set(key, event); }

    device(user, device) {
        const made = {user, device, base: null, copies: [], acked: 0};
        this.devices.push(made);
        return made;
    }

    // A stored message as it came to a device. Every copy of it, wherever, is the same.
    took(device, {id, seq, data, type, read}) {
        ++this.counts.received;
        const {user} = device;
        const where = {user, device: device.device, seq, id};
        const key = `${data.line}-${data.n}`;
        const known = this.#key_of.get(id);
        if (known === undefined) this.#key_of.set(id, key);
        else if (known !== key) this.report('body_differs', {...where, key, known});
        if (!this.#ids.has(user)) this.#ids.set(user, []);
        const ids = this.#ids.get(user);
        if (ids[seq] === undefined) ids[seq] = id;
        else if (ids[seq] !== id) this.report('id_differs', {...where, known: ids[seq]});
        if (!this.events.get(key)?.to.includes(user) || type !== 'notification') {
            this.report('unexpected', {...where, key, type});
        }
        if (read) this.#note_read(user, seq, seq);
        device.copies.push({seq, id: ids[seq] === id ? ids[seq] : id});  // one text for all copies
    }

    // `read`, as the server tells it.
    was_read(user, {from_seq, to_seq}) {
        ++this.counts.reads;
        this.#note_read(user, from_seq, to_seq);
    }
    #note_read(user, from, to) {
        if (!this.read.has(user)) this.read.set(user, new Set());
        const seqs = this.read.get(user);
        for (let seq = from; seq <= to; ++seq) seqs.add(seq);
    }
    was_acked(device, seq) {
        ++this.counts.acks;
        device.acked = Math.max(device.acked, seq);
    }

    // What the server said is done must stand in its tables.
    check_promises(feeds, acked) {
        for (const [user, seqs] of this.read) {
            for (const seq of seqs) {
                if (!feeds.get(user)?.rows[seq - 1]?.read) this.report('read_lost', {user, seq});
            }
        }
        for (const {user, device, acked: seq} of this.devices) {
            const stored = acked.get(`${user}/${device}`) ?? 0;
            if (stored < seq) this.report('ack_lost', {user, device, seq, stored});
        }
    }
}
