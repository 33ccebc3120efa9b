// The description of the interface: valid, kept by clients, and true.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {Validator} from '@seriousme/openapi-schema-validator';
import {start_server} from './support/server.mjs';

const server = await start_server();
after(() => server.close());

const path = '/api/openapi.json';
const ask = (if_none_match) => server.api('GET', path, {headers: {'if-none-match': if_none_match}});

test('the document is valid OpenAPI 3.1 and all its references lead somewhere', async () => {
    const {json} = await server.api('GET', path);
    const {valid, errors} = await new Validator().validate(json);
    assert.ok(valid, JSON.stringify(errors, null, 2));
});

test('the validator refuses a document that is not valid', async () => {
    const {json} = await server.api('GET', path);
    delete json.paths['/api/health'].get.responses['200'].description;
    assert.equal((await new Validator().validate(json)).valid, false);
    const dangling = (await server.api('GET', path)).json;
    delete dangling.components.schemas.Problem;
    assert.equal((await new Validator().validate(dangling)).valid, false);
});

test('the server found no difference between its routes and the document', () => {
    const told = server.log.filter(({event}) => event === 'openapi_difference');
    assert.deepEqual(told, []);
});

test('the document names the version that runs', async () => {
    const [{json: document}, {json: root}] = [await server.api('GET', path), await server.api('GET', '/')];
    assert.equal(document.info.version, root.version);
});

test('a client that has the document is told so', async () => {
    const {headers: {etag}} = await server.api('GET', path);
    for (const known of [etag, `W/${etag}`, `"old", ${etag}`, '*']) {
        const {status, body, headers} = await ask(known);
        assert.equal(status, 304, known);
        assert.equal(body.length, 0);
        assert.equal(headers.etag, etag);
        assert.ok(headers['cache-control']);
    }
});

test('a client that has another document gets this one', async () => {
    const {status, headers} = await ask('"old"');
    assert.equal(status, 200);
    assert.ok(headers.etag);
});

test('the document stays the same over a restart', async () => {
    const before = (await server.api('GET', path)).headers.etag;
    await server.stop();
    await server.start();
    assert.equal((await server.api('GET', path)).headers.etag, before);
});
