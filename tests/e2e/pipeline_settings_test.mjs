// What people want for themselves: channels, muted events, quiet hours, digests, their language, STOP.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {eventually} from './support/eventually.mjs';
import {start_pipeline} from './support/pipeline.mjs';
import {assert_problem} from './support/problem.mjs';

const routing = `
[[route]]
event = "test.push"
to = "user"
feed = "notification"
channels = ["push"]
template = "direct_message"

[[route]]
event = "test.urgent"
to = "user"
channels = ["push"]
template = "direct_message"
urgent = true

[[route]]
event = "test.first"
to = "user"
channels = ["push", "web_chat"]
mode = "first"
template = "direct_message"

[[route]]
event = "test.chat"
to = "user"
channels = ["web_chat"]
template = "request_confirmation"

[[route]]
event = "test.chatty"
to = "user"
feed = "notification"
channels = ["push"]
template = "direct_message"
chatty = true

[[route]]
event = "other.push"
to = "user"
channels = ["push"]
template = "direct_message"
`;
const pipeline = await start_pipeline({routing});
after(() => pipeline.close());
const {sandbox, server} = pipeline;

let made = 0;
async function somebody(more = {}) {
    const id = `user-${++made}`;
    const digits = `9198333${String(made).padStart(5, '0')}`;
    const token = `device-of-${id}-`;
    await pipeline.user({id, phone: `+${digits}`, tokens: [token], ...more});
    return {id, digits, token};
}
const publish = (type, user, text = 'Hello there') => pipeline.publish(type, {user, text});
const payment = {message_type: 'payment_confirmation', context: {amount: 1}};
const path_of = (id) => `/api/notifications/settings/${id}`;

// The hour of the day there, now, and hours from now, as "HH:MM".
const clock = (timeZone, hours) =>
    new Intl.DateTimeFormat('en-GB', {timeZone, hour: '2-digit', minute: '2-digit'})
        .format(new Date(Date.now() + hours * 3_600_000));
const around_now = (timezone) => ({from: clock(timezone, -1), to: clock(timezone, 2), timezone});
const not_now = (timezone) => ({from: clock(timezone, 2), to: clock(timezone, 4), timezone});

test('who has said nothing is told everything', async () => {
    const {id} = await somebody();
    assert.deepEqual(await pipeline.get(path_of(id)),
                     {user_id: id, channels: {push: true, whatsapp: true, web_chat: true}, muted: [],
                      quiet_hours: null,
                      language: null, digest_minutes: null, whatsapp_opted_out: false});
});

test('settings are replaced as a whole, and what was read can be sent back', async () => {
    const {id} = await somebody();
    const wish = {channels: {push: false, whatsapp: true, web_chat: true}, muted: ['test.*', 'other.push'],
                  language: 'fr',
                  quiet_hours: {from: '22:00', to: '07:30', timezone: 'Africa/Douala'}, digest_minutes: 15};
    const stored = await pipeline.settings(id, wish);
    assert.deepEqual(stored, {user_id: id, ...wish, whatsapp_opted_out: false});
    assert.deepEqual(await pipeline.settings(id, stored), stored);
    assert.deepEqual((await pipeline.settings(id, {})).muted, []);
});

test('what makes no sense is refused by name, and changes nothing', async () => {
    const {id} = await somebody();
    const before = await pipeline.get(path_of(id));
    for (const [wish, field] of [
        [{channels: {fax: true}}, 'channels.fax'], [{channels: {push: 'no'}}, 'channels.push'],
        [{channels: []}, 'channels'],
        [{muted: ['lead.craeted']}, 'muted.0'], [{muted: 'test.push'}, 'muted'], [{muted: ['*']}, 'muted.0'],
        [{quiet_hours: {from: '25:00', to: '07:00'}}, 'quiet_hours.from'],
        [{quiet_hours: {from: '22:00'}}, 'quiet_hours.to'],
        [{quiet_hours: {from: '22:00', to: '07:00', timezone: 'Mars/Olympus'}}, 'quiet_hours.timezone'],
        [{language: 'klingon!'}, 'language'], [{digest_minutes: 0}, 'digest_minutes'],
        [{digest_minutes: 1441}, 'digest_minutes'],
        [{quite_hours: null}, 'quite_hours'],
    ]) {
        const {errors} = assert_problem(await pipeline.api('PUT', path_of(id), wish), 422);
        assert.deepEqual(errors.map((each) => each.field), [field], JSON.stringify(wish));
    }
    assert.deepEqual(await pipeline.get(path_of(id)), before);
    assert_problem(await pipeline.api('PUT', path_of('ghost'), {}), 404);
    assert_problem(await pipeline.api('GET', path_of('ghost')), 404);
});

