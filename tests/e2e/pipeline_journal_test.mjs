// Where every message is, and why: history, one message's story, statistics, and `why`.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {start_pipeline} from './support/pipeline.mjs';
import {assert_problem} from './support/problem.mjs';

const pipeline = await start_pipeline();
after(() => pipeline.close());
const fresh = await start_pipeline();
after(() => fresh.close());
const {sandbox, server} = pipeline;

// One of every kind. The ids in the order of their making.
const sent = [];
const made = async (message) => {
    const {json} = await pipeline.send({immediate: true, ...message});
    sent.push(json.id);
    return json;
};
await pipeline.user({id: 'asha', phone: '+919876543210', tokens: ['asha-phone']});
await pipeline.user({id: 'ravi', phone: '+919876543211', role: 'salesperson', tokens: ['ravi-phone']});
await sandbox.settings({receipts: {mode: 'none'}});
const payment = {message_type: 'payment_confirmation', context: {amount: 1}};
const lead = {message_type: 'new_lead', context: {lead: {id: 7}}};
for (let i = 0; i < 5; ++i) await made({user_id: 'asha', ...payment, reference_id: `bill-${i % 2}`});
const delivered = await made({phone: '919876543212', ...payment, context: {amount: 1, customer_name: 'You'}});
await pipeline.hook(pipeline.receipt('delivered', {id: delivered.provider_message_id, ref: delivered.id}));
const skipped = await made({user_id: 'asha', message_type: 'direct_message', channel: 'push', context: {text: 'x'}});
await pipeline.user({id: 'bare'});
const bare = await made({user_id: 'bare', ...payment});
await sandbox.fault({provider: 'fcm', fault: 'third_party_auth', match: {token: 'ravi'}, times: 1});
const dead = await made({user_id: 'ravi', ...lead});
await sandbox.fault({provider: 'fcm', fault: 'drop_after', match: {token: 'ravi'}, times: 1});
const retried = await made({user_id: 'ravi', ...lead});
await pipeline.message_is(retried.id, 'sent');
await sandbox.fault({provider: 'fcm', fault: 'unavailable', match: {token: 'ravi'}, times: 1, retry_after: 3600});
const failed = await made({user_id: 'ravi', ...lead});
await sandbox.fault({provider: 'myoperator', fault: 'drop_after', match: {number: '9876543211'}, times: 1});
const unknown = await made({user_id: 'ravi', ...payment});

const history = (query = '') => pipeline.get(`/api/notifications/history?${query}`);
const ids = ({messages}) => messages.map(({id}) => id);
const why = (user, event) =>
    pipeline.api('GET', `/api/notifications/why?user_id=${encodeURIComponent(user)}&event_id=${event}`);

test('history has everything, the newest first', async () => {
    const all = await history();
    assert.deepEqual(ids(all), sent.toReversed());
    assert.deepEqual([all.count, all.next_cursor], [sent.length, null]);
    for (const message of all.messages) {
        for (const field of ['id', 'phone', 'message_type', 'type', 'status', 'message_text', 'sent_at', 'timestamp',
                             'reference_id', 'provider_message_id', 'retry_count', 'error_message']) {
            assert.ok(field in message, field);
        }
    }
});

test('every filter keeps what it says, alone and together', async () => {
    const count = async (query) => ids(await history(query)).length;
    assert.equal(await count('user_id=asha'), 6);
    assert.equal(await count('user_id=%2B919876543210'), 6);
    assert.equal(await count('phone=919876543212'), 1);
    assert.equal(await count('phone=%2B91%2098765%2043210'), 5);
    assert.equal(await count('channel=push'), 4);
    assert.equal(await count('channel=pigeon'), 0);
    assert.equal(await count('type=payment_confirmation'), 8);
    assert.equal(await count('reference_id=bill-1'), 2);
    assert.equal(await count('days=1'), sent.length);
    assert.equal(await count(`event_id=${dead.event_id}`), 1);
    assert.deepEqual(ids(await history('status=failed')), [failed.id, dead.id]);
    assert.deepEqual(ids(await history('status=dead')), [dead.id]);
    assert.deepEqual(ids(await history('status=skipped')), [bare.id]);
    assert.deepEqual(ids(await history('status=unknown')), [unknown.id]);
    assert.deepEqual(ids(await history('status=delivered')), [delivered.id]);
    assert.deepEqual(ids(await history('status=retried')), [retried.id]);
    const everything = 'status=sent&channel=whatsapp&user_id=asha&reference_id=bill-0&type=payment_confirmation';
    assert.equal(await count(everything), 3);
    assert.ok(skipped.status === 'sent');
});

