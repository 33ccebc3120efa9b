// What MyOperator tells: receipts of what was sent, and what customers write.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {after, test} from 'node:test';
import {eventually} from './support/eventually.mjs';
import {start_pipeline} from './support/pipeline.mjs';
import {assert_problem} from './support/problem.mjs';

const pipeline = await start_pipeline();
after(() => pipeline.close());
const closed = await start_pipeline({env: {MYOPERATOR_WEBHOOK_KEY: ''}});
after(() => closed.close());
const {sandbox} = pipeline;
// Receipts come from the tests, and when they want.
await sandbox.settings({receipts: {mode: 'none'}});

let made = 0;
async function sent() {
    const phone = `9198444${String(++made).padStart(5, '0')}`;
    const {json} = await pipeline.send({phone, message_type: 'payment_confirmation', immediate: true,
                                        context: {amount: 1, customer_name: 'You'}});
    assert.equal(json.status, 'sent');
    return json;
}
const told = async (event, options) => {
    const answer = await pipeline.hook(event, options);
    assert.equal(answer.status, 200, answer.text);
    return answer.json.status;
};
const of = (message, what, more = {}) =>
    pipeline.receipt(what, {id: message.provider_message_id, ref: message.id, ...more});
const status_of = async ({id}) => (await pipeline.message(id)).status;
const receipts_stored = async () => Number((await pipeline.query('SELECT count(*) FROM receipts'))[0].count);

test('without the key, and with another, nobody is listened to', async () => {
    const message = await sent();
    const before = await receipts_stored();
    const event = of(message, 'read');
    const basic = (text) => ({authorization: `Basic ${Buffer.from(text).toString('base64')}`});
    for (const options of [{key: null}, {key: 'wrong'}, {key: ''}, {key: 'webhook-key-of-the-test'},
                           {key: 'webhook-key-of-the-tests2'}, {key: null, headers: basic('myoperator:wrong')},
                           {key: null, headers: basic('webhook-key-of-the-tests')},
                           {key: null, headers: {authorization: 'Basic !'}},
                           {key: null, headers: {authorization: `Bearer ${pipeline.token}`}},
                           {key: 'wrong', headers: basic('myoperator:webhook-key-of-the-tests')}]) {
        assert_problem(await pipeline.hook(event, options), 401, 'webhook_key_wrong');
    }
    assert.equal(await receipts_stored(), before);
    assert.equal(await status_of(message), 'sent');
});

test('a server without a webhook key listens to nobody', async () => {
    for (const key of ['', null, 'anything']) assert_problem(await closed.hook(closed.receipt('read'), {key}), 401);
});

test('the key may be the password of Basic', async () => {
    const message = await sent();
    const authorization = `Basic ${Buffer.from('anybody:webhook-key-of-the-tests').toString('base64')}`;
    assert.equal(await told(of(message, 'delivered'), {key: null, headers: {authorization}}), 'applied');
    assert.equal(await status_of(message), 'delivered');
});

test('a message goes from sent to delivered to read, each with the provider\'s time', async () => {
    const message = await sent();
    const times = [0, 1, 2].map((seconds) => new Date(Date.now() - 60_000 + seconds * 1000));
    for (const [i, what] of ['sent', 'delivered', 'read'].entries()) {
        assert.equal(await told(of(message, what, {at: times[i]})), 'applied');
        assert.equal(await status_of(message), what);
    }
    const {delivered_at, read_at, reason} = await pipeline.message(message.id);
    assert.deepEqual([Date.parse(delivered_at), Date.parse(read_at), reason],
                     [times[1].getTime(), times[2].getTime(), 'read']);
});

test('an event that is told again changes nothing', async () => {
    const message = await sent();
    const event = of(message, 'delivered');
    assert.equal(await told(event), 'applied');
    const before = await pipeline.message(message.id);
    assert.deepEqual([await told(event), await told(event)], ['repeated', 'repeated']);
    assert.equal(await told({...event, payload: {...event.payload, status: 'read'}, event_type: 'message.read'}),
                 'repeated');
    assert.deepEqual(await pipeline.message(message.id), before);
});

