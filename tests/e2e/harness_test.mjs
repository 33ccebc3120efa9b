// The tests' own tools must say no when they should: a check that cannot fail proves nothing.
import assert from 'node:assert/strict';
import {createHmac} from 'node:crypto';
import net from 'node:net';
import {test} from 'node:test';
import {parse_conninfo} from './support/database.mjs';
import {eventually} from './support/eventually.mjs';
import {Contract} from './support/openapi.mjs';
import {Process} from './support/process.mjs';
import {parse_responses, raw} from './support/raw.mjs';
import {mint_token} from './support/token.mjs';

const document = {
    openapi: '3.1.0',
    info: {title: 'sample', version: '1'},
    paths: {
        '/things/{id}': {
            get: {responses: {200: {$ref: '#/components/responses/Thing'},
                              404: {$ref: '#/components/responses/Missing'}}},
        },
        '/things/first': {get: {responses: {204: {description: 'nothing yet'}}}},
        '/things': {
            post: {
                requestBody: {content: {'application/json': {schema: {$ref: '#/components/schemas/Thing'}}}},
                responses: {201: {$ref: '#/components/responses/Thing'}},
            },
        },
    },
    components: {
        responses: {
            Thing: {
                description: 'one thing',
                headers: {ETag: {required: true, schema: {type: 'string', pattern: '^"'}}},
                content: {'application/json': {schema: {$ref: '#/components/schemas/Thing'}}},
            },
            Missing: {
                description: 'none',
                content: {'application/problem+json': {schema: {$ref: '#/components/schemas/Problem'}}},
            },
        },
        schemas: {
            Thing: {type: 'object', required: ['id'], additionalProperties: false,
                    properties: {id: {type: 'string'}, made: {type: 'string', format: 'date-time'}}},
            Problem: {type: 'object', required: ['status', 'code', 'request_id'],
                      properties: {status: {type: 'integer'}, code: {type: 'string'}}},
        },
    },
};
const contract = new Contract(document);

const thing = (body, headers = {}) => ({
    status: 200, headers: {'content-type': 'application/json; charset=utf-8', etag: '"1"', ...headers},
    body: Buffer.from(JSON.stringify(body)),
});
const problem = (status, body = {}, headers = {}) => ({
    status, headers: {'content-type': 'application/problem+json', 'x-request-id': 'r1', ...headers},
    body: Buffer.from(JSON.stringify({status, code: 'not_found', request_id: 'r1', ...body})),
});
const nothing = (status) => ({status, headers: {}, body: Buffer.alloc(0)});
const get = {method: 'GET', path: '/things/7?x=1'};
const post = (body) => ({method: 'POST', path: '/things', body: JSON.stringify(body), type: 'application/json'});

test('the contract takes what is described', () => {
    contract.check(get, thing({id: '7', made: '2024-05-01T10:00:00Z'}));
    contract.check(get, problem(404));
    contract.check({...get, method: 'HEAD'}, {...thing({}), body: Buffer.alloc(0)});
    contract.check({method: 'GET', path: '/things/first'}, nothing(204));
    contract.check(post({id: '7'}), {...thing({id: '7'}), status: 201});
});

test('the contract takes what HTTP says of any path', () => {
    contract.check({method: 'GET', path: '/nowhere'}, problem(404));
    contract.check({method: 'DELETE', path: '/things'}, problem(405, {}, {allow: 'POST'}));
    contract.check({method: 'OPTIONS', path: '/things'}, nothing(204));
});

const refusals = {
    'a status that is not described': [get, problem(409), /does not describe/],
    'another content type': [get, thing({id: '7'}, {'content-type': 'text/plain'}), /as text\/plain/],
    'a body with a wrong type': [get, thing({id: 7}), /\/id must be string/],
    'a body with a member too many': [get, thing({id: '7', more: 1}), /additional properties/],
    'a body that misses a member': [get, thing({}), /required property 'id'/],
    'a date that is none': [get, thing({id: '7', made: 'today'}), /date-time/],
    'a missing header': [get, thing({id: '7'}, {etag: undefined}), /without the header ETag/],
    'a header of another form': [get, thing({id: '7'}, {etag: '1'}), /pattern/],
    'a body where none is described': [{method: 'GET', path: '/things/first'}, {...thing({}), status: 204}, /a body/],
    'success on an unknown path': [{method: 'GET', path: '/nowhere'}, thing({}), /no such path/],
    'success of an unknown method': [{method: 'PUT', path: '/things'}, thing({}), /no such method/],
    '405 without Allow': [{method: 'PUT', path: '/things'}, problem(405), /without Allow/],
    'a problem with another status in it': [get, problem(404, {status: 400}), /its problem says 400/],
    'a problem under another request id': [get, problem(404, {}, {'x-request-id': 'r2'}), /two request ids/],
    'a request that should have been refused': [post({}), {...thing({id: '7'}), status: 201}, /to a body that/],
};
for (const [name, [request, answer, why]] of Object.entries(refusals)) {
    test(`the contract refuses ${name}`, () => {
        assert.throws(() => contract.check(request, answer), {name: 'AssertionError', message: why});
    });
}

