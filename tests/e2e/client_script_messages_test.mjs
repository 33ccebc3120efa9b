// The client script's messages: order, doubles, holes, acknowledgements, the stored cursor, and requests.
import assert from 'node:assert/strict';
import {mock, test} from 'node:test';
import {client} from './support/fake_host.mjs';

const key = 'carillon:http://host:8000:asha';
const storage_with = (value) => {
    const kept = new Map(value === undefined ? [] : [[key, value]]);
    return {
        kept,
        getItem: (name) => kept.get(name) ?? null,
        setItem: (name, text) => { kept.set(name, text); },
        removeItem: (name) => { kept.delete(name); },
    };
};
// As client(), with the seqs that came and the gaps that were told.
function reader(options = {}) {
    const seen = [];
    const gaps = [];
    const made = client(options);
    made.carillon.on('message', ({seq}) => seen.push(seq));
    made.carillon.on('gap', (gap) => gaps.push(gap));
    return {...made, seen, gaps};
}
const since_of = ({url}) => url.searchParams.get('since');

// ---- The feed

test('a stored message is told whole, as a message and by its type, until its handler is taken away', async () => {
    const told = [];
    const {host, carillon} = client({on: {message: (message) => told.push(['message', message])}});
    const stop = carillon.on('lead_update', (message) => told.push(['lead_update', message]));
    const socket = await host.connected();
    await socket.says('lead_update', {lead: 1}, {seq: 1, id: 'evt_1', read: true});
    const message = {type: 'lead_update', id: 'evt_1', seq: 1, timestamp: '2030-01-01T00:00:00.000Z', data: {lead: 1},
                     read: true};
    assert.deepEqual(told, [['message', message], ['lead_update', message]]);
    stop();
    await socket.stores(2);
    assert.equal(told.length, 3);
});

test('every reconnect asks for what comes after the last one', async () => {
    const {host, carillon, seen} = reader();
    const first = await host.connected({last_seq: 10});
    assert.equal(since_of(first), null);
    await first.stores(11, 12);
    await first.ends();
    const second = await host.connected_again({last_seq: 14});
    assert.equal(since_of(second), '12');
    await second.stores(13, 14);
    await second.says('resumed', {count: 2, gap: false, last_seq: 14});
    assert.deepEqual(seen, [11, 12, 13, 14]);
    assert.equal(carillon.cursor, 14);
});

test('without a message the reconnect asks for what came since the first connection', async () => {
    const {host} = reader();
    await (await host.connected({last_seq: 10})).ends();
    await host.another_socket();
    assert.equal(since_of(host.socket), '10');
});

test('doubles are dropped, on one connection and over two', async () => {
    const {host, seen} = reader();
    const first = await host.connected();
    await first.stores(1, 1, 2, 1, 2);
    await first.ends();
    const second = await host.connected_again({last_seq: 3});
    await second.stores(2, 3, 3);
    assert.deepEqual(seen, [1, 2, 3]);
});

test('a hole while open is asked about, and what comes too early comes again', async () => {
    const {host, seen, gaps, named} = reader();
    const socket = await host.connected();
    await socket.stores(1, 4, 5);
    assert.deepEqual(socket.of('resume'), [{last_seq: 1}]);
    await socket.stores(2, 3, 4, 5);
    await socket.says('resumed', {count: 4, gap: false, last_seq: 5});
    await socket.stores(6);
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(gaps, []);
    assert.deepEqual(named().slice(-3), ['open', 'catching-up', 'open']);
});

test('a hole that the server says it cannot fill is a gap, once', async () => {
    const {host, gaps, carillon} = reader();
    const socket = await host.connected();
    await socket.stores(1, 4);
    await socket.says('resumed', {count: 0, gap: true, last_seq: 4});
    assert.deepEqual(gaps, [{from_seq: 2, to_seq: 4, last_seq: 4}]);
    assert.equal(carillon.cursor, 4);
    await socket.stores(5);
    assert.equal(carillon.cursor, 5);
});