test('settings are for their user, and for staff', async () => {
    const {id, digits} = await somebody();
    const mine = server.token('customer', id);
    assert.equal((await server.api('PUT', path_of(id), {token: mine, body: {language: 'fr'}})).json.language, 'fr');
    assert.equal((await server.api('GET', path_of(digits), {token: mine})).json.user_id, id);
    const token = server.token('customer', 'somebody-else');
    assert_problem(await server.api('GET', path_of(id), {token}), 403);
    assert_problem(await server.api('PUT', path_of(id), {token, body: {}}), 403);
});

test('a channel that is off is skipped, and the next of the route takes over', async () => {
    const {id} = await somebody();
    await pipeline.settings(id, {channels: {push: false}});
    await pipeline.ends(await publish('test.push', id), {push: 'skipped channel_off'});
    await pipeline.ends(await publish('test.first', id), {push: 'skipped channel_off', web_chat: 'sent'});
    const {json} = await pipeline.send({user_id: id, message_type: 'direct_message', channel: 'push',
                                        context: {text: 'x'}});
    assert.equal(json.reason, 'channel_off');
});

test('events are muted by name and by family, and the feed has them all the same', async () => {
    const {id} = await somebody();
    await pipeline.settings(id, {muted: ['test.*']});
    await pipeline.ends(await publish('test.push', id), {push: 'skipped muted'});
    await pipeline.ends(await publish('test.urgent', id), {push: 'skipped muted'});
    await pipeline.ends(await publish('other.push', id), {push: 'sent'});
    assert.equal((await pipeline.feed(id)).last_seq, 1);
    await pipeline.settings(id, {muted: ['test.push']});
    await pipeline.ends(await publish('test.push', id), {push: 'skipped muted'});
    await pipeline.ends(await publish('test.urgent', id), {push: 'sent'});
});

test('quiet hours postpone to their end, wherever the user lives; what is urgent passes', async () => {
    for (const timezone of ['UTC', 'Asia/Kolkata', 'Pacific/Auckland', 'America/St_Johns']) {
        const {id, token} = await somebody();
        const quiet_hours = around_now(timezone);
        await pipeline.settings(id, {quiet_hours});
        const event = await publish('test.push', id);
        const {push} = await pipeline.messages_of(event, (all) => all.push?.status === 'queued');
        assert.equal(push.reason, 'quiet_hours');
        const {queue} = await pipeline.message(push.id);
        assert.equal(clock(timezone, (Date.parse(queue.due) - Date.now()) / 3_600_000), quiet_hours.to, timezone);
        assert.ok(Date.parse(queue.due) - Date.now() < 2.1 * 3_600_000, queue.due);
        await pipeline.ends(await publish('test.urgent', id), {push: 'sent'});
        assert.equal((await sandbox.calls({target: token})).count, 1);
    }
});

test('quiet hours hold back nothing outside them, and never the web chat', async () => {
    const {id} = await somebody();
    await pipeline.settings(id, {quiet_hours: not_now('Asia/Kolkata')});
    await pipeline.ends(await publish('test.push', id), {push: 'sent'});
    await pipeline.settings(id, {quiet_hours: around_now('Asia/Kolkata')});
    const event = await pipeline.publish('test.chat', {user: id, service_type: 'plumbing', location: 'Bonapriso'});
    await pipeline.ends(event, {web_chat: 'sent'});
});

test('quiet hours without a time zone are those of the user', async () => {
    const timezone = 'Asia/Tokyo';
    const {id} = await somebody({timezone});
    await pipeline.settings(id, {quiet_hours: {...around_now(timezone), timezone: null}});
    await pipeline.messages_of(await publish('test.push', id), ({push}) => push?.reason === 'quiet_hours');
});

