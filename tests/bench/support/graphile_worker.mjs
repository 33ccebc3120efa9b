// node graphile_worker.mjs drain COUNT | enqueue CLIENTS SECONDS: graphile-worker at its best, with jobs that do
// nothing, over the database of DATABASE_URL. Prints {jobs, per_second}.
//
// Tuned as its own performance test is: a local queue, and completions written in batches.
import {Logger, makeWorkerUtils, run, runMigrations} from 'graphile-worker';
import pg from 'pg';
import {enqueue} from './peer_clients.mjs';

const [verb, first, second] = process.argv.slice(2);
const connectionString = process.env.DATABASE_URL;
const quiet = new Logger(() => () => {});

async function drain(count) {
    await runMigrations({connectionString, logger: quiet});
    const client = new pg.Client({connectionString});
    await client.connect();
    await client.query(`
        SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
            SELECT json_populate_record(NULL::graphile_worker.job_spec,
                                        json_build_object('identifier', 'nothing',
                                                          'payload', json_build_object('n', n)))
              FROM generate_series(1, $1::int) AS n))`, [count]);
    let done = 0;
    let all_done;
    const finished = new Promise((resolve) => { all_done = resolve; });
    const preset = {worker: {connectionString, concurrentJobs: 24, maxPoolSize: 12, pollInterval: 1000,
                             localQueue: {size: 500}, completeJobBatchDelay: 0, failJobBatchDelay: 0}};
    const began = performance.now();
    const runner = await run({preset, logger: quiet, noHandleSignals: true, parsedCronItems: [],
                              taskList: {nothing: () => { if (++done === count) all_done(); }}});
    await finished;
    await runner.stop();  // with the last completions written
    const seconds = (performance.now() - began) / 1000;
    const {rows: [{left}]} = await client.query('SELECT count(*)::int AS left FROM graphile_worker.jobs');
    await client.end();
    if (left) throw new Error(`${left} jobs are left`);
    return {jobs: count, per_second: count / seconds};
}

async function add(clients, seconds) {
    const pool = new pg.Pool({connectionString, max: clients});
    const utils = await makeWorkerUtils({pgPool: pool, logger: quiet});
    await utils.migrate();
    const sample = await enqueue(clients, seconds, (n) => utils.addJob('nothing', {user_id: `u${n}`, text: 'ready'}));
    await pool.query('TRUNCATE graphile_worker._private_jobs');
    await utils.release();
    await pool.end();
    return sample;
}

const sample = verb === 'drain' ? await drain(Number(first)) : await add(Number(first), Number(second));
console.log(JSON.stringify(sample));
process.exit(0);