test('the history of one phone is that of the number, however it is written', async () => {
    for (const phone of ['919876543210', '+919876543210', '%2B91%2098765-43210']) {
        assert.equal((await pipeline.get(`/api/notifications/history/${phone}`)).count, 5, phone);
    }
    assert.equal((await pipeline.get('/api/notifications/history/919876543210?reference_id=bill-1')).count, 2);
    assert.equal((await pipeline.get('/api/notifications/history/911111111111')).count, 0);
    assert_problem(await pipeline.api('GET', '/api/notifications/history/asha'), 422);
});

test('filters that make no sense are refused by name', async () => {
    const {next_cursor} = await pipeline.get('/api/notifications/templates?limit=1');
    for (const [query, field] of [['status=gone', 'status'], ['days=0', 'days'], ['days=366', 'days'],
                                  ['limit=0', 'limit'],
                                  ['limit=201', 'limit'], ['cursor=abc', 'cursor'], ['phone=asha', 'phone'],
                                  ['stat=x', 'stat'],
                                  [`cursor=${encodeURIComponent(next_cursor)}`, 'cursor']]) {
        const {errors} = assert_problem(await pipeline.api('GET', `/api/notifications/history?${query}`), 422);
        assert.deepEqual(errors.map((each) => each.field), [field], query);
    }
    assert_problem(await pipeline.api('GET', '/api/notifications/history?user_id=ghost'), 404);
});

test('a message tells its story from the event to the last word of the provider', async () => {
    const {timeline, route, siblings, feed, attempt} = await pipeline.message(retried.id);
    assert.deepEqual(timeline.map(({what}) => what), ['event_accepted', 'planned', 'attempt', 'attempt', 'sent']);
    assert.deepEqual([route, siblings, feed, attempt], ['direct', [], null, 2]);
    const [, , first] = timeline;
    assert.deepEqual([first.detail.verdict, first.detail.reason, first.detail.answer.failure],
                     ['retry', 'answer_lost', 'lost']);
    assert.match(first.detail.about, /no answer came/);

    const waiting = await pipeline.message(failed.id);
    assert.deepEqual(waiting.timeline.map(({what}) => what),
                     ['event_accepted', 'planned', 'attempt', 'failed', 'waits']);
    assert.doesNotMatch(JSON.stringify([timeline, waiting.timeline]), /ravi-phone|asha-phone/);
});

test('an event tells what became of it for everyone; its payload is for the admin', async () => {
    const event = await pipeline.publish('lead.created', {lead: {id: 9, name: 'Vikram'}, salesperson_id: 'ravi'},
                                         'lead-9');
    await pipeline.ends(event, {push: 'sent'});
    const story = await pipeline.event(event);
    assert.deepEqual([story.event.type, story.event.actor, story.event.subject, story.event.payload.lead.name],
                     ['lead.created', 'admin', 'lead-9', 'Vikram']);
    assert.deepEqual(story.counts, {messages: 1, by_status: {sent: 1}, feed: 1, feed_read: 0});
    assert.deepEqual([story.plan.recipients, story.plan.deliveries, story.plan.feed_rows], [1, 1, 1]);
    const token = server.token('service', 'shop');
    const {json} = await server.api('GET', `/api/notifications/events/${event}`, {token});
    assert.equal(json.event.payload, undefined);
    assert_problem(await pipeline.api('GET', '/api/notifications/events/evt_nothing'), 404);
});

test('why answers for any user and event', async () => {
    const reached = (await why('ravi', failed.event_id)).json;
    assert.equal(reached.verdict, 'told');
    assert.match(reached.sentences.join('\n'), /push \(msg_[0-9a-f]+\): failed.*The provider failed/);
    const nobody = (await why('bare', bare.event_id)).json;
    assert.match(nobody.sentences.join('\n'), /whatsapp .*skipped.*no phone number/);
    assert.equal((await why('+91 98765 43211', unknown.event_id)).json.channels[0].status, 'unknown');
    const other = (await why('asha', failed.event_id)).json;
    assert.deepEqual([other.verdict, other.channels], ['not_a_recipient', []]);
    assert_problem(await why('ghost', failed.event_id), 404, 'no_such_user');
    assert_problem(await why('asha', 'evt_nothing'), 404, 'no_such_event');
    const {errors} = assert_problem(await pipeline.api('GET', '/api/notifications/why'), 422);
    assert.deepEqual(errors.map(({field}) => field), ['user_id', 'event_id']);
});

