import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {start_server} from './support/server.mjs';

const server = await start_server();
after(() => server.close());

test('the document describes itself without a mistake', async () => {
    const {status, json} = await server.api('GET', '/api/openapi.json');
    assert.equal(status, 200);
    assert.match(json.openapi, /^3\.1\./);
    (await server.contract()).check_document();
});

test('every operation has a name of its own and says what it is for', async () => {
    const {json} = await server.api('GET', '/api/openapi.json');
    const verbs = ['get', 'put', 'post', 'patch', 'delete'];
    const operations = Object.values(json.paths).flatMap((item) => verbs.map((verb) => item[verb]).filter(Boolean));
    const names = operations.map(({operationId}) => operationId);
    assert.ok(names.length > 0);
    assert.deepEqual(names, [...new Set(names)]);
    assert.deepEqual(operations.filter(({operationId, summary}) => !operationId || !summary), []);
});

test('what nobody described is a problem, as every error', async () => {
    const {status, json} = await server.api('GET', '/api/nowhere', {token: server.token()});
    assert.equal(status, 404);
    assert.equal(json.code, 'route_not_found');
});
