// Who may open a socket: every way to show a token, tickets, roles, and the address itself.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {bearer, doorstep} from './support/doorstep.mjs';
import {start_server} from './support/server.mjs';
import {connect, open, shake} from './support/websocket.mjs';

const server = await start_server({env: {CARILLON_LOG_LEVEL: 'debug'}});
after(() => server.close());

const {token, note, taken, refused, assert_nothing_in_log} = doorstep(server);
const admin = token('admin', 'root');
const now = () => Math.floor(Date.now() / 1000);

const phone = '+237691924173';
for (const body of [{id: 'asha', name: 'Asha', phone, role: 'salesperson'}, {id: 'ben', name: 'Ben'}]) {
    assert.equal((await server.api('POST', '/api/users', {token: admin, body})).status, 201);
}

async function new_ticket(sent = token()) {
    const {status, json, headers} = await server.api('POST', '/api/ws/ticket', {token: sent});
    assert.equal(status, 201);
    assert.equal(headers['cache-control'], 'no-store');
    note(json.ticket);
    return json;
}

// ---- The ways to show a token

const ways = {
    'the header': (sent) => [{}, bearer(sent)],
    'the query': (sent) => [{token: sent}, {}],
    'the list of protocols': (sent) => [{}, {'sec-websocket-protocol': `carillon.v1, bearer.${sent}`}],
};
const target = (user, query) => `/api/ws/${user}${Object.keys(query).length ? `?${new URLSearchParams(query)}` : ''}`;
const both_addresses = ['asha', 'authenticated/asha'];

for (const [name, show] of Object.entries(ways)) {
    for (const address of both_addresses) {
        test(`a token in ${name} opens ${address}`, async () => {
            const [query, headers] = show(token());
            const {headers: answered} = await taken(target(address, query), {headers});
            const offered = 'sec-websocket-protocol' in headers;
            assert.equal(answered['sec-websocket-protocol'], offered ? 'carillon.v1' : undefined);
        });
    }
}

const bad_tokens = {
    'that ran out': () => token('salesperson', 'asha', {ttl_seconds: -60}),
    'of another secret': () => token('salesperson', 'asha', {secret: 'x'.repeat(32)}),
    'that is cut off': () => token().slice(0, -3),
    'without its signature': () => token().replace(/[^.]*$/, ''),
    'with the algorithm none': () => token('salesperson', 'asha', {header: {alg: 'none'}}),
    'with the algorithm none and no signature':
        () => token('salesperson', 'asha', {header: {alg: 'none'}}).replace(/[^.]*$/, ''),
    'without a user': () => token('salesperson', 'asha', {claims: {sub: undefined}}),
    'without an end': () => token('salesperson', 'asha', {claims: {exp: undefined}}),
    'of a role that there is not': () => token('root', 'asha'),
    'that is none': () => 'x',
    'that begins later': () => token('salesperson', 'asha', {claims: {nbf: now() + 60}}),
};
for (const [name, make] of Object.entries(bad_tokens)) {
    test(`a token ${name} is refused, in each way and on both addresses`, async () => {
        const sent = note(make());
        const code = name === 'that ran out' ? 'token_expired' : 'invalid_token';
        for (const show of Object.values(ways)) {
            const [query, headers] = show(sent);
            for (const address of both_addresses) {
                const {headers: answered} = await refused(target(address, query), {headers}, 401, code);
                assert.equal(answered['www-authenticate'], 'Bearer error="invalid_token"');
            }
        }
    });
}

test('a token of somebody else is refused, in each way and on both addresses', async () => {
    for (const show of Object.values(ways)) {
        const [query, headers] = show(token('customer', 'ben'));
        for (const address of both_addresses) await refused(target(address, query), {headers}, 403, 'forbidden');
    }
});

test('without a token nothing opens', async () => {
    for (const address of both_addresses) {
        const {headers} = await refused(target(address, {}), {}, 401, 'token_missing');
        assert.equal(headers['www-authenticate'], 'Bearer');
        await refused(target(address, {}), {headers: {'sec-websocket-protocol': 'carillon.v1'}}, 401);
        await refused(target(address, {token: ''}), {}, 401);
        await refused(target(address, {ticket: ''}), {}, 401);
        await refused(target(address, {}), {headers: {authorization: ''}}, 401);
        await refused(target(address, {}), {headers: {authorization: 'Bearer'}}, 401);
        await refused(target(address, {}), {headers: {authorization: `Basic ${token()}`}}, 401);
        await refused(target(address, {}), {headers: {cookie: `token=${token()}`}}, 401);
        await refused(target(address, {}), {headers: {'sec-websocket-protocol': 'carillon.v1, bearer.'}}, 401);
    }
});

