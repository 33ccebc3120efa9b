// What a provider that fails makes of a message: tried again, dead, unknown; and what an operator can do about it.
import assert from 'node:assert/strict';
import {after, beforeEach, test} from 'node:test';
import {request} from './support/client.mjs';
import {start_pipeline} from './support/pipeline.mjs';
import {assert_problem} from './support/problem.mjs';

const pipeline = await start_pipeline();
after(() => pipeline.close());
const {sandbox} = pipeline;
// A fault is for every token that begins as it says.
const token_of = (i) => `token-${i}-of-its-own`;
for (let i = 1; i <= 12; ++i) await pipeline.user({id: `user-${i}`, tokens: [token_of(i)]});

const payment = {message_type: 'payment_confirmation', context: {amount: 1, customer_name: 'You'}};
const lead = {message_type: 'new_lead', context: {lead: {id: 7, name: 'Vikram'}}};
const push_to = (i, more) => pipeline.send({user_id: `user-${i}`, ...lead, ...more});
const whatsapp_to = (phone, more) => pipeline.send({phone, ...payment, ...more});
const fcm = (i, fault) => sandbox.fault({provider: 'fcm', match: {token: token_of(i)}, ...fault});
const myoperator = (number, fault) => sandbox.fault({provider: 'myoperator', match: {number}, ...fault});
const calls_to = async (target) => (await sandbox.calls({target})).count;
const attempts_of = ({timeline}) => timeline.filter(({what}) => what === 'attempt').map(({detail}) => detail);
const actions_of = ({timeline}) =>
    timeline.filter(({what}) => what === 'intervention').map(({detail}) => detail.action);
// A message that waits for an hour: the provider asked for it.
async function waiting(i) {
    await fcm(i, {fault: 'unavailable', retry_after: 3600, times: 1});
    const {json} = await push_to(i);
    return pipeline.message_is(json.id, 'failed');
}

// One call that goes well, so that no breaker counts the faults of one test to those of the next.
beforeEach(async () => {
    assert.equal((await push_to(12, {immediate: true})).json.status, 'sent');
    assert.equal((await whatsapp_to('919811100000', {immediate: true})).json.status, 'sent');
});

test('a failure is tried again when it is due, three times; then the message is dead', async () => {
    await fcm(1, {fault: 'unavailable', retry_after: 0});
    const {json} = await push_to(1);
    const dead = await pipeline.message_is(json.id, 'dead');

    assert.deepEqual([dead.reason, dead.attempt, dead.retry_count], ['provider_error', 3, 2]);
    assert.equal(await calls_to(token_of(1)), 3);
    assert.deepEqual(attempts_of(dead).map(({attempt, verdict, reason}) => [attempt, verdict, reason]),
                     [1, 2, 3].map((attempt) => [attempt, 'retry', 'provider_error']));
    assert.ok(attempts_of(dead).every(({answer}) => answer.status === 503 && answer.code === 'UNAVAILABLE'));
    assert.equal(dead.queue, null);
});

test('a dead message is sent again by hand, and its timeline tells the whole story', async () => {
    const [{id}] = (await pipeline.get('/api/notifications/history?status=dead&user_id=user-1')).messages;
    for (const fault of await sandbox.faults()) await sandbox.remove(fault);
    assert.deepEqual(await pipeline.resend(id), {id, status: 'queued'});
    const sent = await pipeline.message_is(id, 'sent');

    assert.deepEqual([sent.reason, sent.attempt, sent.failed_at], ['accepted', 1, null]);
    const story = sent.timeline.map(({what}) => what);
    assert.deepEqual(story, ['event_accepted', 'planned', 'attempt', 'attempt', 'attempt', 'intervention', 'attempt',
                             'sent']);
    assert.deepEqual(actions_of(sent), ['resend']);
    assert.deepEqual(sent.timeline.map(({at}) => at), sent.timeline.map(({at}) => at).sort());
    assert.equal((await sandbox.messages(token_of(1))).length, 1);
    assert_problem(await pipeline.api('POST', `/api/notifications/resend/${id}`), 409, 'wrong_status');
});

