// Who is told, and how: the routing policy as data.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {eventually} from './support/eventually.mjs';
import {start_pipeline} from './support/pipeline.mjs';
import {assert_problem} from './support/problem.mjs';

const routing = `
[[route]]
event = "test.all"
to = "user"
feed = "notification"
channels = ["push", "whatsapp", "web_chat"]
template = "direct_message"

[[route]]
event = "test.first"
to = "user"
channels = ["push", "whatsapp"]
mode = "first"
template = "direct_message"

[[route]]
event = "test.actor"
to = "actor"
feed = "notification"

[[route]]
event = "test.first_shown"
to = "user"
feed = "notification"
channels = ["push", "whatsapp", "web_chat"]
mode = "first"
template = "direct_message"

[[route]]
event = "test.cascade"
to = "user"
feed = "notification"
mode = "unless_acked"
steps = [{channel = "web_chat"}, {channel = "push", after = "2s", unless = "acked"},
         {channel = "whatsapp", after = "1h", unless = "read"}]
template = "direct_message"

[[route]]
event = "test.quick"
to = "user"
feed = "notification"
mode = "unless_acked"
steps = [{channel = "push", after = "1s", unless = "acked"}]
template = "direct_message"

[[route]]
event = "test.push"
to = "user"
feed = "notification"
channels = ["push"]
template = "direct_message"

[[route]]
event = "test.delayed"
to = "user"
channels = ["web_chat"]
template = "direct_message"
delay = "1s"
expires = "1h"

[[route]]
event = "test.everybody"
to = {role = "customer", area = "area"}
feed = "notification"
channels = ["web_chat"]
template = "direct_message"

[[route]]
event = "test.listed"
to = "shop.users"
feed = "lead_update"
`;
const pipeline = await start_pipeline({routing});
after(() => pipeline.close());
const standard = await start_pipeline();
after(() => standard.close());
const {sandbox, server} = pipeline;

let made = 0;
// A user with everything: a phone whose WhatsApp window is open, and a device.
async function somebody(more = {}) {
    const id = `user-${++made}`;
    const digits = `9198222${String(made).padStart(5, '0')}`;
    const token = `device-of-${id}-`;
    await pipeline.user({id, phone: `+${digits}`, tokens: [token], ...more});
    await pipeline.open_window(digits);
    return {id, digits, token};
}
const publish = (type, user, text = 'Hello there') => pipeline.publish(type, {user, text, title: 'Test'});
const breaks = (token) => sandbox.fault({provider: 'fcm', fault: 'third_party_auth', match: {token}});
const waits = (event, channel) => pipeline.messages_of(event, (all) => all[channel]?.status === 'queued');
const calls_to = async (target) => (await sandbox.calls({target})).count;

test('all: every channel at once, and a place in the feed', async () => {
    const {id, digits, token} = await somebody();
    const event = await publish('test.all', id);
    await pipeline.ends(event, {push: 'sent', whatsapp: 'delivered', web_chat: 'sent'});

    const {messages, last_seq, unread_count} = await pipeline.feed(id);
    assert.deepEqual([messages.length, last_seq, unread_count], [1, 1, 1]);
    assert.deepEqual([messages[0].id, messages[0].type, messages[0].data.text],
                     [event, 'notification', 'Hello there']);
    const [shown] = await sandbox.messages(token);
    assert.deepEqual([shown.data.event_id, shown.data.seq], [event, '1']);
    assert.equal((await sandbox.messages(digits)).find(({direction}) => direction === 'outbound').text,
                 'Hello there');
});

test('first: when the first takes it, the next is not asked', async () => {
    const {id, digits} = await somebody();
    const event = await publish('test.first', id);
    await pipeline.ends(event, {push: 'sent', whatsapp: 'skipped earlier_channel_sent'});
    assert.equal(await calls_to(digits), 0);
});

test('first: when the first fails for good, the next takes over', async () => {
    const {id, digits, token} = await somebody();
    await breaks(token);
    const event = await publish('test.first', id);
    await pipeline.ends(event, {push: 'dead third_party_credentials', whatsapp: 'delivered'});
    assert.equal(await calls_to(digits), 1);
});

