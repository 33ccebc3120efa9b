// A server that meets with accidents, and the reckoning afterwards: what was asked of it, held against what its
// tables and the phones show.
//
//     const drill = await start_drill();
//     after(() => drill.close());
//     const [asha, ravi] = await drill.people('first', 2);
//     await drill.insist(drill.event('first-1', [asha, ravi]));
//     await drill.server.crash();
//     await drill.leases_run_out();
//     await drill.server.start();
//     await drill.reckon();
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {Database} from './database.mjs';
import {eventually} from './eventually.mjs';
import {reckon} from './reckoning.mjs';
import {start_sandbox} from './sandbox.mjs';
import {Server} from './server.mjs';

const routing = `
[[route]]
event = "drill.everywhere"
to = "to"
feed = "notification"
channels = ["push", "whatsapp", "web_chat"]
template = "direct_message"

[[route]]
event = "drill.numbered"
to = "reader"
feed = "notification"
channels = ["push", "web_chat"]
template = "direct_message"

[[route]]
event = "drill.ordered"
to = "reader"
feed = "notification"
channels = ["push", "web_chat"]
template = "direct_message"

[[route]]
event = "drill.ordered"
to = "customer"
channels = ["whatsapp"]
template = "direct_message"

[[route]]
event = "drill.campaign"
to = {role = "customer", area = "area"}
feed = "notification"
channels = ["push", "web_chat"]
template = "direct_message"

[[route]]
event = "drill.later"
to = "to"
channels = ["push"]
template = "direct_message"
delay = "1h"
`;
const everywhere = ['push', 'whatsapp', 'web_chat'];
const events_path = '/api/notifications/events';
// A loaded machine, sanitizers, and a lease that is waited for.
const patience_ms = 40_000;

// Set up so that what follows an accident need not be waited for.
const drill_env = {
    CARILLON_QUEUE_LEASE_SECONDS: '5', NOTIFICATION_QUEUE_RETRY_DELAY_MINUTES: '0',
    NOTIFICATION_QUEUE_RETRY_ATTEMPTS: '20', MYOPERATOR_WEBHOOK_KEY: "drill-webhook-key-0123",
    CARILLON_NOTIFICATIONS_ROUTING_FILE: 'routing.toml',
};

export class Drill {
    #settings;
    #asked = new Map();
    #people = 0;
    // WhatsApp messages whose call was under way when a server died.
    #cut_off = new Set();

