// The client script's requests: what is asked of the server, how its answers are told apart, and what becomes of those
// that get none.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {client} from './support/fake_host.mjs';

// What became of a promise, as soon as it is known: {value} or {code}.
function watched(promise) {
    const outcome = {};
    promise.then((value) => { outcome.value = value; }, (error) => Object.assign(outcome, {code: error.code, error}));
    return outcome;
}
const read = (notification_id, more = {}) => ({notification_id, from_seq: 1, to_seq: 1, marked: 1, ...more});
const refusal = (about, code = 'not_found') => ({code, message: 'no', about});

const kinds = {
    mark_read: [(carillon) => carillon.mark_read('evt_1'), 'mark_read', {notification_id: 'evt_1'}, 'read', read('evt_1')],
    mark_all_read: [(carillon) => carillon.mark_all_read(), 'mark_read', {notification_id: 'all'}, 'read', read(null)],
    register_push: [(carillon) => carillon.register_push('f', 'web', '1.2'), 'fcm_token',
                    {fcm_token: 'f', platform: 'web', app_version: '1.2'}, 'fcm_token_registered',
                    {device_id: 'd', platform: 'web', created: true}],
    device_info: [(carillon) => carillon.device_info({model: 'm'}), 'device_info', {model: 'm'}, 'device_info_received',
                  {device: 'd'}],
};
for (const [name, [ask, type, data, answer, answered]] of Object.entries(kinds)) {
    test(`${name} gives the data of its answer`, async () => {
        const {host, carillon} = client();
        const socket = await host.connected();
        const timers = host.timers.length;
        const outcome = watched(ask(carillon));
        assert.deepEqual(socket.of(type), [data]);
        await socket.says(answer, answered);
        assert.deepEqual(outcome, {value: answered});
        assert.equal(host.timers.length, timers);
    });

    test(`${name} rejects with the error about it, which is told nowhere else`, async () => {
        const {host, carillon, errors} = client();
        const socket = await host.connected();
        const outcome = watched(ask(carillon));
        await socket.says('error', {...refusal(type, 'invalid_field'), errors: [{field: 'x', message: 'is missing'}]});
        assert.equal(outcome.code, 'invalid_field');
        assert.deepEqual(outcome.error.errors, [{field: 'x', message: 'is missing'}]);
        assert.deepEqual(errors, []);
    });
}

test('an error about nothing that was asked is told as an error', async () => {
    const {host, errors} = client();
    await (await host.connected()).says('error', refusal(null, 'malformed_json'));
    assert.deepEqual(errors.map(({name, code}) => [name, code]), [['CarillonError', 'malformed_json']]);
});

test('what is read on another device is told, and answers no request for something else', async () => {
    const told = [];
    const {host, carillon} = client({on: {read: (data) => told.push(data)}});
    const socket = await host.connected();
    const outcome = watched(carillon.mark_read('evt_2'));
    await socket.says('read', read('evt_1'));
    await socket.says('read', read(null));
    assert.deepEqual(outcome, {});
    assert.equal(told.length, 2);
});

test('one of a kind is under way at a time, so that an error means the right one', async () => {
    const {host, carillon} = client();
    const socket = await host.connected();
    const [first, second, third] = ['evt_1', 'evt_2', 'evt_3'].map((id) => watched(carillon.mark_read(id)));
    const other = watched(carillon.register_push('f'));
    assert.equal(socket.of('mark_read').length, 1);
    assert.equal(socket.of('fcm_token').length, 1);
    await socket.says('error', refusal('mark_read'));
    assert.equal(first.code, 'not_found');
    assert.deepEqual(socket.of('mark_read')[1], {notification_id: 'evt_2'});
    await socket.says('read', read('evt_2'));
    assert.deepEqual(second.value, read('evt_2'));
    await socket.says('read', read('evt_3'));
    assert.deepEqual(third.value, read('evt_3'));
    assert.deepEqual(other, {});
});

test('requests wait for the connection, and one under way is sent again on the next', async () => {
    const {host, carillon} = client();
    const outcome = watched(carillon.mark_read('evt_1'));
    const first = await host.connected();
    assert.equal(first.of('mark_read').length, 1);
    await first.ends();
    const second = await host.connected_again();
    assert.equal(second.of('mark_read').length, 1);
    await second.says('read', read('evt_1'));
    assert.ok(outcome.value);
});

