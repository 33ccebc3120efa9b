// What devices do beside listening. All of it is measured in messages, not in time.
import {eventually} from '../../e2e/support/eventually.mjs';

// Longer than anything that writers may be held up by.
const patience_ms = 600_000;

// `pace`: {short, long, away} in messages.
const ways = {
    steady: async () => {},

    drops: async ({client, progress, chance, pace}) => {
        while (await progress.after(chance.between(pace.short, pace.long))) client.drop();
    },

    crashes: async ({client, progress, chance, pace}) => {
        while (await progress.after(chance.between(pace.short, pace.long))) client.crash();
    },

    // At times with a look over REST before it comes back.
    sleeps: async ({client, ledger, progress, chance, pace}) => {
        while (await progress.after(chance.between(pace.short, pace.long))) {
            ++ledger.counts.sleeps;
            client.leave();
            await progress.after(chance.between(pace.short, pace.away));
            if (chance.one_in(2)) await client.poll(chance.between(1, 5));
            client.come();
        }
    },

    // Reads nothing until the server has given up telling it live, which takes what kernels buffer and then some: a
    // writer of its own sees to that (`flood`), for few at a time.
    slow: async ({client, progress, chance, pace, stage, flood}) => {
        while (await progress.after(chance.between(pace.short, pace.long))) {
            await flood.turn();
            if (!progress.over && client.pause()) {
                const {user, connection_id} = client;
                const given_up = async () => await stage.state_of(user, connection_id) !== 'live';
                flood.want(user);
                await eventually(given_up, patience_ms, 50).finally(() => client.unpause());
                flood.enough(user);
            }
            flood.pass_on();
        }
    },

    asks_again: async ({client, progress, chance, pace}) => {
        while (await progress.after(chance.between(pace.short, pace.long))) client.ask_again();
    },
};
export const way_names = Object.keys(ways);

// Beside its way each says that it has shown something, and that something was read.
async function talk({client, progress, chance, pace}) {
    while (await progress.after(chance.between(pace.short, pace.long))) {
        if (chance.one_in(3)) client.mark_read();
        else client.acknowledge();
    }
}

// To the end of the run; then it is there, and listens.
export async function behave(way, around) {
    const {client, progress, chance, comes_at} = around;
    await progress.until(comes_at);
    client.come();
    await Promise.all([ways[way](around), talk({...around, chance: chance.line('talk')})]);
}
