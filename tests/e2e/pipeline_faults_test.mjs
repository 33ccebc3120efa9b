// Everything around the pipeline fails: the database goes, stands still and throws everybody out; the provider
// refuses, hangs, and cuts off what it has taken; servers overtake each other. Nothing that was accepted is lost by
// it, and nobody is told anything twice.
import assert from 'node:assert/strict';
import {rmSync} from 'node:fs';
import {after, describe, test} from 'node:test';
import {Door} from './support/door.mjs';
import {start_drill} from './support/drill.mjs';
import {eventually} from './support/eventually.mjs';
import {free_port} from './support/ports.mjs';
import {Postgres} from './support/postgres.mjs';
import {Process} from './support/process.mjs';
import {start_sandbox} from './support/sandbox.mjs';

const lease_ms = 5000;
// What a loaded machine may take beyond that.
const margin_ms = 6000;
const clean_end = {code: 0, signal: null};

const postgres = await Postgres.create();
process.env.CARILLON_TEST_PG = postgres.conninfo;

// One drill for what happens to servers and their database.
const drill = await start_drill({env: {CARILLON_DATABASE_STATEMENT_TIMEOUT_MS: '2000', CARILLON_SERVER_NODE: 'first'}});
const readers = await drill.people('reader', 40);
const customers = await drill.people('customer', 300);
const lines = (name) => ['a', 'b', 'c', 'd'].map((line) => `${name}-${line}`);

// Another with a door before its provider, which can be restarted: a process on a port of its own.
const sandbox = await start_sandbox();
const stand_in_port = await free_port();
const stand_in_args = ['sandbox', '--json', '--listen', `127.0.0.1:${stand_in_port}`, '--account', sandbox.account];
const start_stand_in = async () => {
    const running = new Process(process.env.CARILLON_BINARY, stand_in_args, {env: {}, cwd: sandbox.folder});
    await running.logged('sandbox_listening');
    return running;
};
let stand_in = await start_stand_in();
const door = await Door.open(stand_in_port);
const guarded = await start_drill({
    sandbox, env: {CARILLON_FIREBASE_BASE_URL: door.url, CARILLON_MYOPERATOR_BASE_URL: door.url}});
guarded.calls_by_message = () => door.calls;
const [asha] = await guarded.people('asha', 1);

after(async () => {
    await drill.close();
    await guarded.close();
    await door.shut();
    await stand_in.stop();
    await postgres.remove();
});

const passed = (ms) => {
    const began = Date.now();
    return eventually(() => Date.now() - began >= ms, ms + 1000);
};
const written = (run, more) => {
    const goal = run.count + more;
    return eventually(() => run.count >= goal, 15_000);
};

test('the database restarted under load', async () => {
    const writing = drill.write(lines('restarted'), readers, customers);
    for (let round = 0; round < 3; ++round) {
        await written(writing, 10);
        await postgres.stop();
        await postgres.start();
    }
    await written(writing, 10);
    await writing.stop();
    await drill.restart();

    await drill.reckon({cut_off: false, audit: false});
});

test('all connections thrown out again and again under load', async () => {
    const writing = drill.write(lines('thrown_out'), readers, customers);
    let thrown_out = 0;
    for (let round = 0; round < 8; ++round) {
        await written(writing, 5);
        const [{gone}] = await drill.server.database.admin(`
            SELECT count(pg_terminate_backend(pid))::int AS gone FROM pg_stat_activity
             WHERE datname = $1 AND application_name = 'carillon'`, [drill.server.database.name]);
        thrown_out += gone;
    }
    await writing.stop();
    await drill.restart();

    assert.ok(thrown_out > 0);
    await drill.reckon({cut_off: false, audit: false});
});

test('the database frozen for longer than the leases last', async () => {
    const writing = drill.write(lines('frozen'), readers, customers);
    await written(writing, 10);
    postgres.freeze();
    try {
        await passed(lease_ms + 3000);
    } finally {
        postgres.thaw();
    }
    await written(writing, 10);
    await writing.stop();
    await drill.restart();

    await drill.reckon({cut_off: false});
});

test('told to stop under load, it ends with 0, leaves no call in doubt and nothing leased', async () => {
    const writing = drill.write(lines('stopped'), readers, customers);
    await written(writing, 20);

    drill.server.signal('SIGTERM');
    assert.deepEqual(await drill.server.finished(10_000), clean_end);

    const held = await drill.query("SELECT id, channel FROM notifications_queue WHERE state = 'leased'");
    assert.deepEqual(held, []);
    await drill.leases_run_out();
    await drill.server.start();
    await written(writing, 10);
    await writing.stop();
    await drill.reckon({cut_off: false, audit: false});
    const doubts = await drill.query(`SELECT l.id, l.reason FROM notifications_log l JOIN events e ON e.id = l.event_id
                                       WHERE l.status = 'unknown' AND e.subject LIKE 'stopped-%'`);
    assert.deepEqual(doubts, []);
});

