// Who writes: lines of numbered events, each line one after the other, and all lines at once.
import {Gate} from './progress.mjs';
import {eventually} from '../../e2e/support/eventually.mjs';

const patience_ms = 120_000;
// An answer that nobody waited for is not repeated by this line: what became of it must be all or nothing.
const careless = 'careless';
const loud_lines = ['loud1', 'loud2', 'loud3'];
const most_noise = 300_000;
const most_unplanned = 30;
const flooded_at_once = 2;

export class Writers {
    #stage;
    #ledger;
    #progress;
    #chance;
    #users;
    #total;
    #gate = new Gate();
    #posting = 0;
    #turns = flooded_at_once;
    #waiting = [];
    #wanted = new Map();  // user -> how many of their devices want to be flooded
    // Which nothing on the way makes smaller.
    #noise;

    constructor({stage, ledger, progress, chance, users, total}) {
        [this.#stage, this.#ledger, this.#progress] = [stage, ledger, progress];
        [this.#chance, this.#users, this.#total] = [chance, users, total];
        this.#noise = Array.from({length: most_noise}, () => String.fromCharCode(chance.between(97, 122))).join('');
    }

    // Until as many messages as were wanted are acknowledged; that is the end of the run's progress. Who is flooded
    // then still gets what it takes.
    async write(lines) {
        const names = Array.from({length: lines - 1}, (_, index) => `line${index + 1}`);
        const writing = Promise.all([...names, careless].map((line) => this.#write_line(line)))
            .finally(() => this.#progress.finish());
        await Promise.all([writing, ...loud_lines.map((line) => this.#write_loudly(line))]);
    }

    // Nothing is under way when this is done, and nothing new is begun until go_on().
    async hold() {
        this.#gate.shut();
        await eventually(() => this.#posting === 0, patience_ms);
    }
    go_on() { this.#gate.open(); }

    // Whom to flood: few at a time, or it would take long for each.
    async turn() {
        if (this.#turns === 0) await new Promise((go) => { this.#waiting.push(go); });
        else --this.#turns;
    }
    pass_on() {
        const next = this.#waiting.shift();
        if (next) next();
        else ++this.#turns;
    }
    want(user) { this.#wanted.set(user, (this.#wanted.get(user) ?? 0) + 1); }
    enough(user) {
        const left = this.#wanted.get(user) - 1;
        if (left > 0) this.#wanted.set(user, left);
        else this.#wanted.delete(user);
    }

    get #done() { return this.#progress.over || this.#progress.count >= this.#total; }

    async #write_line(line) {
        const chance = this.#chance.line(line);
        for (let n = 1; !this.#done; ++n) {
            const count = chance.one_in(4) ? this.#users.length : chance.between(1, this.#users.length);
            await this.#say(line, n, chance.some(this.#users, count));
        }
    }
    // To whom wants to be slow, as long as somebody does. No faster than the feeds take it: what is planned later
    // reaches nobody who waits for it.
    async #write_loudly(line) {
        const chance = this.#chance.line(line);
        for (let n = 1; ; ++n) {
            await eventually(() => this.#wanted.size > 0 || this.#progress.over, patience_ms * 10);
            if (this.#wanted.size === 0) return;
            await eventually(async () => await this.#stage.unplanned() < most_unplanned, patience_ms);
            const wanted = [...this.#wanted.keys()];
            if (wanted.length === 0) continue;
            await this.#say(line, n, [chance.pick(wanted)], this.#noise.slice(chance.between(0, most_noise * 0.7)));
        }
    }

    async #say(line, n, to, noise) {
        await this.#gate.pass();
        ++this.#posting;
        try {
            const key = `${line}-${n}`;
            const event = {line, n, to, id: undefined, state: 'in_doubt'};
            this.#ledger.wrote(key, event);
            const payload = {user_ids: to, feed: noise === undefined ? {line, n} : {line, n, noise}};
            const post = () => this.#stage.post(payload, line === careless ? undefined : key);
            event.id = line === careless ? await post() : await eventually(post, patience_ms, 40);
            if (event.id === undefined) {
                // It asks no more, but waits for the server as all do.
                await eventually(() => this.#stage.up || this.#done, patience_ms, 20);
                return;
            }
            event.state = 'acknowledged';
            // A flood is no progress: how long it has to be is the kernel's business.
            if (noise === undefined) this.#progress.add(to.length);
        } finally {
            --this.#posting;
        }
    }
}
