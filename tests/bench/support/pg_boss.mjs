// node pg_boss.mjs drain COUNT | enqueue CLIENTS SECONDS: pg-boss at its best, with jobs that do nothing, over the
// database of DATABASE_URL. Prints {jobs, per_second}.
//
// Drained by fetching and completing in large batches, which its own workers, polling, do not reach.
import PgBoss from 'pg-boss';
import {enqueue} from './peer_clients.mjs';

const [verb, first, second] = process.argv.slice(2);
// Each queue has a table of its own: this one's is empty.
const queue = `nothing_${process.pid}`;
const at_once = 4;
const batch = 500;

const boss = new PgBoss({connectionString: process.env.DATABASE_URL, max: 8, supervise: false, schedule: false});
boss.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
});
await boss.start();
await boss.createQueue(queue);

async function drain(count) {
    for (let n = 0; n < count; n += 5_000) {
        const length = Math.min(5_000, count - n);
        await boss.insert(Array.from({length}, (_, i) => ({name: queue, data: {n: n + i}})));
    }
    let done = 0;
    const began = performance.now();
    const work = async () => {
        for (;;) {
            const jobs = await boss.fetch(queue, {batchSize: batch});
            if (!jobs.length) return;
            await boss.complete(queue, jobs.map(({id}) => id));
            done += jobs.length;
        }
    };
    await Promise.all(Array.from({length: at_once}, work));
    const seconds = (performance.now() - began) / 1000;
    if (done !== count) throw new Error(`${done} jobs were done, not ${count}`);
    return {jobs: count, per_second: count / seconds};
}

const sample = verb === 'drain'
    ? await drain(Number(first))
    : await enqueue(Number(first), Number(second), (n) => boss.send(queue, {user_id: `u${n}`, text: 'ready'}));
await boss.stop({graceful: false});
console.log(JSON.stringify(sample));
process.exit(0);
