// What uptime checks, orchestrators and monitoring see.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {eventually} from './support/eventually.mjs';
import {start_server} from './support/server.mjs';

const server = await start_server();
after(() => server.close());

const probes = ['/', '/api/health', '/healthz/live', '/healthz/ready', '/metrics'];

// {name{labels}: value} of a Prometheus text; throws at anything that is not one.
function samples_of(text) {
    const samples = new Map();
    for (const line of text.split('\n').filter((each) => each && !each.startsWith('#'))) {
        const [, name, labels, value] =
            line.match(/^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$/) ?? assert.fail(line);
        const key = `${name}{${(labels ?? '').split(/,(?=[a-z_]+=)/).sort().join(',')}}`;
        assert.ok(!samples.has(key), `twice: ${key}`);
        assert.ok(!Number.isNaN(Number(value.replace('Inf', 'Infinity'))), line);
        samples.set(key, Number(value.replace('Inf', 'Infinity')));
    }
    return samples;
}
const metrics = async () => samples_of((await server.api('GET', '/metrics')).text);

test('health says how the server is', async () => {
    const {status, json, headers} = await server.api('GET', '/api/health');
    assert.equal(status, 200);
    assert.equal(json.status, 'healthy');
    assert.equal(json.database.status, 'up');
    assert.equal(headers['cache-control'], 'no-store');
});

test('the uptime goes on', async () => {
    const uptime = async () => (await server.api('GET', '/api/health')).json.uptime_seconds;
    const before = await uptime();
    await eventually(async () => await uptime() > before);
});

test('the root leads to what is there', async () => {
    const {json} = await server.api('GET', '/');
    assert.equal(json.name, 'Carillon');
    for (const target of Object.values(json.links)) {
        assert.equal((await server.api('GET', target)).status, 200, target);
    }
});

test('every probe answers HEAD as it answers GET, without the body', async () => {
    for (const path of probes) {
        const [get, head] = [await server.api('GET', path), await server.api('HEAD', path)];
        assert.equal(head.status, get.status, path);
        assert.equal(head.headers['content-type'], get.headers['content-type'], path);
        assert.equal(head.body.length, 0, path);
    }
});

test('probes look at no token', async () => {
    for (const path of probes) {
        const {status} = await server.api('GET', path, {headers: {authorization: 'Bearer nonsense'}});
        assert.equal(status, 200, path);
    }
});

test('probes take GET only', async () => {
    for (const path of probes) {
        const {status, headers} = await server.api('POST', path, {body: {}});
        assert.equal(status, 405, path);
        assert.match(headers.allow, /\bGET\b/, path);
    }
});

test('metrics are Prometheus text that ends with a line feed', async () => {
    const {headers, text} = await server.api('GET', '/metrics');
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    assert.ok(text.endsWith('\n'));
    const typed = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
    assert.deepEqual(typed, [...new Set(typed)]);
});

test('metrics know the database, the connections and the process', async () => {
    const samples = await metrics();
    assert.equal(samples.get('carillon_database_up{}'), 1);
    assert.ok(samples.get('carillon_database_connections{}') >= 1);
    assert.ok([...samples].some(([name, count]) => name.startsWith('carillon_connections{') && count >= 1));
    assert.ok(samples.get('process_resident_memory_bytes{}') > 1e6);
    assert.ok(samples.get('process_open_fds{}') > 3);
    const age = Date.now() / 1000 - samples.get('process_start_time_seconds{}');
    assert.ok(age >= 0 && age < 600, `started ${age} s ago`);
});

test('metrics watch the event loop', async () => {
    const lag = (await metrics()).get('carillon_event_loop_lag_seconds_count{}');
    await eventually(async () => (await metrics()).get('carillon_event_loop_lag_seconds_count{}') > lag);
});

test('requests are counted by template, never by what stood in the path', async () => {
    const key = 'carillon_http_requests_total{method="GET",route="/api/users/{user_id}",status_class="4xx"}';
    const before = (await metrics()).get(key) ?? 0;
    for (const user of ['nobody-1', 'nobody-2']) {
        await server.api('GET', `/api/users/${user}`, {token: server.token()});
    }
    const after = await metrics();
    assert.equal(after.get(key), before + 2);
    assert.deepEqual([...after.keys()].filter((name) => name.includes('nobody')), []);
});

test('paths that are not there are one series, however many are tried', async () => {
    const key = 'carillon_http_requests_total{method="GET",route="unmatched",status_class="4xx"}';
    const before = (await metrics()).get(key) ?? 0;
    for (const path of ['/wp-login.php', '/.git/config', '/api/nowhere']) await server.api('GET', path);
    assert.equal((await metrics()).get(key), before + 3);
});

test('a histogram counts each answer once, in +Inf too', async () => {
    const of = (name, more = '') => `carillon_http_request_duration_seconds_${name}{${more}route="/healthz/live"}`;
    await server.api('GET', '/healthz/live');
    const samples = await metrics();
    const count = samples.get(of('count'));
    assert.ok(count >= 1);
    assert.equal(samples.get(of('bucket', 'le="+Inf",')), count);
    assert.ok(samples.get(of('sum')) > 0);
});