test('process-queue with force does not ring anybody out of bed', async () => {
    const {id, token} = await somebody();
    await pipeline.settings(id, {quiet_hours: around_now('UTC')});
    const event = await publish('test.push', id);
    await pipeline.messages_of(event, ({push}) => push?.reason === 'quiet_hours');
    await pipeline.process_queue(true);
    const {push} = await pipeline.messages_of(event, (all) => all.push.status === 'queued');
    assert.equal(push.reason, 'quiet_hours');
    assert.equal((await sandbox.calls({target: token})).count, 0);
    // An operator who names the one message means it.
    await pipeline.retry(push.id);
    await pipeline.ends(event, {push: 'sent'});
});

test('what changes while a message waits counts when its time comes', async () => {
    const {id} = await somebody();
    await pipeline.settings(id, {quiet_hours: around_now('UTC')});
    const event = await publish('test.push', id);
    const {push} = await pipeline.messages_of(event, (all) => all.push?.reason === 'quiet_hours');
    await pipeline.settings(id, {channels: {push: false}});
    await pipeline.retry(push.id);
    await pipeline.ends(event, {push: 'skipped channel_off'});
});

async function three_gathered() {
    const {id, token} = await somebody();
    await pipeline.settings(id, {digest_minutes: 1});
    const events = [];
    for (const text of ['one', 'two', 'three']) {
        events.push(await publish('test.chatty', id, text));
        await pipeline.messages_of(events.at(-1), ({push}) => push?.reason === 'digest');
    }
    const {queue} = await pipeline.queue();
    const [head, ...others] = queue.filter(({user_id}) => user_id === id);
    assert.deepEqual([head.event_id, others], [events[0], []]);
    return {id, token, events, head: head.id};
}

test('chatty events are gathered into one message', async () => {
    const {token, events, head} = await three_gathered();
    assert.equal((await sandbox.calls({target: token})).count, 0);
    await pipeline.retry(head);
    for (const event of events) await pipeline.ends(event, {push: 'sent'});

    const messages = await sandbox.messages(token);
    assert.deepEqual(messages.map(({title, body}) => [title, body]), [['3 new notifications', 'one · two · three']]);
    const member = (await pipeline.event(events[1])).messages[0];
    assert.equal((await pipeline.message(member.id)).digest_of, head);
});

test('after a digest has gone the next begins anew', async () => {
    const {id, token, events, head} = await three_gathered();
    await pipeline.retry(head);
    await pipeline.ends(events[2], {push: 'sent'});
    const later = await publish('test.chatty', id, 'four');
    const {push} = await pipeline.messages_of(later, (all) => all.push?.reason === 'digest');
    await pipeline.retry(push.id);
    await pipeline.ends(later, {push: 'sent'});
    assert.equal((await sandbox.messages(token)).at(-1).body, 'four');
});

test('when the digest is dismissed, nothing that it gathered is left behind, and the next begins anew', async () => {
    const {id, events, head} = await three_gathered();
    await pipeline.dismiss(head);
    for (const event of events) await pipeline.messages_of(event, ({push}) => push.status === 'skipped');
    const later = await publish('test.chatty', id, 'four');
    const {push} = await pipeline.messages_of(later, (all) => all.push);
    assert.notEqual((await pipeline.message(push.id)).queue, null);
});

test('when the first of a digest is read, the others still come', async () => {
    const {id, token, events} = await three_gathered();
    await pipeline.read(id, {seq: 1});
    await pipeline.ends(events[0], {push: 'skipped already_read'});
    await pipeline.process_queue(true);
    for (const event of events.slice(1)) await pipeline.ends(event, {push: 'sent'});
    const messages = await sandbox.messages(token);
    assert.equal(messages.length, 1);
    assert.match(messages[0].body, /two · three/);
});

test('who reads everything gets no digest', async () => {
    const {id, token, events} = await three_gathered();
    await pipeline.read(id, {up_to: 3});
    for (const event of events) await pipeline.ends(event, {push: 'skipped already_read'});
    assert.equal((await sandbox.calls({target: token})).count, 0);
});

