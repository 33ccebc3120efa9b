// Messages that mean nothing, or too many of them: each is answered by the error that says why, and the connection
// stays, up to 20 errors in a row. Every answer is held against the description of the server.
import assert from 'node:assert/strict';
import {after, afterEach, test} from 'node:test';
import {create_user, feed_end, raise_many} from './support/events.mjs';
import {text} from './support/frames.mjs';
import {start_server} from './support/server.mjs';
import {connect} from './support/websocket.mjs';

const kept_messages = 5;
const server = await start_server({env: {CARILLON_REALTIME_KEPT_MESSAGES: String(kept_messages)}});
after(() => server.close());

const innocent = await connect(server, 'innocent');
afterEach(async () => {
    const {data} = await innocent.ask({type: 'ping', data: {still: 'here'}}, 'pong');
    assert.deepEqual(data, {still: 'here'});
});

let users = 0;
const a_client = () => connect(server, `talker-${++users}`);
const count = (messages, type) => messages.filter((each) => each.type === type).length;
const codes = (messages) => messages.filter(({type}) => type === 'error').map(({data}) => data.code);

// ---- What cannot be used

const message = (type, data) => JSON.stringify({type, data});
const malformed = [
    '', ' ', '{', '}', '{"type":"ping"', '{"type":"ping"}}', '{"type":"ping"}{"type":"ping"}', "{'type':'ping'}",
    '{type:"ping"}', '{"type":"ping",}', 'ping', 'undefined', 'NaN', '{"type":"ping"}\0',
    '{"type":"pi\u0000ng"}', '{"type":"ping\n"}', '{"type":"ping","type":"ack"}', '{"type":"\\ud83d"}', '//{}',
    '[', '['.repeat(65_536), `${'['.repeat(32_768)}${']'.repeat(32_768)}`, '{"a":'.repeat(13_000),
    `{"type":"ping","data":{"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`,
    `{"type":"ping","data":{"x":${'{"x":'.repeat(9_000)}1${'}'.repeat(9_000)}}}`,
];
const no_message = ['null', 'true', '7', '"ping"', '[]', '["ping"]', '[{"type":"ping"}]', '{}', '{"data":{}}',
                    '{"type":null}', '{"type":7}', '{"type":["ping"]}', '{"type":{"ping":1}}', '{"Type":"ping"}'];
const no_type = ['x', '', 'Ping', 'ping ', 'pong', 'connected', 'lead_update', 'resumed', 'error', 'constructor',
                 '__proto__', 'x'.repeat(60)];
const wrong_fields = {
    'data that is a number': [message('ping', 1), 'data'],
    'data that is a list': [message('ping', []), 'data'],
    'data that is a text': [message('ping', '{}'), 'data'],
    'a member that no message has': ['{"type":"ping","id":"1"}', 'id'],
    'members of its own answer': ['{"type":"ping","seq":null}', 'seq'],
    'no data where it is needed': [message('ack'), 'data'],
    'a registration of nothing': [message('fcm_token', {}), 'fcm_token'],
    'a registration token that is empty': [message('fcm_token', {fcm_token: ''}), 'fcm_token'],
    'a registration token that is too long': [message('fcm_token', {fcm_token: 'x'.repeat(4097)}), 'fcm_token'],
    'a registration token that is no text': [message('fcm_token', {fcm_token: 7}), 'fcm_token'],
    'a registration of another platform': [message('fcm_token', {fcm_token: 'x', platform: 'windows'}), 'platform'],
    'a registration of a long version':
        [message('fcm_token', {fcm_token: 'x', app_version: 'x'.repeat(65)}), 'app_version'],
    'a registration and more': [message('fcm_token', {fcm_token: 'x', more: 1}), 'more'],
    'a device without a name': [message('device_info', {device_id: ''}), 'device_id'],
    'a device with a long name': [message('device_info', {device_id: 'x'.repeat(129)}), 'device_id'],
    'a device that is a number': [message('device_info', {device_id: 7}), 'device_id'],
    'a long platform of a device': [message('device_info', {platform: 'x'.repeat(65)}), 'platform'],
    'a version that is a number': [message('device_info', {os_version: 15}), 'os_version'],
    'a long model': [message('device_info', {model: 'x'.repeat(65)}), 'model'],
    'a foreground that is a text': [message('device_info', {foreground: 'true'}), 'foreground'],
    'a reading of nothing': [message('mark_read', {}), 'notification_id'],
    'a reading of an empty id': [message('mark_read', {notification_id: ''}), 'notification_id'],
    'a reading of a number': [message('mark_read', {notification_id: 7}), 'notification_id'],
    'a reading of two': [message('mark_read', {notification_id: ['evt_1', 'evt_2']}), 'notification_id'],
    'an acknowledgement of nothing': [message('ack', {}), 'seq'],
    'an acknowledgement below nothing': [message('ack', {seq: -1}), 'seq'],
    'an acknowledgement of a half': [message('ack', {seq: 1.5}), 'seq'],
    'an acknowledgement of a text': [message('ack', {seq: '1'}), 'seq'],
    'an acknowledgement of what no number holds': ['{"type":"ack","data":{"seq":1e300}}', 'seq'],
    'a resume from nowhere': [message('resume', {}), 'last_seq'],
    'a resume from below nothing': [message('resume', {last_seq: -1}), 'last_seq'],
    'a resume from a text': [message('resume', {last_seq: '0'}), 'last_seq'],
};