test('first: while the first is tried again, the next waits for it', async () => {
    const {id, digits, token} = await somebody();
    const fault = await sandbox.fault({provider: 'fcm', fault: 'unavailable', match: {token}, retry_after: 3600});
    const event = await publish('test.first', id);
    const {push, whatsapp} = await pipeline.messages_of(event, (all) => all.push?.status === 'failed');
    assert.deepEqual([whatsapp.status, whatsapp.reason], ['queued', 'earlier_channel']);
    assert.equal(await calls_to(digits), 0);
    await sandbox.remove(fault);
    await pipeline.retry(push.id);
    await pipeline.ends(event, {push: 'sent', whatsapp: 'skipped earlier_channel_sent'});
});

test('first: who has no device is reached by the next at once', async () => {
    await pipeline.user({id: 'phone-only', phone: '+919833300001'});
    await pipeline.open_window('919833300001');
    const event = await publish('test.first', 'phone-only');
    await pipeline.ends(event, {push: 'skipped no_device', whatsapp: 'delivered'});
});

test('first: when an operator dismisses the first, the next does not wait for ever', async () => {
    const {id, token} = await somebody();
    await sandbox.fault({provider: 'fcm', fault: 'unavailable', match: {token}, retry_after: 3600});
    const event = await publish('test.first', id);
    const {push} = await pipeline.messages_of(event, (all) => all.push?.status === 'failed');
    await pipeline.dismiss(push.id);
    const over = (all) => !['queued', 'sending'].includes(all.whatsapp.status);
    const {whatsapp} = await pipeline.messages_of(event, over);
    assert.notEqual(whatsapp.reason, 'earlier_channel');
});

test('first: when an acknowledgement ends the first, the next does not wait for ever', async () => {
    const {id} = await somebody();
    await pipeline.foreground(id, 60);
    const event = await publish('test.first_shown', id);
    await waits(event, 'push');
    await pipeline.ack(id, 1);
    const all = await pipeline.messages_of(event, ({push, whatsapp, web_chat}) =>
        [push, whatsapp, web_chat].every(({status}) => status !== 'queued'));
    assert.equal(all.push.reason, 'already_acked');
});

test('first: a read ends all of it', async () => {
    const {id} = await somebody();
    await pipeline.foreground(id, 60);
    const event = await publish('test.first_shown', id);
    await waits(event, 'push');
    assert.deepEqual(await pipeline.read(id, {seq: 1}), {marked: 1, cancelled: 3});
    await pipeline.ends(event, {push: 'skipped already_read', whatsapp: 'skipped already_read',
                                web_chat: 'skipped already_read'});
});

test('unless_acked: an acknowledgement spares the next step, a read all of them', async () => {
    const {id, token} = await somebody();
    const event = await publish('test.cascade', id);
    const {push, whatsapp} = await pipeline.messages_of(event, (all) => all.web_chat?.status === 'sent');
    assert.deepEqual([push.status, push.reason, whatsapp.status, whatsapp.reason],
                     ['queued', 'unacked', 'queued', 'unacked']);
    assert.deepEqual(await pipeline.ack(id, 1), {acked_seq: 1});
    const {push: spared} = await pipeline.messages_of(event, (all) => all.push.status === 'skipped');
    assert.equal(spared.reason, 'already_acked');
    assert.deepEqual(await pipeline.read(id, {up_to: 1}), {marked: 1, cancelled: 1});
    await pipeline.ends(event, {web_chat: 'sent', push: 'skipped already_acked', whatsapp: 'skipped already_read'});
    assert.equal(await calls_to(token), 0);
    assert.equal((await pipeline.feed(id)).unread_count, 0);
});

test('unless_acked: what nobody acknowledges goes out when its time has come', async () => {
    const {id, token} = await somebody();
    const began = Date.now();
    const event = await publish('test.quick', id);
    await pipeline.ends(event, {push: 'sent'});
    assert.ok(Date.now() - began >= 1_000, `${Date.now() - began} ms`);
    assert.equal(await calls_to(token), 1);
});

test('an acknowledgement goes up and never down, and not beyond the feed', async () => {
    const {id} = await somebody();
    await publish('test.push', id);
    await publish('test.push', id);
    await eventually(async () => (await pipeline.feed(id)).last_seq === 2);
    assert.deepEqual(await pipeline.ack(id, 1_000_000), {acked_seq: 2});
    assert.deepEqual(await pipeline.ack(id, 1), {acked_seq: 2});
    for (const body of [{}, {seq: -1, device: 'x'}, {seq: 1}, {seq: '1', device: 'x'}]) {
        assert_problem(await pipeline.api('POST', `/api/feed/${id}/ack`, body), 422);
    }
    for (const body of [{}, {seq: 1, up_to: 1}, {seq: 0}]) {
        assert_problem(await pipeline.api('POST', `/api/feed/${id}/read`, body), 422);
    }
});

