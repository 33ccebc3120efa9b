// What building costs on two cores: everything from nothing, with sanitizers, without ccache; then the way of a
// developer, from a change of one business file to that area's tests green.
//
// The first figure is one measurement and no median, and takes longer than any other part. Ends with 0 when
// everything could be measured, goals met or not.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe_machine} from './support/machine.mjs';
import {run} from './support/programs.mjs';
import {at_most, show, write_json} from './support/report.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = path.join(root, 'build/bench-cold');
const area = 'users';
const changed = path.join(root, `src/business/${area}/store.cpp`);
const rounds = 3;
const two_cores = '0,1';
const patience_ms = 1_800_000;

const env = {...process.env, CCACHE_DISABLE: '1'};
const options = {core: two_cores, cwd: root, limit_ms: patience_ms, env};
const undo = [];
process.once('exit', () => undo.reverse().forEach((step) => step()));

const seconds_since = (began) => (performance.now() - began) / 1000;
const build = (...targets) => run('cmake', ['--build', folder, '-j', '2', '--target', ...targets], options);

async function build_everything() {
    const began = performance.now();
    await run('cmake', ['--preset', 'asan', '-B', folder], options);
    await build('all');
    return seconds_since(began);
}

// As ./dev test has it, without fsync; the durable one of the other measurements would count the disk as well.
function start_postgres() {
    const home = mkdtempSync(path.join(tmpdir(), 'carillon-bench-'));
    undo.push(() => rmSync(home, {recursive: true, force: true}));
    chmodSync(home, 0o711);  // under root PostgreSQL runs as its own user, who must get through
    const postgres = (verb) =>
        execFileSync(path.join(root, 'tests/support/postgres'), [verb, path.join(home, 'pg')], {encoding: 'utf8'});
    undo.push(() => postgres('stop'));
    env.CARILLON_TEST_PG = postgres('start').trim();
}

// The tests of the area by the names of their suites, read from its files.
function test_filter() {
    const tests = path.join(root, `tests/integration/business/${area}`);
    const suites = readdirSync(tests).filter((name) => name.endsWith('_test.cpp')).flatMap((name) => {
        const text = readFileSync(path.join(tests, name), 'utf8');
        return [...text.matchAll(/^TEST(?:_[FP])?\((\w+),/gm)].map(([, suite]) => `*${suite}.*`);
    });
    assert.ok(suites.length, `no tests in ${tests}`);
    return [...new Set(suites)].join(':');
}

async function change_and_test() {
    const before = statSync(changed);
    const now = new Date();
    utimesSync(changed, before.atime, now);
    try {
        const began = performance.now();
        await build('carillon_integration');
        const built_seconds = seconds_since(began);
        const program = path.join(folder, 'tests/carillon_integration');
        const {stdout} = await run(program, [`--gtest_filter=${test_filter()}`], options);
        const seconds = seconds_since(began);
        const [, passed] = /\[ {2}PASSED {2}\] (\d+) test/.exec(stdout);
        assert.ok(Number(passed) > 0, `no test was run:\n${stdout}`);
        return {seconds, built_seconds, tests: Number(passed)};
    } finally {
        // The sources are the developer's: other build folders must not take this for a change.
        if (statSync(changed).mtimeMs === now.getTime()) utimesSync(changed, before.atime, before.mtime);
    }
}

const began = new Date();
const machine = describe_machine();
const remove = () => rmSync(folder, {recursive: true, force: true});
remove();
undo.push(remove);
start_postgres();

const cold_seconds = await build_everything();
console.error(`    everything: ${cold_seconds.toFixed(1)} s`);
const changes = [];
for (let round = 1; round <= rounds; ++round) {
    changes.push(await change_and_test());
    const {seconds, built_seconds, tests} = changes.at(-1);
    const [built, green] = [built_seconds, seconds].map((each) => each.toFixed(1));
    console.error(`    round ${round}  built in ${built} s, ${tests} tests passed at ${green} s`);
}

const change = `${path.relative(root, changed)} changed to ${changes[0].tests} tests of ${area} green`;
const table = [
    at_most({what: 'everything built, with sanitizers, no ccache: seconds', ours: [cold_seconds], goal: 720}),
    at_most({what: `${change}: seconds`, ours: changes.map(({seconds}) => seconds), goal: 20}),
];
show(table);
const {stdout} = await run('g++', ['--version']);
const file = write_json('build', {part: 'build', at: began.toISOString(), machine,
                                  versions: {compiler: stdout.split('\n')[0], node: process.version},
                                  table, samples: {cold_seconds, changes}});
console.log(`Every sample: ${file}`);
