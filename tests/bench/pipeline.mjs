// The notification pipeline: what it accepts beside PostgreSQL asked directly, what it carries through to the journal,
// how soon and how cheaply, and how it works through a queue beside two job queues over the same PostgreSQL.
//
// CARILLON_BINARY names the server, CARILLON_TEST_PG reaches a durable PostgreSQL of our own (./dev bench sets both).
// The server and the job queues have core 0, what loads them and the providers' stand-ins core 1; PostgreSQL and
// pgbench use both. Ours and the peers take turns. CARILLON_BENCH_QUICK makes everything small, to see that it runs;
// CARILLON_BENCH_HISTORY says how many rows of history there are to be. Ends with 0 when everything could be measured,
// goals met or not, and with 1 when something broke.
import assert from 'node:assert/strict';
import {fileURLToPath} from 'node:url';
import pg from 'pg';
import {Database} from '../e2e/support/database.mjs';
import {History} from './support/history.mjs';
import {handover_buckets, handover_since, quantile_ms, totals_since, written, written_per_event}
    from './support/journal.mjs';
import {cpu_seconds, describe_machine} from './support/machine.mjs';
import {pgbench} from './support/pgbench.mjs';
import {lines} from './support/pipeline_lines.mjs';
import {cores, Program, run} from './support/programs.mjs';
import {Providers} from './support/providers.mjs';
import {show, write_json} from './support/report.mjs';
import {drain, until_empty} from './support/retry_queue.mjs';
import {Stage, users} from './support/stage.mjs';
import {takeover_seconds} from './support/takeover.mjs';
import {wrk} from './support/wrk.mjs';

const sizes = process.env.CARILLON_BENCH_QUICK
    ? {rounds: 1, seconds: 1, sustained: 3, probe: 1_000, handover_seconds: 2, pushes: 500, texts: 200,
       jobs: 2_000, churn: 1_000, history: [20_000]}
    : {rounds: 3, seconds: 2, sustained: 20, probe: 20_000, handover_seconds: 5, pushes: 10_000, texts: 480,
       jobs: 50_000, churn: 20_000, history: [10_000_000, 3_000_000, 500_000]};
const clients = [1, 8, 64];
const handover_rate = 1_000;
// Shares of what a burst was carried through with, tried from the top until one is held.
const shares = [0.95, 0.8, 0.65];
const whatsapp_burst_seconds = 1;
// What the largest history takes, and all that comes with it, and what the next one takes.
const history_ms = [180_000, 100_000];
// On a machine that is busy with other things, no round is begun later than this.
const last_round_ms = 180_000;
const limit_ms = 475_000;

const began = Date.now();
setTimeout(() => {
    console.error(`Not done within ${limit_ms / 1000} s.`);
    process.exit(1);
}, limit_ms).unref();

const beside = (name) => fileURLToPath(new URL(`support/${name}`, import.meta.url));
const machine = describe_machine();
const samples = {};
const providers = await Providers.start();
const stage = await Stage.set_up({
    env: {...providers.env, CARILLON_NOTIFICATIONS_ROUTING_FILE: beside('routing.toml')}});
const peers = await Database.create();
const client = new pg.Client({connectionString: stage.database.url});
await client.connect();

const clock = async () => (await client.query('SELECT clock_timestamp() AS now')).rows[0].now;
const servers = () => ({server: stage.server.pid, postgres: stage.postgres_pid});

// The CPU time of processes while `work` went on, beside what it gives.
async function counted(pids, work) {
    const before = Object.entries(pids).map(([name, pid]) => [name, pid, cpu_seconds(pid)]);
    const sample = await work();
    const cpu = Object.fromEntries(before.map(([name, pid, spent]) => [name, cpu_seconds(pid) - spent]));
    return {...sample, cpu_seconds: cpu};
}

async function measure_accept(count) {
    const options = {connections: count, script: 'events.lua', args: [stage.token, 'bench.fed', users]};
    await wrk(stage.server.url, {...options, seconds: 1});
    await until_empty(client, 'outbox', 60_000);
    const since = await clock();
    const from = performance.now();
    const sample = await counted(servers(), () => wrk(stage.server.url, {...options, seconds: sizes.seconds}));
    await until_empty(client, 'outbox', 60_000);
    const planned_seconds = (performance.now() - from) / 1000;
    const {events, planned, fed} = await totals_since(client, since);
    assert.ok(events >= sample.requests, `${sample.requests} events were acknowledged, ${events} are stored`);
    assert.deepEqual({planned, fed}, {planned: events, fed: events});
    return {...sample, planned_per_second: events / planned_seconds};
}