test('a hole that stays although the server denies it is a gap, and no endless question', async () => {
    const {host, gaps, seen} = reader();
    const socket = await host.connected();
    await socket.stores(1, 4);
    await socket.says('resumed', {count: 0, gap: false, last_seq: 4});
    await socket.says('error', {code: 'rate_limited', message: 'too many', about: null});
    await socket.stores(5, 6);
    assert.deepEqual(gaps, [{from_seq: 2, to_seq: 4, last_seq: 5}]);
    assert.deepEqual(seen, [1, 5, 6]);
    assert.equal(socket.of('resume').length, 1);
});

test('a resume that was refused, or not heard, is followed by a new connection', async () => {
    for (const [about, told] of [['resume', ['resume']], [null, []]]) {
        const {host, errors} = reader();
        const socket = await host.connected();
        await socket.says('error', {code: 'rate_limited', message: 'too many', about: null});
        assert.equal(socket.closed, null);
        await socket.stores(1, 4);
        await socket.says('error', {code: 'rate_limited', message: 'too many', about});
        assert.equal(socket.closed, 1000);
        assert.deepEqual(errors.map((error) => error.about), told);
        await host.another_socket();
        assert.equal(since_of(host.socket), '1');
    }
});

test('a question that its connection took along is not asked for ever', async () => {
    const {host, seen, gaps} = reader();
    const first = await host.connected();
    await first.stores(1, 4);
    await first.ends();
    const second = await host.connected_again({last_seq: 5});
    await second.stores(4, 5);
    await second.says('resumed', {count: 2, gap: true, last_seq: 5});
    assert.deepEqual(seen, [1, 4, 5]);
    assert.deepEqual(gaps, [{from_seq: 2, to_seq: 3, last_seq: 5}]);
});

test('what is no longer kept is told when all the rest has come', async () => {
    const {host, seen, gaps} = reader({since: 3});
    const socket = await host.connected({last_seq: 9});
    await socket.stores(6, 8, 9);
    assert.deepEqual(gaps, []);
    await socket.says('resumed', {count: 3, gap: true, last_seq: 9});
    assert.deepEqual(seen, [6, 8, 9]);
    assert.deepEqual(gaps, [{from_seq: 4, to_seq: 7, last_seq: 9}]);
});

test('a gap with nothing left, and one that outlives its connection', async () => {
    const nothing = reader({since: 3});
    const socket = await nothing.host.connected({last_seq: 9});
    await socket.says('resumed', {count: 0, gap: true, last_seq: 9});
    assert.deepEqual(nothing.gaps, [{from_seq: 4, to_seq: 9, last_seq: 9}]);

    const unseen = reader({since: 9});
    await (await unseen.host.connected({last_seq: 9})).says('resumed', {count: 0, gap: true, last_seq: 9});
    assert.deepEqual(unseen.gaps, [{from_seq: 9, to_seq: 9, last_seq: 9}]);

    const broken = reader({since: 3});
    const first = await broken.host.connected({last_seq: 9});
    await first.stores(8);
    await first.ends();
    const second = await broken.host.connected_again({last_seq: 9});
    await second.stores(9);
    await second.says('resumed', {count: 1, gap: false, last_seq: 9});
    assert.deepEqual(broken.gaps, [{from_seq: 4, to_seq: 7, last_seq: 9}]);
});

test('a cursor from the future is given up', async () => {
    const storage = storage_with('50');
    const {host, gaps, seen, carillon} = reader({storage});
    const socket = await host.connected({last_seq: 4});
    await socket.says('resumed', {count: 0, gap: true, last_seq: 4});
    assert.deepEqual(gaps, [{from_seq: 1, to_seq: 4, last_seq: 4}]);
    await socket.stores(5);
    await host.pass(200);
    assert.deepEqual(seen, [5]);
    assert.equal(carillon.cursor, 5);
    assert.equal(storage.kept.get(key), '5');
    assert.deepEqual(socket.of('ack').at(-1), {seq: 5});
});

// ---- Acknowledgements and the stored cursor