test('who wants no digest gets each by itself', async () => {
    const {id, token} = await somebody();
    for (const text of ['one', 'two']) await pipeline.ends(await publish('test.chatty', id, text), {push: 'sent'});
    assert.equal((await sandbox.messages(token)).length, 2);
});

test('people are told in their language, and in English where it has no words', async () => {
    const {id} = await somebody({locale: 'fr'});
    const request = {user: id, service_type: 'plomberie', location: 'Bonapriso'};
    const text = async () => {
        const {web_chat} = await pipeline.ends(await pipeline.publish('test.chat', request), {web_chat: 'sent'});
        return [web_chat.language, web_chat.message_text.split('\n')[0]];
    };
    assert.deepEqual(await text(), ['fr', '✅ **Demande confirmée !**']);
    await pipeline.settings(id, {language: 'en'});
    assert.deepEqual(await text(), ['en', '✅ **Request confirmed!**']);
    await pipeline.settings(id, {language: 'fr-CM'});
    assert.deepEqual(await text(), ['fr', '✅ **Demande confirmée !**']);
    const {errors} = assert_problem(await pipeline.api('PUT', path_of(id), {language: 'sw'}), 422);
    assert.match(errors[0].message, /en, fr/);
    await pipeline.settings(id, {});
    await pipeline.user({id, locale: 'sw'});
    assert.deepEqual(await text(), ['en', '✅ **Request confirmed!**']);
});

test('STOP ends WhatsApp and nothing else; START begins it again', async () => {
    const {id, digits} = await somebody();
    const opted_out = (wanted) => eventually(async () =>
        (await pipeline.get(path_of(id))).whatsapp_opted_out === wanted);
    for (const [stop, start] of [['STOP', 'START'], [' stop! ', 'start'], ['Arrêt', 'unstop']]) {
        await sandbox.reply(digits, stop);
        await opted_out(true);
        assert.equal((await pipeline.get(path_of(id))).channels.whatsapp, false);
        assert.equal((await pipeline.send({user_id: id, ...payment})).json.reason, 'opted_out');
        await pipeline.ends(await publish('test.push', id), {push: 'sent'});
        await sandbox.reply(digits, 'Please stop calling me');
        await sandbox.reply(digits, start);
        await opted_out(false);
        assert.equal((await pipeline.send({user_id: id, ...payment, immediate: true})).json.status, 'sent', start);
    }
});

test('only the user takes a STOP back', async () => {
    const {id, digits} = await somebody();
    await pipeline.hook(pipeline.inbound(digits, 'STOP'));
    assert.equal((await pipeline.settings(id, {channels: {whatsapp: true}})).whatsapp_opted_out, true);
    const token = server.token('customer', id);
    const {json} = await server.api('PUT', path_of(id), {token, body: {channels: {whatsapp: true}}});
    assert.deepEqual([json.whatsapp_opted_out, json.channels.whatsapp], [false, true]);
});

test('who is erased is told nothing any more, and leaves no trace of what waited', async () => {
    const {id, token} = await somebody();
    const gone = await publish('test.push', id);
    await pipeline.ends(gone, {push: 'sent'});
    await pipeline.settings(id, {quiet_hours: around_now('UTC')});
    const event = await publish('test.push', id, 'a secret');
    await pipeline.messages_of(event, ({push}) => push?.reason === 'quiet_hours');
    const before = (await pipeline.statistics()).by_status;
    assert.equal((await pipeline.api('DELETE', `/api/users/${id}`)).status, 204);
    await pipeline.process_queue(true);
    const {push} = await pipeline.ends(event, {push: 'skipped erased'});
    assert.deepEqual([push.user_id, push.message_text], [null, null]);
    assert.doesNotMatch(JSON.stringify(await pipeline.event(event)), /a secret|user-/);
    assert.equal((await sandbox.calls({target: token})).count, 1);
    const {by_status} = await pipeline.statistics();
    assert.deepEqual([by_status.queued - before.queued, by_status.skipped - before.skipped], [-1, 1]);
});

test('the books are in order', () => pipeline.audit());