    constructor(server, sandbox, settings) {
        this.server = server;
        this.sandbox = sandbox;
        this.#settings = settings;
        // How often the provider was called for each message.
        this.calls_by_message = async () => (await sandbox.calls({provider: 'myoperator', limit: 0})).by_ref;
        writeFileSync(path.join(server.folder, 'routing.toml'), routing);
    }
    // Another server over the same database, not started yet.
    colleague(node) {
        const server = new Server(this.server.database, {...this.#settings, CARILLON_SERVER_NODE: node});
        server.secret = this.server.secret;
        writeFileSync(path.join(server.folder, 'routing.toml'), routing);
        return server;
    }

    query(sql, values) { return this.server.database.query(sql, values); }

    // Gives their ids. Each has a number whose window is open, and, unless told otherwise, a phone with the app.
    async people(name, count, {phones = true} = {}) {
        const ids = Array.from({length: count}, (_, index) => `${name}-${index + 1}`);
        const numbers = ids.map(() => `+9198${String(++this.#people).padStart(8, '0')}`);
        await this.query(`INSERT INTO users (id, name, role, area, phone)
                          SELECT id, 'Asha', 'customer', $3, phone
                            FROM unnest($1::text[], $2::text[]) AS u (id, phone)`, [ids, numbers, name]);
        await this.query('INSERT INTO whatsapp_contacts (phone, last_inbound_at) SELECT unnest($1::text[]), now()',
                         [numbers]);
        if (!phones) return ids;
        await this.query(`INSERT INTO devices (id, user_id, target_kind, token)
                          SELECT 'dev_' || id, id, 'token', 'token-' || id FROM unnest($1::text[]) AS u (id)`, [ids]);
        return ids;
    }
    async number_of(user) {
        return (await this.query('SELECT phone FROM users WHERE id = $1', [user]))[0].phone;
    }

    // ---- What can be asked for. Each key is asked once, however often it must be repeated.

    event(key, to) {
        const told = to.flatMap((user) => everywhere.map((channel) => ({user, channel})));
        const body = {type: 'drill.everywhere', subject: key, payload: {to, text: key}};
        return {key, path: events_path, told, fed: to, body};
    }
    // The n-th of a line; a reader's feed has them in this order. A customer, if there is one, is told by WhatsApp.
    numbered(line, n, reader, customer) {
        const key = `${line}-${n}`;
        const told = ['push', 'web_chat'].map((channel) => ({user: reader, channel}));
        if (customer) told.push({user: customer, channel: 'whatsapp'});
        const type = customer ? 'drill.ordered' : 'drill.numbered';
        return {key, path: events_path, told, fed: [reader], line, n,
                body: {type, subject: key, payload: {reader, customer, text: key}}};
    }
    campaign(key, area, to) {
        const told = to.flatMap((user) => [{user, channel: 'push'}, {user, channel: 'web_chat'}]);
        return {key, path: events_path, told, fed: to,
                body: {type: 'drill.campaign', subject: key, payload: {area, text: key}}};
    }
    later(key, to) {
        return {key, path: events_path, told: to.map((user) => ({user, channel: 'push'})), fed: [],
                body: {type: 'drill.later', subject: key, payload: {to, text: key}}};
    }
    direct(key, user, channel, {immediate = false} = {}) {
        return {key, path: '/api/notifications/send-message', told: [{user, channel}], fed: [],
                body: {user_id: user, channel, message_type: 'direct_message', context: {text: key},
                       reference_id: key, immediate}};
    }

    // Whether it was accepted. When not, nobody knows whether it was done: it has to be asked again.
    async ask(request, server = this.server) {
        this.#asked.set(request.key, request);
        let answer;
        try {
            answer = await server.api('POST', request.path, {
                token: server.token(), body: request.body, headers: {'idempotency-key': request.key}});
        } catch (error) {
            if (['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes(error.code)) return false;
            throw error;
        }
        if (answer.status === 409) await this.#keys_run_out();
        if ([409, 503].includes(answer.status)) return false;
        assert.ok([200, 202].includes(answer.status), `${request.key}: ${answer.status} ${answer.text}`);
        return true;
    }
    insist(request) { return eventually(() => this.ask(request), patience_ms); }

    // Writers that never rest: each posts its line's next event when the last one is accepted; some of them concern
    // a customer, not all, since WhatsApp takes 80 a second. Gives {count, stop}.
    write(lines, readers, customers) {
        let stopping = false;
        const run = {count: 0};
        const write_line = async (line) => {
            for (let n = 1; !stopping; ++n) {
                const customer = n % 4 === 0 ? customers[run.count % customers.length] : undefined;
                await this.insist(this.numbered(line, n, readers[n % readers.length], customer));
                ++run.count;
            }
        };
        const writers = Promise.all(lines.map(write_line)).finally(() => { stopping = true; });
        writers.catch(() => {});  // shown by stop()
        run.stop = () => {
            stopping = true;
            return writers;
        };
        return run;
    }

    // ---- After an accident, while no server runs: what nobody wants to wait for.

    // What the dead asked for last, PostgreSQL still carries out.
    async remember_calls_under_way() {
        await eventually(async () => (await this.query(`
            SELECT FROM pg_stat_activity WHERE datname = $1 AND application_name = 'carillon'`,
                                                       [this.server.database.name])).length === 0);
        const calls = await this.query(`SELECT id FROM notifications_queue
                                         WHERE channel = 'whatsapp' AND begun_at IS NOT NULL`);
        for (const {id} of calls) this.#cut_off.add(id);
    }
    async leases_run_out() {
        await this.remember_calls_under_way();
        await this.query("UPDATE notifications_queue SET due = now() WHERE state = 'leased'");
        await this.query('UPDATE outbox SET due = now()');
        await this.#keys_run_out();
    }
    // An event whose commit was not heard of waits in the outbox for half a minute.
    async restart() {
        await this.server.stop();
        await this.leases_run_out();
        await this.server.start();
    }
    // A request that ended with the database keeps its Idempotency-Key for a minute. Taking it away is safe at any
    // time: a request that is not dead finds that it was taken, and does nothing.
    async #keys_run_out() {
        await this.query('UPDATE idempotency_keys SET leased_until = now() WHERE status IS NULL');
    }

    // ---- The reckoning

    // Waits until nothing is left to do.
    async at_rest() {
        const count = `SELECT (SELECT count(*) FROM outbox)::int AS events,
                              (SELECT count(*) FROM broadcasts WHERE status = 'running')::int AS broadcasts,
                              (SELECT count(*) FROM notifications_queue)::int AS deliveries`;
        let left;
        const empty = async () => {
            [left] = await this.query(count);
            return left.events + left.broadcasts + left.deliveries === 0;
        };
        await eventually(empty, patience_ms).catch((error) =>
            assert.fail(`${error.message}: ${JSON.stringify(left)}\n${this.#recent_log()}`));
    }
    #recent_log() {
        const lines = this.server.log.filter(({event}) => event !== 'request');
        return lines.slice(-20).map((line) => JSON.stringify(line)).join('\n');
    }

    // Waits until nothing is left to do, and throws what does not add up. `pushes`: whether the phones remember all
    // that they were shown; `cut_off`: whether only a server's death can have left a WhatsApp call in doubt; `audit`:
    // whether the server's own audit is asked as well.
    async reckon({pushes = true, cut_off = true, audit = true} = {}) {
        await this.at_rest();
        const found = await reckon({
            query: (sql, values) => this.query(sql, values),
            asked: this.#asked,
            calls: await this.calls_by_message(),
            cut_off: cut_off ? this.#cut_off : undefined,
            phones: pushes ? (await this.sandbox.phones()).push : undefined,
        });
        const wrong = Object.entries(found).filter(([, findings]) => findings.length > 0)
            .map(([what, findings]) => `${what}: ${findings.length}, as ${JSON.stringify(findings.slice(0, 5))}`);
        assert.equal(wrong.length, 0, wrong.join('\n'));
        if (audit) await this.#audit();
    }
    // What the operator would ask.
    async #audit() {
        const run = this.server.spawn(['doctor', '--audit', '--json']);
        assert.deepEqual(await run.finished(), {code: 0, signal: null}, run.text);
    }

    async close() {
        try {
            if (!this.server.ended) await this.server.stop();
            await this.server.close();
        } finally {
            await this.sandbox.stop();
        }
    }
}

// `env` of the server, beyond what a drill needs.
export async function start_drill({env = {}, sandbox} = {}) {
    sandbox ??= await start_sandbox();
    const settings = {...drill_env, ...sandbox.env, ...env};
    const drill = new Drill(new Server(await Database.create(), settings), sandbox, settings);
    try {
        await drill.server.start();
    } catch (error) {
        await drill.server.database.drop();
        await sandbox.stop();
        throw error;
    }
    return drill;
}
