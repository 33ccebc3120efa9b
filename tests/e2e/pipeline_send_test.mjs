// One message to one person: POST /api/notifications/send-message.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {eventually} from './support/eventually.mjs';
import {start_pipeline} from './support/pipeline.mjs';
import {assert_problem} from './support/problem.mjs';

const pipeline = await start_pipeline();
after(() => pipeline.close());
const {sandbox, server} = pipeline;
await pipeline.user({id: 'asha', name: 'Asha Rao', phone: '+919876543210', tokens: ['asha-phone-1', 'asha-phone-2']});
await pipeline.user({id: 'bare', name: 'Bare'});

const payment = {message_type: 'payment_confirmation', context: {amount: 499}};
const fields_of = (answer) => assert_problem(answer, 422).errors.map(({field}) => field);
const messages_stored = async () => Number((await pipeline.query('SELECT count(*) FROM notifications_log'))[0].count);

test('an immediate message is with the provider when the answer comes', async () => {
    const message = {user_id: 'asha', ...payment, immediate: true, reference_id: 'bill-7'};
    const {status, json, headers} = await pipeline.send(message);

    assert.equal(status, 200);
    assert.equal(headers.location, `/api/notifications/${json.id}`);
    assert.match(json.id, /^msg_[0-9a-f]{32}$/);
    const {phone, message_type, type, channel, reference_id} = json;
    assert.deepEqual([json.status, phone, message_type, type, channel, reference_id],
                     ['sent', '+919876543210', 'payment_confirmation', 'payment_confirmation', 'whatsapp', 'bill-7']);
    assert.match(json.message_text, /Payment received! ₹499(\.00)? credited\n\nThank you, Asha Rao!/);
    assert.ok(Math.abs(Date.parse(json.sent_at) - Date.now()) < 60_000);

    const [shown] = await sandbox.messages('919876543210');
    assert.deepEqual([shown.id, shown.myop_ref_id, shown.type], [json.provider_message_id, json.id, 'template']);
});

test('the receipts of a message that was sent are in its record', async () => {
    const {json} = await pipeline.send({user_id: 'asha', ...payment, immediate: true});
    const delivered = await pipeline.message_is(json.id, 'delivered');
    assert.ok(delivered.sent_at <= delivered.delivered_at);
    await sandbox.read('919876543210');
    const read = await pipeline.message_is(json.id, 'read');
    const kinds = read.timeline.filter(({what}) => what === 'receipt').map(({detail}) => detail.kind);
    assert.deepEqual(kinds.sort(), ['delivered', 'read', 'sent']);
});

test('a message that may wait is answered at once and sent after', async () => {
    const {status, json} = await pipeline.send({user_id: 'asha', ...payment});
    assert.deepEqual([status, json.status, json.sent_at, json.provider_message_id], [202, 'queued', null, null]);
    const message = await pipeline.message_is(json.id, 'sent', 'delivered');
    assert.equal(message.message_text, json.message_text);
    assert.equal((await sandbox.calls({myop_ref_id: json.id})).count, 1);
});

const spellings = ['919876543211', '+919876543211', '+91 98765 43211', '91-98765-43211', '00919876543211',
                   '+91 (98765) 43211', '+91.98765.43211', '+91\u00a098765\u00a043211', '  +91 98765 43211  '];
test('a phone number is the same number however it is written', async () => {
    for (const phone of spellings) {
        const {status, json} = await pipeline.send({phone, ...payment, context: {amount: 1, customer_name: 'You'}});
        assert.equal(status, 202, phone);
        assert.deepEqual([json.phone, json.user_id], ['+919876543211', null], phone);
    }
    const everything = await pipeline.get('/api/notifications/history/919876543211');
    assert.equal(everything.count, spellings.length);
});

test('a number that belongs to a user is that user', async () => {
    const {json} = await pipeline.send({phone: '91 98765 43210', ...payment});
    assert.deepEqual([json.user_id, json.phone], ['asha', '+919876543210']);
    assert.match(json.message_text, /Thank you, Asha Rao!/);
});

test('what is no phone number is refused, and nothing is stored', async () => {
    const before = await messages_stored();
    for (const phone of ['', ' ', 'asha', '12345', '+', '+0123456789', '+91 98765x43210', '1'.repeat(16),
                         919876543210,
                         {}, '٩١٩٨٧٦٥٤٣٢١٠', '+91987654321O']) {
        assert.deepEqual(fields_of(await pipeline.send({phone, ...payment})), ['phone'], JSON.stringify(phone));
    }
    assert.equal(await messages_stored(), before);
});

test('a message is for one recipient: both and neither are refused', async () => {
    assert.deepEqual(fields_of(await pipeline.send(payment)), ['phone']);
    assert.deepEqual(fields_of(await pipeline.send({...payment, phone: null, user_id: null})), ['phone']);
    assert.deepEqual(fields_of(await pipeline.send({...payment, phone: '919876543210', user_id: 'asha'})),
                     ['user_id']);
});

test('an unknown user is not found', async () => {
    assert_problem(await pipeline.send({user_id: 'nobody', ...payment}), 404);
});

