// A creating request that is repeated is carried out once, whatever happened to the first.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import pg from 'pg';
import {request} from './support/client.mjs';
import {eventually} from './support/eventually.mjs';
import {assert_problem} from './support/problem.mjs';
import {start_server} from './support/server.mjs';

const server = await start_server();
after(() => server.close());

const admin = server.token('admin');
const keyed = (key, body, {token = admin, path = '/api/users'} = {}) =>
    server.api('POST', path, {token, body, headers: {'idempotency-key': key}});
const users_named = (name) => server.database.query('SELECT id, area FROM users WHERE name = $1', [name]);
const essence = ({status, headers, text}) => [status, headers.location, headers['content-type'], text];
const replayed = ({headers}) => headers['idempotency-replayed'] === 'true';
// A lease that ran out long ago. Nobody wants to wait for it.
const expire_leases = () =>
    server.database.query("UPDATE idempotency_keys SET leased_until = now() - interval '1 s'");
const running = () => server.database.query('SELECT FROM idempotency_keys WHERE status IS NULL');

// Keeps every writer of users waiting, as a slow database would, until release() is called.
async function hold_users() {
    const client = new pg.Client({connectionString: server.database.url});
    await client.connect();
    await client.query('BEGIN');
    await client.query('LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE');
    return async () => {
        await client.query('ROLLBACK');
        await client.end();
    };
}

test('a repeat gets the first answer again, and says so', async () => {
    const first = await keyed('replay-1', {name: 'Once'});
    const second = await keyed('replay-1', {name: 'Once'});
    assert.equal(first.status, 201);
    assert.equal(replayed(first), false);
    assert.equal(replayed(second), true);
    assert.deepEqual(essence(second), essence(first));
    assert.notEqual(second.headers['x-request-id'], first.headers['x-request-id']);
    assert.equal((await users_named('Once')).length, 1);
});

test('the first answer stands even when the user has changed since', async () => {
    const first = await keyed('replay-2', {id: 'changing', name: 'Before'});
    await server.api('POST', '/api/users', {token: admin, body: {id: 'changing', name: 'After'}});
    assert.deepEqual(essence(await keyed('replay-2', {id: 'changing', name: 'Before'})), essence(first));
    assert.deepEqual((await users_named('After')).map(({id}) => id), ['changing']);
});

test('a key may be quoted or not, and is the same key', async () => {
    const first = await keyed('"quoted-1"', {name: 'Quoted'});
    assert.deepEqual(essence(await keyed('quoted-1', {name: 'Quoted'})), essence(first));
    assert.equal((await users_named('Quoted')).length, 1);
});

test('the same key with another body is refused and changes nothing', async () => {
    await keyed('body-1', {name: 'Body'});
    for (const body of [{name: 'Other body'}, '{"name": "Body"}', {name: 'Body', area: 'X'}]) {
        assert_problem(await keyed('body-1', body), 422, 'idempotency_key_reused');
    }
    assert.equal((await users_named('Other body')).length, 0);
    assert.equal(replayed(await keyed('body-1', {name: 'Body'})), true);
});

test('without a key, and with another, the same body is another request', async () => {
    await server.api('POST', '/api/users', {token: admin, body: {name: 'Twice'}});
    await server.api('POST', '/api/users', {token: admin, body: {name: 'Twice'}});
    await keyed('another-1', {name: 'Twice'});
    await keyed('another-2', {name: 'Twice'});
    assert.equal((await users_named('Twice')).length, 4);
});

const odd_keys = ['!', '~', "'; DROP TABLE users; --".replaceAll(' ', '_'), '%00%0a', '../../etc', '{"a":1}'
    .replaceAll('"', "'"), '\\x00', 'a,b', 'k'.repeat(255), '`$(id)`', '<&>', '8e03978e-40d5-43dd-bc93-6894a57f9324'];
test('odd characters in a key are part of it', async () => {
    for (const [i, key] of odd_keys.entries()) {
        const first = await keyed(key, {name: `Odd ${i}`});
        assert.equal(first.status, 201, key);
        assert.deepEqual(essence(await keyed(key, {name: `Odd ${i}`})), essence(first), key);
        assert.equal((await users_named(`Odd ${i}`)).length, 1, key);
    }
    // Keys are told apart to the letter.
    const [upper, lower] = [await keyed('CASE', {name: 'Upper'}), await keyed('case', {name: 'Lower'})];
    assert.deepEqual([upper.status, lower.status], [201, 201]);
});

test('what cannot be a key is refused, and nothing is done', async () => {
    for (const key of ['', '""', 'a b', 'a"b', 'k'.repeat(256), 'caf\u00e9', 'tab\there', '"']) {
        assert_problem(await keyed(key, {name: 'Unkeyed'}), 400, 'invalid_idempotency_key');
    }
    assert.equal((await users_named('Unkeyed')).length, 0);
});

test('two keys in one request are refused', async () => {
    const answer = await keyed(['two-1', 'two-2'], {name: 'Two keys'});
    assert_problem(answer, 400);
    assert.equal((await users_named('Two keys')).length, 0);
});

test('a key belongs to its caller, and to its path', async () => {
    const service = server.token('service', 'shop');
    const mine = await keyed('shared-1', {name: 'Mine'});
    const theirs = await keyed('shared-1', {name: 'Theirs'}, {token: service});
    assert.deepEqual([mine.status, theirs.status, replayed(theirs)], [201, 201, false]);
    const device = await keyed('shared-1', {fcm_token: 'device-of-mine'}, {path: `${mine.headers.location}/devices`});
    assert.deepEqual([device.status, replayed(device)], [201, false]);
    assert.equal(replayed(await keyed('shared-1', {name: 'Theirs'}, {token: service})), true);
    assert.equal(replayed(await keyed('shared-1', {name: 'Mine'})), true);
});