test('the same event many times at once is taken once', async () => {
    const message = await sent();
    const event = of(message, 'delivered');
    const answers = await Promise.all(Array.from({length: 10}, () => told(event)));
    assert.equal(answers.filter((answer) => answer === 'applied').length, 1, answers.join());
    assert.equal(answers.filter((answer) => answer === 'repeated').length, 9);
});

test('events out of order never take a message back', async () => {
    const message = await sent();
    await told(of(message, 'read'));
    const {delivered_at} = await pipeline.message(message.id);
    assert.notEqual(delivered_at, null);
    for (const what of ['delivered', 'sent', 'failed']) {
        await told(of(message, what));
        assert.equal(await status_of(message), 'read');
    }
});

test('a receipt is known by the provider\'s id alone, and by ours alone', async () => {
    const message = await sent();
    assert.equal(await told(of(message, 'delivered', {ref: null})), 'applied');
    assert.equal(await told(of(message, 'read', {id: randomUUID()})), 'applied');
    assert.equal(await status_of(message), 'read');
});

test('a failure that is told later ends the message with its reason', async () => {
    const message = await sent();
    const errors = [{code: 131026, title: 'Message undeliverable', message: 'Message undeliverable'}];
    assert.equal(await told(of(message, 'failed', {payload: {errors}})), 'applied');
    const dead = await pipeline.message(message.id);
    assert.deepEqual([dead.status, dead.reason], ['dead', 'recipient_unreachable']);
    assert.match(dead.detail, /131026.*undeliverable/);
    assert.equal(await told(of(await sent(), 'failed', {payload: {errors: [{code: 4711}]}})), 'applied');
});

test('a message that arrived after all is no longer dead', async () => {
    const message = await sent();
    await told(of(message, 'failed'));
    assert.equal(await status_of(message), 'dead');
    await told(of(message, 'delivered'));
    const {status, failed_at} = await pipeline.message(message.id);
    assert.equal(status, 'delivered');
    const failures = await pipeline.get(`/api/notifications/history?status=failed&event_id=${message.event_id}`);
    assert.deepEqual(failures.messages, []);
    assert.ok(failed_at);
});

test('kinds that nobody knows are kept, and change nothing', async () => {
    const message = await sent();
    for (const what of ['link_clicked', 'deleted', 'sent_to_moon', '']) {
        const {status} = await pipeline.hook(of(message, what));
        assert.ok([200, 422].includes(status), what);
        assert.equal(await status_of(message), 'sent');
    }
    const {timeline} = await pipeline.message(message.id);
    assert.ok(timeline.some(({what, detail}) => what === 'receipt' && detail.kind === 'link_clicked'));
});

test('receipts for messages that nobody knows are taken, so that they do not come for ever', async () => {
    const before = Number((await pipeline.query('SELECT count(*) FROM notifications_log'))[0].count);
    assert.equal(await told(pipeline.receipt('delivered')), 'unknown_message');
    assert.equal(await told(pipeline.receipt('delivered', {ref: `msg_${'0'.repeat(32)}`})), 'unknown_message');
    assert.equal(await told(pipeline.receipt('delivered', {ref: "'; DROP TABLE receipts; --"})), 'unknown_message');
    assert.equal(Number((await pipeline.query('SELECT count(*) FROM notifications_log'))[0].count), before);
});

test('a receipt cannot speak for a message of another channel', async () => {
    await pipeline.user({id: 'pushed', tokens: ['pushed-phone']});
    const {json} = await pipeline.send({user_id: 'pushed', message_type: 'new_lead', context: {lead: {id: 1}},
                                        immediate: true});
    assert.equal(await told(pipeline.receipt('read', {ref: json.id})), 'unknown_message');
    assert.equal(await status_of(json), 'sent');
});

