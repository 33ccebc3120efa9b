// What is measured of the sockets, each of one side: ours or a peer's.
import {eventually} from '../../e2e/support/eventually.mjs';
import {quantile_ms} from './journal.mjs';
import {used_bytes} from './socket_stage.mjs';

const message_bytes = 256;
// The warm-up of a server that has done nothing yet: its first sockets make it allocate what all of them share.
const first_sockets = 20;

const per = (sample) => ({...sample, per_second: sample.received / sample.seconds,
                          per_cpu_second: sample.received / sample.cpu_seconds.server});

// The CPU time of a side while `work` went on, beside what it gives.
async function counted(side, work) {
    const before = side.cpu();
    const sample = await work();
    const after = side.cpu();
    const spent = Object.entries(after).map(([name, seconds]) => [name, seconds - before[name]]);
    return {...sample, cpu_seconds: Object.fromEntries(spent)};
}

// Those who have left are cleared away; that is not to count for whoever is measured next, on the same core.
async function until_quiet(side) {
    const total = () => Object.values(side.cpu()).reduce((sum, seconds) => sum + seconds, 0);
    let before = total();
    await eventually(() => {
        const spent = total() - before;
        before += spent;
        return spent < 0.015;
    }, 10_000, 100);
}

// What makes a message of the wanted size, found by sending one that has no padding.
async function body_of(program, side) {
    const load = program.start({...side.load, users: side.users(1), size: 1, body: side.body(0)});
    try {
        await load.open();
        const {message_bytes: bare} = await load.publish({count: 1});
        return side.body(Math.max(message_bytes - Math.round(bare), 0));
    } finally {
        await load.stop();
    }
}

export class Measures {
    #program;
    #bodies = new Map();

    constructor(program) { this.#program = program; }

    async #with_load(side, settings, work) {
        if (!this.#bodies.has(side.name)) this.#bodies.set(side.name, await body_of(this.#program, side));
        const load = this.#program.start({...side.load, body: this.#bodies.get(side.name), ...settings});
        let result;
        try {
            result = await work(load);
        } finally {
            await load.stop();
        }
        // Whoever tidies up for longer than that is not waited for: PostgreSQL, for one, may vacuum now and then.
        await until_quiet(side).catch(() => {});
        return result;
    }

    // One user with many sockets, all of which get every message; once for each number of publishes in flight.
    fan_out(side, {sockets, in_flight, seconds}) {
        return this.#with_load(side, {users: side.users(1), size: sockets}, async (load) => {
            await load.open();
            const samples = {};
            for (const many of in_flight) {
                await load.publish({in_flight: many, seconds: seconds / 4});
                samples[many] = per(await counted(side, () => load.publish({in_flight: many, seconds})));
            }
            return samples;
        });
    }

    // Many users with a socket each: every message has one reader.
    pairs(side, {users, in_flight, seconds}) {
        return this.#with_load(side, {users: side.users(users), size: users}, async (load) => {
            await load.open();
            await load.publish({in_flight, seconds: seconds / 4});
            return per(await counted(side, () => load.publish({in_flight, seconds})));
        });
    }

    // What a socket that rests costs in memory, and in CPU time to open. Of a process that has just been started:
    // in one that has worked before, freed memory would hide the cost.
    async resting(side, {sockets, tls = false}) {
        await side.renew();
        const settings = tls ? side.tls_load : side.load;
        const open = (count, from, work) => this.#with_load(
            side, {...settings, users: side.users(count, from), size: count}, async (load) => work(load));
        await open(first_sockets, 1, (load) => load.open());
        return open(sockets, 1, async (load) => {
            const before = used_bytes(side.holder_pid);
            const opened = await counted(side, () => load.open({limit_seconds: 120}));
            await until_quiet(side).catch(() => {});
            const after = used_bytes(side.holder_pid);
            return {...opened, sockets, before, after, bytes_each: (after - before) / sockets,
                    per_second: sockets / opened.seconds, per_cpu_second: sockets / opened.cpu_seconds.server};
        });
    }

    // Messages at a rate, whether the server keeps up or not; by the clock of the load program from when each was due,
    // and by the server's own from the commit.
    paced(side, {users, rate, seconds}) {
        return this.#with_load(side, {users: side.users(users), size: users}, async (load) => {
            await load.open();
            await load.publish({in_flight: 64, rate, seconds: 1});
            const before = await side.buckets?.('carillon_socket_delivery_seconds');
            const sample = await counted(side, () => load.publish({in_flight: 64, rate, seconds}));
            if (!side.buckets) return sample;
            const after = await side.buckets('carillon_socket_delivery_seconds');
            return {...sample, commit_p50_ms: quantile_ms(before, after, 0.5),
                    commit_p99_ms: quantile_ms(before, after, 0.99)};
        });
    }

    // Clients that come back all at once, each asking for the last messages again: while the server runs, beside one
    // that stays and gets a message every ten milliseconds; then after the server was restarted. `rounds` of each.
    async storm(side, {sockets, back, rounds}, tell) {
        const users = side.users(sockets);
        const stays = side.users(1, sockets + 1);
        await this.#with_load(side, {users, size: sockets}, async (load) => {
            await load.open();
            for (let n = 0; n < back; ++n) await side.feed_all(users.map(({id}) => id));
            await load.command('await', {each: back, limit_seconds: 90});
            for (let round = 1; round <= rounds; ++round) {
                await this.#with_load(side, {users: stays, size: 1}, async (one) => {
                    await one.open();
                    await one.publish({in_flight: 16, rate: 100, seconds: 1});
                    await one.command('begin', {in_flight: 16, rate: 100});
                    const sample = await counted(side, () => load.command('return', {back}));
                    const stayed = await one.command('end');
                    tell(round, `storm ${side.name}`, {...sample, stayed_p50_ms: stayed.delivery_p50_ms,
                                          stayed_p99_ms: stayed.delivery_p99_ms, stayed_max_ms: stayed.delivery_max_ms,
                                          stayed_messages: stayed.received});
                });
            }
            for (let round = 1; round <= rounds; ++round) {
                const closed = load.command('closed');
                await side.stop();
                const codes = await closed;
                await side.start();
                const {port} = side.load;
                const sample = await counted(side, () => load.command('return', {back, port}));
                tell(round, `restart ${side.name}`, {...codes, ...sample});
            }
        });
    }
}