test('a refusal before any work leaves the key free', async () => {
    assert_problem(await keyed('refused-1', '{"name": '), 400, 'malformed_json');
    assert_problem(await keyed('refused-1', {name: ''}), 422, 'invalid');
    assert_problem(await keyed('refused-1', {name: 'x'}, {token: 'a.b.c'}), 401);
    const corrected = await keyed('refused-1', {name: 'Corrected'});
    assert.deepEqual([corrected.status, replayed(corrected)], [201, false]);
});

test('a refusal that came of the work is the answer, and stays it', async () => {
    const phone = '+4915100000001';
    await server.api('POST', '/api/users', {token: admin, body: {id: 'holder', name: 'Holder', phone}});
    const body = {id: 'late', name: 'Late', phone};
    assert_problem(await keyed('conflict-1', body), 409, 'phone_taken');
    await server.api('DELETE', '/api/users/holder', {token: admin});
    const again = await keyed('conflict-1', body);
    assert.equal(again.status, 409);
    assert.equal(replayed(again), true);
    assert.equal((await keyed('conflict-2', body)).status, 201);
});

test('a replayed refusal is a problem under the id of the request that it answers', async () => {
    await keyed('conflict-3', {name: 'Later', phone: '+4915100000001'});
    assert_problem(await keyed('conflict-3', {name: 'Later', phone: '+4915100000001'}), 409, 'phone_taken');
});

test('when the user is erased the kept answer is gone too', async () => {
    await keyed('erased-1', {id: 'erased', name: 'Erased Name'});
    assert.equal((await server.api('DELETE', '/api/users/erased', {token: admin})).status, 204);
    const answer = await keyed('erased-1', {id: 'erased', name: 'Erased Name'});
    assert_problem(answer, 410, 'erased');
    assert.doesNotMatch(answer.text, /Erased Name/);
    assert.equal((await users_named('Erased Name')).length, 0);
});

test('while the first request runs, its repeat is told to wait', async () => {
    const release = await hold_users();
    const first = keyed('running-1', {name: 'Running'});
    await eventually(async () => (await running()).length === 1);
    const second = await keyed('running-1', {name: 'Running'});
    assert_problem(second, 409, 'idempotency_key_in_use');
    assert.ok(Number(second.headers['retry-after']) >= 1);
    assert_problem(await keyed('running-1', {name: 'Other'}), 422, 'idempotency_key_reused');
    await release();
    assert.equal((await first).status, 201);
    assert.deepEqual(essence(await keyed('running-1', {name: 'Running'})), essence(await first));
    assert.equal((await users_named('Running')).length, 1);
});

test('of many at once with one key exactly one is carried out', async () => {
    const answers = await Promise.all(Array.from({length: 12}, () => keyed('race-1', {name: 'Raced'})));
    const made = answers.filter((answer) => answer.status === 201 && !replayed(answer));
    assert.equal(made.length, 1);
    for (const answer of answers) {
        if (answer.status === 409) assert_problem(answer, 409, 'idempotency_key_in_use');
        else assert.deepEqual(essence(answer), essence(made[0]));
    }
    assert.equal((await users_named('Raced')).length, 1);
});

test('a key that is older than a day is free again', async () => {
    await keyed('old-1', {name: 'Old'});
    await server.database.query("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'");
    const later = await keyed('old-1', {name: 'Old'});
    assert.deepEqual([later.status, replayed(later)], [201, false]);
    assert.equal((await users_named('Old')).length, 2);
});

test('kept answers outlive the server', async () => {
    const first = await keyed('restart-1', {name: 'Restarted'});
    await server.stop();
    await server.start();
    const second = await keyed('restart-1', {name: 'Restarted'});
    assert.equal(replayed(second), true);
    assert.deepEqual(essence(second), essence(first));
    assert.equal((await users_named('Restarted')).length, 1);
});

test('a server killed amid keyed requests has done each of them once when all are repeated', async () => {
    const names = Array.from({length: 40}, (_, i) => `killed-${i}`);
    const post = (name) => request(server.url, {
        method: 'POST', path: '/api/users', body: JSON.stringify({name}), agent: false,
        headers: {authorization: `Bearer ${admin}`, 'content-type': 'application/json', 'idempotency-key': name},
    });
    // Half of them wait for a lock when the server dies; of the others some are answered, some are on their way.
    const answered = new Map();
    const note = (name) => post(name).then((answer) => answered.set(name, answer), () => {});
    const early = names.slice(0, 20).map(note);
    await eventually(() => answered.size >= 3);
    const release = await hold_users();
    const late = names.slice(20).map(note);
    await eventually(async () => (await running()).length >= 4);
    await server.crash();
    await Promise.all([...early, ...late]);
    await release();
    assert.ok(answered.size >= 3 && answered.size <= 20, `${answered.size} answers`);

    // What the dead server had begun is told to wait, as long as it might still live; the rest is done now.
    await server.start();
    const first_repeats = await Promise.all(names.map((name) => keyed(name, {name})));
    const waiting = first_repeats.filter(({status}) => status !== 201);
    assert.ok(waiting.length >= 4, `${waiting.length} wait`);
    for (const answer of waiting) assert_problem(answer, 409, 'idempotency_key_in_use');

    await expire_leases();
    for (const name of names) {
        const answer = await keyed(name, {name});
        assert.equal(answer.status, 201, answer.text);
        const before = answered.get(name);
        if (before) assert.deepEqual(essence(answer), essence(before), name);
        const rows = await users_named(name);
        assert.deepEqual(rows.map(({id}) => id), [answer.json.id], name);
    }
});
