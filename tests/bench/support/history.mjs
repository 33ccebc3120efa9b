// What years of history cost whoever looks for work, and what statistics over them cost: a database of its own.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import pg from 'pg';
import {Database} from '../../e2e/support/database.mjs';
import {Server} from '../../e2e/support/server.mjs';
import {median} from './report.mjs';
import {drain, fill} from './retry_queue.mjs';

const claimed_at_once = 200;
const waiting = 2_000;
const claims = 15;
const statistics_reads = 7;
const users = 10_000;

// The statements of the server itself, so that it is those which are measured, whatever becomes of them.
function statement_of(name) {
    const file = new URL('../../../src/notify/queue_store.cpp', import.meta.url);
    return new RegExp(`\\{"${name}", R"sql\\(([\\s\\S]*?)\\)sql"\\}`).exec(readFileSync(file, 'utf8'))[1];
}

const insert_users = `
    INSERT INTO users (id, name, role) SELECT 'u' || n, 'User Number ' || n, 'customer'
      FROM generate_series(1, $1::int) AS n`;

// A month of the log that is filled first and made a partition then: its indexes are built in one go. Not logged,
// which reading does not notice.
const month_of = (client, months_ago) => client.query(
    `SELECT to_char(month, 'YYYY_MM') AS name, month, date_add_month(month) AS ends
       FROM (SELECT date_trunc('month', now(), 'UTC') - $1::int * interval '1 month' AS month) m`, [months_ago])
    .then(({rows}) => rows[0]);

const other_indexes = `
    SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index
     WHERE indrelid = 'notifications_log'::regclass AND NOT indisprimary`;

const fill_month = (table) => `
    INSERT INTO ${table} (id, event_id, user_id, channel, type, language, message, status, reason, attempt,
                          provider_message_id, created_at, sent_at)
    SELECT 'msg_' || id, 'evt_' || id, 'u' || n % ${users}, (ARRAY['push', 'whatsapp', 'web_chat'])[n % 3 + 1],
           'order_confirmation', 'en', 'Your table is ready.', CASE WHEN n % 50 = 0 THEN 'dead' ELSE 'delivered' END,
           'none', 1, 'wamid.' || n, at, at
      FROM (SELECT n, at, lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
                            || lpad(to_hex(n), 19, '0') AS id
              FROM (SELECT n, $1::timestamptz + n * ((least($2::timestamptz, now()) - $1::timestamptz) / $3::int) AS at
                      FROM generate_series(0, $3::int - 1) AS n) made) named`;

// As the server condenses it: whole days, and the last two by the hour; with changes that have yet to be folded.
const fill_counts = `
    INSERT INTO hourly_counts (hour, channel, type, measure, n)
    SELECT hour, channel, 'type_' || type, measure, 50 + type
      FROM (SELECT date_trunc('day', now(), 'UTC') - n * interval '1 day' AS hour FROM generate_series(2, 30) AS n
             UNION ALL
            SELECT date_trunc('hour', now()) - n * interval '1 hour' FROM generate_series(0, 47) AS n) hours
      CROSS JOIN unnest(ARRAY['push', 'whatsapp', 'web_chat']) AS channel
      CROSS JOIN generate_series(1, 20) AS type
      CROSS JOIN unnest(ARRAY['queued', 'sent', 'delivered', 'read', 'failed', 'dead', 'skipped', 'retries',
                              'reason:unregistered', 'reason:expired', 'ms:24', 'ms:28', 'ms:32', 'ms:40']) AS measure
        ON CONFLICT DO NOTHING`;

export class History {
    #clients = [];

    static async create(env) {
        const history = new History();
        history.database = await Database.create();
        history.server = new Server(history.database, {CARILLON_LOG_REQUESTS: 'false', ...env});
        await history.server.start();
        history.client = await history.#connect();
        await history.client.query(insert_users, [users]);
        return history;
    }

