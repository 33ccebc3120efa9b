// What the tables say of a run: counted by SQL, and not by whoever made the load.
import {request} from '../../e2e/support/client.mjs';

// Of the events raised since then: how many there are, were planned, fed, delivered and attempted.
export async function totals_since(client, since) {
    const {rows: [totals]} = await client.query(
        `WITH recent AS (SELECT id FROM events WHERE id >= id_floor('evt_', $1))
         SELECT (SELECT count(*)::int FROM recent) AS events,
                (SELECT count(*)::int FROM event_plans WHERE event_id >= id_floor('evt_', $1)) AS planned,
                (SELECT count(*)::int FROM feed JOIN recent ON recent.id = feed.event_id) AS fed,
                (SELECT count(*)::int FROM notifications_log l
                  WHERE l.id >= id_floor('msg_', $1) AND l.status = 'sent') AS sent,
                (SELECT count(*)::int FROM attempts a
                  WHERE a.delivery_id >= id_floor('msg_', $1) AND a.verdict = 'accepted') AS attempted`, [since]);
    return totals;
}

// Milliseconds from the making of an event, before its commit, to the beginning of its first attempt.
export async function handover_since(client, since) {
    const {rows: [{at}]} = await client.query(
        `SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (
                    ORDER BY (extract(epoch FROM a.begun_at - e.created_at) * 1000)::float8) AS at
           FROM events e
           JOIN notifications_log l ON l.event_id = e.id
           JOIN attempts a ON a.delivery_id = l.id
          WHERE e.id >= id_floor('evt_', $1) AND a.attempt = 1`, [since]);
    return {p50_ms: at[0], p99_ms: at[1]};
}

// {le: count} of one channel, as the server's metrics have it.
export async function handover_buckets(url, channel) {
    const {text} = await request(url, {path: '/metrics'});
    const pattern = new RegExp(`^carillon_handover_seconds_bucket\\{channel="${channel}",le="([^"]+)"\\} (\\d+)`, 'gm');
    return Object.fromEntries([...text.matchAll(pattern)].map(([, le, n]) => [le, Number(n)]));
}

// Where a share of what came between the two lies, in milliseconds; inside a bucket, evenly.
export function quantile_ms(before, after, share) {
    const edges = Object.keys(after)
        .map((le) => [Number(le.replace('+Inf', 'Infinity')), after[le] - (before[le] ?? 0)])
        .sort(([a], [b]) => a - b);
    const rank = share * edges.at(-1)[1];
    let [low, below] = [0, 0];
    for (const [edge, n] of edges) {
        if (n >= rank && n > below) {
            if (edge === Infinity) return low * 1000;
            return (low + (edge - low) * (rank - below) / (n - below)) * 1000;
        }
        [low, below] = [edge, n];
    }
    return undefined;
}

// Commits and rows that were written so far. What sessions did is there once they have ended.
export async function written(client) {
    const {rows: [{commits}]} = await client.query(
        'SELECT xact_commit::int AS commits FROM pg_stat_database WHERE datname = current_database()');
    const {rows} = await client.query(
        `SELECT regexp_replace(relname, '_[0-9]{4}_[0-9]{2}$', '') AS name, sum(n_tup_ins)::int AS inserted,
                sum(n_tup_upd)::int AS updated, sum(n_tup_del)::int AS deleted
           FROM pg_stat_user_tables GROUP BY 1`);
    return {commits, tables: Object.fromEntries(rows.map(({name, ...counts}) => [name, counts]))};
}

// The same for each event of a run.
export function written_per_event(before, after, events) {
    const per_table = Object.entries(after.tables).map(([name, counts]) => {
        const was = before.tables[name] ?? {};
        const each = Object.entries(counts).map(([what, n]) => [what, (n - (was[what] ?? 0)) / events]);
        return [name, Object.fromEntries(each)];
    }).filter(([, counts]) => Object.values(counts).some((n) => n > 0.001));
    const rows = per_table.flatMap(([, counts]) => Object.values(counts)).reduce((sum, n) => sum + n, 0);
    return {commits: (after.commits - before.commits) / events, rows, tables: Object.fromEntries(per_table)};
}
