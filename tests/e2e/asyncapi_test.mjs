// The description of what is said on sockets: valid, complete, and true.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {after, test} from 'node:test';
import Ajv from 'ajv';
import add_formats from 'ajv-formats';
import {asyncapi_path, SocketContract, socket_contract} from './support/asyncapi.mjs';
import {start_server} from './support/server.mjs';
import {connect} from './support/websocket.mjs';

const server = await start_server();
after(() => server.close());

const get = (headers = {}) => server.api('GET', asyncapi_path, {headers});
const {json: document} = await get();
const contract = await socket_contract(server);
const copy = () => structuredClone(document);

const client_types = ['ack', 'device_info', 'fcm_token', 'mark_read', 'ping', 'resume'];
const stored_types = ['conversation_update', 'lead.distributed', 'lead_update', 'notification'];
const server_types = [
    'acked', 'catch_up', 'connected', 'conversation_update', 'device_info_received', 'error', 'fcm_token_registered',
    'lead.distributed', 'lead_update', 'notification', 'pong', 'read', 'resumed',
];
const error_codes = ['malformed_json', 'invalid_message', 'unknown_type', 'invalid_field', 'not_found', 'rate_limited',
                     'unavailable', 'internal'];
const close_codes = [1000, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 4401, 4403, 4429];

// ---- Valid

// The standard's own schema brings the one of JSON Schema along; ajv's would be there twice.
const standard = new Ajv({strict: false, allErrors: true, meta: false, validateSchema: false});
add_formats(standard);
const specification = createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.0.0.json');
const is_asyncapi = standard.compile(JSON.parse(readFileSync(specification, 'utf8')));

test('the document is valid AsyncAPI 3.0', () => {
    is_asyncapi(document);
    assert.deepEqual((is_asyncapi.errors ?? []).map((each) => `${each.instancePath} ${each.message}`), []);
});

const spoilt = {
    'no version of the standard': (spoil) => { delete spoil.asyncapi; },
    'an older version of it': (spoil) => { spoil.asyncapi = '2.6.0'; },
    'no title': (spoil) => { delete spoil.info.title; },
    'an operation that neither sends nor receives': (spoil) => { spoil.operations.tell.action = 'publish'; },
    'an operation without a channel': (spoil) => { delete spoil.operations.ping.channel; },
    'an address that is no text': (spoil) => { spoil.channels.user.address = 7; },
    'a member that the standard does not know': (spoil) => { spoil.channels.user.path = '/'; },
    'a schema of a type that there is not': (spoil) => { spoil.components.schemas.Seq.type = 'int'; },
};
for (const [name, spoil] of Object.entries(spoilt)) {
    test(`a document with ${name} would not be valid`, () => {
        const other = copy();
        spoil(other);
        assert.equal(is_asyncapi(other), false);
    });
}

// Everything that stands at this key, wherever it is.
function all_of(key, value, found = []) {
    if (value === null || typeof value !== 'object') return found;
    for (const [name, each] of Object.entries(value)) {
        if (name === key) found.push(each);
        all_of(key, each, found);
    }
    return found;
}
test('every reference leads somewhere, and every part is referred to', () => {
    const references = all_of('$ref', document);
    assert.ok(references.length > 50);
    for (const each of references) contract.follow(each);
    for (const [kind, parts] of Object.entries(document.components)) {
        for (const name of Object.keys(parts)) assert.ok(references.includes(`#/components/${kind}/${name}`), name);
    }
});

// ---- Complete

test('every type is named, on both addresses', () => {
    assert.deepEqual(contract.client_types, client_types);
    assert.deepEqual(contract.server_types, server_types);
    const addresses = Object.values(document.channels).map(({address}) => address);
    assert.deepEqual(addresses.sort(), ['/api/ws/authenticated/{user_id}', '/api/ws/{user_id}']);
    for (const [channel, {messages}] of Object.entries(document.channels)) {
        assert.deepEqual(Object.keys(messages).sort(), [...client_types, ...server_types].sort());
        const own = Object.values(document.operations).filter((each) => each.channel.$ref === `#/channels/${channel}`);
        const said = own.filter(({action}) => action === 'send').flatMap(({messages: each}) => each);
        const heard = own.filter(({action}) => action === 'receive').flatMap(({messages: each}) => each);
        const names = (list) => list.map(({$ref}) => $ref.slice(`#/channels/${channel}/messages/`.length)).sort();
        assert.deepEqual([names(said), names(heard)], [server_types, client_types]);
        // Whatever a client says may be answered by an error.
        for (const {action, reply} of own) {
            if (action === 'receive') assert.ok(names(reply.messages).includes('error'));
        }
    }
});

test('every way to open a socket, every state and every close code is told', () => {
    const {query} = document.components.channelBindings.socket.ws;
    assert.deepEqual(Object.keys(query.properties).sort(), ['device', 'since', 'ticket', 'token']);
    const told = document.info.description;
    for (const each of [...close_codes.map((code) => `| ${code} |`), 'retry_after_ms', 'carillon.v1', 'bearer.<token>',
                        'POST /api/ws/ticket', '`connected`', '`catch_up`', '`resumed`', 'permessage-deflate']) {
        assert.ok(told.includes(each), each);
    }
});

// ---- A guard that sees what is wrong

