// The server as the load program uses it. Like its peers (socket_peers.mjs) it gives what to tell the load program,
// and what it spends; unlike them it asks everybody who they are, and keeps every message.
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {request} from '../../e2e/support/client.mjs';
import {cpu_seconds, pin} from './machine.mjs';
import {cores} from './programs.mjs';
import {Stage, users as users_there} from './stage.mjs';

// In production a user has few sockets, and those who arrive are let in at a pace that the database bears.
const settings = (certificate) => ({
    CARILLON_HTTP_CONNECTIONS: '200000',
    CARILLON_HTTP_CONNECTIONS_PER_ADDRESS: '200000',
    CARILLON_REALTIME_CONNECTIONS_PER_USER: '200000',
    CARILLON_REALTIME_ADMISSIONS_PER_SECOND: '1000000',
    CARILLON_SERVER_TLS_LISTEN: '127.0.0.1:0',
    CARILLON_TLS_CERTIFICATES: `${certificate.cert}:${certificate.key}`,
    CARILLON_NOTIFICATIONS_ROUTING_FILE: fileURLToPath(new URL('sockets_routing.toml', import.meta.url)),
});

const default_admissions = {CARILLON_REALTIME_ADMISSIONS_PER_SECOND: '5000'};

const event = (payload) => JSON.stringify({type: 'lead.updated', subject: 'lead-15', payload});

export class Ours {
    name = 'ours';
    #stage;
    #tokens = new Map();

    static async set_up({certificate, users}) {
        const ours = new Ours();
        ours.#stage = await Stage.set_up({env: settings(certificate)});
        await ours.#stage.database.query(
            `INSERT INTO users (id, name, role)
             SELECT 'u' || n, 'User', 'customer' FROM generate_series($1::int, $2::int) AS n`,
            [users_there + 1, users]);
        await ours.#stage.database.query('VACUUM (ANALYZE) users');
        return ours;
    }

    get stage() { return this.#stage; }
    get holder_pid() { return this.#stage.server.pid; }

    // `server` is what the goals speak of; PostgreSQL's is told beside it.
    cpu() { return {server: cpu_seconds(this.#stage.server.pid), postgres: cpu_seconds(this.#stage.postgres_pid)}; }

    // Users have tokens of their own, made once.
    users(count, from = 1) {
        return Array.from({length: count}, (_, n) => {
            const id = `u${from + n}`;
            if (!this.#tokens.has(id)) this.#tokens.set(id, this.#stage.server.token('customer', id));
            return {id, token: this.#tokens.get(id)};
        });
    }

    get load() {
        const {port} = this.#stage.server;
        return {port, path: '/api/ws/@user@', header: 'Authorization: Bearer @token@', greeted: 1, gapless: 1,
                publish_port: port, publish_path: '/api/notifications/events',
                publish_header: `Authorization: Bearer ${this.#stage.token}`};
    }

    // The feed's body is the event's own `feed`, so that it can be as long as is wanted.
    body(padding) {
        const feed = {sent: '@sent@', text: 'x'.repeat(padding)};
        return event({salesperson_id: '@user@', feed});
    }

    get tls_load() {
        const listening = this.#stage.server.log.filter(({event: kind}) => kind === 'server_listening');
        return {...this.load, port: Number(/:(\d+)$/.exec(listening[1].address)[1]), tls: 1};
    }

    // One message into the feed of each of these users, by as few events as that takes.
    async feed_all(ids) {
        const size = 1_000;
        for (let from = 0; from < ids.length; from += size) {
            const payload = {user_id: ids.slice(from, from + size), feed: {text: 'x'.repeat(80)}};
            const answer = await request(this.#stage.server.url, {
                method: 'POST', path: '/api/notifications/events',
                headers: {authorization: `Bearer ${this.#stage.token}`, 'content-type': 'application/json'},
                body: JSON.stringify({type: 'bench.fed', payload})});
            if (answer.status !== 202) throw new Error(`an event was answered with ${answer.status}: ${answer.text}`);
        }
    }

    // Another process, with nothing in its memory.
    async renew() {
        await this.stop();
        await this.start();
    }
    stop() { return this.#stage.server.stop(); }
    async start(env = {}) {
        await this.#stage.server.start(env);
        pin(this.#stage.server.pid, cores.server);
    }
    // As in production from now on.
    admit_at_the_usual_pace() { return this.stop().then(() => this.start(default_admissions)); }

    // {le: count} of a histogram of the server, all its labels together.
    async buckets(name) {
        const {text} = await request(this.#stage.server.url, {path: '/metrics', limit_ms: 30_000});
        const counts = {};
        for (const [, le, n] of text.matchAll(new RegExp(`^${name}_bucket\\{[^}]*le="([^"]+)"[^}]*\\} (\\d+)`, 'gm'))) {
            counts[le] = (counts[le] ?? 0) + Number(n);
        }
        return counts;
    }

    take_down() { return this.#stage.take_down(); }
}

// Memory that is in use, from the kernel's exact count, not from the one of each thread that lags behind.
export function used_bytes(pid) {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const [, kilobytes] = /^Rss:\s+(\d+) kB/m.exec(text);
    return Number(kilobytes) * 1024;
}