const measure_pgbench = () => counted({postgres: stage.postgres_pid}, () =>
    pgbench(stage.postgres, {clients: 32, seconds: sizes.seconds, script: 'insert_event.sql'}));

async function peer(program, ...args) {
    const env = {...process.env, DATABASE_URL: peers.url};
    const options = {core: cores.server, env, limit_ms: 120_000};
    return JSON.parse((await run(process.execPath, [beside(program), ...args.map(String)], options)).stdout);
}

function stream(rate, seconds) {
    const args = [beside('event_stream.mjs'), stage.server.port, stage.token, 'bench.told', users, rate, seconds];
    return new Program(process.execPath, args.map(String), {core: cores.load});
}

async function backlog() {
    const {rows: [{n}]} = await client.query(
        'SELECT ((SELECT count(*) FROM outbox) + (SELECT count(*) FROM notifications_queue))::int AS n');
    return n;
}

// Events at a rate, from the request to the journal; `held` says whether the server kept up with them.
async function carry_through(rate, seconds) {
    const since = await clock();
    const backlogs = [];
    const sample = await counted(servers(), async () => {
        const generator = stream(rate, seconds);
        const watch = setInterval(() => backlog().then((n) => backlogs.push(n)), 500);
        await generator.finish((seconds + 60) * 1000).finally(() => clearInterval(watch));
        return JSON.parse(generator.stdout);
    });
    await until_empty(client, 'outbox', 90_000);
    await until_empty(client, 'notifications_queue', 90_000);
    const now = Date.now();
    const took = (now - sample.began) / 1000;
    const rest_seconds = (now - sample.ended) / 1000;
    const {events, ...ends} = await totals_since(client, since);
    assert.equal(events, sample.events);
    assert.deepEqual(ends, {planned: events, fed: events, sent: events, attempted: events});
    // Half a second's work may be under way, and nothing that came to be due may wait for long.
    const held = Math.max(...backlogs) < rate / 2 && sample.p99_ms < 500 && rest_seconds < 1;
    return {...sample, rate, held, per_second: events / took, backlogs, rest_seconds};
}

async function restart_server() {
    await stage.server.stop();
    await stage.start_server();
}

// The highest of some rates at which nothing grows.
async function measure_sustained() {
    const burst = await carry_through(sizes.probe, 1);
    for (const share of shares) {
        await restart_server();
        const before = await written(client);
        const sample = await carry_through(Math.round(burst.per_second * share), sizes.sustained);
        await restart_server();
        const each = written_per_event(before, await written(client), sample.events);
        const result = {...sample, burst_per_second: burst.per_second, written_per_event: each};
        if (sample.held || share === shares.at(-1)) return result;
        console.error(`    not held: ${sample.rate} events/s, ${Math.max(...sample.backlogs)} behind`);
    }
    return undefined;
}

async function measure_handover() {
    const before = await handover_buckets(stage.server.url, 'web_chat');
    const since = await clock();
    const sample = await carry_through(handover_rate, sizes.handover_seconds);
    const after = await handover_buckets(stage.server.url, 'web_chat');
    return {...await handover_since(client, since), answer_p99_ms: sample.p99_ms,
            planned_p50_ms: quantile_ms(before, after, 0.5), planned_p99_ms: quantile_ms(before, after, 0.99)};
}

async function measure_drain(channel, count) {
    const sample = await counted(servers(), () =>
        drain(stage.server, client, {count, channel, users, token: stage.token}));
    return {...sample, per_cpu_second: count / sample.cpu_seconds.server};
}

// Its pace is that of the provider: how many go out once the first second's allowance is used up.
async function measure_whatsapp() {
    const since = await clock();
    const sample = await measure_drain('whatsapp', sizes.texts);
    const {rows: [{paced}]} = await client.query(
        `SELECT count(*) FILTER (WHERE begun_at > first + $2::int * interval '1 second')
                    / nullif(extract(epoch FROM max(begun_at) - min(first)) - $2::int, 0) AS paced
           FROM (SELECT begun_at, min(begun_at) OVER () AS first
                   FROM attempts WHERE delivery_id >= id_floor('msg_', $1)) a`,
        [since, whatsapp_burst_seconds]);
    return {...sample, paced_per_second: Number(paced)};
}