test('a request has its time, connected or not, and the next one is not kept by it', async () => {
    const {host, carillon} = client({request_ms: 4000});
    const waiting = watched(carillon.mark_read('evt_1'));
    await host.pass(4000);
    assert.equal(waiting.code, 'timeout');
    const socket = await host.connected();
    const [silent, next] = ['evt_2', 'evt_3'].map((id) => watched(carillon.mark_read(id)));
    await host.pass(2000);
    const later = watched(carillon.mark_read('evt_4'));
    await host.pass(2000);
    assert.deepEqual([silent.code, next.code, later.code], ['timeout', 'timeout', undefined]);
    assert.deepEqual(socket.of('mark_read').at(-1), {notification_id: 'evt_4'});
});

test('the queue has an end', async () => {
    const {carillon} = client({queued_requests: 2});
    const outcomes = ['a', 'b', 'c'].map((id) => watched(carillon.mark_read(id)));
    await carillon.mark_read('d').catch(() => {});
    assert.deepEqual(outcomes.map(({code}) => code), [undefined, undefined, 'queue_full']);
});

test('rate_limited and unavailable are waited out, ever longer, within the time of the request', async () => {
    const {host, carillon} = client({request_ms: 15_000});
    const socket = await host.connected();
    const outcome = watched(carillon.mark_read('evt_1'));
    for (const [pause, code] of [[1000, 'rate_limited'], [2000, 'unavailable'], [4000, 'rate_limited']]) {
        const before = socket.of('mark_read').length;
        await socket.says('error', refusal('mark_read', code));
        await host.pass(pause - 1);
        carillon.ping().catch(() => {});
        assert.equal(socket.of('mark_read').length, before);
        await host.pass(1);
        assert.equal(socket.of('mark_read').length, before + 1);
    }
    await socket.says('read', read('evt_1'));
    assert.ok(outcome.value);

    const hopeless = watched(carillon.mark_read('evt_2'));
    await host.pass(14_000);
    await socket.says('error', refusal('mark_read', 'unavailable'));
    await host.pass(1000);
    assert.deepEqual([hopeless.code, hopeless.error.cause.code], ['timeout', 'unavailable']);
});

test('when the server met its limit on all messages, all that has no answer is said again', async () => {
    const {host, carillon, errors} = client();
    const socket = await host.connected();
    await socket.stores(1);
    await host.pass(200);
    const [mark, push, info] = [carillon.mark_read('evt_1'), carillon.register_push('f'), carillon.device_info({})]
        .map(watched);
    await socket.says('error', refusal(null, 'rate_limited'));
    await socket.says('fcm_token_registered', {device_id: 'd'});
    assert.ok(push.value);
    await host.pass(1000);
    const said = ['mark_read', 'fcm_token', 'device_info', 'ack'].map((type) => socket.of(type).length);
    assert.deepEqual(said, [2, 1, 2, 2]);
    await socket.says('read', read('evt_1'));
    await socket.says('device_info_received', {device: 'd'});
    assert.ok(mark.value && info.value);
    assert.deepEqual(errors, []);
});

test('whoever only waited meanwhile does not pay for it later', async () => {
    const {host, carillon} = client();
    const socket = await host.connected();
    for (const id of ['evt_1', 'evt_2']) watched(carillon.mark_read(id));
    await socket.says('error', refusal(null, 'rate_limited'));
    await host.pass(1000);
    await socket.says('read', read('evt_1'));
    await socket.says('error', refusal(null, 'rate_limited'));
    await host.pass(1000);
    assert.deepEqual(socket.of('mark_read').map(({notification_id}) => notification_id),
                     ['evt_1', 'evt_1', 'evt_2', 'evt_2']);
});

test('what is longer than the server takes is not sent: it would cost the connection', async () => {
    const {host, carillon} = client();
    const socket = await host.connected({message_bytes: 1024});
    const outcome = watched(carillon.device_info({model: 'ü'.repeat(500)}));
    const fits = watched(carillon.device_info({model: 'u'.repeat(500)}));
    await host.pass(0);
    assert.equal(outcome.code, 'too_large');
    assert.equal(socket.of('device_info').length, 1);
    assert.deepEqual(fits, {});
});