test('the command line says the same as the route', async () => {
    const run = server.spawn(['why', 'bare', bare.event_id]);
    assert.equal((await run.finished()).code, 0, run.text);
    assert.match(run.text, /whatsapp .*skipped.*no phone number/);
    const lost = server.spawn(['why', 'bare', 'evt_nothing']);
    assert.equal((await lost.finished()).code, 1, lost.text);
});

test('statistics add up to the history, in every way they are cut', async () => {
    const {messages} = await history('limit=200');
    const tally = (key) => messages.reduce((all, each) => ({...all, [each[key]]: (all[each[key]] ?? 0) + 1}), {});
    const statistics = await pipeline.statistics();
    const positive = (counts) => Object.fromEntries(Object.entries(counts).filter(([, n]) => n !== 0));
    const sums = (counts) => typeof Object.values(counts)[0] === 'object'
        ? Object.fromEntries(Object.entries(counts).map(([key, all]) =>
            [key, Object.values(all.by_status ?? all).reduce((a, b) => a + b, 0)])) : counts;

    assert.equal(statistics.total_messages, messages.length);
    assert.deepEqual(positive(statistics.by_status), tally('status'));
    assert.deepEqual(positive(sums(statistics.by_channel)), tally('channel'));
    assert.deepEqual(positive(sums(statistics.by_type)), tally('type'));
    assert.equal(statistics.by_day.reduce((sum, {total}) => sum + total, 0), messages.length);
    assert.equal(statistics.queue_size, 1);
    assert.equal(statistics.retries, 2);
    assert.equal(statistics.reasons.no_address, 1);
    const {p50, p95, p99} = statistics.latency_ms;
    assert.ok(p50 > 0 && p50 <= p95 && p95 <= p99, JSON.stringify(statistics.latency_ms));
    assert.ok(statistics.success_rate > 0 && statistics.success_rate <= 1 || statistics.success_rate <= 100);
    assert.ok(statistics.delivery_rate > 0);
});

test('statistics stay right whatever operators do', async () => {
    await pipeline.dismiss(failed.id);
    await pipeline.resend(dead.id);
    await pipeline.message_is(dead.id, 'sent');
    await pipeline.resend(unknown.id);
    await pipeline.message_is(unknown.id, 'sent');
    const {messages} = await history('limit=200');
    const {by_status, queue_size} = await pipeline.statistics();
    const tally = messages.reduce((all, {status}) => ({...all, [status]: (all[status] ?? 0) + 1}), {});
    assert.deepEqual(Object.fromEntries(Object.entries(by_status).filter(([, n]) => n !== 0)), tally);
    assert.equal(queue_size, 0);
});

test('of nothing there are statistics too', async () => {
    const {total_messages, success_rate, delivery_rate, latency_ms, queue_size} = await fresh.statistics();
    assert.deepEqual([total_messages, success_rate, delivery_rate, latency_ms, queue_size], [0, null, null, null, 0]);
    assert_problem(await fresh.api('GET', '/api/notifications/statistics?days=0'), 422);
});

test('history page by page is the same, whatever comes meanwhile', async () => {
    const before = ids(await history('limit=200'));
    const seen = [];
    for (let cursor = ''; cursor !== null;) {
        const page = await history(`limit=5${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
        seen.push(...ids(page));
        cursor = page.next_cursor;
        await pipeline.send({user_id: 'bare', ...payment});
    }
    assert.deepEqual(seen, before);
    assert.ok((await history('limit=200')).count > before.length);
});

test('only staff look at what others were told; health is for everybody', async () => {
    const token = server.token('customer', 'asha');
    for (const target of ['history', 'history/919876543210', sent[0],
                          `events/${dead.event_id}`, 'statistics', 'queue',
                          `why?user_id=asha&event_id=${dead.event_id}`]) {
        assert_problem(await server.api('GET', `/api/notifications/${target}`, {token}), 403);
        assert_problem(await server.api('GET', `/api/notifications/${target}`), 401);
    }
    assert.equal((await server.api('GET', '/api/notifications/health')).status, 200);
});

test('no number, token or text is in the log', () => {
    assert.doesNotMatch(server.log_text, /9876543210|ravi-phone|asha-phone|Payment received/);
});

test('the books are in order', async () => {
    await pipeline.audit();
    await fresh.audit();
});