test('Retry-After is honoured, and costs no attempt', async () => {
    await fcm(2, {fault: 'quota', retry_after: 1, times: 3});
    const began = Date.now();
    const {json} = await push_to(2);
    const sent = await pipeline.message_is(json.id, 'sent');

    assert.ok(Date.now() - began >= 3_000, `${Date.now() - began} ms`);
    assert.equal(await calls_to(token_of(2)), 4);
    assert.equal(sent.attempt, 1);
    assert.deepEqual(attempts_of(sent).map(({reason}) => reason),
                     ['rate_limited', 'rate_limited', 'rate_limited', 'accepted']);
});

test('a device that is gone is removed, and the message is dead', async () => {
    await fcm(3, {fault: 'unregistered'});
    const {json} = await push_to(3, {immediate: true});
    assert.deepEqual([json.status, json.reason], ['dead', 'unregistered']);
    assert.deepEqual(await pipeline.devices('user-3'), []);
    assert.equal((await push_to(3)).json.reason, 'no_device');
});

test('one device that is gone takes nothing from the other', async () => {
    await pipeline.user({id: 'two', tokens: ['two-old', 'two-new']});
    await sandbox.fault({provider: 'fcm', fault: 'unregistered', match: {token: 'two-old'}});
    const {json} = await pipeline.send({user_id: 'two', ...lead, immediate: true});
    assert.equal(json.status, 'sent');
    assert.deepEqual(await pipeline.devices('two'), ['two-new']);
    assert.equal((await sandbox.messages('two-new')).length, 1);
});

test('an answer of FCM that was lost is asked for again: a second copy replaces the first', async () => {
    await fcm(4, {fault: 'drop_after', times: 1});
    const {json} = await push_to(4);
    const sent = await pipeline.message_is(json.id, 'sent');
    assert.deepEqual(attempts_of(sent).map(({verdict, reason}) => [verdict, reason]),
                     [['retry', 'answer_lost'], ['accepted', 'accepted']]);
    assert.equal(await calls_to(token_of(4)), 2);
});

test('an answer of WhatsApp that was lost is unknown, never asked for again, and a receipt tells', async () => {
    await myoperator('9811100001', {fault: 'drop_after'});
    await sandbox.settings({receipts: {mode: 'none'}});
    const {json} = await whatsapp_to('919811100001', {immediate: true});
    assert.deepEqual([json.status, json.reason, json.provider_message_id], ['unknown', 'answer_lost', null]);
    assert.deepEqual(await pipeline.process_queue(true), {processed: 0, sent: 0, failed: 0, requeued: 0});
    assert.equal((await sandbox.calls({myop_ref_id: json.id})).count, 1);

    const at = new Date(Date.now() - 1000);
    const {id} = (await sandbox.messages('919811100001'))[0];
    const answer = await pipeline.hook(pipeline.receipt('delivered', {id, ref: json.id, at}));
    assert.deepEqual([answer.status, answer.json.status], [200, 'applied']);
    const known = await pipeline.message(json.id);
    assert.deepEqual([known.status, known.reason, known.delivered_at.slice(0, 19)],
                     ['delivered', 'delivered', at.toISOString().slice(0, 19)]);
    assert.equal(known.provider_message_id, id);
    assert.equal((await sandbox.calls({myop_ref_id: json.id})).count, 1);
    await sandbox.settings({receipts: {mode: 'auto'}});
});

test('what became unknown is sent again when an operator says so, and only then', async () => {
    await myoperator('9811100002', {fault: 'drop_after', times: 1});
    await sandbox.settings({receipts: {mode: 'none'}});
    const {json} = await whatsapp_to('919811100002', {immediate: true});
    assert.equal(json.status, 'unknown');
    await pipeline.resend(json.id);
    await pipeline.message_is(json.id, 'sent');
    assert.equal((await sandbox.calls({myop_ref_id: json.id})).count, 2);
    await sandbox.settings({receipts: {mode: 'auto'}});
});

