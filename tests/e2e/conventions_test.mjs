// What every route has in common: how it refuses, lists, limits, and answers a repeat.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {after, test} from 'node:test';
import {eventually} from './support/eventually.mjs';
import {assert_problem} from './support/problem.mjs';
import {start_server} from './support/server.mjs';

const origin = 'https://app.example.com';
const [burst, per_second] = [5, 1];
const [server, limited] = await Promise.all([
    start_server({env: {CARILLON_HTTP_ALLOWED_ORIGINS: origin}}),
    start_server({env: {
        CARILLON_HTTP_RATE_PER_SECOND: String(per_second), CARILLON_HTTP_RATE_BURST: String(burst),
        CARILLON_HTTP_TRUSTED_PROXIES: '127.0.0.1',
    }}),
]);
after(() => Promise.all([server.close(), limited.close()]));

const admin = server.token('admin');
const create = (body, headers = {}) => server.api('POST', '/api/users', {token: admin, body, headers});
const get = (path, headers = {}) => server.api('GET', path, {token: admin, headers});
const line_of = (id) => eventually(() => server.log.find((line) => line.request_id === id));

await create({id: 'asha', name: 'Asha', phone: '+237691924173', role: 'salesperson'});

test('400 tells the byte at which JSON went wrong', async () => {
    const {detail} = assert_problem(await create('{"id": nothing}'), 400, 'malformed_json');
    assert.match(detail, /at byte 8$/);
});

test('400 for a path that is no text', async () => {
    assert_problem(await get('/api/users/%ff'), 400, 'malformed_path');
    assert_problem(await get('/api/users/%00'), 400, 'malformed_path');
    assert_problem(await get('/api/users/%2'), 400, 'malformed_path');
});

test('401 says how to authenticate, and why it was not enough', async () => {
    const missing = await server.api('GET', '/api/users/asha');
    assert_problem(missing, 401, 'token_missing');
    assert.equal(missing.headers['www-authenticate'], 'Bearer');
    const wrong = await server.api('GET', '/api/users/asha', {token: 'not.a.token'});
    assert_problem(wrong, 401, 'invalid_token');
    assert.equal(wrong.headers['www-authenticate'], 'Bearer error="invalid_token"');
});

test('403 for what is not yours', async () => {
    const stranger = server.token('customer', 'ben');
    assert_problem(await server.api('GET', '/api/users/asha', {token: stranger}), 403, 'forbidden');
    assert_problem(await server.api('GET', '/api/users', {token: stranger}), 403, 'forbidden');
});

test('404 for what is unknown: a path, a user, another spelling of a path', async () => {
    assert_problem(await get('/api/nothing'), 404, 'route_not_found');
    assert_problem(await get('/api/users/nobody'), 404, 'not_found');
    assert_problem(await get('/api/users/+4915112345678'), 404, 'user_not_found');
    for (const path of ['/api/users/', '/api//users', '/API/users', '/api/users/../users', '//']) {
        assert_problem(await get(path), 404, 'route_not_found');
    }
});

test('405 says which methods there are', async () => {
    for (const method of ['PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND']) {
        const answer = await server.api(method, '/api/users', {token: admin});
        assert_problem(answer, 405, 'method_not_allowed');
        assert.deepEqual(answer.headers.allow.split(', ').sort(), ['GET', 'HEAD', 'OPTIONS', 'POST']);
    }
});

test('409 for what conflicts, naming the field', async () => {
    const {errors} = assert_problem(await create({name: 'Ben', phone: '237 691-92-41-73'}), 409, 'phone_taken');
    assert.deepEqual(errors.map(({field}) => field), ['phone']);
});

test('422 names each field that is wrong, and what it should be', async () => {
    const answer = await create({id: '', name: 7, phone: '12', role: 'king', emial: 'a@b.c'});
    const {errors} = assert_problem(answer, 422, 'invalid');
    const told = Object.fromEntries(errors.map(({field, message}) => [field, message]));
    assert.deepEqual(Object.keys(told).sort(), ['emial', 'id', 'name', 'phone', 'role']);
    assert.match(told.emial, /email/);
    assert.match(told.role, /salesperson/);
});

test('a field or a value that looks like SQL is data', async () => {
    const name = `Robert'); DROP TABLE users;-- {{ 7*7 }} \\ "x" <b>`;
    assert.equal((await create({id: "o'hara; --", name})).json.name, name);
    const {json} = await get(`/api/users/${encodeURIComponent("o'hara; --")}`);
    assert.equal(json.name, name);
    assert_problem(await create({"');DROP TABLE users;--": 1, name: 'x'}), 422, 'invalid');
});

