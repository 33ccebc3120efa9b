// What becomes of the server meanwhile, and when: at places of the run that the seed chooses.
import {eventually} from '../../e2e/support/eventually.mjs';

const patience_ms = 90_000;

// Gives [{at, what}] in the order of their places: `restarts` of them alternate between a death and a clean end, and
// `cuts` times PostgreSQL ends all connections of the server. The last part of the run has no accidents.
export function fate_of(chance, {total, restarts, cuts}) {
    const spread = (count) => Array.from({length: count}, (_, index) => (
        Math.floor(total * 0.9 / count * (index + 0.2 + 0.8 * chance.next()))));
    return [...spread(restarts).map((at, index) => ({at, what: index % 2 === 0 ? 'kill' : 'stop'})),
            ...spread(cuts).map((at) => ({at, what: 'cut'}))].sort((one, other) => one.at - other.at);
}

export async function befall(fate, {stage, ledger, progress, writers, clients, say}) {
    const counts = {kill: 0, stop: 0, cut: 0};
    for (const {at, what} of fate) {
        if (!await progress.until(at)) break;
        say(`${what} at ${progress.count}`);
        ++counts[what];
        if (what === 'cut') {
            await stage.cut_database();
            // Every second time they write on, so that it shows whether something is overtaken.
            if (counts.cut % 2 === 1) await calm({stage, ledger, writers, clients});
        } else {
            await (what === 'kill' ? stage.crash() : stage.stop());
            await stage.start();
        }
    }
    return counts;
}

// Nobody writes: whoever is there has everything soon, without a next message to show it that one is missing.
export async function calm({stage, ledger, writers, clients}) {
    await writers.hold();
    const heads = await stage.heads();
    await all_level(clients, heads, ledger);
    writers.go_on();
}

export async function all_level(clients, heads, ledger) {
    const behind = () => clients.filter((each) => each.present && !each.level(heads.get(each.user) ?? 0));
    await eventually(() => behind().length === 0, patience_ms, 20).catch(() => {
        for (const client of behind()) {
            ledger.report('not_level', {...client.describes, head: heads.get(client.user) ?? 0});
        }
    });
}