test('a connection that ends without an answer may have brought the message: it is unknown', async () => {
    await myoperator('9811100003', {fault: 'drop', times: 1});
    const {json} = await whatsapp_to('919811100003', {immediate: true});
    assert.equal(json.status, 'unknown');
    assert.equal((await sandbox.calls({target: '919811100003'})).count, 1);
});

test('nonsense from WhatsApp is never taken for success, and never sent again by itself', async () => {
    const nonsense = {html: 'provider_error', empty: 'provider_error', invalid_json: 'bad_answer'};
    await sandbox.settings({receipts: {mode: 'none'}});
    for (const [i, [fault, reason]] of Object.entries(nonsense).entries()) {
        await myoperator(`981110001${i}`, {fault});
        const {json} = await whatsapp_to(`91981110001${i}`, {immediate: true});
        assert.deepEqual([json.status, json.reason], ['unknown', reason], fault);
        assert.equal((await sandbox.calls({myop_ref_id: json.id})).count, 1, fault);
        const {timeline} = await pipeline.message(json.id);
        assert.doesNotMatch(JSON.stringify(timeline), /DOCTYPE|9198111/, fault);
    }
    await sandbox.settings({receipts: {mode: 'auto'}});
});

test('nonsense from FCM is tried again', async () => {
    for (const [i, fault] of ['html', 'empty', 'invalid_json'].entries()) {
        await fcm(5 + i, {fault, times: 1});
        const {json} = await push_to(5 + i);
        // Google wants to be left alone for ten seconds, unless an operator says otherwise.
        const {status} = await pipeline.message_is(json.id, 'failed', 'sent');
        if (status === 'failed') await pipeline.api('POST', `/api/notifications/queue/${json.id}/retry`);
        const [first, second] = attempts_of(await pipeline.message_is(json.id, 'sent'));
        assert.ok(['provider_error', 'bad_answer'].includes(first.reason), `${fault}: ${first.reason}`);
        assert.deepEqual([first.verdict, second.verdict], ['retry', 'accepted'], fault);
    }
});

test('a message over the 4096 bytes of FCM is not sent, and the sizes are told', async () => {
    const before = await calls_to(token_of(8));
    const content = '{{ text }}';
    const put = await pipeline.api('PUT', '/api/notifications/templates/long_push', {channel: 'push', content});
    assert.equal(put.status, 201, put.text);
    const {json} = await pipeline.send({user_id: 'user-8', message_type: 'long_push', immediate: true,
                                        context: {text: 'ü'.repeat(3000)}});
    assert.deepEqual([json.status, json.reason], ['dead', 'payload_too_large']);
    const [{answer}] = attempts_of(await pipeline.message(json.id));
    assert.ok(answer.bytes > 6000 && answer.limit === 4096, JSON.stringify(answer));
    assert.equal(await calls_to(token_of(8)), before);
});

test('what waits is in the queue with its reason and its time', async () => {
    const {id, event_id} = await waiting(9);
    const {queue, size, overdue} = await pipeline.queue();
    const entry = queue.find((each) => each.id === id);
    assert.deepEqual([entry.event_id, entry.user_id, entry.channel, entry.type, entry.state, entry.reason,
                      entry.attempt],
                     [event_id, 'user-9', 'push', 'new_lead', 'waiting', 'provider_error', 1]);
    const minutes = (Date.parse(entry.due_at) - Date.now()) / 60_000;
    assert.ok(minutes > 58 && minutes < 61, `${minutes} minutes`);
    assert.ok(size >= 1 && overdue === 0, `${size} ${overdue}`);

    assert_problem(await pipeline.api('POST', `/api/notifications/resend/${id}`), 409, 'wrong_status');
    await pipeline.dismiss(id);
    const dismissed = await pipeline.message(id);
    assert.deepEqual([dismissed.status, dismissed.reason, dismissed.queue, actions_of(dismissed)],
                     ['skipped', 'dismissed', null, ['dismiss']]);
    for (const [method, path] of [['DELETE', `queue/${id}`], ['POST', `queue/${id}/retry`]]) {
        assert_problem(await pipeline.api(method, `/api/notifications/${path}`), 409, 'wrong_status');
    }
});