test('the contract refuses a document with a misspelt keyword or a reference to nothing', () => {
    contract.check_document();
    const misspelt = structuredClone(document);
    misspelt.components.schemas.Problem.propertys = {};
    assert.throws(() => new Contract(misspelt).check_document(), /unknown keyword/);
    const dangling = structuredClone(document);
    dangling.paths['/things'].post.responses[400] = {$ref: '#/components/responses/Gone'};
    assert.throws(() => new Contract(dangling).check_document(), /Gone is referred to and missing/);
});

test('responses are told apart in one stream', () => {
    const stream = Buffer.from(
        'HTTP/1.1 100 Continue\r\n\r\n' +
        'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: a\r\nX: b\r\n\r\nabc' +
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n' +
        'HTTP/1.0 200 OK\r\n\r\nrest');
    const {responses, rest} = parse_responses(stream, {ended: true});
    const told = responses.map(({status, text}) => [status, text]);
    assert.deepEqual(told, [[100, ''], [200, 'abc'], [200, 'de'], [200, 'rest']]);
    assert.equal(responses[1].headers.x, 'a, b');
    assert.equal(rest.length, 0);
    assert.throws(() => parse_responses(Buffer.from('garbage\r\n\r\n')), /not a status line/);
});

async function with_peer(on_connection, use) {
    const peer = net.createServer(on_connection);
    await new Promise((ready) => peer.listen(0, '127.0.0.1', ready));
    try {
        await use(peer.address().port);
    } finally {
        peer.close();
    }
}

test('raw sends every piece and stops at the number of responses asked for', async () => {
    let received = '';
    const answer_twice = (socket) => socket.on('error', () => {}).on('data', (data) => {
        received += data;
        if (received === 'abc') socket.write('HTTP/1.1 204 X\r\n\r\nHTTP/1.1 304 X\r\n\r\n');
    });
    await with_peer(answer_twice, async (port) => {
        const result = await raw(port, ['a', 'b', Buffer.from('c')], {responses: 2});
        assert.deepEqual(result.responses.map(({status}) => status), [204, 304]);
        assert.equal(result.closed, false);
    });
});

test('raw reads until the peer closes', async () => {
    await with_peer((socket) => socket.on('data', () => socket.end('HTTP/1.1 400 X\r\n\r\nbye')), async (port) => {
        const {responses, closed} = await raw(port, 'x');
        assert.equal(closed, true);
        assert.equal(responses[0].text, 'bye');
    });
});

test('raw gives up on a peer that stays silent', async () => {
    const silent = (socket) => socket.on('error', () => {}).on('data', () => {});
    await with_peer(silent, (port) => assert.rejects(raw(port, 'x', {limit_ms: 50}), /no end within 50 ms/));
});

test('eventually returns what came true, and tells what did not', async () => {
    let tries = 0;
    assert.equal(await eventually(() => (++tries === 3 ? 'there' : undefined)), 'there');
    await assert.rejects(eventually(() => { throw new Error('no luck'); }, 30), /not within 30 ms.*no luck/);
});

test('a token is what RFC 7515 says, and can be spoilt', () => {
    const token = mint_token('key', {sub: 'asha', role: 'admin', claims: {exp: undefined}});
    const [head, body, signature] = token.split('.');
    assert.equal(createHmac('sha256', 'key').update(`${head}.${body}`).digest('base64url'), signature);
    const claims = JSON.parse(Buffer.from(body, 'base64url'));
    assert.equal(claims.sub, 'asha');
    assert.equal('exp' in claims, false);
});

test('connection strings of libpq are understood', () => {
    const wanted = {host: '/tmp/a b', user: "o'hara", dbname: 'postgres'};
    assert.deepEqual(parse_conninfo("host='/tmp/a b' user='o\\'hara' dbname=postgres"), wanted);
    const {host, port, dbname} = parse_conninfo('postgresql:///one?host=%2Ftmp%2Fpg&port=5433');
    assert.deepEqual({host, port, dbname}, {host: '/tmp/pg', port: '5433', dbname: 'one'});
});

const shell = (script) => new Process('/bin/sh', ['-c', script], {env: {}, cwd: '/'});
const ready = `echo '{"event":"server_listening","address":"127.0.0.1:81"}' >&2;`;

test('a server that stops with 0 has stopped cleanly', async () => {
    const server = shell(`trap 'exit 0' TERM; ${ready} while :; do :; done`);
    assert.equal((await server.logged('server_listening')).address, '127.0.0.1:81');
    await server.stop();
});

test('a server that stops with anything else fails the test', async () => {
    const server = shell(`trap 'exit 3' TERM; ${ready} while :; do :; done`);
    await server.logged('server_listening');
    await assert.rejects(server.stop(), /did not stop cleanly/);
});

test('a sanitizer report fails the test, whatever the exit status', async () => {
    const server = shell('echo "ERROR: LeakSanitizer: detected memory leaks" >&2');
    await assert.rejects(server.finished(), {name: 'AssertionError'});
});

test('a server that ends before it is ready fails at once', async () => {
    const server = shell('echo "no such key" >&2; exit 1');
    await assert.rejects(server.logged('server_listening'), /no such key/);
});

test('a server that does not end is killed', async () => {
    const server = shell(`trap '' TERM; ${ready} while :; do :; done`);
    await server.logged('server_listening');
    server.signal('SIGTERM');
    await assert.rejects(server.finished(50), /did not end within 50 ms/);
    await eventually(() => server.ended);
    assert.equal(server.ended.signal, 'SIGKILL');
});