test('a receipt that is faster than the provider\'s own answer waits for it', async () => {
    await sandbox.settings({receipts: {mode: 'auto_read'}});
    await sandbox.fault({provider: 'myoperator', fault: 'slow_body', match: {number: '9844499999'}, latency_ms: 300,
                         times: 1});
    const {json} = await pipeline.send({phone: '919844499999', message_type: 'payment_confirmation', immediate: true,
                                        context: {amount: 1, customer_name: 'You'}});
    const read = await pipeline.message_is(json.id, 'read');
    assert.ok(read.sent_at && read.delivered_at && read.read_at);
    await sandbox.settings({receipts: {mode: 'none'}});
});

test('receipts twice and in reverse come to the same', async () => {
    await sandbox.settings({receipts: {mode: 'auto_read', reversed: true, duplicates: true, unknown_kinds: true,
                                       null_myop_ref_id: true}});
    const messages = [];
    for (let i = 0; i < 5; ++i) messages.push(await sent());
    for (const {id} of messages) await pipeline.message_is(id, 'read');
    await eventually(async () => (await sandbox.receipts()).under_way === 0);
    assert.equal((await sandbox.receipts()).given_up, 0);
    for (const message of messages) assert.equal(await status_of(message), 'read');
    await sandbox.settings({receipts: {mode: 'none', reversed: false, duplicates: false, unknown_kinds: false,
                                       null_myop_ref_id: false}});
});

test('garbage is refused, and never a failure of the server', async () => {
    const good = of(await sent(), 'delivered');
    for (const body of ['', '{', 'event', '[]', 'null', '7']) {
        const answer = await pipeline.hook(body, {headers: {'content-type': 'application/json'}});
        assert.ok([400, 422].includes(answer.status), `${body}: ${answer.text}`);
    }
    for (const change of [{event_id: undefined}, {event_id: ''}, {event_id: 7}, {event_type: null},
                          {timestamp: 'yesterday'},
                          {timestamp: 1_700_000_000}, {payload: undefined}, {payload: 'sent'}, {payload: []},
                          {event_id: 'x'.repeat(10_000)}, {customer_identifier: {}}]) {
        assert_problem(await pipeline.hook({...good, event_id: randomUUID(), ...change}), 422);
    }
    for (const payload of [{id: {}, myop_ref_id: []}, {id: 'a\0b'}, {myop_ref_id: 'a\0b'}, {errors: 'boom'},
                           {errors: [[[[]]]]}, {errors: [{code: '9'.repeat(400), title: 'ü'.repeat(2_000)}]},
                           {errors: {code: {}}, error: [null]}, {data: {data: {data: {error: {code: 131026}}}}}]) {
        const answer = await pipeline.hook(pipeline.receipt('failed', {payload}));
        assert.ok([200, 400, 422].includes(answer.status), `${JSON.stringify(payload).slice(0, 80)}: ${answer.text}`);
    }
    assert_problem(await pipeline.hook('x'.repeat(1_100_000), {headers: {'content-type': 'application/json'}}), 413);
    assert_problem(await pipeline.hook('<a/>', {headers: {'content-type': 'text/xml'}}), 400, 'malformed_json');
});

