// The client script's tokens and tickets: when it asks for one, what it does without, and what never happens.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {client} from './support/fake_host.mjs';

const server_time = Date.parse('2030-01-01T00:00:00.000Z');
const expires_in = (seconds) => ({expires_at: new Date(server_time + seconds * 1000).toISOString()});
const bearer = ({protocols}) => protocols[1];

// `list` is given out one after the other, the last for ever; an Error among them is thrown.
function tokens(...list) {
    const reasons = [];
    const get_token = async ({reason}) => {
        reasons.push(reason);
        const next = list.length > 1 ? list.shift() : list[0];
        if (next instanceof Error) throw next;
        return next;
    };
    return {token: undefined, get_token, reasons};
}
function client_with({reasons, ...options}, more = {}, prepare = () => {}) {
    return {reasons, ...client({...options, ...more}, (host) => {
        host.answers_pings = true;
        prepare(host);
    })};
}

test('get_token is asked for the first connection, and not for one that only broke', async () => {
    const {host, reasons} = client_with(tokens('t1', 't2'));
    await (await host.connected()).ends(1006);
    await host.connected_again();
    assert.equal(bearer(host.socket), 'bearer.t1');
    assert.deepEqual(reasons, ['first']);
});

test('a token that is there already is used first', async () => {
    const {host, reasons} = client_with(tokens('t2'), {token: 't1'});
    await host.connected();
    assert.equal(bearer(host.socket), 'bearer.t1');
    assert.deepEqual(reasons, []);
});

test('after 4401 it asks anew', async () => {
    const {host, reasons} = client_with(tokens('t1', 't2'));
    await (await host.connected()).ends(4401);
    await host.connected_again();
    assert.equal(bearer(host.socket), 'bearer.t2');
    assert.deepEqual(reasons, ['first', 'expired']);
});

test('after a refused handshake it asks anew, no oftener than it tries', async () => {
    const {host, reasons, states} = client_with(tokens('t1', 't2', 't3'));
    host.chance = 0.999_999;
    await host.pass(0);
    await host.socket.ends(1006);
    assert.deepEqual(reasons, ['first']);
    await host.another_socket();
    await host.socket.ends(1006);
    await host.another_socket();
    assert.equal(bearer(host.socket), 'bearer.t3');
    assert.deepEqual(reasons, ['first', 'refused', 'refused']);
    assert.deepEqual(states.slice(1).map(({retry_in_ms}) => retry_in_ms), [500, 1000]);
});

test('a server that refuses every token is asked no oftener than one that is away', async () => {
    const {host, states} = client_with(tokens('t1'));
    host.chance = 0.999_999;
    for (let count = 0; count < 4; ++count) {
        await host.connected();
        await host.socket.ends(4401);
        await host.another_socket();
    }
    assert.deepEqual(states.flatMap(({retry_in_ms}) => retry_in_ms ?? []), [500, 1000, 2000, 4000]);
});

test('before the token runs out it connects with a new one, and misses nothing', async () => {
    const {host, named} = client_with(tokens('t1', 't2'));
    const first = await host.connected({last_seq: 5, ...expires_in(600)});
    await first.stores(6);
    await host.pass(569_000);
    assert.equal(host.sockets.length, 1);
    await host.pass(16_000);
    assert.equal(first.closed, 1000);
    assert.deepEqual(first.of('ack'), [{seq: 6}]);
    const second = await host.connected({last_seq: 6, ...expires_in(600)});
    assert.equal(bearer(second), 'bearer.t2');
    assert.equal(second.url.searchParams.get('since'), '6');
    await second.says('resumed', {count: 0, gap: false, last_seq: 6});
    assert.deepEqual(named(), ['connecting', 'open', 'connecting', 'catching-up', 'open']);
});

test('a clock that is wrong by years does not matter', async () => {
    const {host} = client_with(tokens('t1', 't2'));
    assert.ok(Math.abs(host.now() - server_time) > 1e11);
    await host.connected(expires_in(4));
    await host.pass(2900);
    assert.equal(host.sockets.length, 1);
    await host.pass(600);
    assert.equal(host.sockets.length, 2);
});