const {messages} = document.components;
for (const type of [...client_types, ...server_types]) {
    const check = (message) =>
        client_types.includes(type) ? contract.check_client(message) : contract.check_server(message);
    const refused = (message, what) =>
        assert.throws(() => check(message), assert.AssertionError, `${type} ${what} was taken`);
    const [{payload}] = messages[type].examples;

    test(`the example of ${type} is one, and nothing else would do`, () => {
        for (const each of messages[type].examples) check(each.payload);
        for (const name of Object.keys(payload)) {
            const without = {...payload, [name]: undefined};
            delete without[name];
            if (type !== 'ping' || name === 'type') refused(without, `without ${name}`);
        }
        refused({...payload, more: 1}, 'with a member more');
        refused({...payload, data: [payload.data]}, 'with data that is a list');
        refused({...payload, data: null}, 'with data that is null');
        const open = ['ping', 'pong', 'device_info', ...stored_types].includes(type);
        if (!open) refused({...payload, data: {...payload.data, more: 1}}, 'with a member of data more');
    });

    if (client_types.includes(type)) continue;
    test(`a place in the feed and a time belong to ${type} as they should`, () => {
        const stored = stored_types.includes(type);
        for (const seq of stored ? [null, 0, -1, 1.5, '42', undefined] : [1, 0, '', undefined]) {
            refused({...payload, seq}, `with the seq ${seq}`);
        }
        for (const timestamp of ['now', '2026-01-28', '2026-01-28T09:30:00+01:00', '2026-13-28T09:30:00Z', 7]) {
            refused({...payload, timestamp}, `at ${timestamp}`);
        }
        if (stored) check({...payload, read: true});
        else refused({...payload, read: true}, 'that was read');
        refused({...payload, read: false}, 'that says it was not read');
        refused({...payload, id: ''}, 'without an id');
        if (stored) refused({...payload, id: 'srv_1'}, 'with an id that is no event\'s');
    });
}

test('a type that is not described is refused, in either direction', () => {
    const [{payload}] = messages.pong.examples;
    for (const type of ['tada', 'ping', '', undefined, null, 7, 'constructor', '__proto__']) {
        assert.throws(() => contract.check_server({...payload, type}), /no server message/);
    }
    for (const type of ['tada', 'pong', 'connected']) {
        assert.throws(() => contract.check_client({type, data: {}}), /no client message/);
    }
    for (const message of [undefined, null, 7, 'ping', []]) {
        assert.throws(() => contract.check_server(message), /no server message/);
    }
});

test('an error has a code of the list, and fields when it is about fields', () => {
    assert.deepEqual(document.components.schemas.ErrorCode.enum, error_codes);
    const [{payload}] = messages.error.examples;
    const check = (data) => () => contract.check_server({...payload, data: {...payload.data, ...data}});
    const errors = [{field: 'seq', message: 'is required'}];
    for (const code of document.components.schemas.ErrorCode.enum.filter((each) => each !== 'invalid_field')) {
        check({code})();
        assert.throws(check({code, errors}));
    }
    check({code: 'invalid_field', errors})();
    assert.throws(check({code: 'invalid_field'}));
    assert.throws(check({code: 'invalid_field', errors: []}));
    assert.throws(check({code: 'oops'}));
    assert.throws(check({about: 7}));
});

test('a document that refers to nothing is noticed', () => {
    const other = copy();
    delete other.components.schemas.Seq;
    const [{payload}] = messages.lead_update.examples;
    assert.throws(() => new SocketContract(other).check_server(payload));
    delete other.components.messages.pong;
    assert.throws(() => new SocketContract(other), /missing/);
});

// ---- True, and served well

test('the document names the version that runs', async () => {
    assert.equal(document.info.version, (await server.api('GET', '/')).json.version);
    assert.match(document.asyncapi, /^3\.0\./);
});

test('anybody may have it, and whoever has it is told so', async () => {
    const {status, headers} = await get();
    assert.equal(status, 200);
    assert.match(headers['content-type'], /^application\/json/);
    const again = await get({'if-none-match': headers.etag});
    assert.deepEqual([again.status, again.body.length], [304, 0]);
    assert.equal((await get({'if-none-match': '"another"'})).status, 200);
});

// Each message is held against the document as it comes; here it is asked that they come.
test('a server says what the document says it does', async () => {
    const admin = server.token('admin');
    const call = async (status, target, body) =>
        assert.equal((await server.api('POST', target, {token: admin, body})).status, status);
    await call(201, '/api/users', {id: 'asha', name: 'Asha', role: 'salesperson'});
    const asha = await connect(server, 'asha', {device: 'tablet-1', authenticated: true});
    await asha.ask({type: 'ping'}, 'pong');
    const payload = {salesperson_id: 'asha', lead: {id: '15', name: 'Bob'}};
    await call(202, '/api/notifications/events', {type: 'lead.updated', subject: 'lead-15', payload});
    const {id, seq} = await asha.next('lead_update');
    const talk = [
        [{type: 'nonsense'}, 'error'],
        [{type: 'ack', data: {}}, 'error'],
        [{type: 'fcm_token', data: {fcm_token: 'token-of-asha', platform: 'android'}}, 'fcm_token_registered'],
        [{type: 'device_info', data: {device_id: 'phone-1', foreground: false, more: [1]}}, 'device_info_received'],
        [{type: 'ack', data: {seq}}, 'acked'],
        [{type: 'mark_read', data: {notification_id: id}}, 'read'],
        [{type: 'mark_read', data: {notification_id: 'all'}}, 'read'],
        [{type: 'resume', data: {last_seq: 0}}, 'resumed'],
    ];
    for (const [message, answer] of talk) {
        if (answer !== 'error') contract.check_client(message);
        await asha.ask(message, answer);
    }
    const copies = asha.messages.filter(({type}) => type === 'lead_update');
    assert.deepEqual(copies.map((each) => [each.id, each.seq, each.read]), [[id, seq, undefined], [id, seq, true]]);
    assert.equal((await asha.close()).code, 1000);
});
