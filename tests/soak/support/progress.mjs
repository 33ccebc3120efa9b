// What the run is measured by, in place of time: messages that were acknowledged. So a slow machine meets with the same
// accidents at the same places as a quick one.
export class Progress {
    #waiting = [];  // {at, go}, the nearest last
    #count = 0;
    #over = false;

    get count() { return this.#count; }
    get over() { return this.#over; }

    add(n) {
        this.#count += n;
        while (this.#waiting.at(-1)?.at <= this.#count) this.#waiting.pop().go(true);
    }
    // Nothing more comes: whoever waits is told so by `false`.
    finish() {
        this.#over = true;
        for (const {go} of this.#waiting.splice(0)) go(false);
    }

    until(at) {
        if (at <= this.#count) return Promise.resolve(true);
        if (this.#over) return Promise.resolve(false);
        return new Promise((go) => {
            const place = this.#waiting.findIndex((each) => each.at <= at);
            this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, {at, go});
        });
    }
    after(n) { return this.until(this.#count + n); }
}

// A door that people wait at.
export class Gate {
    #waiting = [];
    #open = true;

    get is_open() { return this.#open; }
    shut() { this.#open = false; }
    open() {
        this.#open = true;
        for (const go of this.#waiting.splice(0)) go();
    }
    pass() { return this.#open ? Promise.resolve() : new Promise((go) => { this.#waiting.push(go); }); }
}
