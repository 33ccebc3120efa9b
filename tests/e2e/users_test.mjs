// Users and their devices, as a back end and an app see them. Every answer is held against the description.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {start_server} from './support/server.mjs';

const server = await start_server();
after(() => server.close());

const staff = server.token('service', 'backend');
const call = (method, target, body, token = staff, headers = {}) =>
    server.api(method, target, {token, body, headers});
const create = async (user) => {
    const answer = await call('POST', '/api/users', {name: `User ${user.id}`, ...user});
    assert.equal(answer.status, 201, answer.text);
    return answer.json;
};
const ndjson = {'content-type': 'application/x-ndjson'};

test('a user is created, changed, shown and erased', async () => {
    const created = await call('POST', '/api/users', {
        id: 'asha', name: 'Asha', phone: '+91 98765 43210', email: 'asha@example.com', role: 'customer',
        locale: 'en-IN', timezone: 'Asia/Kolkata', area: 'Bandra',
    });
    assert.equal(created.status, 201);
    assert.equal(created.headers.location, '/api/users/asha');
    assert.equal(created.json.phone, '+919876543210');

    const changed = await call('POST', '/api/users', {id: 'asha', email: null, area: 'Andheri'});
    assert.equal(changed.status, 200);
    assert.deepEqual({...changed.json, updated_at: null},
                     {...created.json, email: null, area: 'Andheri', updated_at: null});
    assert.ok(changed.json.updated_at > created.json.updated_at);

    assert.deepEqual((await call('GET', '/api/users/asha')).json, changed.json);
    assert.deepEqual((await call('GET', '/api/users/919876543210')).json, changed.json);
    assert.equal((await call('DELETE', '/api/users/asha')).status, 204);
    assert.equal((await call('GET', '/api/users/asha')).status, 404);
    assert.equal((await call('DELETE', '/api/users/asha')).status, 404);
});

test('users outlive a crash of the server', async () => {
    const before = await create({id: 'durable'});
    await server.crash();
    await server.start();
    assert.deepEqual((await call('GET', '/api/users/durable')).json, before);
});

test('a creating request with a key is carried out once', async () => {
    const key = {'idempotency-key': '"create-once"'};
    const first = await call('POST', '/api/users', {name: 'Once'}, staff, key);
    const again = await call('POST', '/api/users', {name: 'Once'}, staff, key);
    assert.equal(first.status, 201);
    assert.deepEqual(again.json, first.json);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    assert.equal((await call('POST', '/api/users', {name: 'Twice'}, staff, key)).status, 422);
});

test('a phone number belongs to one user', async () => {
    await create({id: 'holder', phone: '+237691000001'});
    const refused = await call('POST', '/api/users', {id: 'taker', name: 'Taker', phone: '237 691 000 001'});
    assert.equal(refused.status, 409);
    assert.equal(refused.json.code, 'phone_taken');
});

const bad_users = {
    'no JSON': ['{', 400],
    'no object': ['[]', 422],
    'no name': [{id: 'nameless'}, 422],
    'an id with a slash': [{id: 'a/b', name: 'A'}, 422],
    'a phone of letters': [{name: 'A', phone: 'call me'}, 422],
    'an unknown role': [{name: 'A', role: 'king'}, 422],
    'an unknown time zone': [{name: 'A', timezone: 'Mars/Base'}, 422],
    'a misspelt field': [{nmae: 'A', name: 'A'}, 422],
};
for (const [what, [body, status]] of Object.entries(bad_users)) {
    test(`${what} is refused`, async () => {
        assert.equal((await call('POST', '/api/users', body)).status, status);
    });
}

test('the list is paged and filtered', async () => {
    for (const id of ['p1', 'p2', 'p3']) await create({id, role: 'provider', area: 'Douala'});
    await create({id: 'p4', role: 'provider', area: 'Yaoundé'});
    const walk = async (query) => {
        const ids = [];
        for (let cursor = null; ;) {
            const {json} = await call('GET', `/api/users?${query}${cursor ? `&cursor=${cursor}` : ''}`);
            ids.push(...json.users.map(({id}) => id));
            cursor = json.next_cursor;
            if (!cursor) return ids;
        }
    };
    assert.deepEqual(await walk('role=provider&limit=3'), ['p1', 'p2', 'p3', 'p4']);
    assert.deepEqual(await walk('area=Douala&limit=2'), ['p1', 'p2', 'p3']);
    assert.deepEqual(await walk(`role=provider&area=${encodeURIComponent('Yaoundé')}`), ['p4']);
    assert.equal((await call('GET', '/api/users?limit=0')).status, 422);
    assert.equal((await call('GET', '/api/users?cursor=forged')).status, 422);
});