// What each of them is answered with, on one connection; good messages between them keep it open.
async function answers(messages) {
    const client = await a_client();
    const all = [];
    for (const each of messages) {
        await client.raw.send(text(each));
        all.push((await client.next('error')).data);
        await client.ask({type: 'ping'}, 'pong');
    }
    assert.equal((await client.close()).code, 1000);
    return all;
}

test('what is no JSON is told so, however deep it is', async () => {
    for (const part of [malformed.slice(0, 20), malformed.slice(20)]) {
        for (const [i, {code, about}] of (await answers(part)).entries()) {
            assert.deepEqual([code, about], ['malformed_json', null], part[i].slice(0, 100));
        }
    }
});

test('what is JSON and no message is told so', async () => {
    for (const [i, {code, about}] of (await answers(no_message)).entries()) {
        assert.deepEqual([code, about], ['invalid_message', null], no_message[i]);
    }
});

test('a type that there is not is told so', async () => {
    const all = await answers(no_type.map((type) => message(type, {})));
    for (const [i, {code, about}] of all.entries()) {
        assert.equal(code, 'unknown_type');
        // An empty one is as good as none.
        assert.equal(about ?? '', no_type[i]);
    }
    const [{code, about}] = await answers([message('x'.repeat(60_000), {})]);
    assert.equal(code, 'unknown_type');
    assert.ok(about === null || about.length <= 1000, 'a long type comes back as a whole');
});

for (const [name, [sent, field]] of Object.entries(wrong_fields)) {
    test(`a message with ${name} is told which field is wrong`, async () => {
        const [{code, about, errors}] = await answers([sent]);
        assert.deepEqual([code, about], ['invalid_field', JSON.parse(sent).type]);
        assert.deepEqual(errors.map((each) => each.field), [field]);
    });
}

test('a message of the feed that there is not is not found', async () => {
    const ids = ['evt_1', 'x', `evt_${'0'.repeat(32)}`, "evt_' OR true --", 'ALL', 'x'.repeat(128)];
    const all = await answers(ids.map((id) => message('mark_read', {notification_id: id})));
    for (const {code, about} of all) assert.deepEqual([code, about], ['not_found', 'mark_read']);
});

test('nothing of what was sent comes back in an error but its type', async () => {
    const secret = 'a-secret-that-was-sent';
    const all = await answers([
        message('fcm_token', {fcm_token: secret, platform: secret}), message('mark_read', {notification_id: secret}),
        `{"type":"ping","data":"${secret}`,
    ]);
    for (const each of all) assert.ok(!JSON.stringify(each).includes(secret), JSON.stringify(each));
});

// ---- Too many

const send_all = (client, messages) => client.raw.send(messages.map((each) => text(each)));
const bad = Array(19).fill('{');
const good = message('ping', {});

test('19 errors in a row are forgiven, again and again; the 20th closes the connection', async () => {
    const client = await a_client();
    await send_all(client, [...bad, good, ...bad, good]);
    await client.raw.until(() => count(client.messages, 'pong') === 2, 'two pongs');
    assert.equal(codes(client.messages).length, 38);
    client.take();
    await send_all(client, [...bad, '{']);
    const {code} = await client.closed();
    assert.equal(code, 1008);
    assert.deepEqual(codes(client.take()), Array(20).fill('malformed_json'));
});

test('errors of every kind count together', async () => {
    const client = await a_client();
    const kinds = ['{', '[]', message('x', {}), message('ack', {}), message('mark_read', {notification_id: 'x'})];
    for (let i = 0; i < 20; ++i) await client.raw.send(text(kinds[i % kinds.length]));
    assert.equal((await client.closed()).code, 1008);
    assert.equal(codes(client.messages).length, 20);
});

