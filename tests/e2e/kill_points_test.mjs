// The server dies as a machine does whose power fails: at every point of the pipeline where that could matter, and
// at moments that nobody chose. Nothing that was accepted is lost by it, and nobody is told anything twice.
import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {after, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {start_drill} from './support/drill.mjs';
import {eventually} from './support/eventually.mjs';

const drill = await start_drill();
after(() => drill.close());
const shaken = await start_drill();
after(() => shaken.close());

// For each point of the source the deaths to die, one after another: "plan.written:2" is the second time that it gets
// there. Where a point is passed without work too, the death before it leaves work behind.
const deaths = {
    'attempt.answered': [['attempt.answered'], ['attempt.answered:9']],
    'attempt.begun': [['attempt.begun'], ['attempt.begun:5', 'attempt.begun:2']],
    'broadcast.chunk': [['broadcast.chunk', 'broadcast.chunk:2']],
    'claim.committed': [['plan.committed', 'claim.committed'], ['attempt.answered', 'claim.committed']],
    'claim.taken': [['claim.taken'], ['attempt.begun:9', 'claim.taken']],
    'direct.committed': [['direct.committed'], ['direct.committed:3']],
    'event.committed': [['event.committed'], ['event.committed:4']],
    'plan.committed': [['plan.committed:2']],
    'plan.taken': [['plan.taken']],
    'plan.written': [['plan.written:2'], ['plan.written', 'plan.written']],
    'receipt.committed': [['receipt.committed:4']],
    'settle.committed': [['settle.committed'], ['settle.committed:7']],
};

function points_in_source() {
    const folder = fileURLToPath(new URL('../../src', import.meta.url));
    const points = new Set();
    for (const name of readdirSync(folder, {recursive: true})) {
        if (!name.endsWith('.cpp')) continue;
        const text = readFileSync(path.join(folder, name), 'utf8');
        for (const [, point] of text.matchAll(/\bkill_point\("([^"]+)"\)/g)) points.add(point);
    }
    return [...points].sort();
}

test('every point of the source has its deaths', () => {
    assert.deepEqual(Object.keys(deaths).sort(), points_in_source());
});

// A program that is built without tests has no such points.
const mortal = readFileSync(process.env.CARILLON_BINARY).includes('CARILLON_TEST_KILL_AT');
test('the program to test can be killed at its points', () => assert.ok(mortal, 'build it with CARILLON_TESTS=ON'));
const needs_points = {skip: !mortal && 'the program has no points to be killed at'};

// Something of everything, so that every point is come by.
function all_of_it(name, people, area) {
    const [one, two, three] = people;
    return [
        ...Array.from({length: 5}, (_, n) => drill.event(`${name}/event-${n}`, [one, two, three])),
        drill.direct(`${name}/whatsapp-1`, one, 'whatsapp', {immediate: true}),
        drill.direct(`${name}/whatsapp-2`, two, 'whatsapp'),
        drill.direct(`${name}/push`, three, 'push', {immediate: true}),
        drill.direct(`${name}/web_chat`, three, 'web_chat'),
        drill.campaign(`${name}/campaign`, name, area),
    ];
}

// Two waves, so that the second finds a pipeline that is busy with the first.
async function ask_all(requests) {
    const half = requests.length / 2;
    const first = await Promise.all(requests.slice(0, half).map((each) => drill.ask(each)));
    const second = await Promise.all(requests.slice(half).map((each) => drill.ask(each)));
    return requests.filter((_, i) => ![...first, ...second][i]);
}

const killed = {code: null, signal: 'SIGKILL'};

// It dies as soon as it finds what the last one left.
async function dies_at_start(point) {
    assert.deepEqual(await drill.server.spawn(['serve'], {CARILLON_TEST_KILL_AT: point}).finished(), killed);
}

async function dies_of(requests, point) {
    await drill.server.start({CARILLON_TEST_KILL_AT: point});
    if (point.startsWith('receipt')) await listen_to_receipts();
    const left = await ask_all(requests);
    await eventually(() => drill.server.ended, 8000).catch(() => assert.fail(`${point} was never come by`));
    assert.deepEqual(await drill.server.finished(), killed);
    return left;
}

// The sandbox repeats what was not answered, as MyOperator does.
const listen_to_receipts = () => drill.sandbox.settings({receipts: {
    url: `${drill.server.url}/api/webhooks/myoperator`, key: 'drill-webhook-key-0123', mode: 'auto', delay_ms: 5, retry_ms: 100}});
async function all_receipts_told() {
    await eventually(async () => (await drill.sandbox.receipts()).under_way === 0, 15_000);
    await drill.sandbox.settings({receipts: {url: ''}});
}

for (const [point, ways] of Object.entries(deaths)) {
    for (const way of ways) {
        test(`killed at ${way.join(', then at ')}, it loses nothing`, needs_points, async () => {
            if (!drill.server.ended) await drill.server.crash();
            const name = `${way.join('+')}`;
            const with_receipts = point === 'receipt.committed';
            const people = await drill.people(name, 3);
            const area = point === 'broadcast.chunk'
                ? await drill.people(`${name}/area`, 1_100, {phones: false}) : people;
            await drill.query('UPDATE users SET area = $1 WHERE area = $2', [name, `${name}/area`]);
            const everybody = area === people ? people : [...people, ...area];
            const requests = all_of_it(name, people, everybody);
            if (with_receipts) await open_windows(people);

            const [first, ...next] = way;
            const left = await dies_of(requests, first);
            await drill.leases_run_out();
            for (const each of next) {
                await dies_at_start(each);
                await drill.leases_run_out();
            }
            await drill.server.start({CARILLON_TEST_KILL_AT: undefined});
            if (with_receipts) await listen_to_receipts();
            await Promise.all(left.map((each) => drill.insist(each)));
            await drill.at_rest();
            if (with_receipts) {
                await all_receipts_told();
                await assert_delivered(people);
            }
            await drill.reckon({audit: false});
        });
    }
}

// The sandbox knows what WhatsApp would refuse.
async function open_windows(people) {
    for (const each of people) await drill.sandbox.reply(await drill.number_of(each), 'Hello');
}

// Every receipt is stored once, whichever of its copies was answered.
async function assert_delivered(people) {
    const rows = await drill.query(`
        SELECT l.id, l.status, array_agg(r.kind ORDER BY r.kind) AS kinds
          FROM notifications_log l LEFT JOIN receipts r ON r.delivery_id = l.id
         WHERE l.channel = 'whatsapp' AND l.user_id = ANY($1) GROUP BY l.id, l.status`, [people]);
    const calls = await drill.calls_by_message();
    for (const {id, status, kinds} of rows) {
        if (!calls[id]) continue;  // cut off before it reached anybody
        assert.deepEqual([status, kinds], ['delivered', ['delivered', 'sent']], id);
    }
}

// They come while the dead server's lease still lasts, so they are kept until it is known what becomes of the call.
test('receipts that come before a lost call is taken over clear the doubt', needs_points, async () => {
    if (!drill.server.ended) await drill.server.crash();
    const people = await drill.people('doubted', 1);
    await open_windows(people);
    const message = drill.direct('doubted', people[0], 'whatsapp');
    await drill.server.start({CARILLON_TEST_KILL_AT: 'attempt.answered'});
    await listen_to_receipts();
    await drill.ask(message);
    assert.deepEqual(await drill.server.finished(), killed);

    await drill.server.start({CARILLON_TEST_KILL_AT: undefined});
    await listen_to_receipts();
    await drill.insist(message);
    await all_receipts_told();
    await drill.server.crash();
    await drill.leases_run_out();
    await drill.server.start();

    await drill.at_rest();
    await assert_delivered(people);
});

test('after all these deaths the audit finds nothing', () => drill.reckon());

test('killed twenty times at any moment under load, it loses nothing', async () => {
    const readers = await shaken.people('reader', 40);
    const customers = await shaken.people('customer', 600);
    const lines = ['line-a', 'line-b', 'line-c', 'line-d'];
    const writing = shaken.write(lines, readers, customers);

    for (let round = 0; round < 20; ++round) {
        const moment = 10 + Math.random() * 290;
        const began = Date.now();
        await eventually(() => Date.now() - began >= moment);
        await shaken.server.crash();
        await shaken.leases_run_out();
        await shaken.server.start();
    }
    await writing.stop();

    assert.ok(writing.count > 100, `only ${writing.count} events`);
    await shaken.reckon();
});

// The first waits in the outbox for a lease of half a minute; the second must not overtake it meanwhile.
test('what is accepted after a death does not come before what was accepted before it', needs_points, async () => {
    if (!shaken.server.ended) await shaken.server.crash();
    const people = await shaken.people('patient', 2);
    await shaken.server.start({CARILLON_TEST_KILL_AT: 'event.committed'});
    const [first, second] = [1, 2].map((n) => shaken.numbered('patience', n, people[0]));
    await shaken.ask(first);
    assert.deepEqual(await shaken.server.finished(), killed);

    await shaken.server.start({CARILLON_TEST_KILL_AT: undefined});
    await shaken.insist(first);
    await shaken.insist(second);
    // Time for the second to overtake: whoever is told nothing else is planned behind it.
    await shaken.insist(shaken.numbered('unrelated', 1, people[1]));
    await eventually(async () => (await shaken.query('SELECT FROM feed WHERE user_id = $1', [people[1]])).length === 1);

    await shaken.server.crash();
    await shaken.leases_run_out();
    await shaken.server.start();
    await shaken.reckon({audit: false});
});