test('a feed is its user\'s own', async () => {
    const {id} = await somebody();
    const mine = server.token('customer', id);
    const theirs = server.token('customer', 'somebody-else');
    assert.equal((await server.api('GET', `/api/feed/${id}`, {token: mine})).status, 200);
    assert_problem(await server.api('GET', `/api/feed/${id}`, {token: theirs}), 403);
    assert_problem(await server.api('POST', `/api/feed/${id}/read`, {token: theirs, body: {up_to: 1}}), 403);
    assert_problem(await server.api('GET', `/api/feed/${id}`), 401);
});

test('push is held back while the app is open, and spared if it shows the message itself', async () => {
    const {id, token} = await somebody();
    await pipeline.foreground(id, 60);
    const event = await publish('test.push', id);
    const {push} = await waits(event, 'push');
    assert.equal(push.reason, 'foreground');
    const {queue} = await pipeline.message(push.id);
    assert.equal(queue.unless, 'acked');
    await pipeline.ack(id, 1);
    await pipeline.ends(event, {push: 'skipped already_acked'});
    assert.equal(await calls_to(token), 0);
});

test('when the app was closed push is not held back', async () => {
    const {id, token} = await somebody();
    await pipeline.foreground(id, 60);
    await pipeline.foreground(id, 0);
    await pipeline.ends(await publish('test.push', id), {push: 'sent'});
    assert.equal(await calls_to(token), 1);
});

test('a read counts for what failed and waits to be tried again', async () => {
    const {id, token} = await somebody();
    await sandbox.fault({provider: 'fcm', fault: 'unavailable', match: {token}, retry_after: 3600, times: 1});
    const event = await publish('test.push', id);
    await pipeline.ends(event, {push: 'failed'});
    const before = (await pipeline.statistics()).by_status;
    await pipeline.read(id, {seq: 1});
    await pipeline.ends(event, {push: 'skipped already_read'});
    const {by_status} = await pipeline.statistics();
    assert.deepEqual([(by_status.failed ?? 0) - (before.failed ?? 0), (by_status.queued ?? 0) - (before.queued ?? 0),
                      (by_status.skipped ?? 0) - (before.skipped ?? 0)], [-1, 0, 1]);
});

test('a delayed route waits first', async () => {
    const {id} = await somebody();
    const began = Date.now();
    await pipeline.ends(await publish('test.delayed', id), {web_chat: 'sent'});
    assert.ok(Date.now() - began >= 1_000, `${Date.now() - began} ms`);
});

test('recipients are a path, a list, a phone number, or the one who caused it', async () => {
    const [a, b] = [await somebody(), await somebody()];
    const listed = await pipeline.publish('test.listed', {shop: {users: [a.id, `+${b.digits}`, a.id, 'ghost']}});
    const {none} = await pipeline.messages_of(listed, (all) => all.none);
    assert.deepEqual([none.status, none.reason, none.detail], ['skipped', 'unknown_user', 'ghost']);
    for (const {id} of [a, b]) assert.equal((await pipeline.feed(id)).messages.at(-1).id, listed);

    const token = server.token('service', a.id);
    const body = {type: 'test.actor', payload: {}};
    const answer = await server.api('POST', '/api/notifications/events', {token, body});
    await eventually(async () => (await pipeline.feed(a.id)).messages.at(-1).id === answer.json.event_id);
});

test('an event that names nobody ends with that reason', async () => {
    for (const payload of [{}, {user: null}, {user: ''}, {user: []}, {user: {}}]) {
        await pipeline.ends(await pipeline.publish('test.push', payload), {none: 'skipped no_recipient'});
    }
    await pipeline.ends(await publish('test.push', 'ghost'), {none: 'skipped unknown_user'});
});

test('an event that lacks what its template needs is dead, and says what', async () => {
    const {id} = await somebody();
    const event = await pipeline.publish('test.push', {user: id});
    const {push} = await pipeline.ends(event, {push: 'dead template_variable_missing'});
    assert.match(push.detail, /text/);
});