test('the protocol is answered when it is offered, and no other', async () => {
    const answered = async (offered, more = {}) => {
        const {headers} = await taken('/api/ws/asha', {headers: {...more, 'sec-websocket-protocol': offered}});
        return headers['sec-websocket-protocol'];
    };
    const own = bearer(token());
    assert.equal(await answered('carillon.v1', own), 'carillon.v1');
    assert.equal(await answered('graphql-ws, carillon.v1, x', own), 'carillon.v1');
    assert.equal(await answered(['graphql-ws', 'carillon.v1'], own), 'carillon.v1');
    assert.equal(await answered(`bearer.${token()}, carillon.v1`), 'carillon.v1');
    assert.equal(await answered(['carillon.v1', `bearer.${token()}`]), 'carillon.v1');
    for (const other of ['graphql-ws', 'carillon.v2', 'carillon.v1.1', 'carillon', 'Carillon.V1']) {
        assert.equal(await answered(other, own), undefined, other);
    }
    assert.equal(await answered(`bearer.${token()}`), undefined);
});

test('two ways at once are one too many', async () => {
    const by_token = () => Object.entries(ways).map(([name, show]) => [name, show(token())]);
    const shown = async () =>
        ({...Object.fromEntries(by_token()), 'a ticket': [{ticket: (await new_ticket()).ticket}, {}]});
    const names = Object.keys(await shown());
    for (const [i, one] of names.entries()) {
        for (const other of names.slice(i + 1)) {
            const {[one]: [query, headers], [other]: [more_query, more_headers]} = await shown();
            const options = {headers: {...headers, ...more_headers}};
            await refused(target('asha', {...query, ...more_query}), options, 400, 'ambiguous_token');
        }
    }
    // The same token twice is two as well: nobody looks whether they are the same.
    const sent = token();
    await refused(target('asha', {token: sent}), {headers: bearer(sent)}, 400, 'ambiguous_token');
    const {response} = await shake(server, `/api/ws/asha?token=${sent}&token=${token()}`);
    assert.ok([400, 422].includes(response.status), response.text);
});

// ---- Tickets

test('a ticket opens one socket, once', async () => {
    for (const address of both_addresses) {
        const before = Date.now();
        const {ticket, expires_in, expires_at} = await new_ticket();
        assert.equal(expires_in, 30);
        assert.ok(Math.abs(Date.parse(expires_at) - before - 30_000) < 5_000, expires_at);
        await taken(target(address, {ticket}));
        await refused(target(address, {ticket}), {}, 401, 'invalid_ticket');
    }
});

test('of many who come with one ticket at the same time, one gets in', async () => {
    const {ticket} = await new_ticket();
    const all = await Promise.all(Array.from({length: 8}, () => shake(server, target('asha', {ticket}))));
    const statuses = all.map(({response}) => response.status).sort();
    for (const raw of all) raw.destroy();
    assert.deepEqual(statuses, [101, ...Array(7).fill(401)]);
});

test('a ticket is good for half a minute', async () => {
    const [early, late] = [await new_ticket(), await new_ticket()];
    const shift = (by) => server.database.query(`UPDATE ws_tickets SET expires_at = expires_at - interval '${by}'`);
    await shift('25 seconds');
    await taken(target('asha', {ticket: early.ticket}));
    await shift('6 seconds');
    await refused(target('asha', {ticket: late.ticket}), {}, 401, 'invalid_ticket');
});

test('a ticket is its owner\'s, with the role of their token', async () => {
    const {ticket} = await new_ticket(token('customer', 'ben'));
    await refused(target('asha', {ticket}), {}, 403, 'forbidden');
    await taken(target('asha', {ticket: (await new_ticket(admin)).ticket}));
});

test('a ticket that nobody gave out is none', async () => {
    const {ticket} = await new_ticket();
    for (const wrong of ['x', `${ticket}x`, ticket.slice(1), ticket.toUpperCase(), "' OR true --", '%', token()]) {
        await refused(target('asha', {ticket: wrong}), {}, 401);
    }
    await taken(target('asha', {ticket}));
});

test('a ticket outlives the server that gave it out, and does not stand in the database', async () => {
    const {ticket} = await new_ticket();
    const [{count}] = await server.database.query(
        'SELECT count(*) FROM ws_tickets t WHERE position($1 in t::text) > 0', [ticket]);
    assert.equal(Number(count), 0);
    await server.stop();
    await server.start();
    await taken(target('asha', {ticket}));
});

test('a ticket is for those who are signed in', async () => {
    const status = async (sent) => (await server.api('POST', '/api/ws/ticket', {token: sent})).status;
    assert.deepEqual([await status(undefined), await status(token().slice(1))], [401, 401]);
});