test('a token of a year is renewed before it, not at once', async () => {
    const {host, reasons} = client_with(tokens('t1', 't2'), {quiet_ms: 2 ** 30});
    await host.connected(expires_in(366 * 86_400));
    await host.pass(86_400_000);
    assert.deepEqual(reasons, ['first']);
});

test('when no new token is to be had the old connection goes on to its end', async () => {
    const trouble = new Error('no network');
    const {host, errors, carillon, reasons} = client_with(tokens('t1', trouble, trouble, 't2'));
    const first = await host.connected(expires_in(600));
    await host.pass(586_000);
    assert.deepEqual(errors.map(({code, cause}) => [code, cause]), Array(2).fill(['token_failed', trouble]));
    assert.equal(first.closed, 1000);
    await host.connected(expires_in(600));
    assert.equal(bearer(host.socket), 'bearer.t2');
    assert.equal(carillon.state, 'catching-up');
    assert.deepEqual(reasons, ['first', 'expires', 'expires', 'expires']);
});

test('the same token again is no reason to connect again', async () => {
    const {host} = client_with(tokens('t1'));
    await host.connected(expires_in(600));
    await host.pass(599_000);
    assert.equal(host.sockets.length, 1);

    const other = client_with(tokens('t1', 't1', 't2'));
    await other.host.connected(expires_in(600));
    await other.host.pass(590_000);
    assert.equal(bearer(other.host.socket), 'bearer.t2');
});

test('a rejection is told and tried again; nobody being signed in is the end', async () => {
    const {host, errors, states} = client_with(tokens(new Error('away'), null));
    await host.pass(0);
    assert.deepEqual(errors.map(({code}) => code), ['token_failed']);
    await host.pass(1000);
    assert.deepEqual([states.at(-1).state, states.at(-1).reason], ['closed', 'signed_out']);
    assert.equal(host.sockets.length + host.timers.length, 0);
});

test('get_token has its time, is told when it is over, and is never called twice at a time', async () => {
    const signals = [];
    const get_token = ({signal}) => {
        signals.push(signal);
        return new Promise(() => {});
    };
    const {host, errors, carillon} = client({token: undefined, get_token, token_ms: 9000});
    await host.pass(0);
    carillon.reconnect();
    await host.pass(8999);
    assert.equal(signals.length, 1);
    await host.pass(1);
    assert.equal(signals[0].aborted, true);
    assert.deepEqual(errors.map(({code}) => code), ['timeout']);
    await host.pass(1000);
    assert.equal(signals.length, 2);
    carillon.close();
    assert.equal(signals[1].aborted, true);
    carillon.reconnect();
    await host.pass(0);
    assert.equal(signals.length, 3);
});

test('close() while the storage answers asks for no token', async () => {
    const storage = {getItem: async () => '1', setItem() {}};
    const {host, carillon, reasons} = client_with(tokens('t1'), {storage});
    carillon.on('state', ({state}) => { if (state === 'connecting') carillon.close(); });
    await host.pass(0);
    assert.deepEqual(reasons, []);
});

test('a token that comes after close() is dropped', async () => {
    let give;
    const {host, carillon} = client({token: undefined, get_token: () => new Promise((gives) => { give = gives; })});
    await host.pass(0);
    carillon.close();
    give('t1');
    await host.pass(1000);
    assert.equal(host.sockets.length, 0);
    assert.equal(carillon.state, 'closed');
});

test('a fixed token that ran out is the end, told by the server or slept through', async () => {
    const told = client();
    await (await told.host.connected()).ends(4401);
    assert.equal(told.states.at(-1).reason, 'token_expired');

    const slept = client();
    await (await slept.host.connected(expires_in(60))).ends(1006);
    slept.host.sleeps(60_000);
    await slept.host.pass(1000);
    assert.equal(slept.states.at(-1).reason, 'token_expired');
    assert.equal(slept.host.sockets.length, 1);
});

