// Chance that can be had again: the same seed gives the same draws. Each who draws has a line of his own, so that
// nobody's draws depend on who came first.
import {createHash} from 'node:crypto';

export class Chance {
    #name;
    #state;

    constructor(name) {
        this.#name = String(name);
        this.#state = createHash('sha256').update(this.#name).digest().readUInt32LE();
    }

    line(name) { return new Chance(`${this.#name}/${name}`); }

    // From 0 to below 1 (mulberry32).
    next() {
        this.#state = (this.#state + 0x6d2b79f5) | 0;
        let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    }
    // Whole numbers, both ends included.
    between(least, most) { return least + Math.floor(this.next() * (most - least + 1)); }
    one_in(n) { return this.next() * n < 1; }
    pick(list) { return list[this.between(0, list.length - 1)]; }
    shuffled(list) {
        const left = [...list];
        for (let i = left.length - 1; i > 0; --i) {
            const j = this.between(0, i);
            [left[i], left[j]] = [left[j], left[i]];
        }
        return left;
    }
    some(list, count) { return this.shuffled(list).slice(0, count); }
}