test('what waits can be sent at once', async () => {
    const {id} = await waiting(9);
    assert.deepEqual(await pipeline.retry(id), {id, status: 'queued'});
    const sent = await pipeline.message_is(id, 'sent');
    assert.equal(sent.attempt, 2);
    assert.deepEqual(actions_of(sent), ['retry']);
});

test('process-queue works on what is due, and with force on what is not', async () => {
    const ids = [(await waiting(9)).id, (await waiting(10)).id];
    await waiting(11);
    await fcm(11, {fault: 'unavailable', retry_after: 3600});
    assert.deepEqual(await pipeline.process_queue(), {processed: 0, sent: 0, failed: 0, requeued: 0});
    assert.deepEqual(await pipeline.process_queue(true), {processed: 3, sent: 2, failed: 0, requeued: 1});
    for (const id of ids) assert.equal((await pipeline.message(id)).status, 'sent');
    // The third call is its last.
    assert.deepEqual(await pipeline.process_queue(true), {processed: 1, sent: 0, failed: 1, requeued: 0});
    assert_problem(await pipeline.api('POST', '/api/notifications/process-queue?force=perhaps'), 422);
});

test('process-queue takes the call of the old guide as it was written', async () => {
    const headers = {authorization: `Bearer ${pipeline.token}`, 'content-type': 'application/x-www-form-urlencoded'};
    const path = '/api/notifications/process-queue';
    const answer = await request(pipeline.server.url, {method: 'POST', path, headers, body: '{}'});
    assert.equal(answer.status, 200, answer.text);
});

test('a message that nobody knows is not found', async () => {
    for (const id of ['msg_00000000000000000000000000000000', 'nothing', `msg_${'f'.repeat(32)}`]) {
        for (const [method, path] of [['POST', `resend/${id}`],
                                       ['POST', `queue/${id}/retry`], ['DELETE', `queue/${id}`],
                                      ['GET', id]]) {
            assert_problem(await pipeline.api(method, `/api/notifications/${path}`), 404);
        }
    }
    assert_problem(await pipeline.api('POST', '/api/notifications/channels/pigeon/resume'), 404);
});

test('a message that arrived is not sent again', async () => {
    const {json} = await push_to(12, {immediate: true});
    assert_problem(await pipeline.api('POST', `/api/notifications/resend/${json.id}`), 409, 'wrong_status');
});

test('a message that was skipped is sent again once what was in its way is gone', async () => {
    await pipeline.user({id: 'later'});
    const {json} = await pipeline.send({user_id: 'later', ...lead});
    assert.equal(json.reason, 'no_device');
    await pipeline.user({id: 'later', tokens: ['later-phone']});
    await pipeline.resend(json.id);
    await pipeline.message_is(json.id, 'sent');
    assert.equal((await sandbox.messages('later-phone'))[0].body, json.message_text);
});

test('of two resends at once one is taken', async () => {
    const {json} = await pipeline.send({user_id: 'user-3', ...lead});
    assert.equal(json.reason, 'no_device');
    await pipeline.user({id: 'user-3', tokens: ['fresh-3']});
    const answers = await Promise.all(Array.from({length: 5}, () =>
        pipeline.api('POST', `/api/notifications/resend/${json.id}`)));
    assert.deepEqual(answers.map(({status}) => status).sort(), [202, 409, 409, 409, 409]);
    await pipeline.message_is(json.id, 'sent');
    assert.equal(await calls_to('fresh-3'), 1);
});

test('the books are in order', () => pipeline.audit());