test('an event of no route is refused, with the nearest name', async () => {
    const body = {type: 'test.fist', payload: {}};
    const problem = assert_problem(await pipeline.api('POST', '/api/notifications/events', body), 422);
    assert.match(problem.errors[0].message, /did you mean test\.first\?/);
    for (const wrong of [{}, {type: 'test.push'}, {type: 'test.push', payload: []}, {type: 7, payload: {}}]) {
        assert_problem(await pipeline.api('POST', '/api/notifications/events', wrong), 422);
    }
});

test('an event under an Idempotency-Key is published once', async () => {
    const {id} = await somebody();
    const once = () => pipeline.api('POST', '/api/notifications/events',
                                    {type: 'test.push', payload: {user: id, text: 'Once'}},
                                    {headers: {'idempotency-key': 'event-1'}});
    const [first, second] = [await once(), await once()];
    assert.deepEqual([second.status, second.text], [first.status, first.text]);
    await pipeline.ends(first.json.event_id, {push: 'sent'});
    assert.equal((await pipeline.feed(id)).last_seq, 1);
});

test('a broadcast is planned in chunks, by a job whose progress can be read', async () => {
    const people = 1_200;
    const lines = Array.from({length: people}, (_, i) =>
        ({id: `crowd-${String(i).padStart(4, '0')}`, name: `Crowd ${i}`, role: 'customer', area: 'Kochi'}));
    const put = await pipeline.api('PUT', '/api/users/bulk', lines);
    assert.equal(put.status, 200, put.text);
    await pipeline.user({id: 'elsewhere', role: 'customer', area: 'Pune'});
    await pipeline.user({id: 'not-a-customer', role: 'salesperson', area: 'Kochi'});

    const event = await pipeline.publish('test.everybody', {area: 'Kochi', text: 'New shop!'});
    const done = await eventually(async () => {
        const story = await pipeline.event(event);
        return story.state === 'planned' && story.counts.by_status.sent === people && story;
    }, 30_000);
    const [job] = done.broadcasts;
    assert.deepEqual([done.broadcasts.length, job.status, job.planned, job.total], [1, 'done', people, people]);
    assert.ok(job.finished_at >= job.created_at);
    assert.deepEqual([done.counts.messages, done.counts.feed, done.plan.deliveries, done.plan.feed_rows],
                     [people, people, people, people]);
    const seen = new Set(done.messages.map(({user_id}) => user_id));
    let next = done.next_cursor;
    while (next) {
        const cursor = encodeURIComponent(next);
        const page = await pipeline.get(`/api/notifications/events/${event}?limit=200&cursor=${cursor}`);
        for (const {user_id} of page.messages) seen.add(user_id);
        next = page.next_cursor;
    }
    assert.equal(seen.size, people);
    assert.equal((await pipeline.feed('elsewhere')).last_seq, 0);
    assert.equal((await pipeline.feed('not-a-customer')).last_seq, 0);
});

test('a broadcast to an area that is not named is told to nobody', async () => {
    const event = await pipeline.publish('test.everybody', {text: 'To whom?'});
    const story = await eventually(async () => {
        const all = await pipeline.event(event);
        return all.state === 'planned' && all;
    });
    assert.equal(story.counts.feed, 0);
    assert.ok(story.messages.every(({status}) => status === 'skipped'));
});

test('the policy that is built in tells of a lead and of an order', async () => {
    await standard.user({id: 'ravi', role: 'salesperson', tokens: ['ravi-phone']});
    await standard.user({id: 'meera', phone: '+919844400001'});
    const lead = await standard.publish('lead.created', {lead: {id: 5, name: 'Vikram'}, salesperson_id: 'ravi'},
                                        'lead-5');
    const {push} = await standard.ends(lead, {push: 'sent'});
    assert.deepEqual([push.type, push.reference_id], ['new_lead', 'lead-5']);
    assert.equal((await standard.feed('ravi')).messages[0].type, 'lead_update');

    const order = {customer_id: 'meera', order_id: 17, delivery_date: '2026-03-05', total_amount: '1249.50',
                   items: [{name: 'Milk', quantity: 2}]};
    const {whatsapp} = await standard.ends(await standard.publish('order.created', order), {whatsapp: 'delivered'});
    assert.match(whatsapp.message_text, /Order #17 confirmed, Delivery Mar 5[\s\S]*2 × Milk[\s\S]*₹1,249\.50/);
});

test('the books are in order', async () => {
    await pipeline.audit();
    await standard.audit();
});