    async #connect() {
        const client = new pg.Client({connectionString: this.database.url});
        await client.connect();
        this.#clients.push(client);
        return client;
    }

    async #let_many_wait(vacuum) {
        const {client} = this;
        await fill(client, {count: waiting, channel: 'untouched', users});
        if (vacuum) await client.query('VACUUM ANALYZE notifications_queue');
        await client.query('SET enable_seqscan = off');  // as the server's own connections have it
        await client.query(`PREPARE find AS ${statement_of('queue_find')}`);
        await client.query(`PREPARE lease AS ${statement_of('queue_lease')}`);
        await client.query(`PREPARE messages AS ${statement_of('queue_messages')}`);
        // What the server has seen of earlier claims: it need not look at what lies before.
        const {rows} = await client.query(
            `SELECT min(due) - interval '2 seconds' AS floor, (array_agg(id ORDER BY due))[1:${claimed_at_once}] AS ids
               FROM notifications_queue WHERE channel = 'untouched'`);
        this.floor = rows[0].floor.toISOString();
        this.next = rows[0].ids;
    }

    async #execution_ms(execute) {
        const {rows} = await this.client.query(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE ${execute}`);
        const [{Plan: plan, 'Execution Time': ms}] = rows[0]['QUERY PLAN'];
        assert.equal(plan['Actual Rows'], claimed_at_once);
        return ms;
    }

    // What PostgreSQL takes for one claim of the next to be due, and for reading what they say.
    async #claim_once() {
        const {client} = this;
        await client.query('BEGIN');
        const wishes = `'{untouched}', '{f}', '{${claimed_at_once}}', '{"${this.floor}"}'`;
        const ids = `'{${this.next.join(',')}}'`;
        const find_ms = await this.#execution_ms(`find (${wishes})`);
        const lease_ms = await this.#execution_ms(`lease (${ids}, 30, 'bench', '{}')`);
        const read_ms = await this.#execution_ms(`messages (${ids})`);
        await client.query('ROLLBACK');
        return find_ms + lease_ms + read_ms;
    }

    async #clear() {
        await this.client.query('DEALLOCATE ALL');
        await this.client.query("DELETE FROM notifications_queue WHERE channel = 'untouched'");
    }

    // Milliseconds of a claim here and in a database without history, taking turns.
    async compare_claims(empty, {vacuum = true} = {}) {
        const sides = [this, empty];
        for (const side of sides) await side.#let_many_wait(vacuum || side === empty);
        const times = sides.map(() => []);
        for (let i = 0; i < claims; ++i) {
            for (const [which, side] of sides.entries()) times[which].push(await side.#claim_once());
        }
        for (const side of sides) await side.#clear();
        const [ms, empty_ms] = times.map(median);
        return {ms, empty_ms};
    }

    async #fill_month(months_ago, rows) {
        const client = await this.#connect();
        const {name, month, ends} = await month_of(client, months_ago);
        const table = `notifications_log_${name}`;
        await client.query("SET maintenance_work_mem = '512MB'");
        await client.query(`DROP TABLE IF EXISTS ${table}`);
        await client.query(`CREATE UNLOGGED TABLE ${table} (
                                LIKE notifications_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`);
        await client.query(fill_month(table), [month, ends, rows]);
        await client.query(`ALTER TABLE ${table} ADD PRIMARY KEY (id)`);
        // Before it becomes a partition: while it does, only one at a time may.
        for (const {definition} of (await client.query(other_indexes)).rows)
            await client.query(definition.replace(/^CREATE INDEX \S+ ON ONLY \S+/, `CREATE INDEX ON ${table}`));
        const {rows: [{low, high}]} = await client.query(
            "SELECT id_floor('msg_', $1) AS low, id_floor('msg_', $2) AS high", [month, ends]);
        await client.query(`ALTER TABLE notifications_log ATTACH PARTITION ${table}
                            FOR VALUES FROM ('${low}') TO ('${high}')`);
        await client.query(`ANALYZE ${table}`);
    }

    // The current month is among them: there lies what is claimed now.
    async fill(rows) {
        const months = [0, 1];
        await Promise.all(months.map((months_ago) => this.#fill_month(months_ago, rows / months.length)));
        await this.client.query(fill_counts);
        await this.client.query('VACUUM ANALYZE hourly_counts');
    }

    // A transaction that began now and sees the database as it is now, for as long as it stays open; and work that
    // went through the queue meanwhile, which cannot be cleared away.
    async hold_open(token, count) {
        const holder = await this.#connect();
        await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
        await holder.query('SELECT count(*) FROM users');
        await drain(this.server, this.client, {count, channel: 'web_chat', users, token});
    }

    async statistics_ms(token) {
        const times = [];
        for (let i = 0; i < statistics_reads; ++i) {
            const began = performance.now();
            const answer = await this.server.api('GET', '/api/notifications/statistics?days=30', {token});
            times.push(performance.now() - began);
            assert.equal(answer.status, 200, answer.text);
        }
        return median(times);
    }

    async close() {
        for (const client of this.#clients) await client.end();
        await this.server.close();
    }
}