test('close() rejects what waits and what comes', async () => {
    const {host, carillon} = client();
    await host.connected();
    const under_way = watched(carillon.mark_read('evt_1'));
    const waiting = watched(carillon.mark_read('evt_2'));
    carillon.close();
    const late = watched(carillon.mark_read('evt_3'));
    await host.pass(0);
    assert.deepEqual([under_way.code, waiting.code, late.code], ['closed', 'closed', 'closed']);
});

// ---- ping

test('ping gives the round trip, and is not answered by a pong of another', async () => {
    const {host, carillon} = client({quiet_ms: 1000, pong_ms: 5000});
    const socket = await host.connected();
    await host.pass(1000);
    const outcome = watched(carillon.ping());
    await socket.says('pong', {});
    assert.deepEqual(outcome, {});
    await host.pass(34);
    await socket.says('pong', socket.of('ping').at(-1));
    assert.deepEqual(outcome, {value: 34});
});

test('ping does not wait for a connection, nor outlive one', async () => {
    const {host, carillon} = client();
    await assert.rejects(carillon.ping(), {code: 'not_open'});
    const socket = await host.connected();
    const outcome = watched(carillon.ping());
    await socket.ends();
    assert.equal(outcome.code, 'connection_lost');
    assert.equal((await host.connected_again()).of('ping').length, 0);
});

// ---- The device

test('what the server took of the device is told again on each connection', async () => {
    const {host, carillon, errors} = client({device: 'first'});
    const socket = await host.connected();
    const taken = watched(carillon.device_info({device_id: 'second', model: 'm'}));
    await socket.says('device_info_received', {device: 'second'});
    const refused = watched(carillon.device_info({model: 5}));
    await socket.says('error', refusal('device_info', 'invalid_field'));
    assert.ok(taken.value && refused.code);
    await socket.ends();
    const next = await host.connected_again();
    assert.equal(next.url.searchParams.get('device'), 'second');
    assert.deepEqual(next.of('device_info'), [{device_id: 'second', model: 'm'}]);
    await next.says('error', refusal('device_info', 'not_found'));
    assert.equal(errors.length, 1);
});

test('foreground is repeated each minute while it is so, and told anew on each connection', async () => {
    const {host, carillon} = client({}, (made) => { made.answers_pings = true; });
    carillon.foreground(true);
    const socket = await host.connected();
    const told = () => socket.of('device_info').map(({foreground}) => foreground);
    const answer = () => socket.says('device_info_received', {device: 'd'});
    assert.deepEqual(told(), [true]);
    await answer();
    await host.pass(60_000);
    assert.deepEqual(told(), [true, true]);
    await answer();
    carillon.foreground(false);
    await answer();
    await host.pass(180_000);
    assert.deepEqual(told(), [true, true, false]);
    carillon.foreground(true);
    await answer();
    await socket.ends();
    assert.deepEqual((await host.connected_again()).of('device_info'), [{foreground: true}]);
});

test('foreground told by device_info is repeated too', async () => {
    const {host, carillon} = client({}, (made) => { made.answers_pings = true; });
    const socket = await host.connected();
    const taken = watched(carillon.device_info({model: 'm', foreground: true}));
    await socket.says('device_info_received', {device: 'd'});
    assert.ok(taken.value);
    await host.pass(60_000);
    assert.deepEqual(socket.of('device_info'), [{model: 'm', foreground: true}, {foreground: true}]);
});

test('with the option foreground it follows the page, and without it does not', async () => {
    const {host} = client({foreground: true}, ({document}) => { document.visibilityState = 'hidden'; });
    const socket = await host.connected();
    await socket.says('device_info_received', {device: 'd'});
    await host.shows('visible');
    await socket.says('device_info_received', {device: 'd'});
    await host.shows('hidden');
    assert.deepEqual(socket.of('device_info').map(({foreground}) => foreground), [false, true, false]);

    const other = client();
    const quiet = await other.host.connected();
    await other.host.shows('hidden');
    assert.deepEqual(quiet.of('device_info'), []);
});