test('acknowledgements are gathered, and not put off by what keeps coming', async () => {
    const {host} = reader();
    const socket = await host.connected();
    for (let seq = 1; seq <= 10; ++seq) {
        await socket.stores(seq);
        await host.pass(50);
    }
    assert.deepEqual(socket.of('ack'), [{seq: 4}, {seq: 8}]);
});

test('a message is acknowledged when its handler is through, and those after it wait', async () => {
    const storage = storage_with();
    const running = new Map();
    const {host, carillon} = client({storage});
    carillon.on('message', ({seq}) => new Promise((done) => running.set(seq, done)));
    const socket = await host.connected();
    await socket.stores(1, 2, 3);
    assert.deepEqual([...running.keys()], [1, 2, 3]);
    running.get(2)();
    await host.pass(200);
    assert.deepEqual(socket.of('ack'), []);
    running.get(1)();
    await host.pass(200);
    assert.deepEqual(socket.of('ack'), [{seq: 2}]);
    assert.equal(storage.kept.get(key), '2');
});

test('a handler that fails is told, counts as through, and keeps nobody from the message', async () => {
    const {host, carillon, errors, seen} = reader();
    const trouble = new Error('mine');
    carillon.on('lead_update', () => { throw trouble; });
    carillon.on('lead_update', async () => { throw trouble; });
    const socket = await host.connected();
    await socket.stores(1, 2);
    assert.deepEqual(errors.map(({code, cause}) => [code, cause]), Array(4).fill(['handler_failed', trouble]));
    await host.pass(200);
    assert.deepEqual(socket.of('ack'), [{seq: 2}]);
    assert.deepEqual(seen, [1, 2]);
});

test('an error that nobody handles, or whose handler fails, goes to the console', async (context) => {
    const shown = mock.method(console, 'error', () => {});
    context.after(() => shown.mock.restore());
    const {host, carillon, errors} = client({});
    const socket = await host.connected();
    carillon.on('error', () => { throw new Error('again'); });
    await socket.frame('{');
    assert.equal(errors.length, 1);
    assert.deepEqual(shown.mock.calls.map(({arguments: [error]}) => error.message), ['again']);
});

test('close() and the end of a page send what is still to be acknowledged', async () => {
    const storage = storage_with();
    const {host, carillon} = reader({storage});
    const socket = await host.connected();
    await socket.stores(1);
    await host.happens('pagehide');
    await socket.stores(2);
    carillon.close();
    assert.deepEqual(socket.of('ack'), [{seq: 1}, {seq: 2}]);
    assert.equal(storage.kept.get(key), '2');
});

test('close() without a connection still moves the stored cursor', async () => {
    const storage = storage_with();
    const {host, carillon} = reader({storage});
    const socket = await host.connected();
    await socket.stores(1);
    await socket.ends();
    carillon.close();
    assert.equal(storage.kept.get(key), '1');
});

test('an acknowledgement that is due during a handshake waits for its end', async () => {
    const {host} = reader();
    host.chance = 0;
    const socket = await host.connected();
    await socket.stores(1);
    await socket.ends();
    await host.another_socket();
    await host.pass(200);
    const next = await host.connected({last_seq: 1});
    await host.pass(200);
    assert.deepEqual(next.of('ack'), [{seq: 1}]);
});

test('what the server did not confirm is acknowledged again on the next connection', async () => {
    const {host} = reader();
    const first = await host.connected();
    await first.stores(1, 2);
    await host.pass(200);
    await first.ends();
    const second = await host.connected_again({last_seq: 2});
    await host.pass(200);
    assert.deepEqual(second.of('ack'), [{seq: 2}]);
    await second.says('acked', {seq: 2, device: null});
    await second.ends();
    const third = await host.connected_again({last_seq: 2});
    await host.pass(200);
    assert.deepEqual(third.of('ack'), []);
});

