// The client script's connections: when it tries, with what, how long it waits, and when it is over. The server is the
// test itself.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {connect} from '../../src/web/carillon.js';
import {client, FakeHost} from './support/fake_host.mjs';

const bearer = ({protocols}) => protocols[1];
const retry = (states) => states.at(-1).retry_in_ms;

// ---- With what it connects

test('the token goes in the subprotocol, and never into the URL', async () => {
    const {host} = client();
    await host.pass(0);
    assert.deepEqual(host.socket.protocols, ['carillon.v1', 'bearer.a.b.c']);
    assert.equal(host.socket.url.href, 'ws://host:8000/api/ws/authenticated/asha');
});

test('https becomes wss; a prefix, odd user ids, the device and the seq are carried', async () => {
    const {host} = client({url: 'https://host/c/', user: '+91 98/1', device: 'my phone', since: 0});
    await host.pass(0);
    assert.equal(host.socket.url.href,
                 'wss://host/c/api/ws/authenticated/%2B91%2098%2F1?since=0&device=my+phone');
});

test('without a token it takes the open path, and without a URL the page\'s own server', async () => {
    const {host} = client({url: undefined, token: undefined});
    await host.pass(0);
    assert.equal(host.socket.url.href, 'ws://page.example/api/ws/asha');
    assert.deepEqual(host.socket.protocols, ['carillon.v1']);
});

const mistakes = {
    'a misspelt option': [{tokn: 'x'}, /no option tokn/],
    'a missing user': [{user: ''}, /user/],
    'a token in the URL': [{url: 'http://host/?token=x'}, /secret/],
    'a URL of another kind': [{url: 'ftp://host'}, /url/],
    'a since that is no seq': [{since: -1}, /since/],
    'a handler that is none': [{on: {message: 1}}, /message/],
    'a place without WebSocket': [{host: {WebSocket: undefined}}, /WebSocket/],
};
for (const [name, [options, why]] of Object.entries(mistakes)) {
    test(`connect refuses ${name}`, () => {
        const {WebSocket} = new FakeHost();
        assert.throws(() => connect({user: 'asha', url: 'http://host', host: {WebSocket}, ...options}),
                      {name: 'TypeError', message: why});
    });
}

test('it is open at once without a cursor, and catching up until resumed with one', async () => {
    const fresh = client();
    await fresh.host.connected();
    assert.deepEqual(fresh.named(), ['connecting', 'open']);

    const resuming = client({since: 3});
    const socket = await resuming.host.connected({last_seq: 3});
    assert.equal(resuming.carillon.state, 'catching-up');
    await socket.says('resumed', {count: 0, gap: false, last_seq: 3});
    assert.deepEqual(resuming.named(), ['connecting', 'catching-up', 'open']);
});

test('catch_up is told until it is level again', async () => {
    const {host, named} = client();
    const socket = await host.connected();
    await socket.says('catch_up', {from_seq: 1, last_seq: 2});
    await socket.stores(1, 2);
    await socket.says('resumed', {count: 2, gap: false, last_seq: 2});
    assert.deepEqual(named(), ['connecting', 'open', 'catching-up', 'open']);
});

// ---- How long it waits