// As many as the time that is left allows.
function history_rows() {
    const time_left = limit_ms - (Date.now() - began);
    const size = history_ms.findIndex((ms) => time_left > ms);
    return Number(process.env.CARILLON_BENCH_HISTORY ?? sizes.history.at(size));
}

async function measure_history() {
    const history = await History.create(providers.env);
    const empty = await History.create({});
    try {
        const token = history.server.token('admin');
        const rows = history_rows();
        const from = performance.now();
        // The one waits for a lease to run out, the other keeps PostgreSQL busy.
        const [taken_over] = await Promise.all([takeover_seconds(providers.env), history.fill(rows)]);
        const fill_seconds = (performance.now() - from) / 1000;
        const beside = await history.compare_claims(empty);
        const statistics_ms = await history.statistics_ms(token);
        await history.hold_open(token, sizes.churn);
        const held_open = await history.compare_claims(empty, {vacuum: false});
        return {rows, fill_seconds, claim_ms: beside.ms, claim_empty_ms: beside.empty_ms, held_open_ms: held_open.ms,
                held_open_empty_ms: held_open.empty_ms, statistics_ms, takeover_seconds: taken_over};
    } finally {
        await history.close();
        await empty.close();
    }
}

async function take(round, name, measure) {
    const sample = await measure();
    (samples[name] ??= []).push(sample);
    const shown = Object.entries(sample).filter(([, value]) => typeof value === 'number')
        .map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`);
    const at = Math.round((Date.now() - began) / 1000);
    console.error(`    ${String(at).padStart(3)} s  round ${round}  ${name}: ${shown.join(', ')}`);
}

async function contest(round, sides) {
    const all = Object.entries(sides);
    // Who goes first may find the machine otherwise than who follows.
    if (round % 2 === 0) all.reverse();
    for (const [name, measure] of all) await take(round, name, measure);
}

async function prepare() {
    await client.query('CREATE TABLE peer_records (LIKE events INCLUDING ALL)');
    await client.query('CREATE TABLE peer_outbox (LIKE outbox INCLUDING ALL)');
    await client.query(`INSERT INTO devices (id, user_id, target_kind, token)
                        SELECT 'dev_' || id, id, 'token', 'token-of-' || id FROM users`);
    await client.query('VACUUM (ANALYZE) devices');
}

async function measure_all() {
    await prepare();
    for (let round = 1; round <= sizes.rounds; ++round) {
        if (round > 1 && Date.now() - began > last_round_ms) break;
        await contest(round, {
            ...Object.fromEntries(clients.map((count) => [`accept ${count}`, () => measure_accept(count)])),
            pgbench: measure_pgbench,
            'enqueue graphile': () => peer('graphile_worker.mjs', 'enqueue', 8, sizes.seconds),
            'enqueue pg-boss': () => peer('pg_boss.mjs', 'enqueue', 8, sizes.seconds)});
        await contest(round, {
            drain: () => measure_drain('web_chat', sizes.jobs),
            'drain graphile': () => peer('graphile_worker.mjs', 'drain', sizes.jobs),
            'drain pg-boss': () => peer('pg_boss.mjs', 'drain', sizes.jobs)});
        await contest(round, {
            push: () => measure_drain('push', sizes.pushes),
            curl: () => providers.bare_pushes(sizes.pushes)});
        await take(round, 'handover', measure_handover);
    }
    await take(1, 'whatsapp', measure_whatsapp);
    await take(1, 'sustained', measure_sustained);
    await take(1, 'history', measure_history);
}

async function take_down() {
    await client.end();
    try {
        await stage.take_down();
    } finally {
        await peers.drop();
        await providers.stop();
    }
}

let trouble;
try {
    await measure_all();
} catch (error) {
    trouble = error;
}
try {
    await take_down();
} catch (error) {
    trouble ??= error;  // what went wrong first is what matters
}
if (trouble) throw trouble;
const {table, notes} = lines(samples);
show(table);
console.log(notes);
const took_seconds = Math.round((Date.now() - began) / 1000);
const versions = {...stage.versions, nginx: undefined};
const file = write_json('pipeline', {part: 'pipeline', at: new Date(began).toISOString(), took_seconds, machine,
                                     versions, table, samples});
console.log(`Every sample: ${file}`);