test('an acknowledgement that came at a bad time is sent again', async () => {
    const {host, errors} = reader();
    const socket = await host.connected();
    await socket.stores(1);
    await host.pass(200);
    await socket.says('error', {code: 'unavailable', message: 'later', about: 'ack'});
    await host.pass(1000);
    assert.deepEqual(socket.of('ack'), [{seq: 1}, {seq: 1}]);
    assert.deepEqual(errors, []);
});

test('nothing that was never shown is acknowledged', async () => {
    for (const options of [{}, {since: 40}, {since: 40, storage: storage_with('39')}]) {
        const {host} = reader(options);
        const socket = await host.connected({last_seq: 40});
        await host.pass(200);
        assert.deepEqual(socket.of('ack'), []);
    }
});

test('what was shown before the page was loaded again is acknowledged, in case that got lost', async () => {
    const {host} = reader({storage: storage_with('40')});
    const socket = await host.connected({last_seq: 40});
    await host.pass(200);
    assert.deepEqual(socket.of('ack'), [{seq: 40}]);
});

test('with auto_ack false the app says what was shown, and that is what is stored', async () => {
    const storage = storage_with();
    const {host, carillon} = reader({storage, auto_ack: false});
    carillon.ack(1);
    await host.pass(200);
    assert.equal(storage.kept.size, 0);
    const socket = await host.connected();
    await socket.stores(1, 2, 3);
    await host.pass(200);
    assert.deepEqual(socket.of('ack'), []);
    carillon.ack(2);
    carillon.ack(1);
    await host.pass(200);
    assert.deepEqual(socket.of('ack'), [{seq: 2}]);
    assert.equal(storage.kept.get(key), '2');
    carillon.ack(99);
    await host.pass(200);
    assert.deepEqual(socket.of('ack')[1], {seq: 3});
});

const starts = {
    'the stored cursor': [storage_with('7'), undefined, '7'],
    'one that is stored slowly': [{...storage_with(), getItem: async () => '8'}, undefined, '8'],
    'the later of cursor and since': [storage_with('7'), 9, '9'],
    'a stored cursor later than since': [storage_with('7'), 5, '7'],
    'nothing where nonsense is stored': [storage_with('x7'), undefined, null],
    'nothing where nothing is stored': [storage_with(), undefined, null],
    'since where the storage fails': [{getItem() { throw new Error('forbidden'); }, setItem() {}}, 3, '3'],
};
for (const [name, [storage, since, begun]] of Object.entries(starts)) {
    test(`it begins with ${name}`, async () => {
        const {host} = reader({storage, ...(since !== undefined && {since})});
        await host.pass(0);
        assert.equal(since_of(host.socket), begun);
    });
}

test('a storage that fails is told of once, and the messages go on', async () => {
    const storage = {...storage_with(), setItem() { throw new Error('full'); }};
    const {host, errors, seen} = reader({storage});
    const socket = await host.connected();
    for (const seq of [1, 2, 3]) {
        await socket.stores(seq);
        await host.pass(200);
    }
    assert.deepEqual(errors.map(({code}) => code), ['storage_failed']);
    assert.deepEqual(seen, [1, 2, 3]);
});

test('the cursor does not pass a hole before its handler is through', async () => {
    const storage = storage_with('3');
    let reloaded;
    const {host} = reader({storage, on: {gap: () => new Promise((done) => { reloaded = done; })}});
    const socket = await host.connected({last_seq: 9});
    await socket.stores(8, 9);
    await host.pass(200);
    assert.equal(storage.kept.get(key), '3');
    await socket.says('resumed', {count: 2, gap: true, last_seq: 9});
    await host.pass(200);
    assert.equal(storage.kept.get(key), '3');
    reloaded();
    await host.pass(200);
    assert.equal(storage.kept.get(key), '9');
});

test('an erased user leaves no cursor behind', async () => {
    const storage = storage_with('7');
    const {host, carillon} = reader({storage});
    const socket = await host.connected({last_seq: 8});
    await socket.stores(8);
    await socket.ends(4403);
    carillon.ack(8);
    await host.pass(1000);
    assert.equal(storage.kept.size, 0);
});