test('two servers share two thousand messages, and each is sent once', async () => {
    const people = await drill.people('shared', 2000);
    await drill.insist(drill.later('shared', people));
    await eventually(async () => (await drill.query('SELECT id FROM notifications_queue')).length === people.length);
    await drill.server.stop();
    await drill.query("UPDATE notifications_queue SET due = now() + interval '1 second'");
    const before = (await drill.sandbox.calls({limit: 0})).totals.fcm;
    const second = drill.colleague('second');

    await Promise.all([drill.server.start(), second.start()]);
    await drill.at_rest();

    const attempts = await drill.query(`
        SELECT a.node, count(*)::int AS n FROM attempts a JOIN notifications_log l ON l.id = a.delivery_id
          JOIN events e ON e.id = l.event_id WHERE e.subject = 'shared' GROUP BY 1 ORDER BY 1`);
    assert.deepEqual(attempts.map(({node}) => node), ['first', 'second']);
    assert.equal(attempts[0].n + attempts[1].n, people.length);
    assert.equal((await drill.sandbox.calls({limit: 0})).totals.fcm - before, people.length);
    await second.stop();
    rmSync(second.folder, {recursive: true});
    await drill.reckon({cut_off: false});
});

const attempts_made = async () => {
    const {text} = await guarded.server.api('GET', '/metrics');
    return [...text.matchAll(/^carillon_attempts_total\{.*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
};

for (const [channel, outcome] of [['push', 'sent'], ['whatsapp', 'unknown']]) {
    test(`whoever comes back late to a ${channel} that was taken over writes nothing`, async () => {
        await guarded.insist(guarded.direct(`before-${channel}`, asha, channel, {immediate: true}));
        const made = await attempts_made();
        door.hold();
        await guarded.insist(guarded.direct(`late-${channel}`, asha, channel));
        await eventually(() => door.held === 1);
        const [taken] = await guarded.query(`
            UPDATE notifications_queue SET fence = fence + 1, node = 'another', due = now() + interval '1 hour'
            RETURNING *`);

        door.let_go();
        await eventually(async () => await attempts_made() === made + 1);
        // Each is written behind it.
        for (const n of [1, 2, 3]) {
            await guarded.insist(guarded.direct(`behind-${channel}-${n}`, asha, channel, {immediate: true}));
        }

        const rows = await guarded.query('SELECT * FROM notifications_queue');
        assert.deepEqual(rows, [taken]);
        const state = `SELECT l.status, l.reason, (SELECT count(*)::int FROM attempts WHERE delivery_id = l.id) AS calls
                         FROM notifications_log l WHERE l.id = $1`;
        const [meanwhile] = await guarded.query(state, [taken.id]);
        assert.deepEqual([meanwhile.status, meanwhile.calls], ['queued', 0]);

        await guarded.query('UPDATE notifications_queue SET due = now()');
        const {status} = await guarded.server.api('POST', '/api/notifications/process-queue',
                                                  {token: guarded.server.token()});
        assert.equal(status, 200);
        await guarded.at_rest();
        assert.equal((await guarded.query(state, [taken.id]))[0].status, outcome);
        await guarded.reckon({cut_off: false, pushes: false, audit: false});
    });
}

// Both wait more than they work: for a lease, and for a breaker's rest.
describe('side by side', {concurrency: true}, () => {
    test('killed in the middle of a hundred slow calls, all are taken over within the lease', async () => {
        const people = await drill.people('slow', 80);
        const faults = [];
        for (const provider of ['fcm', 'myoperator']) {
            faults.push(await drill.sandbox.fault({provider, fault: 'slow_body', latency_ms: 600_000}));
        }
        await drill.insist(drill.event('slow', people));
        await eventually(async () => {
            const [{begun}] = await drill.query(
                'SELECT count(*)::int AS begun FROM notifications_queue WHERE begun_at IS NOT NULL');
            return begun === 100;
        }, 15_000);

        await drill.server.crash();
        const began = Date.now();
        await drill.remember_calls_under_way();
        for (const fault of faults) await drill.sandbox.remove(fault);
        await drill.server.start();
        await drill.at_rest();

        assert.ok(Date.now() - began < lease_ms + margin_ms, `${Date.now() - began} ms`);
        await drill.reckon({cut_off: false, audit: false});
        const [{doubts}] = await drill.query(`
            SELECT count(*)::int AS doubts FROM notifications_log l JOIN events e ON e.id = l.event_id
             WHERE e.subject = 'slow' AND l.status = 'unknown' AND l.reason = 'process_lost'`);
        assert.equal(doubts, 20);
    });

    test('a provider that hangs, cuts off, refuses and starts anew under load', async () => {
        const many = await guarded.people('many', 100);
        const numbers = await guarded.people('number', 300);
        const writing = guarded.write(lines('provider'), many, numbers);
        await written(writing, 20);

        door.hold();
        await eventually(() => door.held >= 3, 10_000);
        const held = door.open_connections;
        door.cut();
        await door.shut();
        const refused = "SELECT FROM notifications_log WHERE status = 'failed' AND reason = 'connection_failed'";
        await eventually(async () => (await guarded.query(refused)).length > 0, 10_000);
        await stand_in.crash();
        await written(writing, 20);
        stand_in = await start_stand_in();
        await door.open();
        await written(writing, 20);
        await writing.stop();

        // The breaker lets the provider rest first.
        await guarded.reckon({cut_off: false, pushes: false});
        // Refused before a byte was sent is no doubt: only what hung when it was cut off is.
        const doubts = await guarded.query(`
            SELECT l.id FROM notifications_log l JOIN events e ON e.id = l.event_id
             WHERE l.status = 'unknown' AND e.type = 'drill.ordered'`);
        assert.ok(doubts.length <= held, `${doubts.length} in doubt, where ${held} hung`);
    });
});