const media_types = {
    'application/json': 201, 'Application/JSON; Charset="UTF-8"': 201, 'application/json;charset=utf-8': 201,
    'application/merge-patch+json': 201, 'text/json': 415, 'text/plain': 415, 'application/jsonp': 415,
    'application/x-www-form-urlencoded': 415, 'multipart/form-data; boundary=x': 415, 'application/*': 415,
    'application/json; charset=latin1': 415, 'application/json, text/plain': 415, json: 415, '': 415,
};
test('415 for every content type but JSON in UTF-8', async () => {
    for (const [type, status] of Object.entries(media_types)) {
        const body = JSON.stringify({name: 'Typed'});
        const {headers, ...answer} = await server.raw(
            `POST /api/users HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${admin}\r\n` +
            `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
            {responses: 1}).then(({responses}) => responses[0]);
        assert.equal(answer.status, status, type);
        if (status === 415) assert_problem({headers, ...answer}, 415, 'unsupported_media');
    }
    assert_problem(await create('{}', {'content-type': undefined}), 415, 'unsupported_media');
    assert_problem(await create('{}', {'content-encoding': 'gzip'}), 415, 'content_encoding');
    assert.equal((await create({name: 'Plain'}, {'content-encoding': 'identity'})).status, 201);
});

test('HEAD is GET without the body', async () => {
    for (const path of ['/api/users/asha', '/api/openapi.json', '/api/users?limit=1']) {
        const whole = await get(path);
        const head = await server.api('HEAD', path, {token: admin});
        assert.equal(head.status, 200);
        assert.equal(head.body.length, 0);
        for (const name of ['content-length', 'content-type', 'etag', 'vary']) {
            assert.equal(head.headers[name], whole.headers[name], `${name} of ${path}`);
        }
    }
    assert.equal((await server.api('HEAD', '/api/users/nobody', {token: admin})).status, 404);
    assert.equal((await server.api('HEAD', '/api/users/asha')).status, 401);
});

test('OPTIONS lists the methods of a path, for anybody', async () => {
    const plain = await server.api('OPTIONS', '/api/users/asha');
    assert.equal(plain.status, 204);
    assert.deepEqual(plain.headers.allow.split(', ').sort(), ['DELETE', 'GET', 'HEAD', 'OPTIONS']);
    assert.equal(plain.headers['access-control-allow-methods'], undefined);
    assert_problem(await server.api('OPTIONS', '/api/nothing'), 404, 'route_not_found');
});

test('a preflight from an allowed origin is told all that it asks', async () => {
    const asked = {origin, 'access-control-request-method': 'POST',
                   'access-control-request-headers': 'authorization,content-type,idempotency-key,x-request-id'};
    const {status, headers} = await server.api('OPTIONS', '/api/users', {headers: asked});
    assert.equal(status, 204);
    assert.equal(headers['access-control-allow-origin'], origin);
    assert.match(headers['access-control-allow-methods'], /\bPOST\b/);
    const allowed = headers['access-control-allow-headers'].toLowerCase().split(/, */);
    for (const name of asked['access-control-request-headers'].split(',')) assert.ok(allowed.includes(name), name);
    assert.ok(Number(headers['access-control-max-age']) > 0);
    assert.match(headers.vary, /\bOrigin\b/i);
});

test('an answer may be read by an allowed origin, also when it is a refusal', async () => {
    for (const [path, token, status] of [['/api/users/asha', admin, 200], ['/api/users/asha', undefined, 401],
                                         ['/api/nothing', admin, 404], ['/api/users/nobody', admin, 404]]) {
        const answer = await server.api('GET', path, {token, headers: {origin}});
        assert.equal(answer.status, status);
        assert.equal(answer.headers['access-control-allow-origin'], origin);
        assert.match(answer.headers['access-control-expose-headers'], /X-Request-Id/);
        assert.match(answer.headers.vary, /\bOrigin\b/i);
    }
});

const foreign = ['https://evil.example', `${origin}.evil.example`, `${origin}:8443`, 'http://app.example.com', 'null',
                 'https://app.example.co', '*'];
test('another origin is allowed nothing', async () => {
    for (const other of foreign) {
        const headers = {origin: other, 'access-control-request-method': 'POST'};
        const preflight = await server.api('OPTIONS', '/api/users', {headers});
        const plain = await get('/api/users/asha', {origin: other});
        for (const answer of [preflight, plain]) {
            const given = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'));
            assert.deepEqual(given, [], other);
            assert.match(answer.headers.vary, /\bOrigin\b/i);
        }
    }
});

test('a request id is echoed and stands in the log line and in the problem', async () => {
    const id = `e2e/${randomUUID()}`;
    const answer = await get('/api/users/nobody', {'x-request-id': id});
    assert.equal(answer.headers['x-request-id'], id);
    assert.equal(assert_problem(answer, 404).request_id, id);
    const line = await line_of(id);
    assert.deepEqual([line.event, line.method, line.path, line.status, line.caller],
                     ['request', 'GET', '/api/users/{user_id}', 404, 'admin']);
});

test('a request id that could spoil a log is replaced', async () => {
    for (const id of ['', 'a b', 'x"y', '{}', '<script>', 'é', 'a'.repeat(129)]) {
        const {headers} = await get('/api/users/asha', {'x-request-id': Buffer.from(id).toString('latin1')});
        assert.notEqual(headers['x-request-id'], id);
        assert.match(headers['x-request-id'], /^[\w-]{16,}$/);
    }
    const first = await get('/api/users/asha');
    const second = await get('/api/users/asha');
    assert.notEqual(first.headers['x-request-id'], second.headers['x-request-id']);
});

test('a traceparent goes into the log line when it is one', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const parent = 'b7ad6b7169203331';
    const logged = async (value) => {
        const {headers} = await get('/api/users/asha', {traceparent: value});
        return (await line_of(headers['x-request-id'])).traceparent;
    };
    assert.equal(await logged(`00-${trace}-${parent}-01`), `00-${trace}-${parent}-01`);
    assert.equal(await logged(`cc-${trace}-${parent}-01-more`), `00-${trace}-${parent}-01`);
    for (const wrong of [`ff-${trace}-${parent}-01`, `00-${'0'.repeat(32)}-${parent}-01`, `00-${trace}-${parent}`,
                         `00-${trace}-${'0'.repeat(16)}-01`, `00-${trace.toUpperCase()}-${parent}-01`,
                         `00-${trace}-${parent}-01-more`, 'garbage']) {
        assert.equal(await logged(wrong), '', wrong);
    }
    // Two of them cannot both be right (W3C Trace Context, 3.2.2.5).
    assert.equal(await logged([`00-${trace}-${parent}-01`, `00-${trace}-${parent}-00`]), '');
});

test('a limit is a whole number from 1 to 200', async () => {
    for (const limit of ['0', '201', '-1', '1.5', '1e1', '', 'ten', '%2B5', '0x10', '99999999999999999999']) {
        const {errors} = assert_problem(await get(`/api/users?limit=${limit}`), 422, 'invalid');
        assert.deepEqual(errors.map(({field}) => field), ['limit'], limit);
    }
    assert_problem(await get('/api/users?limit=5&limit=6'), 422, 'invalid');
    assert.equal((await get('/api/users?limit=1')).json.users.length, 1);
});

test('a parameter that no list has is refused, by its name', async () => {
    const {errors} = assert_problem(await get('/api/users?limit=5&Role=admin&x'), 422, 'invalid');
    assert.deepEqual(errors.map(({field}) => field).sort(), ['Role', 'x']);
    assert_problem(await get('/api/users?area=%ff'), 422, 'invalid');
    assert_problem(await get('/api/users?area='), 422, 'invalid');
});

test('a cursor walks over 120 users without a gap or a double, also while others come and go', async () => {
    const ids = Array.from({length: 120}, (_, i) => `walk-${String(i).padStart(3, '0')}-${'é😀'.repeat(i % 3)}`);
    const body = ids.map((id) => ({id, name: 'Walker', area: 'Walk'}));
    const imported = await server.api('PUT', '/api/users/bulk', {token: admin, body});
    assert.equal(imported.json.created, 120);

    const seen = [];
    let cursor = null;
    do {
        const query = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
        const {json} = await get(`/api/users?area=Walk&limit=17${query}`);
        seen.push(...json.users.map(({id}) => id));
        cursor = json.next_cursor;
        // One behind the walker and one before: neither moves what is still to come.
        if (seen.length === 34) {
            await create({id: 'walk-000-behind', name: 'Late', area: 'Walk'});
            await server.api('DELETE', `/api/users/${encodeURIComponent(ids[0])}`, {token: admin});
        }
    } while (cursor);
    assert.deepEqual(seen, [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    const {json} = await get('/api/users?area=Walk&limit=200');
    assert.equal(json.users.length, 120);
    assert.equal(json.next_cursor, null);
});

test('the default page has 50 entries, and a full last page has no next', async () => {
    const {json} = await get('/api/users?area=Walk');
    assert.equal(json.users.length, 50);
    assert.notEqual(json.next_cursor, null);
    assert.equal((await get('/api/users?area=Walk&limit=120')).json.next_cursor, null);
});

test('a cursor that this list did not give is refused', async () => {
    const made = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const real = (await get('/api/users?limit=1')).json.next_cursor;
    for (const cursor of ['', 'abc', '%00', `${real}A`, real.slice(0, -2), made(['devices', 'asha']), made('users'),
                          made(['users']), made(['users', 7]), made(['users', ['x']]), made(['users', 'a', 'b']),
                          made({users: 1}), 'A'.repeat(3000)]) {
        const {errors} = assert_problem(await get(`/api/users?cursor=${cursor}`), 422, 'invalid');
        assert.deepEqual(errors.map(({field}) => field), ['cursor'], cursor);
    }
});

test('what goes wrong inside is told by the request id alone', async () => {
    // A table that is gone is a surprise, and its message speaks of SQL.
    await server.database.query('ALTER TABLE users RENAME TO users_away');
    const answer = await get('/api/users?limit=3');
    await server.database.query('ALTER TABLE users_away RENAME TO users');
    const {detail} = assert_problem(answer, 500, 'internal');
    assert.doesNotMatch(detail, /users/);
    const line = await line_of(answer.headers['x-request-id']);
    assert.equal(line.level, 'error');
    assert.equal((await get('/api/users?limit=3')).status, 200);
});

// Asks until it is refused; gives all answers. What is refilled meanwhile depends on the machine.
async function exhaust(ask) {
    const began = Date.now();
    const answers = [];
    do answers.push(await ask()); while (answers.at(-1).status !== 429 && answers.length < 50);
    const refilled = Math.ceil((Date.now() - began) / 1000 * per_second);
    const allowed = answers.length - 1;
    assert.ok(allowed >= burst && allowed <= burst + refilled, `${allowed} were allowed`);
    return answers;
}

test('429 for a user who is too fast, and only for that one', async () => {
    const of = (user) => () => limited.api('GET', '/api/users?limit=1', {token: limited.token('service', user)});
    const answers = await exhaust(of('hasty'));
    const refused = answers.at(-1);
    assert_problem(refused, 429, 'rate_limited');
    assert.ok(Number(refused.headers['retry-after']) >= 1);
    assert.match(refused.headers.ratelimit, /^"default";r=0;t=\d+$/);
    for (const {headers} of answers) assert.equal(headers['ratelimit-policy'], `"default";q=${burst};w=${burst}`);
    const left = answers.slice(0, burst).map(({headers}) => Number(headers.ratelimit.match(/r=(\d+)/)[1]));
    assert.equal(left[0], burst - 1);
    for (let i = 1; i < left.length; ++i) assert.ok(left[i] <= left[i - 1], left.join());
    assert.equal((await of('patient')()).status, 200);
});

test('429 for an address without a token, and only for that one', async () => {
    const from = (address) => () => limited.api('GET', '/api/users/x', {headers: {'x-forwarded-for': address}});
    const answers = await exhaust(from('203.0.113.7'));
    assert_problem(answers[0], 401, 'token_missing');
    assert_problem(answers.at(-1), 429, 'rate_limited');
    assert_problem(await from('203.0.113.8')(), 401, 'token_missing');
    // What a client forges stands before what the proxy adds.
    assert_problem(await from('198.51.100.1, 203.0.113.7')(), 429, 'rate_limited');
});

test('paths that do not exist count too, and one network of IPv6 is one address', async () => {
    const from = (address) => () => limited.api('GET', '/nothing', {headers: {'x-forwarded-for': address}});
    assert_problem((await exhaust(from('2001:db8:1:2::7')))[0], 404, 'route_not_found');
    assert_problem(await from('2001:db8:1:2:ffff::8')(), 429, 'rate_limited');
    assert_problem(await from('2001:db8:1:3::7')(), 404, 'route_not_found');
});

test('who guesses tokens is counted by address', async () => {
    const guess = () => limited.api('GET', '/api/users', {
        token: `a.b.${Math.random().toString(36).slice(2)}`, headers: {'x-forwarded-for': '203.0.113.9'}});
    assert_problem((await exhaust(guess)).at(-1), 429, 'rate_limited');
});

test('probes are never too fast', async () => {
    for (const path of ['/healthz/live', '/healthz/ready', '/metrics', '/api/health']) {
        for (let i = 0; i < burst + 3; ++i) assert.equal((await limited.api('GET', path)).status, 200, path);
    }
});

test('a caller may go on after the time that it was told', async () => {
    const ask = () => limited.api('GET', '/api/users?limit=1', {token: limited.token('admin', 'waiting')});
    const refused = (await exhaust(ask)).at(-1);
    const told = Number(refused.headers['retry-after']);
    await eventually(async () => (await ask()).status === 200, told * 1000 + 2000);
});
