// One run from its seed to its verdict.
import {eventually} from '../../e2e/support/eventually.mjs';
import {behave, way_names} from './behaviour.mjs';
import {Chance} from './chance.mjs';
import {all_level, befall, fate_of} from './fate.mjs';
import {Ledger} from './ledger.mjs';
import {Progress} from './progress.mjs';
import {RawClient} from './raw_client.mjs';
import {ScriptClient} from './script_client.mjs';
import {Stage} from './stage.mjs';
import {judge} from './verdict.mjs';
import {Writers} from './writers.mjs';

const writer_lines = 10;
const shown_of_each = 5;

// The devices of all users, each with a way of its own; every way is taken by both kinds of clients.
function people(chance, users, total) {
    const devices = users.flatMap((user) => Array.from({length: chance.pick([1, 1, 2, 3])}, (_, n) => (
        {user, device: `device-${n + 1}`})));
    return chance.shuffled(devices).map((each, index) => ({
        ...each,
        way: way_names[index % way_names.length],
        Client: Math.floor(index / way_names.length) % 3 === 2 ? ScriptClient : RawClient,
        from_start: chance.one_in(2),
        comes_at: chance.one_in(6) ? Math.floor(total * 0.6 * chance.next()) : 0,
    }));
}

// What the server keeps in memory for whoever comes back or is slow: with little of it, it has to ask the database.
const memory_of = (chance) => ({
    CARILLON_REALTIME_RECENT_BYTES: chance.pick(['0', '100000', '67108864']),
    CARILLON_REALTIME_RECENT_SECONDS: chance.pick(['0', '300']),
    CARILLON_REALTIME_QUEUE_MESSAGES: chance.pick(['16', '256']),
    CARILLON_REALTIME_QUEUE_BYTES: chance.pick(['65536', '1048576']),
});

function pace_of(total) {
    const within = (share, least, most) => Math.floor(Math.min(Math.max(total * share, least), most));
    return {short: within(0.02, 50, 2_000), long: within(0.12, 200, 12_000), away: within(0.3, 400, 30_000)};
}

// `messages`: one event to twenty people is twenty. Gives {counts, breaches: [{what, times, first: [details]}]};
// nothing is wrong when there are no breaches.
export async function soak({messages, users: user_count, seed, tls = false, restarts, cuts = 1, say = () => {}, env}) {
    const chance = new Chance(seed);
    const users = Array.from({length: user_count}, (_, n) => `user-${n + 1}`);
    const ledger = new Ledger();
    const progress = new Progress();
    const began = Date.now();
    const memory = memory_of(chance.line('memory'));
    say(Object.entries(memory).map(([name, value]) => `${name.slice('CARILLON_REALTIME_'.length)}=${value}`).join(' '));
    // Nobody is told everything, and the floods come on top.
    const kept = 2 * Math.ceil(messages / user_count) + 5_000;
    const stage = await Stage.set_up({users, tls, kept, env: {...memory, ...env}});
    const everybody = [];
    try {
        const writers = new Writers({stage, ledger, progress, chance: chance.line('writers'), users, total: messages});
        const pace = pace_of(messages);
        const clients = people(chance.line('people'), users, messages).map(({Client, way, comes_at, ...who}) => {
            const own = chance.line(`${who.user}/${who.device}`);
            const client = new Client({stage, ledger, chance: own.line('client'), ...who});
            return {client, way, comes_at, chance: own};
        });
        everybody.push(...clients.map(({client}) => client));
        const around = {stage, ledger, progress, pace, flood: writers};
        const behaving = Promise.all(clients.map(({way, ...more}) => behave(way, {...around, ...more})));
        const befalling = befall(fate_of(chance.line('fate'), {total: messages, restarts, cuts}),
                                 {stage, ledger, progress, writers, clients: everybody, say});
        const writing = writers.write(writer_lines);
        const [accidents] = await Promise.all([befalling, writing, behaving]);
        say('all is written');

        await all_level(everybody, await stage.heads(), ledger);
        await Promise.all(everybody.map(async (client) => {
            if (client.present && !await client.quiet()) ledger.report('not_quiet', client.describes);
        }));
        for (const client of everybody) client.retire();
        await eventually(() => everybody.every(({connected}) => !connected));
        return await reckon({stage, ledger, progress, accidents, devices: everybody.length, began});
    } finally {
        // Whatever went wrong: nobody goes on.
        progress.finish();
        for (const client of everybody) client.retire();
        await stage.close();
    }
}

async function reckon({stage, ledger, progress, accidents, devices, began}) {
    const feeds = await stage.feeds();
    const verdict = judge({events: ledger.events, feeds, devices: ledger.devices});
    for (const {what, ...details} of verdict.found) ledger.report(what, details);
    ledger.check_promises(feeds, await stage.acked());
    const rows = [...feeds.values()].reduce((sum, feed) => sum + feed.rows.length, 0);
    const in_doubt = [...ledger.events.values()].filter(({state}) => state === 'in_doubt').length;
    const counts = {
        messages: rows, events: ledger.events.size, in_doubt, devices, ...ledger.counts,
        doubles: verdict.doubles, restarts: accidents.kill + accidents.stop, ...accidents, closed: ledger.closed,
        longest_stop_ms: stage.longest_stop_ms, seconds: Math.round((Date.now() - began) / 1000),
        lost: ['lost', 'hole', 'feed_hole', 'gap', 'script_gap', 'feed_lost', 'ack_lost', 'read_lost', 'not_level']
            .reduce((sum, what) => sum + ledger.times(what), 0),
        unexpected: ledger.times('unexpected'), violations: ledger.violated,
    };
    return {counts, breaches: ledger.first(shown_of_each)};
}
