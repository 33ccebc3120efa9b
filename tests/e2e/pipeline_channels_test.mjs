// A channel that rests, one that is down, and one that has no credentials.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {eventually} from './support/eventually.mjs';
import {start_pipeline} from './support/pipeline.mjs';

const pipeline = await start_pipeline();
after(() => pipeline.close());
const bare = await start_pipeline({disabled: true});
after(() => bare.close());
const {sandbox} = pipeline;
await pipeline.user({id: 'asha', phone: '+919876543210', tokens: ['asha-phone']});
await bare.user({id: 'asha', phone: '+919876543210', tokens: ['asha-phone']});

const payment = {message_type: 'payment_confirmation', context: {amount: 1}};
const lead = {message_type: 'new_lead', context: {lead: {id: 7}}};
const calls = async (provider) => (await sandbox.calls()).totals[provider];

test('at the beginning all is well', async () => {
    const {status, channels, queue, uptime_seconds} = await pipeline.health();
    assert.equal(status, 'healthy');
    assert.deepEqual(Object.values(channels).map((channel) => channel.status), ['healthy', 'healthy', 'healthy']);
    assert.deepEqual(queue, {size: 0, oldest_seconds: 0});
    assert.ok(uptime_seconds > 0);
});

test('an empty wallet rests the channel: nothing is called, nothing is lost, and health says so', async () => {
    const fault = await sandbox.fault({provider: 'myoperator', fault: 'wallet'});
    const first = await pipeline.send({user_id: 'asha', ...payment, immediate: true});
    assert.deepEqual([first.status, first.json.status, first.json.reason], [202, 'failed', 'wallet_empty']);
    const second = await pipeline.send({phone: '919876543211', ...payment,
                                        context: {amount: 1, customer_name: 'You'}});
    assert.equal(second.json.status, 'queued');

    const health = await pipeline.health();
    assert.deepEqual([health.status, health.channels.whatsapp.status, health.channels.push.status],
                     ['degraded', 'paused', 'healthy']);
    assert.equal(await calls('myoperator'), 1);

    await sandbox.remove(fault);
    const resumed = await pipeline.api('POST', '/api/notifications/channels/whatsapp/resume');
    assert.equal(resumed.status, 204);
    await pipeline.message_is(second.json.id, 'sent', 'delivered');
    // The one that met the empty wallet waited for the channel and not for itself.
    const sent = await pipeline.message_is(first.json.id, 'sent', 'delivered');
    assert.equal(sent.attempt, 1);
    assert.equal((await pipeline.health()).channels.whatsapp.status, 'healthy');
});

test('a rest outlives the server', async () => {
    const fault = await sandbox.fault({provider: 'myoperator', fault: 'number_disabled'});
    const {json} = await pipeline.send({user_id: 'asha', ...payment, immediate: true});
    assert.equal(json.reason, 'number_disabled');
    await sandbox.remove(fault);
    await pipeline.server.stop();
    await pipeline.server.start();
    assert.equal((await pipeline.health()).channels.whatsapp.status, 'paused');
    await pipeline.api('POST', '/api/notifications/channels/whatsapp/resume');
    assert.equal((await pipeline.health()).channels.whatsapp.status, 'healthy');
    await pipeline.process_queue(true);
    await pipeline.message_is(json.id, 'sent', 'delivered');
});

test('a provider that keeps failing is left alone, and health says so', async () => {
    const fault = await sandbox.fault({provider: 'fcm', fault: 'unavailable', retry_after: 0});
    for (let i = 0; i < 3; ++i) await pipeline.send({user_id: 'asha', ...lead});
    await eventually(async () => (await pipeline.health()).channels.push.status === 'down');
    const before = await calls('fcm');
    const {json} = await pipeline.send({user_id: 'asha', ...lead});
    assert.equal((await pipeline.health()).status, 'degraded');
    assert.ok(before < 9, `${before} calls`);
    assert.equal(await calls('fcm'), before);
    // Who does not want to wait for the next try: a server that has just started believes in everybody.
    await sandbox.remove(fault);
    await pipeline.server.stop();
    await pipeline.server.start();
    await pipeline.message_is(json.id, 'sent');
    await eventually(async () => (await pipeline.health()).status === 'healthy');
});

test('without credentials a channel is disabled, and health is not worse for it', async () => {
    const {status, channels} = await bare.health();
    assert.equal(status, 'healthy');
    assert.deepEqual([channels.push.status, channels.whatsapp.status, channels.web_chat.status],
                     ['disabled', 'disabled', 'healthy']);
    assert.match(channels.push.detail, /Firebase/);
    assert.match(channels.whatsapp.detail, /MyOperator/);
});

test('what would go through a disabled channel is skipped with that reason', async () => {
    for (const [message, words] of [[payment, /MyOperator/], [lead, /Firebase/]]) {
        const {status, json} = await bare.send({user_id: 'asha', ...message, immediate: true});
        assert.deepEqual([status, json.status, json.reason], [200, 'skipped', 'channel_disabled']);
        assert.match((await bare.message(json.id)).detail, words);
    }
    const {json} = await bare.send({user_id: 'asha', message_type: 'test_notification', immediate: true});
    assert.equal(json.status, 'sent');
});

test('the books are in order', async () => {
    await pipeline.audit();
    await bare.audit();
});