test('an import takes an array and lines, and reports what failed', async () => {
    const array = await call('PUT', '/api/users/bulk', [
        {id: 'i1', name: 'One'}, {id: 'i2'}, {id: 'i3', name: 'Three', phone: '12'}, {id: 'i1', area: 'Akwa'},
    ]);
    assert.equal(array.status, 200);
    assert.deepEqual({...array.json, errors: null}, {received: 4, created: 1, updated: 1, failed: 2, errors: null});
    assert.deepEqual(array.json.errors.map(({index, id, field}) => [index, id, field]).sort(),
                     [[1, 'i2', 'name'], [2, 'i3', 'phone']]);

    const lines = await call('PUT', '/api/users/bulk', '{"id":"i2","name":"Two"}\n\n{"id":"i1","name":"Uno"}', staff,
                             ndjson);
    assert.deepEqual(lines.json, {received: 2, created: 1, updated: 1, failed: 0, errors: []});
    assert.equal((await call('GET', '/api/users/i1')).json.area, 'Akwa');
});

test('an import of ten thousand is taken, and of one more is not', async () => {
    const users = (count, prefix) => Array.from({length: count}, (_, i) => ({id: `${prefix}${i}`, name: 'N'}));
    const taken = await call('PUT', '/api/users/bulk', users(10_000, 'bulk-'));
    assert.deepEqual(taken.json, {received: 10_000, created: 10_000, updated: 0, failed: 0, errors: []});

    const refused = await call('PUT', '/api/users/bulk', users(10_001, 'more-'));
    assert.equal(refused.status, 413);
    assert.equal(refused.json.code, 'too_many_users');
    assert.match(refused.json.detail, /10000 created/);
});

test('an import that breaks off says where and what was stored', async () => {
    const {status, json} = await call('PUT', '/api/users/bulk', '[{"id":"k1","name":"K"},{"id":');
    assert.equal(status, 400);
    assert.match(json.detail, /at byte 30; .* 1 created/);
    assert.equal((await call('GET', '/api/users/k1')).status, 200);
});

test('a user sees and keeps what is theirs, and nothing else', async () => {
    await create({id: 'mine'});
    await create({id: 'yours'});
    const token = server.token('customer', 'mine');
    const phone = {fcm_token: 'a-token-of-some-length', platform: 'android', app_version: '2.4.1'};

    const device = await call('POST', '/api/users/mine/devices', phone, token);
    assert.equal(device.status, 201);
    assert.ok(!device.text.includes(phone.fcm_token));
    assert.equal((await call('POST', '/api/users/mine/devices', phone, token)).status, 200);
    assert.deepEqual((await call('GET', '/api/users/mine/devices', undefined, token)).json.devices
        .map(({id}) => id), [device.json.id]);
    assert.equal((await call('GET', '/api/users/mine', undefined, token)).status, 200);

    for (const [method, target, body] of [
        ['GET', '/api/users/yours'], ['GET', '/api/users/yours/devices'], ['POST', '/api/users/yours/devices', phone],
        ['DELETE', '/api/users/yours/devices'], ['GET', '/api/users'], ['POST', '/api/users', {name: 'A'}],
        ['PUT', '/api/users/bulk', []], ['DELETE', '/api/users/mine'],
    ]) {
        assert.equal((await call(method, target, body, token)).status, 403, `${method} ${target}`);
        assert.equal((await call(method, target, body, null)).status, 401, `${method} ${target}`);
    }

    assert.equal((await call('DELETE', `/api/users/mine/devices/${device.json.id}`, undefined, token)).status, 204);
    assert.equal((await call('DELETE', `/api/users/mine/devices/${device.json.id}`, undefined, token)).status, 404);
    assert.equal((await call('DELETE', '/api/users/mine/devices', undefined, token)).status, 204);
});

test('a token that changes hands is its new owner\'s', async () => {
    await create({id: 'seller'});
    await create({id: 'buyer'});
    const sold = {fid: 'installation-1'};
    assert.equal((await call('POST', '/api/users/seller/devices', sold)).status, 201);
    assert.equal((await call('POST', '/api/users/buyer/devices', sold)).status, 201);
    assert.deepEqual((await call('GET', '/api/users/seller/devices')).json.devices, []);
    assert.equal((await call('POST', '/api/users/buyer/devices', {})).status, 422);
    assert.equal((await call('POST', '/api/users/nobody/devices', sold)).status, 404);
});

test('nothing personal reaches the log', () => {
    for (const secret of ['9876543210', 'asha@example.com', 'a-token-of-some-length']) {
        assert.ok(!server.log_text.includes(secret), secret);
    }
});