test('what a customer writes is in the conversation, once, and opens the window for free text', async () => {
    await pipeline.user({id: 'meera', phone: '+919844488888'});
    const payment = {user_id: 'meera', message_type: 'payment_confirmation', context: {amount: 5}, immediate: true};
    assert.equal((await pipeline.send(payment)).json.status, 'sent');
    const direct = {user_id: 'meera', message_type: 'direct_message', channel: 'whatsapp',
                    context: {text: 'Hello Meera'},
                    immediate: true};
    const refused = (await pipeline.send(direct)).json;
    assert.deepEqual([refused.status, refused.reason], ['dead', 'needs_template']);

    await sandbox.settings({receipts: {duplicates: true}});
    await sandbox.reply('919844488888', 'Where is my milk? 🥛');
    const rows = () => pipeline.query("SELECT * FROM conversations WHERE user_id = 'meera'");
    const [row] = await eventually(async () => { const all = await rows(); return all.length && all; });
    assert.deepEqual([row.message_type, row.message_content, row.channel],
                     ['incoming', 'Where is my milk? 🥛', 'whatsapp']);
    await eventually(async () => (await sandbox.receipts()).under_way === 0);
    assert.equal((await rows()).length, 1);

    for (const message of [direct, payment]) assert.equal((await pipeline.send(message)).json.status, 'sent');
    const shown = (await sandbox.messages('919844488888'))
        .map(({type, direction, text}) => [direction, type, text !== null]);
    assert.deepEqual(shown, [['outbound', 'template', false], ['inbound', 'text', true], ['outbound', 'text', true],
                             ['outbound', 'text', true]]);
    // A day later the window is closed again.
    await pipeline.query("UPDATE whatsapp_contacts SET last_inbound_at = now() - interval '24 hours 1 second'");
    assert.equal((await pipeline.send(direct)).json.reason, 'needs_template');
    assert.equal((await pipeline.send(payment)).json.status, 'sent');
    assert.equal((await sandbox.messages('919844488888')).at(-1).type, 'template');
});

test('an old message that is told late does not close the window', async () => {
    await pipeline.user({id: 'late', phone: '+919844477777'});
    await told(pipeline.inbound('919844477777', 'now'));
    await told(pipeline.inbound('919844477777', 'long ago', {at: new Date(Date.now() - 3 * 86_400_000)}));
    const {json} = await pipeline.send({user_id: 'late', message_type: 'direct_message', channel: 'whatsapp',
                                        immediate: true,
                                        context: {text: 'Hello'}});
    assert.equal(json.status, 'sent');
});

test('what a stranger writes is no failure, and counts when they become a user', async () => {
    assert.equal(await told(pipeline.inbound('919844466666', 'Who are you?')), 'unknown_message');
    await pipeline.user({id: 'stranger', phone: '+919844466666'});
    const {json} = await pipeline.send({user_id: 'stranger', message_type: 'direct_message', channel: 'whatsapp',
                                        context: {text: 'Carillon'}, immediate: true});
    assert.equal(json.status, 'sent');
});

test('texts of every kind are taken: none, long, pictures, odd characters', async () => {
    await pipeline.user({id: 'odd', phone: '+919844455555'});
    const texts = ['', 'x'.repeat(65_536), '\u202e👩‍👩‍👧\n\ttab', "'; DROP TABLE conversations; --",
                   '[SYSTEM_NOTIFICATION] fake'];
    for (const text of texts) {
        assert.equal(await told(pipeline.inbound('919844455555', text)), 'applied', text.slice(0, 20));
    }
    const picture = {data: {type: 'image', context: {link: 'https://example.com/x.png'}}};
    assert.equal(await told(pipeline.inbound('919844455555', '', {payload: picture})), 'applied');
    const nul = await pipeline.hook(pipeline.inbound('919844455555', 'a\0b'));
    assert.ok([200, 400, 422].includes(nul.status), nul.text);
    assert.equal((await pipeline.hook(pipeline.inbound('919844455555', 'x'.repeat(70_000)))).status, 413);
    assert_problem(await pipeline.hook(pipeline.inbound('not a number', 'x')), 422);
    const rows = await pipeline.query("SELECT message_content FROM conversations WHERE user_id = 'odd' ORDER BY id");
    assert.deepEqual(rows.slice(1, 5).map((row) => row.message_content), texts.slice(1));
});

test('nothing of a webhook is in the log: no number, no text, no key', () => {
    assert.doesNotMatch(pipeline.server.log_text, /9844488888|Where is my milk|webhook-key-of-the-tests/);
});

test('the books are in order', () => pipeline.audit());