test('a connection lasts as long as its token, also by a ticket', async () => {
    const exp = now() + 1000;
    const sent = token('salesperson', 'asha', {claims: {exp}});
    const {ticket} = await new_ticket(sent);
    for (const [query, headers] of [...Object.values(ways).map((show) => show(sent)), [{ticket}, {}]]) {
        const {connected} = await taken(target('asha', query), {headers});
        assert.equal(Date.parse(connected.expires_at), exp * 1000);
    }
});

test('when its token runs out, a connection is closed with 4401', async () => {
    const asha = await connect(server, 'asha', {token: token('salesperson', 'asha', {claims: {exp: now() + 2}})});
    await asha.ask({type: 'ping'}, 'pong');
    assert.equal((await asha.closed()).code, 4401);
    assert.ok(Date.now() >= Date.parse(asha.connected.expires_at), 'before its time');
});

// ---- The address

for (const role of ['admin', 'service', 'salesperson', 'property_manager', 'customer', 'provider', 'delivery_agent']) {
    test(`where the role ${role} may connect`, async () => {
        const headers = bearer(token(role, 'ben'));
        for (const prefix of ['', 'authenticated/']) {
            await taken(`/api/ws/${prefix}ben`, {headers}, 'ben');
            const elsewhere = `/api/ws/${prefix}asha`;
            if (['admin', 'service'].includes(role)) await taken(elsewhere, {headers});
            else await refused(elsewhere, {headers}, 403, 'forbidden');
        }
    });
}

test('a user is found by id and by phone, however that is written', async () => {
    for (const sent of [token(), admin, token('salesperson', '237691924173')]) {
        for (const name of ['asha', '237691924173', '%2B237691924173', '00237691924173', '+237%20691-924-173']) {
            await taken(`/api/ws/authenticated/${name}`, {headers: bearer(sent)});
        }
    }
    await refused('/api/ws/237691924174', {headers: bearer(admin)}, 404, 'user_not_found');
    await refused('/api/ws/237691924173', {headers: bearer(token('customer', 'ben'))}, 403, 'forbidden');
});

test('an id has 1 to 128 characters and no slash', async () => {
    const headers = bearer(admin);
    for (const id of ['x', 'x'.repeat(128), '\u00e9'.repeat(128), '\u{1f514}'.repeat(128), 'a b', 'a.b@c-d_e~f']) {
        await taken(`/api/ws/${encodeURIComponent(id)}`, {headers}, id);
    }
    for (const id of ['x'.repeat(129), '\u00e9'.repeat(129)]) {
        await refused(`/api/ws/${encodeURIComponent(id)}`, {headers}, 422);
        await refused(`/api/ws/authenticated/${encodeURIComponent(id)}`, {headers}, 422);
    }
    for (const wrong of ['/api/ws/', '/api/ws', '/api/ws/a/b', '/api/ws/asha/', '/api/ws//asha',
                         '/api/ws/authenticated/']) {
        await refused(wrong, {headers}, 404);
    }
    await refused('/api/ws/%ff', {headers}, 400);
});

const accented = (count) => encodeURIComponent('\u00e9'.repeat(count));
const good_queries = [
    '', 'since=0', 'since=7', 'since=9223372036854775807', 'device=phone-1', 'device=my+phone', 'since=0&device=x',
    `device=${'x'.repeat(128)}`, `device=${accented(128)}`,
];
const bad_queries = [
    'since', 'since=', 'since=-1', 'since=+1', 'since=x', 'since=1.5', 'since=1e3', 'since=0x10',
    'since=9223372036854775808', 'since=1&since=2', 'since=1&since=1', 'device=', `device=${'x'.repeat(129)}`,
    `device=${accented(129)}`, 'device=%ff', 'device=a&device=b', 'more=1', 'since=1&more', 'Since=1', 'access_token=x',
];
const shown_query = (query) => query.length > 40 ? `${query.slice(0, 20)}... of ${query.length} bytes` : `"${query}"`;
for (const query of good_queries) {
    test(`the query ${shown_query(query)} is taken`,
         () => taken(`/api/ws/asha?${query}`, {headers: bearer(token())}));
}
for (const query of bad_queries) {
    test(`the query ${shown_query(query)} is refused`,
         () => refused(`/api/ws/asha?${query}`, {headers: bearer(token())}, 422));
}

test('the device of the address is the connection\'s', async () => {
    const {connected} = await taken('/api/ws/asha?device=my+phone', {headers: bearer(token())});
    assert.equal(connected.device, 'my phone');
});

test('no token and no ticket is in the log', () => assert_nothing_in_log());
