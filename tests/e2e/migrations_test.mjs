// The schema: how it comes to be, what guards it, and what the doctor says of it.
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {rmSync} from 'node:fs';
import {after, test} from 'node:test';
import {carillon} from './support/cli.mjs';
import {Database} from './support/database.mjs';
import {Server} from './support/server.mjs';

const secret = randomBytes(32).toString('hex');
const databases = [];
after(() => Promise.all(databases.map((database) => database.drop())));

// Gives {database, run(...args)}.
async function fresh(env = {}) {
    const database = await Database.create();
    databases.push(database);
    const settings = {DATABASE_URL: database.url, AUTH_JWT_SECRET: secret, CARILLON_SERVER_LISTEN: '127.0.0.1:0'};
    return {database, run: (...args) => carillon(args, {env: {...settings, ...env}})};
}

const schema_sql = `
    SELECT 'column' AS kind, table_name || '.' || column_name AS name,
           concat_ws(' ', data_type, is_nullable, column_default, collation_name) AS definition
      FROM information_schema.columns WHERE table_schema = 'public'
     UNION ALL
    SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL
    SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
     ORDER BY kind, name`;
const schema_of = (database) => database.query(schema_sql);
const ledger_of = (database) =>
    database.query('SELECT version, name, checksum FROM schema_migrations ORDER BY version');
const states = ({out}) => JSON.parse(out).map(({state}) => state);

// How many there are, and so what "all" means below.
const known = (await carillon(['version', '--json'])).json().schema;
const all = (state) => Array(known).fill(state);

test('an empty database is brought up, and then there is nothing to do', async () => {
    const {database, run} = await fresh();
    const before = await run('verify-migrations', '--json');
    assert.equal(before.code, 1);
    assert.deepEqual(states(before), all('pending'));

    const first = await run('migrate');
    const second = await run('migrate');

    assert.equal(first.code, 0, first.err);
    assert.equal(first.out.trim().split('\n').length, known);
    assert.match(first.out, /^0001_users {2}\d+ ms$/m);
    assert.deepEqual(second, {...second, code: 0, out: 'nothing to do\n', err: ''});
    const afterwards = await run('verify-migrations', '--json');
    assert.equal(afterwards.code, 0);
    assert.deepEqual(states(afterwards), all('applied'));
    assert.equal((await ledger_of(database)).length, known);
});

test('--to stops there, goes on later, and never back', async () => {
    const {database, run} = await fresh();

    assert.deepEqual((await run('migrate', '--to', '1', '--json')).json().map(({version}) => version), [1]);
    assert.equal((await ledger_of(database)).length, 1);
    assert.deepEqual(states(await run('verify-migrations', '--json')), ['applied', ...all('pending').slice(1)]);

    const rest = (await run('migrate', '--json')).json();
    assert.deepEqual(rest.map(({version}) => version), Array.from({length: known - 1}, (_, index) => index + 2));
    assert.deepEqual((await run('migrate', '--json')).json(), []);

    const back = await run('migrate', '--to', '1');
    assert.equal(back.code, 1);
    assert.match(back.err, new RegExp(`^carillon: the database is at migration ${known} already`));
    const beyond = await run('migrate', '--to', '9998');
    assert.equal(beyond.code, 1);
    assert.match(beyond.err, /^carillon: there is no migration 9998/);
});

// What psql alone understands is left out; the rest goes as it is.
const for_pg = (sql) => sql.replace(/^\\.*$/gm, '');

test('the printed SQL changes nothing, and run by hand it makes the same schema', async () => {
    const printed = await fresh();
    const migrated = await fresh();
    const {code, out} = await printed.run('migrate', '--print-sql');
    assert.equal(code, 0);
    assert.match(out, /^\\set ON_ERROR_STOP on$/m);
    assert.deepEqual(await schema_of(printed.database), []);
    assert.equal((await printed.run('migrate', '--print-sql', '--json')).json().sql, out);

    await printed.database.query(for_pg(out));
    await migrated.run('migrate');

    assert.deepEqual(await schema_of(printed.database), await schema_of(migrated.database));
    assert.deepEqual(await ledger_of(printed.database), await ledger_of(migrated.database));
    assert.equal((await printed.run('verify-migrations')).code, 0);
    assert.equal((await printed.run('migrate', '--print-sql')).out, '');
});