test('a hundred messages at once are heard, and those beyond are told that it is too fast', async () => {
    const client = await a_client();
    const began = Date.now();
    await send_all(client, Array(118).fill(good));
    await client.raw.until(() => client.messages.length === 119, '118 answers');
    const fast = codes(client.messages);
    // Meanwhile 50 a second are allowed again.
    const allowed = 101 + Math.ceil((Date.now() - began) / 20);
    const pongs = count(client.messages, 'pong');
    assert.ok(pongs >= 100 && pongs <= allowed, `${pongs} of 118 in ${Date.now() - began} ms`);
    assert.deepEqual(fast, Array(118 - pongs).fill('rate_limited'));
    assert.equal((await client.close()).code, 1000);
});

test('a flood ends the connection', async () => {
    const client = await a_client();
    const thousand = Array(1000).fill(text(good));
    for (let i = 0; i < 100 && !client.raw.close_frame; ++i) await client.raw.send(thousand);
    assert.equal((await client.closed()).code, 1008);
    const fast = codes(client.messages);
    assert.ok(fast.length >= 20);
    assert.deepEqual(new Set(fast), new Set(['rate_limited']));
});

// ---- Places in the feed that are none

// What is told again, and the `resumed` at its end.
async function resume(client, last_seq) {
    client.take();
    const {data} = await client.ask({type: 'resume', data: {last_seq}}, 'resumed');
    const place = client.messages.findLastIndex(({type}) => type === 'resumed');
    const start = client.messages.findLastIndex(({type}, i) => i < place && type !== 'lead_update') + 1;
    return {...data, seqs: client.messages.slice(start, place).map(({seq}) => seq)};
}

test('a resume from the future is told that there is a gap, and is level', async () => {
    const user = await create_user(server, 'dreamer');
    await raise_many(server, user, 3);
    for (const last_seq of [4, 1000, Number.MAX_SAFE_INTEGER]) {
        const client = await connect(server, user);
        assert.deepEqual(await resume(client, last_seq), {count: 0, gap: true, last_seq: 3, seqs: []});
        assert.deepEqual(await resume(client, 1), {count: 2, gap: false, last_seq: 3, seqs: [2, 3]});
        client.destroy();
        const other = await connect(server, user, {since: last_seq});
        assert.deepEqual((await other.next()).data, {count: 0, gap: true, last_seq: 3});
        other.destroy();
    }
    const client = await connect(server, user, {since: 1000});
    await client.next('resumed');
    await raise_many(server, user, 1);
    assert.equal((await client.next('lead_update')).seq, 4);
    client.destroy();
});

test('a resume from before what is kept gets what is kept, and is told that there is a gap', async () => {
    const user = await create_user(server, 'sleeper');
    await raise_many(server, user, 12);
    assert.equal(await feed_end(server, user), 12);
    const kept = [8, 9, 10, 11, 12];
    const client = await connect(server, user, {since: 0});
    const told = [];
    for (let next = await client.next(); next.type !== 'resumed'; next = await client.next()) told.push(next.seq);
    assert.deepEqual(told, kept);
    assert.deepEqual(client.messages.at(-1).data, {count: kept_messages, gap: true, last_seq: 12});
    assert.deepEqual(await resume(client, 3), {count: kept_messages, gap: true, last_seq: 12, seqs: kept});
    assert.deepEqual(await resume(client, 7), {count: kept_messages, gap: false, last_seq: 12, seqs: kept});
    assert.deepEqual(await resume(client, 12), {count: 0, gap: false, last_seq: 12, seqs: []});
    client.destroy();
});

test('a hundred resumes a second are slowed down, and answered in full where they are heard', async () => {
    const user = await create_user(server, 'stutterer');
    await raise_many(server, user, 4);
    const client = await connect(server, user);
    const began = Date.now();
    // A good message behind each, so that errors do not end it.
    await send_all(client, Array(48).fill([message('resume', {last_seq: 0}), good]).flat());
    await client.raw.until(() => count(client.messages, 'pong') === 48, '48 pongs');
    const slowed = codes(client.messages);
    assert.deepEqual(new Set(slowed), new Set(['rate_limited']));
    assert.ok(slowed.length >= 43 - Math.ceil((Date.now() - began) / 500), `${slowed.length} were slowed down`);
    const {data} = await client.next('resumed');
    assert.equal(data.last_seq, 4);
    // Each run of copies is whole and in order.
    const copies = client.messages.filter(({type}) => ['lead_update', 'resumed'].includes(type));
    for (const [i, {type, seq}] of copies.entries()) {
        const before = copies[i - 1]?.type === 'lead_update' ? copies[i - 1].seq : 0;
        if (type === 'lead_update') assert.ok(seq === before + 1 || seq === 1, `${seq} behind ${before}`);
        else assert.equal(before, 4);
    }
    assert.equal((await client.close()).code, 1000);
});
