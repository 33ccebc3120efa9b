// A server beside the provider sandbox, and what its tests do with both.
//
//     const pipeline = await start_pipeline();
//     after(() => pipeline.close());
//     await pipeline.user({id: 'asha', phone: '+919876543210'});
//     const sent = await pipeline.send({user_id: 'asha', message_type: 'churn_risk', immediate: true});
//     await pipeline.message_is(sent.json.id, 'delivered');
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {eventually} from './eventually.mjs';
import {start_sandbox} from './sandbox.mjs';
import {start_server} from './server.mjs';

const webhook_key = 'webhook-key-of-the-tests';
// A provider is called two or three times in some of these waits, on a machine that has much else to do.
const patience_ms = 8_000;

export class Pipeline {
    constructor(server, sandbox, routing_file) {
        this.server = server;
        this.sandbox = sandbox;
        this.routing_file = routing_file;
        this.token = server.token('admin');
    }

    api(method, target, body, options = {}) {
        return this.server.api(method, target, {token: this.token, body, ...options});
    }
    async #expect(status, ...call) {
        const answer = await this.api(...call);
        assert.equal(answer.status, status, answer.text);
        return answer.json;
    }
    get(target) { return this.#expect(200, 'GET', target); }
    query(sql, values) { return this.server.database.query(sql, values); }
    route(text) { writeFileSync(this.routing_file, text); }

    // ---- People

    // With a device for each token.
    async user({tokens = [], ...user}) {
        const answer = await this.api('POST', '/api/users', {name: 'Asha Rao', ...user});
        assert.ok([200, 201].includes(answer.status), answer.text);
        for (const fcm_token of tokens) {
            const added = await this.api('POST', `/api/users/${user.id}/devices`, {fcm_token});
            assert.ok([200, 201].includes(added.status), added.text);
        }
        return answer.json;
    }
    settings(user, settings) { return this.#expect(200, 'PUT', `/api/notifications/settings/${user}`, settings); }
    // Their tokens, which the API does not show.
    async devices(user) {
        return (await this.query('SELECT token FROM devices WHERE user_id = $1', [user])).map(({token}) => token);
    }
    feed(user) { return this.get(`/api/feed/${user}`); }
    ack(user, seq, device = 'phone-1') { return this.#expect(200, 'POST', `/api/feed/${user}/ack`, {seq, device}); }
    read(user, what) { return this.#expect(200, 'POST', `/api/feed/${user}/read`, what); }
    foreground(user, seconds, device = 'phone-1') {
        return this.#expect(204, 'PUT', `/api/feed/${user}/foreground`, {device, seconds});
    }

    // ---- Messages

    send(message, options) { return this.api('POST', '/api/notifications/send-message', message, options); }
    // Gives the event's id.
    async publish(type, payload, subject) {
        const {event_id} = await this.#expect(202, 'POST', '/api/notifications/events', {type, payload, subject});
        return event_id;
    }
    event(id) { return this.get(`/api/notifications/events/${id}?limit=200`); }
    message(id) { return this.get(`/api/notifications/${id}`); }
    queue() { return this.get('/api/notifications/queue?limit=200'); }
    health() { return this.get('/api/notifications/health'); }
    statistics() { return this.get('/api/notifications/statistics?days=1'); }
    resend(id) { return this.#expect(202, 'POST', `/api/notifications/resend/${id}`); }
    retry(id) { return this.#expect(202, 'POST', `/api/notifications/queue/${id}/retry`); }
    dismiss(id) { return this.#expect(204, 'DELETE', `/api/notifications/queue/${id}`); }
    process_queue(force = false) {
        return this.#expect(200, 'POST', `/api/notifications/process-queue${force ? '?force=true' : ''}`);
    }

    // The event's messages by channel, as soon as it is planned and `enough` says so.
    async messages_of(event, enough = () => true) {
        let last;
        return eventually(async () => {
            last = await this.event(event);
            if (last.state !== 'planned') return false;
            const by_channel = Object.fromEntries(last.messages.map((each) => [each.channel, each]));
            return enough(by_channel) && by_channel;
        }, patience_ms).catch(() => {
            const seen = last.messages.map(({channel, status, reason}) => `${channel}: ${status} ${reason}`);
            assert.fail(`not what it should be: event ${last.state}, ${seen.join(', ')}`);
        });
    }
    // Waits for {push: 'sent', whatsapp: 'skipped earlier_channel_sent'}: a status, and a reason if it is given.
    ends(event, wanted) {
        const holds = ({status, reason}, text) => [status, `${status} ${reason}`].includes(text);
        return this.messages_of(event, (all) => Object.keys(all).length === Object.keys(wanted).length &&
            Object.entries(wanted).every(([channel, text]) => all[channel] && holds(all[channel], text)));
    }
    // Waits until the message has one of these statuses, and gives it with its timeline.
    async message_is(id, ...statuses) {
        let last;
        return eventually(async () => {
            last = await this.message(id);
            return statuses.includes(last.status) && last;
        }, patience_ms).catch(() => assert.fail(
            `not ${statuses.join(' or ')} but ${last.status} ${last.reason}; ${JSON.stringify(last.queue)}`));
    }

    // ---- The provider's side

    // One event of MyOperator's, as it tells them. `key` undefined: without one.
    hook(event, {key = webhook_key, headers = {}} = {}) {
        const keyed = key === null ? {} : {'x-api-key': key};
        return this.server.api('POST', '/api/webhooks/myoperator', {body: event, headers: {...keyed, ...headers}});
    }
    // `what`: "sent", "delivered", "read", "failed" or any other; `payload` goes over what is usual.
    receipt(what, {id = randomUUID(), ref = null, payload = {}, at = new Date(), ...more} = {}) {
        return {
            event_id: randomUUID(), company_id: 'sandbox-company', event_type: `message.${what}`, event_sequence: 1,
            event_version: 1, timestamp: at.toISOString(), channel: 'whatsapp', direction: 'outgoing',
            session_id: randomUUID(), system_identifier: '100200300400500', customer_identifier: '919876543210',
            payload: {id, status: what, myop_ref_id: ref, data: {type: 'template'}, ...payload}, ...more,
        };
    }
    // The customer writes, so that free text may follow for a day.
    async open_window(number) {
        await this.sandbox.reply(number, 'Hello');
        await eventually(async () => (await this.query('SELECT FROM whatsapp_contacts WHERE phone = $1',
                                                       [`+${number}`])).length === 1);
    }
    // What a customer writes; the number in digits.
    inbound(number, text, more = {}) {
        return this.receipt('received', {
            direction: 'incoming', customer_identifier: number,
            payload: {status: 'received', data: {type: 'text', context: {body: text}}}, ...more,
        });
    }

    // What the operator asks when in doubt; every file of tests ends with it.
    async audit() {
        const run = this.server.spawn(['doctor', '--audit', '--json']);
        const {code} = await run.finished();
        const found = code === 0 ? [] : JSON.parse(run.text).checks.flatMap(({findings}) => findings);
        assert.deepEqual([code, found], [0, []]);
    }

    async close() {
        try {
            await this.server.close();
        } finally {
            await this.sandbox.stop();
            if (this.routing_file) rmSync(path.dirname(this.routing_file), {recursive: true, force: true});
        }
    }
}

// `routing`: the text of its config/routing.toml. `disabled`: without the providers' credentials.
export async function start_pipeline({env = {}, routing, disabled = false} = {}) {
    const sandbox = await start_sandbox();
    const folder = path.join(sandbox.folder, 'routing');
    const routing_file = path.join(folder, 'routing.toml');
    mkdirSync(folder);
    if (routing) writeFileSync(routing_file, routing);
    try {
        const server = await start_server({env: {
            ...(disabled ? {} : sandbox.env), MYOPERATOR_WEBHOOK_KEY: webhook_key,
            ...(routing && {CARILLON_NOTIFICATIONS_ROUTING_FILE: routing_file}),
            NOTIFICATION_QUEUE_RETRY_DELAY_MINUTES: '0', ...env,
        }});
        await sandbox.webhook(`${server.url}/api/webhooks/myoperator`, webhook_key);
        return new Pipeline(server, sandbox, routing_file);
    } catch (error) {
        await sandbox.stop();
        throw error;
    }
}
