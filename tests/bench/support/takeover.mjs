// How long what a killed process had in hand stays without anybody: a database and a server of its own.
import pg from 'pg';
import {Database} from '../../e2e/support/database.mjs';
import {eventually} from '../../e2e/support/eventually.mjs';
import {Server} from '../../e2e/support/server.mjs';
import {fill} from './retry_queue.mjs';

const attempts = 100;
const limit_ms = 60_000;

const count_of = async (client, sql) => (await client.query(`SELECT count(*)::int AS n FROM ${sql}`)).rows[0].n;

// Kills it in the middle of that many calls, which the provider never answers. Gives the seconds from then until the
// last of them was claimed by another process.
export async function takeover_seconds(env) {
    const database = await Database.create();
    const server = new Server(database, {CARILLON_LOG_REQUESTS: 'false', ...env});
    await server.start();
    const client = new pg.Client({connectionString: database.url});
    try {
        await client.connect();
        await client.query("INSERT INTO users (id, name) SELECT 'u' || n, 'User' FROM generate_series(1, $1::int) AS n",
                           [attempts]);
        await client.query(`INSERT INTO devices (id, user_id, target_kind, token)
                            SELECT 'dev_' || id, id, 'token', 'silent-' || id FROM users`);
        const id = await fill(client, {count: attempts, channel: 'push', users: attempts});
        const token = server.token('admin');
        await server.api('POST', `/api/notifications/queue/${id}/retry`, {token});
        const begun = 'notifications_queue WHERE begun_at IS NOT NULL';
        await eventually(async () => await count_of(client, begun) === attempts, 10_000, 50);
        await server.crash();
        const killed = performance.now();
        await server.start();
        const lost = "attempts WHERE reason = 'process_lost'";
        await eventually(async () => await count_of(client, lost) === attempts, limit_ms, 50);
        return (performance.now() - killed) / 1000;
    } finally {
        await client.end();
        await server.crash();
        await server.close();
    }
}
