// The server under test with a database of its own, always at the same place: it goes and comes back there.
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import pg from 'pg';
import {make_certificate} from '../../e2e/support/certificates.mjs';
import {request} from '../../e2e/support/client.mjs';
import {Database} from '../../e2e/support/database.mjs';
import {eventually} from '../../e2e/support/eventually.mjs';
import {Server} from '../../e2e/support/server.mjs';

export const event_type = 'soak.message';
const routing = `[[route]]
event = "${event_type}"
to = "user_ids"
feed = "notification"
`;
const day_seconds = 86_400;
const host_name = 'localhost';
// A loaded machine with sanitizers, and a lease of half a minute that may have to run out.
const patience_ms = 60_000;
const most_kept = 100_000;

// Below those that the kernel gives to clients: while the server is away one of them would take its port.
async function free_port() {
    const [lowest] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
    const is_free = (port) => new Promise((told) => {
        const holder = net.createServer().on('error', () => told(false));
        holder.listen(port, '127.0.0.1', () => holder.close(() => told(true)));
    });
    return eventually(async () => {
        const port = 10_000 + Math.floor(Math.random() * (lowest - 10_000));
        return await is_free(port) && port;
    });
}

export class Stage {
    #folder = mkdtempSync(path.join(tmpdir(), 'carillon-soak-'));
    #agent = new http.Agent({keepAlive: true});
    #server;
    #pool;  // beside the server's own connections, which come to harm
    #admin;
    #ports;
    #certificate;
    #expiring;
    // Of clean stops, the longest; the contract allows ten seconds.
    longest_stop_ms = 0;
    up = false;
    stopping = false;

    // `kept`: how many messages of a feed must be kept.
    static async set_up({users, tls, kept, env = {}}) {
        const stage = new Stage();
        await stage.#set_up(users, tls, kept, env);
        return stage;
    }

