// Requests that last as long as the test wants: a row is locked, and whoever writes it waits.
import pg from 'pg';
import {parse_conninfo} from './database.mjs';
import {eventually} from './eventually.mjs';

// Gives {waiting(count), release()}; `waiting` resolves once that many others wait for a lock.
async function hold(database, ...statements) {
    const {host, port, user, password} = parse_conninfo(process.env.CARILLON_TEST_PG);
    const client = new pg.Client({host, port: Number(port || 5432), user, password, database: database.name});
    client.on('error', () => {});  // a failed test drops the database under it
    await client.connect();
    for (const statement of statements) await client.query(statement);
    const count_sql = `SELECT count(*)::int AS waiting FROM pg_stat_activity
                        WHERE datname = $1 AND wait_event_type = 'Lock'`;
    return {
        waiting: (count) => eventually(async () => {
            const [row] = await database.admin(count_sql, [database.name]);
            return row.waiting >= count;
        }),
        release: () => client.end(),
    };
}

export const hold_user = (database, id) =>
    hold(database, 'BEGIN', {text: 'SELECT FROM users WHERE id = $1 FOR UPDATE', values: [id]});

// As another server does that migrates right now.
export const hold_migrations = (database) => hold(database, 'SELECT pg_advisory_lock(7161130679611977582)');
