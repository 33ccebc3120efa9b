// Requests that last as long as the test wants: a row is locked, and whoever writes it waits.
import pg from 'pg';
import {parse_conninfo} from './database.mjs';
import {eventually} from './eventually.mjs';

// Gives {waiting(count), release()}; `waiting` resolves once that many others wait for a lock.
export async function hold_user(database, id) {
    const {host, port, user, password} = parse_conninfo(process.env.CARILLON_TEST_PG);
    const client = new pg.Client({host, port: Number(port || 5432), user, password, database: database.name});
    client.on('error', () => {});  // a failed test drops the database under it
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [id]);
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