test('waits grow from quick to the cap, spread over their whole time', async () => {
    const {host, states} = client();
    const waits = async (chance) => {
        host.chance = chance;
        await host.socket.ends();
        return retry(states);
    };
    await host.pass(0);
    const told = [];
    for (let count = 0; count < 9; ++count) {
        told.push(await waits(0.999_999));
        assert.ok(Math.abs(await host.another_socket() - told.at(-1)) <= 1);
    }
    assert.deepEqual(told, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    assert.equal(await waits(0), 3000);
    assert.equal(states.at(-1).attempt, 10);
});

test('the wait begins anew after a stable time, and not after a short one', async () => {
    const {host, states} = client({stable_ms: 5000});
    host.chance = 0.999_999;
    const socket = await host.connected();
    await host.pass(4999);
    await socket.ends();
    await (await host.connected_again()).ends();
    assert.equal(retry(states), 1000);
    await host.connected_again();
    await host.pass(5000);
    await host.socket.ends();
    assert.equal(retry(states), 500);
});

for (const code of [1012, 1013]) {
    test(`${code} waits as long as the server says, whatever the network does`, async () => {
        const {host, states} = client();
        await (await host.connected()).ends(code, '{"retry_after_ms":12345}');
        assert.equal(retry(states), 12_345);
        await host.happens('online');
        await host.shows('visible');
        assert.equal(host.sockets.length, 1);
        assert.equal(await host.another_socket(), 12_345);
        // What comes after it is its own again: this handshake, and the next wait.
        await host.happens('online');
        await host.socket.ends();
        await host.happens('online');
        assert.equal(host.sockets.length, 4);
    });
}

test('a reason that says nothing, or nonsense, is a wait of its own', async () => {
    const {host, states} = client({first_delay_ms: 1000});
    host.chance = 1;
    await host.pass(0);
    for (const [reason, wait] of [['', 1000], ['null', 2000], ['{"retry_after_ms":"x"}', 4000],
                                  ['{"retry_after_ms":-5}', 8000], ['{"retry_after_ms":null}', 16_000],
                                  ['{"retry_after_ms":1e15}', 600_000]]) {
        await host.socket.ends(1012, reason);
        assert.equal(retry(states), wait, reason);
        assert.equal(await host.another_socket(wait), wait);
    }
});

for (const code of [1002, 1003, 1007, 1008, 1009]) {
    test(`${code} is told as a defect, and waited out long`, async () => {
        const {host, states, errors} = client();
        await (await host.connected()).ends(code, 'why');
        assert.deepEqual(errors.map(({code, close_code}) => [code, close_code]), [['protocol_defect', code]]);
        assert.equal(retry(states), 22_500);
        await host.happens('online');
        assert.equal(host.sockets.length, 1);
        await host.connected_again();
        assert.equal(states.at(-1).state, 'catching-up');
    });
}

test('1000, 1001, 1006 and 1011 of the server are followed by another try', async () => {
    const {host} = client();
    await host.pass(0);
    for (const code of [1000, 1001, 1006, 1011]) {
        await host.socket.ends(code);
        await host.another_socket();
    }
    assert.equal(host.sockets.length, 5);
});

test('a handshake has its time, and what comes after that is not heard', async () => {
    const {host, errors, carillon} = client({handshake_ms: 4000});
    await host.pass(0);
    const late = host.socket;
    await late.opens();
    await host.pass(4000);
    assert.equal(late.closed, 1000);
    assert.equal(errors[0].code, 'timeout');
    await late.says('connected', {last_seq: 1});
    await late.ends(4403);
    assert.equal(carillon.state, 'connecting');
});

test('what is no message before connected changes nothing', async () => {
    const seen = [];
    const {host, errors, carillon} = client({since: 0, on: {message: ({seq}) => seen.push(seq)}});
    await host.pass(0);
    await host.socket.opens();
    for (const frame of ['{', 'null', '{"data":{}}', new ArrayBuffer(1)]) await host.socket.frame(frame);
    await host.socket.stores(1);
    assert.deepEqual(errors.map(({code}) => code), Array(4).fill('malformed_message'));
    assert.deepEqual(seen, []);
    assert.equal(carillon.state, 'connecting');
});

// ---- Liveness, the network and the page

test('silence is asked, and an answer is enough', async () => {
    const {host, carillon} = client({quiet_ms: 20_000, pong_ms: 5000});
    const socket = await host.connected();
    await host.pass(19_999);
    assert.equal(socket.of('ping').length, 0);
    await host.pass(1);
    assert.equal(socket.of('ping').length, 1);
    await host.pass(4999);
    await socket.says('pong');
    await host.pass(5000);
    assert.equal(carillon.state, 'open');
    await host.pass(15_000);
    assert.equal(socket.of('ping').length, 2);
});

test('silence is asked in its time although the clock was set back', async () => {
    const {host} = client({quiet_ms: 20_000});
    const socket = await host.connected();
    host.wrong_by = -3_600_000;
    await host.pass(40_000);
    assert.equal(socket.of('ping').length, 1);
});

test('whoever speaks is not asked', async () => {
    const {host} = client({quiet_ms: 20_000});
    const socket = await host.connected();
    for (let seq = 1; seq < 6; ++seq) {
        await host.pass(15_000);
        await socket.stores(seq);
    }
    assert.equal(socket.of('ping').length, 0);
});

test('a ping without an answer ends the connection at once, without the other side', async () => {
    const {host, carillon} = client({quiet_ms: 20_000, pong_ms: 5000}, (made) => {
        made.WebSocket.prototype.terminate = function terminate() { this.terminated = true; };
    });
    const socket = await host.connected();
    await host.pass(25_000);
    assert.equal(socket.terminated, true);
    assert.equal(carillon.state, 'connecting');
    await host.connected_again();
});

test('when the network returns it tries at once, also in the middle of a handshake', async () => {
    const {host, states} = client();
    await host.pass(0);
    for (let count = 0; count < 8; ++count) {
        await host.socket.ends();
        await host.another_socket();
    }
    await host.socket.ends();
    await host.happens('online');
    assert.equal(host.sockets.length, 10);
    const stuck = host.socket;
    await host.happens('online');
    assert.equal(stuck.closed, 1000);
    assert.equal(host.sockets.length, 11);
    await host.pass(9999);
    assert.equal(host.sockets.length, 11);
    host.chance = 0.999_999;
    await host.socket.ends();
    assert.equal(retry(states), 500);
});

test('when the page is looked at again it tries at once, and hidden it does not', async () => {
    const {host} = client();
    await (await host.connected()).ends();
    await host.shows('hidden');
    assert.equal(host.sockets.length, 1);
    await host.shows('visible');
    assert.equal(host.sockets.length, 2);
    await host.shows('visible');
    assert.equal(host.sockets.length, 2);
});

test('of a connection that is gone no timer is left', async () => {
    const {host, carillon} = client({get_token: async () => 't2', quiet_ms: 1000});
    carillon.foreground(true);
    const socket = await host.connected({expires_at: '2030-01-01T01:00:00.000Z'});
    await socket.says('device_info_received', {device: 'd'});
    await host.pass(1000);
    assert.equal(socket.of('ping').length, 1);
    await socket.ends();
    assert.equal(host.timers.length, 1);
});

for (const what of ['online', 'offline', 'pageshow']) {
    test(`${what} has an open connection prove itself`, async () => {
        const {host, carillon} = client({pong_ms: 5000});
        const socket = await host.connected();
        await host.happens(what);
        assert.equal(socket.of('ping').length, 1);
        await host.pass(5000);
        assert.equal(carillon.state, 'connecting');
    });
}

// ---- Ends

for (const [code, reason] of [[4403, 'erased'], [4429, 'replaced']]) {
    test(`${code} is the end`, async () => {
        const {host, carillon, states} = client();
        await (await host.connected()).ends(code);
        assert.deepEqual(states.at(-1), {state: 'closed', previous: 'open', reason, code});
        assert.equal(carillon.state, 'closed');
        assert.equal(host.timers.length, 0);
        await host.happens('online');
        await host.pass(600_000);
        assert.equal(host.sockets.length, 1);
    });
}

test('close() leaves no timer and no listener, whenever it is called', async () => {
    const moments = {
        'at once': async () => {},
        'asking for a token': (host) => host.pass(0),
        connecting: (host) => host.pass(1),
        open: (host) => host.connected(),
        waiting: async (host) => { await (await host.connected()).ends(); },
    };
    for (const [name, come] of Object.entries(moments)) {
        const hang = name === 'asking for a token' ? {token: undefined, get_token: () => new Promise(() => {})} : {};
        let listeners = 0;
        const {host, carillon, states} = client({foreground: true, ...hang}, ({window, document}) => {
            for (const target of [window, document]) {
                const [add, remove] = [target.addEventListener, target.removeEventListener];
                target.addEventListener = (...given) => { ++listeners; add.apply(target, given); };
                target.removeEventListener = (...given) => { --listeners; remove.apply(target, given); };
            }
        });
        await come(host);
        assert.ok(listeners > 0);
        carillon.close();
        carillon.close();
        carillon.foreground(true);
        await host.pass(100_000);
        assert.equal(host.timers.length, 0, name);
        assert.equal(listeners, 0, name);
        assert.deepEqual(states.flatMap(({reason}) => reason ?? []).at(-1), 'closed_by_app', name);
        assert.equal(states.filter(({state}) => state === 'closed').length, 1, name);
        assert.equal(host.socket?.closed ?? 1000, 1000, name);
    }
});

test('close() in the middle of any event is the end too', async () => {
    for (const event of ['state', 'error', 'message', 'lead_update', 'gap']) {
        const {host, carillon} = client({since: 0, on: {[event]: () => carillon.close()}});
        await host.pass(0);
        if (host.socket) {
            await host.connected({last_seq: 9});
            await host.socket.frame('{');
            await host.socket.stores(5);
            await host.socket.says('resumed', {count: 1, gap: true, last_seq: 9});
        }
        await host.pass(0);
        assert.equal(carillon.state, 'closed', event);
        assert.equal(host.timers.length, 0, event);
    }
});

test('reconnect() tries at once, also after the end, and with another token', async () => {
    const {host, carillon, states} = client();
    host.chance = 0.999_999;
    const early = await host.connected({last_seq: 4});
    await early.ends();
    const first = await host.connected_again({last_seq: 4});
    carillon.reconnect();
    assert.equal(first.closed, 1000);
    await host.pass(0);
    assert.equal(host.socket.url.searchParams.get('since'), '4');
    await host.socket.ends();
    assert.equal(retry(states), 500);
    carillon.close();
    carillon.reconnect({token: 'x.y.z'});
    await host.connected({last_seq: 4});
    assert.equal(bearer(host.socket), 'bearer.x.y.z');
    assert.equal(carillon.state, 'catching-up');
    await host.happens('offline');
    assert.equal(host.socket.of('ping').length, 1);
});

test('in Node no timer keeps the process', async () => {
    const {host} = client({foreground: true});
    await host.connected({expires_at: '2030-01-01T01:00:00.000Z'});
    assert.ok(host.timers.length >= 3);
    assert.ok(host.timers.every(({unreferenced}) => unreferenced));
});
