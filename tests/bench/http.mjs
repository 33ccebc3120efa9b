// HTTP: what a request costs beside nginx, what one row costs beside PostgreSQL asked directly, what a
// connection costs that only rests.
//
// CARILLON_BINARY names the server, CARILLON_TEST_PG reaches a durable PostgreSQL of our own (./dev bench sets
// both). The server and nginx have core 0, what loads them core 1; PostgreSQL and pgbench use both. Ours and the
// peer take turns in each round. Ends with 0 when everything could be measured, goals met or not, and with 1 when
// something broke.
import assert from 'node:assert/strict';
import {request} from '../e2e/support/client.mjs';
import {idle_bytes} from './support/idle.mjs';
import {allow_files, cpu_seconds, describe_machine} from './support/machine.mjs';
import {pgbench} from './support/pgbench.mjs';
import {line, show, write_json} from './support/report.mjs';
import {Stage, users} from './support/stage.mjs';
import {wrk} from './support/wrk.mjs';

const rounds = 5;
const fewest_rounds = 3;
const seconds = 4;
const connections = [64, 512];
const resting_connections = 10_000;
// No round is begun later than this, and nothing at all happens after the second.
const last_round_ms = 300_000;
const limit_ms = 470_000;

const began = Date.now();
setTimeout(() => {
    console.error(`Not done within ${limit_ms / 1000} s.`);
    process.exit(1);
}, limit_ms).unref();

const machine = describe_machine();
const samples = {};
const stage = await Stage.set_up({nginx: true});

// The CPU time of processes while `work` went on, beside what it gives.
async function counted(pids, work) {
    const before = Object.entries(pids).map(([name, pid]) => [name, pid, cpu_seconds(pid)]);
    const sample = await work();
    const cpu = Object.fromEntries(before.map(([name, pid, spent]) => [name, cpu_seconds(pid) - spent]));
    const total = Object.values(cpu).reduce((sum, each) => sum + each, 0);
    return {...sample, cpu_seconds: cpu, per_cpu_second: sample.requests / total};
}

async function load(pids, url, options) {
    await wrk(url, {...options, seconds: 1});  // what is opened or cached at first is not counted
    return counted(pids, () => wrk(url, {...options, seconds}));
}

async function measure_health(count) {
    const url = `${stage.server.url}/api/health`;
    return load({server: stage.server.pid}, url, {connections: count});
}

async function measure_nginx(count) {
    // The body grows with the digits of its uptime, and the file with it.
    const {body} = await request(stage.server.url, {path: '/api/health'});
    return load({nginx: stage.nginx.pid}, stage.nginx.file(body.length), {connections: count});
}

async function measure_row(count) {
    const pids = {server: stage.server.pid, postgres: stage.postgres_pid};
    const known = {script: 'known_users.lua', args: [stage.token, users]};
    return load(pids, stage.server.url, {connections: count, ...known});
}

// Each of its clients is a connection to PostgreSQL, which takes no more than max_connections.
const pgbench_clients = (count) => (count < stage.max_connections - 50 ? count : 64);

async function measure_pgbench(count) {
    const options = {clients: pgbench_clients(count), seconds, script: 'select_user.sql', variables: {users}};
    return counted({postgres: stage.postgres_pid}, () => pgbench(stage.postgres, options));
}

async function measure_insert(round) {
    const prefix = `new${round}_`;
    const insert = (ids, time) => wrk(stage.server.url, {
        connections: 64, seconds: time, script: 'new_users.lua', args: [stage.token, ids]});
    await insert(`warm_${prefix}`, 1);
    const pids = {server: stage.server.pid, postgres: stage.postgres_pid};
    const sample = await counted(pids, () => insert(prefix, seconds));
    const [{stored}] = await stage.database.query(
        'SELECT count(*)::int AS stored FROM users WHERE starts_with(id, $1)', [prefix]);
    assert.ok(stored >= sample.requests, `${sample.requests} users were acknowledged, ${stored} are stored`);
    return sample;
}

async function measure_resting(count) {
    await stage.server.stop();
    await stage.start_server();
    return idle_bytes(stage.server, count);
}

const contests = connections.flatMap((count) => [
    {[`health ${count}`]: () => measure_health(count), [`nginx ${count}`]: () => measure_nginx(count)},
    {[`row ${count}`]: () => measure_row(count), [`pgbench ${count}`]: () => measure_pgbench(count)},
]);

async function take(round, name, measure) {
    const sample = await measure();
    (samples[name] ??= []).push(sample);
    const shown = Object.entries(sample).filter(([, value]) => typeof value === 'number')
        .map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`);
    console.error(`    round ${round}  ${name}: ${shown.join(', ')}`);
}

async function measure_all() {
    for (let round = 1; round <= rounds; ++round) {
        if (round > fewest_rounds && Date.now() - began > last_round_ms) break;
        for (const contest of contests) {
            const sides = Object.entries(contest);
            // Who goes first may find the machine otherwise than who follows.
            if (round % 2 === 0) sides.reverse();
            for (const [name, measure] of sides) await take(round, name, measure);
        }
    }
    // What has no peer comes last: it changes the table, and restarts the server.
    const resting = Math.min(resting_connections, allow_files(resting_connections + 1000) - 500);
    for (let round = 1; round <= fewest_rounds; ++round) {
        await take(round, 'insert', () => measure_insert(round));
        await take(round, 'resting', () => measure_resting(resting));
    }
}

const of = (name, key) => samples[name].map((sample) => sample[key]);
const contest_line = (what, key, ours, peer, goal) =>
    line({what, ours: of(ours, key), peer: of(peer, key), goal});

function lines() {
    const health = connections.flatMap((count) => {
        const sides = [`health ${count}`, `nginx ${count}`];
        const what = `GET /api/health, ${count} connections; nginx, a file of that size`;
        return [contest_line(`${what}: per CPU second`, 'per_cpu_second', ...sides, 1.0),
                contest_line('  the same, per second', 'per_second', ...sides)];
    });
    const row = connections.flatMap((count) => {
        const sides = [`row ${count}`, `pgbench ${count}`];
        const what = `GET /api/users/{id}, ${count} connections; pgbench, ${pgbench_clients(count)} clients`;
        return [contest_line(`${what}: per second`, 'per_second', ...sides, 0.5),
                contest_line('  the same, per CPU second of all servers', 'per_cpu_second', ...sides)];
    });
    const resting = samples.resting[0].connections;
    return [
        ...health, ...row,
        line({what: 'POST /api/users, durable, 64 connections: per second', ours: of('insert', 'per_second')}),
        line({what: `${resting} resting connections: bytes of the process for each`,
              ours: of('resting', 'bytes_per_connection')}),
    ];
}

let trouble;
try {
    await measure_all();
} catch (error) {
    trouble = error;
}
try {
    await stage.take_down();
} catch (error) {
    trouble ??= error;  // what went wrong first is what matters
}
if (trouble) throw trouble;
const table = lines();
show(table);
console.log(`
Medians of ${samples['health 64'].length} rounds (what has no peer: ${fewest_rounds}). A ratio is the median of \
the rounds' ratios.
pgbench: the same columns by prepared statement over the same socket, on both cores; as many clients as
connections, or 64 where max_connections (${stage.max_connections}) has no room for them.
All servers: ours with PostgreSQL; for pgbench PostgreSQL alone.`);
const took_seconds = Math.round((Date.now() - began) / 1000);
const file = write_json('http', {part: 'http', at: new Date(began).toISOString(), took_seconds, machine,
                                 versions: stage.versions, table, samples});
console.log(`Every sample: ${file}`);