    async #set_up(users, tls, kept, env) {
        if (kept > most_kept) throw new Error(`${kept} messages a user are more than a feed can keep; take more users`);
        this.#ports = {plain: await free_port(), tls: await free_port()};
        if (tls) this.#certificate = make_certificate(this.#folder, 'server', {hosts: [host_name]});
        const database = await Database.create();
        this.#pool = new pg.Pool({connectionString: database.url, max: 2, application_name: 'soak'});
        this.#pool.on('error', () => {});  // of one at rest; the next query shows whether it matters
        this.#server = new Server(database, {
            CARILLON_SERVER_LISTEN: `127.0.0.1:${this.#ports.plain}`,
            CARILLON_NOTIFICATIONS_ROUTING_FILE: 'routing.toml',
            CARILLON_REALTIME_KEPT_MESSAGES: String(Math.max(kept, 500)),
            CARILLON_LOG_REQUESTS: 'false',
            ...(tls && {CARILLON_SERVER_TLS_LISTEN: `127.0.0.1:${this.#ports.tls}`,
                        CARILLON_TLS_CERTIFICATES: `${this.#certificate.cert}:${this.#certificate.key}`}),
            ...env,
        });
        try {
            writeFileSync(path.join(this.#server.folder, 'routing.toml'), routing);
            this.#admin = this.#server.token('admin', 'admin', {ttl_seconds: day_seconds});
            await this.start();
            await this.query(`INSERT INTO users (id, name, role)
                              SELECT id, 'Asha', 'customer' FROM unnest($1::text[]) AS u (id)`, [users]);
        } catch (error) {
            await this.close().catch(() => {});  // what went wrong first is what matters
            throw error;
        }
    }

    // ---- What clients are told

    get url() { return this.#certificate ? `https://127.0.0.1:${this.#ports.tls}` : this.#server.url; }
    // For `ws`.
    get socket_options() {
        return this.#certificate ? {ca: [readFileSync(this.#certificate.cert)], servername: host_name} : {};
    }
    token(user) { return this.#server.token('customer', user, {ttl_seconds: day_seconds}); }

    // ---- Its accidents

    async start() {
        await this.#server.start();
        this.up = true;
    }
    async stop() {
        this.up = false;
        const began = Date.now();
        this.stopping = true;
        await this.#server.stop();
        this.stopping = false;
        this.longest_stop_ms = Math.max(this.longest_stop_ms, Date.now() - began);
        this.#renew_agent();
    }
    async crash() {
        this.up = false;
        await this.#server.crash();
        this.#renew_agent();
    }
    // Of the server, not of those who look on.
    async cut_database() {
        const cut = await this.#server.database.admin(`
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = $1 AND application_name = 'carillon'`, [this.#server.database.name]);
        return cut.length;
    }
    get log_text() { return this.#server.log_text; }

    // ---- Asking it

    async query(sql, values) { return (await this.#pool.query(sql, values)).rows; }

    #api(method, target, {token = this.#admin, body, headers = {}} = {}) {
        const type = body && {'content-type': 'application/json'};
        return request(this.#server.url, {method, path: target, agent: this.#agent, body: body && JSON.stringify(body),
                                          headers: {authorization: `Bearer ${token}`, ...type, ...headers}});
    }

    // Gives the event's id, or undefined when nobody knows whether it was taken. `key`: the Idempotency-Key.
    async post(payload, key) {
        const headers = key ? {'idempotency-key': key} : {};
        let answer;
        try {
            answer = await this.#api('POST', '/api/notifications/events', {body: {type: event_type, payload}, headers});
        } catch {
            return undefined;
        }
        // The first try died with its server, and its key is held for a minute yet.
        if (answer.status === 409) await this.#expire_keys();
        if ([409, 503].includes(answer.status)) return undefined;
        if (answer.status !== 202) throw new Error(`an event was answered with ${answer.status}: ${answer.text}`);
        return answer.json.event_id;
    }
    // Safe at any time: a request that is not dead finds that its key was taken, and does nothing.
    #expire_keys() {
        const expire = () => this.query(`UPDATE idempotency_keys SET leased_until = now()
                                          WHERE status IS NULL AND leased_until > now()`);
        this.#expiring ??= expire().finally(() => { this.#expiring = undefined; });
        return this.#expiring;
    }

    // What comes after that place, over REST; undefined when the server is away.
    async poll(user, token, after) {
        const target = `/api/feed/${user}?after=${after}&limit=200`;
        const answer = await this.#api('GET', target, {token}).catch(() => undefined);
        if (!answer || answer.status === 503) return undefined;
        if (answer.status !== 200) throw new Error(`GET ${target} was answered with ${answer.status}: ${answer.text}`);
        return answer.json.messages;
    }

    // 'live', 'catching_up', 'starting', 'gone', or 'away' when the server is.
    async state_of(user, connection_id) {
        const answer = await this.#api('GET', `/api/ws/status?user_id=${user}`).catch(() => undefined);
        if (answer?.status !== 200) return 'away';
        const seen = answer.json.users.flatMap(({connections}) => connections);
        return seen.find((each) => each.connection_id === connection_id)?.state ?? 'gone';
    }

    // Events that were accepted and are in no feed yet.
    async unplanned() { return (await this.query('SELECT count(*)::int AS n FROM outbox'))[0].n; }

    // Waits until everything that was accepted stands in the feeds, and gives Map(user -> last_seq).
    async heads() {
        await eventually(async () => await this.unplanned() === 0, patience_ms, 25);
        const rows = await this.query('SELECT user_id, last_seq FROM feed_heads');
        return new Map(rows.map(({user_id, last_seq}) => [user_id, Number(last_seq)]));
    }

    // As `judge` takes them, with `read` beside.
    async feeds() {
        const heads = await this.query('SELECT user_id, last_seq FROM feed_heads');
        const rows = await this.query(`
            SELECT user_id, seq, event_id, concat(body->>'line', '-', body->>'n') AS key, read_at IS NOT NULL AS read
              FROM feed ORDER BY user_id, seq`);
        const feeds = new Map(heads.map(({user_id, last_seq}) => [user_id, {last_seq: Number(last_seq), rows: []}]));
        for (const {user_id, seq, event_id, key, read} of rows) {
            feeds.get(user_id).rows.push({seq: Number(seq), id: event_id, key, read});
        }
        return feeds;
    }
    async acked() {
        const rows = await this.query('SELECT user_id, device, acked_seq FROM feed_readers');
        return new Map(rows.map(({user_id, device, acked_seq}) => [`${user_id}/${device}`, Number(acked_seq)]));
    }

    #renew_agent() {
        this.#agent.destroy();
        this.#agent = new http.Agent({keepAlive: true});
    }

    async close() {
        this.up = false;
        this.#agent.destroy();
        await this.#pool.end();
        try {
            await this.#server.close();
        } finally {
            rmSync(this.#folder, {recursive: true, force: true});
        }
    }
}