test('the printed SQL of a database half-way is the rest of it', async () => {
    const {database, run} = await fresh();
    await run('migrate', '--to', '1');
    const {out} = await run('migrate', '--print-sql');
    assert.doesNotMatch(out, /CREATE TABLE users/);

    await database.query(for_pg(out));

    assert.equal((await run('verify-migrations')).code, 0);
});

// Ends with 1 and says why, whichever verb is asked.
async function assert_refused(run, code, reason) {
    const by_hand = await run('migrate');
    assert.equal(by_hand.code, 1);
    assert.match(by_hand.err, reason);
    const serving = await run('serve', '--json');
    assert.equal(serving.code, 1);
    const lines = serving.err.trim().split('\n').map((line) => JSON.parse(line));
    const refusal = lines.find(({event}) => event === 'migration_failed');
    assert.equal(refusal.code, code);
    assert.match(`carillon: ${refusal.reason}`, reason);
    assert.ok(!lines.some(({event}) => event === 'server_ready'));
}

test('a migration that is not the one applied is refused', async () => {
    const {database, run} = await fresh();
    await run('migrate');
    await database.query(`UPDATE schema_migrations SET checksum = repeat('0', 64) WHERE version = 1`);

    const verified = await run('verify-migrations', '--json');

    assert.equal(verified.code, 1);
    assert.deepEqual(states(verified), ['edited', ...all('applied').slice(1)]);
    assert.match((await run('verify-migrations')).out, /^1 .*edited .*no longer the one that was applied$/m);
    await assert_refused(run, 'migration_edited', /^carillon: 0001_users\.sql was changed after it had been applied/);
});

test('a schema newer than the program is refused', async () => {
    const {database, run} = await fresh();
    await run('migrate');
    await database.query(`INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'future', 'x')`);

    const verified = await run('verify-migrations', '--json');

    assert.equal(verified.code, 1);
    assert.deepEqual(states(verified), [...all('applied'), 'unknown']);
    await assert_refused(run, 'schema_newer', /^carillon: the database has migration 9999 \(future\), which this /);
});

test('servers that start at once on an empty database migrate it once', async () => {
    const database = await Database.create();
    databases.push(database);
    const server = new Server(database, {});
    const running = Array.from({length: 3}, () => server.spawn(['serve']));

    await Promise.all(running.map((each) => each.logged('server_ready')));

    const migrated = running.flatMap((each) => each.log.filter(({event}) => event === 'migrated'));
    assert.deepEqual(migrated.map(({version}) => version).sort((a, b) => a - b),
                     Array.from({length: known}, (_, index) => index + 1));
    assert.equal((await ledger_of(database)).length, known);
    await Promise.all(running.map((each) => each.stop()));
    rmSync(server.folder, {recursive: true});
});

test('without a database every verb that needs one says so and ends with 1', async () => {
    const nowhere = {DATABASE_URL: 'postgresql:///none?host=/nowhere&password=open-sesame'};
    for (const verb of ['migrate', 'verify-migrations']) {
        const {code, err} = await carillon([verb], {env: nowhere});
        assert.equal(code, 1);
        assert.match(err, /^carillon: the database is away: /);
        const told = await carillon([verb, '--json'], {env: nowhere});
        assert.match(told.json().error, /^the database is away: /);
        const unset = await carillon([verb]);
        assert.equal(unset.code, 1);
        assert.match(unset.err, /^carillon: database\.url is not set; set DATABASE_URL/);
    }
    const doctor = await carillon(['doctor'], {env: {...nowhere, AUTH_JWT_SECRET: secret}});
    assert.equal(doctor.code, 1);
    assert.match(doctor.out, /^fail +database /m);
    assert.doesNotMatch(doctor.out + doctor.err, /open-sesame/);
});
