// The sockets: what a message costs to hand out, what a socket costs to open and to keep, how soon a message is there,
// and how fast a crowd that comes back is served; beside nginx with nchan and npm's `ws`.
//
// CARILLON_BINARY names the server, CARILLON_TEST_PG reaches a durable PostgreSQL of our own (./dev bench sets both).
// The server and its peers have core 0, the load program core 1; PostgreSQL uses both. Ours and the peers take turns.
// Every message is counted and its place in the order checked (support/socket_load.cpp; support/socket_load_test.mjs
// tests that it does). CARILLON_BENCH_QUICK makes everything small, to see that it runs; CARILLON_BENCH_ONLY names what
// is measured (fan,pairs,resting,paced,storm,most). Ends with 0 when everything could be measured, goals met or not,
// and with 1 when something broke.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {make_certificate} from '../e2e/support/certificates.mjs';
import {allow_files, describe_machine} from './support/machine.mjs';
import {show, write_json} from './support/report.mjs';
import {LoadProgram} from './support/socket_load.mjs';
import {Measures} from './support/socket_measures.mjs';
import {Nchan, peer_versions, Ws} from './support/socket_peers.mjs';
import {Ours} from './support/socket_stage.mjs';
import {lines} from './support/socket_lines.mjs';

const sizes = process.env.CARILLON_BENCH_QUICK
    ? {rounds: 1, seconds: 0.5, paced_seconds: 1, few: 100, many: 500, most: 1_000}
    : {rounds: 3, seconds: 2, paced_seconds: 4, few: 1_000, many: 10_000, most: 50_000};
const rate = 2_000;
const back = 20;
const only = process.env.CARILLON_BENCH_ONLY?.split(',');
// No round is begun later than this, so that what follows the rounds has its time; nothing happens after the second.
const last_round_ms = 200_000;
const limit_ms = 475_000;

const began = Date.now();
setTimeout(() => {
    console.error(`Not done within ${limit_ms / 1000} s.`);
    process.exit(1);
}, limit_ms).unref();

// Beside the sockets the server has its files and its connections to PostgreSQL.
const spare_files = 1_000;
const files = allow_files(sizes.most + spare_files);
assert.ok(files >= sizes.many + spare_files,
          `${sizes.many} sockets need ${sizes.many + spare_files} open files in a process, and no more than ${files} ` +
          'are allowed here: raise the hard limit (ulimit -Hn) and try again');
const most = Math.min(sizes.most, files - spare_files);

const machine = describe_machine();
const samples = {};
const folder = mkdtempSync(path.join(tmpdir(), 'carillon-bench-'));
process.once('exit', () => rmSync(folder, {recursive: true, force: true}));
const certificate = make_certificate(folder, 'server', {hosts: ['localhost']});
const measures = new Measures(new LoadProgram());
const ours = await Ours.set_up({certificate, users: Math.max(most, sizes.many + 1)});
const nchan = new Nchan({folder: path.join(folder, 'nchan'), certificate, connections: files - 500});
const ws = new Ws();

function tell(round, name, sample) {
    (samples[name] ??= []).push(sample);
    const shown = Object.entries(sample).filter(([, value]) => typeof value === 'number')
        .map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`);
    const at = Math.round((Date.now() - began) / 1000);
    console.error(`    ${String(at).padStart(3)} s  round ${round}  ${name}: ${shown.join(', ')}`);
}

// Who goes first may find the machine otherwise than who follows.
const in_turn = (round, sides) => (round % 2 === 0 ? [...sides].reverse() : sides);

async function contest(round, name, sides, measure) {
    for (const side of in_turn(round, sides)) tell(round, `${name} ${side.name}`, await measure(side));
}

async function contest_fan_out(round, sockets, in_flight) {
    for (const side of in_turn(round, [ours, nchan, ws])) {
        const all = await measures.fan_out(side, {sockets, in_flight, seconds: sizes.seconds});
        for (const many of in_flight) tell(round, `fan ${sockets} ${many} ${side.name}`, all[many]);
    }
}

const sections = {
    async fan(round) {
        await contest_fan_out(round, sizes.few, [8, 1]);
        await contest_fan_out(round, sizes.many, [4]);
    },
    pairs: (round) => contest(round, 'pairs', [ours, nchan, ws], (side) =>
        measures.pairs(side, {users: sizes.few, in_flight: 256, seconds: sizes.seconds})),
    async resting(round) {
        const sockets = sizes.many;
        await contest(round, 'resting', [ours, nchan, ws], (side) => measures.resting(side, {sockets}));
        await contest(round, 'resting TLS', [ours, nchan], (side) => measures.resting(side, {sockets, tls: true}));
    },
    paced: (round) => contest(round, 'paced', [ours, nchan], (side) =>
        measures.paced(side, {users: sizes.few, rate, seconds: sizes.paced_seconds})),
};

// What has no peer, or takes long. Each of these begins only if there is time for it.
async function measure_rest() {
    if (wanted('most')) {
        for (let round = 1; round <= sizes.rounds; ++round) {
            if (round > 1 && Date.now() - began > last_round_ms + 70_000) break;
            tell(round, 'most ours', await measures.resting(ours, {sockets: most}));
        }
        if (Date.now() - began < last_round_ms + 90_000) {
            tell(1, 'most TLS ours', await measures.resting(ours, {sockets: most, tls: true}));
        } else {
            console.error(`    no time was left for ${most} sockets over TLS`);
        }
    }
    if (!wanted('storm')) return;
    await ours.admit_at_the_usual_pace();
    await measures.storm(ours, {sockets: sizes.many, back, rounds: sizes.rounds}, tell);
}

const wanted = (section) => !only || only.includes(section);

async function measure_all() {
    await nchan.start();
    await ws.start();
    for (let round = 1; round <= sizes.rounds; ++round) {
        if (round > 1 && Date.now() - began > last_round_ms) break;
        for (const [name, section] of Object.entries(sections)) {
            if (wanted(name)) await section(round);
        }
    }
    await measure_rest();
}

let trouble;
try {
    await measure_all();
} catch (error) {
    trouble = error;
}
for (const side of [nchan, ws]) await side.stop();
try {
    await ours.take_down();
} catch (error) {
    trouble ??= error;  // what went wrong first is what matters
}
if (trouble) throw trouble;
const {table, notes} = lines(samples, {...sizes, wanted_most: sizes.most, most, rate, back, files});
show(table);
console.log(notes);
const took_seconds = Math.round((Date.now() - began) / 1000);
const file = write_json('sockets', {part: 'sockets', at: new Date(began).toISOString(), took_seconds, machine,
                                    versions: {...ours.stage.versions, ...peer_versions()}, table, samples});
console.log(`Every sample: ${file}`);