test('an unknown type, channel, or a channel that the type has no words for is refused by name', async () => {
    const send = (more) => pipeline.send({user_id: 'asha', context: {amount: 1}, ...more});
    assert.deepEqual(fields_of(await send({message_type: 'payment_confirmed'})), ['message_type']);
    assert.deepEqual(fields_of(await send({message_type: ''})), ['message_type']);
    assert.deepEqual(fields_of(await send({})), ['message_type']);
    assert.deepEqual(fields_of(await send({message_type: 'payment_confirmation', channel: 'sms'})), ['channel']);
    assert.deepEqual(fields_of(await send({message_type: 'payment_confirmation', channel: 'push'})), ['channel']);
});

test('every variable that is missing is named, and no blank is sent', async () => {
    const before = await messages_stored();
    const answer = await pipeline.send({phone: '919876543212', message_type: 'order_confirmation', context: {}});
    const problem = assert_problem(answer, 422, 'template_variable_missing');
    const named = problem.errors.map(({field}) => field.replace(/^context\./, '')).sort();
    for (const name of ['customer_name', 'delivery_date', 'order_id']) {
        assert.ok(named.includes(name), `${name} in ${answer.text}`);
    }
    assert.equal(await messages_stored(), before);
});

test('a null is as good as missing', async () => {
    const answer = await pipeline.send({user_id: 'asha', ...payment, context: {amount: null}});
    assert_problem(answer, 422, 'template_variable_missing');
});

test('a context that is no object is refused', async () => {
    for (const context of [[], 'amount=1', 7, true]) {
        assert.deepEqual(fields_of(await pipeline.send({user_id: 'asha', ...payment, context})), ['context']);
    }
});

test('template syntax in a value is shown and not run', async () => {
    const customer_name = '{{ amount }} {% for x in y %} {# gone #} {{ recipient.id }} }} %}';
    const {status, json} = await pipeline.send({phone: '919876543213', ...payment, immediate: true,
                                                context: {amount: 499, customer_name}});
    assert.deepEqual([status, json.status], [200, 'sent']);
    assert.ok(json.message_text.includes(`Thank you, ${customer_name}!`), json.message_text);
    const [shown] = await sandbox.messages('919876543213');
    assert.ok(JSON.stringify(shown.template).includes(JSON.stringify(customer_name).slice(1, -1)));
});

test('odd characters arrive as they were sent', async () => {
    const names = ['Zoë 👩‍👩‍👧', '"quoted" \\ back', "O'Brien; DROP TABLE users; --", '\u202e right to left',
                   '%s %n $1'];
    for (const [i, customer_name] of names.entries()) {
        const {json} = await pipeline.send({phone: `91987654330${i}`, ...payment, immediate: true,
                                            context: {amount: 1, customer_name}});
        assert.equal(json.status, 'sent', customer_name);
        assert.ok(json.message_text.includes(customer_name), json.message_text);
    }
});

test('a NUL in a value is refused or sent, and never a failure of the server', async () => {
    for (const more of [{context: {amount: 1, customer_name: 'a\0b'}}, {reference_id: 'a\0b'},
                        {context: {amount: 1, 'a\0b': 1}}, {message_type: 'a\0b'}, {channel: 'a\0b'}]) {
        const answer = await pipeline.send({phone: '919876543214', ...payment, ...more});
        assert.ok([202, 400, 422].includes(answer.status), `${JSON.stringify(more)}: ${answer.text}`);
    }
    const answer = await pipeline.send({user_id: 'as\0ha', ...payment});
    assert.ok([400, 404, 422].includes(answer.status), answer.text);
});

test('a value of a megabyte is never half sent', async () => {
    const before = (await sandbox.calls({target: '919876543215'})).count;
    const huge = 'x'.repeat(1_000_000);
    const answer = await pipeline.send({phone: '919876543215', ...payment, immediate: true,
                                        context: {amount: 1, customer_name: huge}});
    if (answer.status === 200) {
        assert.equal(answer.json.status, 'dead');
        assert.notEqual(answer.json.reason, 'none');
    } else {
        assert.ok([413, 422].includes(answer.status), answer.text.slice(0, 500));
    }
    assert.equal((await sandbox.calls({target: '919876543215'})).count, before);
    assert_problem(await pipeline.send({phone: '919876543215', ...payment,
                                        context: {amount: 1, customer_name: 'x'.repeat(1_100_000)}}), 413);
});

test('a value of a megabyte that no template speaks of does no harm', async () => {
    const {json} = await pipeline.send({phone: '919876543216', ...payment, immediate: true,
                                        context: {amount: 1, customer_name: 'You', unused: 'x'.repeat(1_000_000)}});
    assert.equal(json.status, 'sent');
});

test('push goes to every device of the user, its data all strings', async () => {
    const {json} = await pipeline.send({user_id: 'asha', message_type: 'new_lead', immediate: true,
                                        context: {lead: {id: 4711, name: 'Vikram'}}});
    assert.deepEqual([json.status, json.channel, json.message_text],
                     ['sent', 'push', 'Vikram is waiting for your call']);
    for (const token of ['asha-phone-1', 'asha-phone-2']) {
        const [shown] = await sandbox.messages(token);
        assert.deepEqual([shown.title, shown.body], ['🔔 New lead', 'Vikram is waiting for your call']);
        assert.deepEqual([shown.data.lead_id, shown.data.id], ['4711', json.id]);
    }
});