test('after a sleep beyond its end the old token is not tried', async () => {
    const {host, reasons} = client_with(tokens('t1', 't2'));
    await (await host.connected(expires_in(60))).ends(1006);
    host.sleeps(60_000);
    await host.another_socket();
    assert.equal(bearer(host.socket), 'bearer.t2');
    // It is not taken for the old one when the handshake comes to nothing.
    await host.another_socket();
    assert.equal(bearer(host.socket), 'bearer.t2');
    assert.deepEqual(reasons, ['first', 'expired']);
});

test('a token that no subprotocol can carry is told without it, and another one asked for', async () => {
    const {host, errors, reasons} = client_with(tokens('a secret', 't2'));
    await host.another_socket();
    assert.equal(bearer(host.socket), 'bearer.t2');
    assert.deepEqual([errors.map(({code}) => code), reasons], [['token_unusable'], ['first', 'refused']]);
    assert.doesNotMatch(`${errors[0].stack}${errors[0].cause}`, /a secret/);
});

test('a WebSocket that cannot even be made is told, and tried again', async () => {
    class Broken { constructor() { throw new Error('forbidden here'); } }
    const {host, errors, states} = client({WebSocket: Broken});
    await host.pass(1000);
    assert.deepEqual([errors[0].code, errors[0].message], ['connect_failed', 'forbidden here']);
    assert.ok(states.at(-1).attempt >= 2);
});

test('a fixed token is tried on after a refused handshake, which may mean anything', async () => {
    const {host} = client();
    await host.pass(0);
    await host.socket.ends(1006);
    await host.another_socket();
    assert.equal(bearer(host.socket), 'bearer.a.b.c');
});

// ---- Tickets

const ticket = (value) => ({status: 201, body: {ticket: value, expires_in: 30}});

test('a ticket is bought with the token for every connection, and goes alone', async () => {
    const {host} = client({ticket: true}, ({answers}) => answers.push(ticket('k1'), ticket('k2')));
    await host.connected({last_seq: 2});
    const [{url, method, headers}] = host.fetched;
    assert.deepEqual([url, method, headers], ['http://host:8000/api/ws/ticket', 'POST', {Authorization: 'Bearer a.b.c'}]);
    assert.equal(host.socket.url.search, '?ticket=k1');
    assert.deepEqual(host.socket.protocols, ['carillon.v1']);
    await host.socket.ends();
    await host.another_socket();
    assert.equal(host.socket.url.search, '?since=2&ticket=k2');
});

test('a refused ticket asks for another token, or ends with a fixed one', async () => {
    const {host, reasons, errors} = client_with(
        tokens('t1', 't2'), {ticket: true}, ({answers}) => answers.push({status: 401}, ticket('k1')));
    await host.another_socket();
    assert.deepEqual(reasons, ['first', 'expired']);
    assert.equal(host.fetched[1].headers.Authorization, 'Bearer t2');
    assert.deepEqual(errors.map(({code, status}) => [code, status]), [['ticket_refused', 401]]);

    const fixed = client({ticket: true}, ({answers}) => answers.push({status: 401}));
    await fixed.host.pass(0);
    assert.equal(fixed.states.at(-1).reason, 'token_expired');
});

test('a ticket has its time, and Retry-After is kept to', async () => {
    const busy = {status: 503, headers: {'Retry-After': '7'}};
    const {host, states, errors} = client({ticket: true, handshake_ms: 3000}, ({answers}) => answers.push(busy));
    await host.pass(0);
    assert.equal(states.at(-1).retry_in_ms, 7000);
    await host.pass(7000);
    assert.equal(host.fetched.length, 2);
    await host.pass(3000);
    assert.equal(host.fetched[1].signal.aborted, true);
    assert.deepEqual(errors.map(({code}) => code), ['ticket_refused', 'timeout']);
});