test('web chat is a row of the conversation', async () => {
    const {json} = await pipeline.send({user_id: 'asha', message_type: 'test_notification', immediate: true});
    assert.deepEqual([json.status, json.channel], ['sent', 'web_chat']);
    const rows = await pipeline.query('SELECT * FROM conversations WHERE delivery_id = $1', [json.id]);
    assert.equal(rows.length, 1);
    const [row] = rows;
    assert.deepEqual([row.user_id, row.message_type, row.action_code, row.conversation_state, row.action_success,
                      Number(row.confidence_score)],
                     ['asha', 'outgoing', 'SYSTEM_NOTIFICATION', 'NOTIFICATION_SENT', true, 1]);
    assert.match(row.message_content, /^\[SYSTEM_NOTIFICATION\]/);
});

test('who cannot be reached is skipped, with the reason', async () => {
    const skipped = async (message) => {
        const {status, json} = await pipeline.send(message);
        assert.deepEqual([status, json.status], [200, 'skipped']);
        const stored = await pipeline.message(json.id);
        assert.deepEqual([stored.status, stored.reason], ['skipped', json.reason]);
        return json.reason;
    };
    const lead = {message_type: 'new_lead', context: {lead: {id: 1}}};
    assert.equal(await skipped({user_id: 'bare', ...lead}), 'no_device');
    assert.equal(await skipped({user_id: 'bare', ...payment}), 'no_address');
    assert.equal(await skipped({phone: '919876543217', ...lead}), 'no_device');
    assert.equal(await skipped({phone: '919876543217', message_type: 'test_notification'}), 'no_address');
});

test('who replied STOP gets no WhatsApp, by number and by name', async () => {
    await pipeline.user({id: 'stopped', phone: '+919876543218'});
    await sandbox.reply('919876543218', 'Stop.');
    const opted_out = async () => (await pipeline.send({user_id: 'stopped', ...payment})).json.reason === 'opted_out';
    await eventually(opted_out);
    const {json} = await pipeline.send({phone: '+91 98765 43218', ...payment});
    assert.deepEqual([json.status, json.reason], ['skipped', 'opted_out']);
});

test('a repeat under one key is one message, with the same answer', async () => {
    const message = {phone: '919876543219', ...payment, context: {amount: 1, customer_name: 'You'}};
    const keyed = (key, more = {}) => pipeline.send({...message, ...more}, {headers: {'idempotency-key': key}});
    for (const immediate of [false, true]) {
        const first = await keyed(`once-${immediate}`, {immediate});
        const second = await keyed(`once-${immediate}`, {immediate});
        assert.equal(second.headers['idempotency-replayed'], 'true');
        assert.deepEqual([second.status, second.text], [first.status, first.text]);
        assert_problem(await keyed(`once-${immediate}`, {immediate, reference_id: 'other'}), 422,
                       'idempotency_key_reused');
        await pipeline.message_is(first.json.id, 'sent', 'delivered');
    }
    assert.equal((await sandbox.calls({target: '919876543219'})).count, 2);
});

test('of many at once under one key one message goes out', async () => {
    const message = {phone: '919876543220', ...payment, context: {amount: 1, customer_name: 'You'}, immediate: true};
    const answers = await Promise.all(Array.from({length: 8}, () =>
        pipeline.send(message, {headers: {'idempotency-key': 'race'}})));
    assert.ok(answers.some(({status}) => status === 200));
    // Who asks again while the provider is still at it learns that the message is on its way.
    for (const answer of answers) assert.ok([200, 202, 409].includes(answer.status), answer.text);
    assert.equal(new Set(answers.flatMap(({json}) => json.id ?? [])).size, 1);
    assert.equal((await sandbox.calls({target: '919876543220'})).count, 1);
});

test('only staff may send', async () => {
    const body = {user_id: 'asha', ...payment};
    assert_problem(await server.api('POST', '/api/notifications/send-message', {body}), 401);
    for (const role of ['customer', 'salesperson', 'provider']) {
        const token = server.token(role, 'asha');
        assert_problem(await server.api('POST', '/api/notifications/send-message', {body, token}), 403);
    }
    const token = server.token('service', 'shop');
    const answer = await server.api('POST', '/api/notifications/send-message', {body, token});
    assert.equal(answer.status, 202);
});

test('a slow provider is waited for, and called once', async () => {
    await sandbox.fault({provider: 'myoperator', fault: 'slow_body', match: {number: '9876543221'}, latency_ms: 400,
                         times: 1});
    const {json} = await pipeline.send({phone: '919876543221', ...payment, immediate: true,
                                        context: {amount: 1, customer_name: 'You'}});
    assert.equal(json.status, 'sent');
    assert.equal((await sandbox.calls({myop_ref_id: json.id})).count, 1);
});

test('the books are in order', () => pipeline.audit());
