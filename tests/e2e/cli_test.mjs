// The command line and the configuration, as an operator meets them.
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, test} from 'node:test';
import {carillon} from './support/cli.mjs';
import {start_server} from './support/server.mjs';

const verbs = ['serve', 'migrate', 'verify-migrations', 'token', 'check-config', 'doctor', 'sandbox',
    'version', 'why'];
const secret = randomBytes(32).toString('hex');
const enough = {DATABASE_URL: 'postgresql:///none?host=/nowhere', AUTH_JWT_SECRET: secret};

const folders = [];
after(() => folders.forEach((folder) => rmSync(folder, {recursive: true})));

// A folder to run in, with these files: {'.env': '…'}.
function folder_with(files) {
    const folder = mkdtempSync(path.join(tmpdir(), 'carillon-cli-'));
    folders.push(folder);
    for (const [name, text] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(folder, name)), {recursive: true});
        writeFileSync(path.join(folder, name), text);
    }
    return folder;
}

test('every verb explains itself', async () => {
    const whole = await carillon(['--help']);
    assert.equal(whole.code, 0);
    assert.equal(whole.err, '');
    for (const verb of verbs) {
        assert.match(whole.out, new RegExp(`^  ${verb} `, 'm'));
        const {code, out, err} = await carillon([verb, '--help']);
        assert.equal(code, 0, verb);
        assert.equal(err, '', verb);
        assert.match(out, new RegExp(`^Usage: carillon ${verb} `, 'm'));
        assert.match(out, /--json/);
        assert.match(out, new RegExp(`^  carillon ${verb}`, 'm'), `${verb} shows no example`);
    }
});

test('without a verb the help goes to standard error, with 2', async () => {
    const {code, out, err} = await carillon([]);
    assert.equal(code, 2);
    assert.equal(out, '');
    assert.match(err, /^Usage: carillon /m);
});

const usage_errors = {
    'an unknown verb, with the nearest': [['migrte'],
        'unknown command migrte (did you mean migrate?); see `carillon --help`'],
    'an unknown verb, with none near': [['xyzzyx'], 'unknown command xyzzyx; see `carillon --help`'],
    'an unknown option': [['migrate', '--tto', '1'],
        'unknown option --tto (did you mean --to?); see `carillon migrate --help`'],
    'an argument too many': [['version', 'now'], 'unexpected argument now; see `carillon version --help`'],
    'a number that is none': [['migrate', '--to', 'two'],
        'Could not convert: --to = two; see `carillon migrate --help`'],
    'an option without its value': [['serve', '--config'],
        '--config: 1 required PATH missing; see `carillon serve --help`'],
    'a token for nobody': [['token', '--role', 'admin'], '--user is required; see `carillon token --help`'],
    'a token without a role': [['token', '--user', 'asha'],
        '--role is required; see `carillon token --help`'],
    'a role that is none': [['token', '--user', 'asha', '--role', 'admim'],
        '--role: there is no role admim (did you mean admin?); see `carillon token --help`'],
    'a time that is none': [['token', '--user', 'asha', '--role', 'admin', '--ttl', '1x'],
        /^--ttl: must be a number and a unit/],
    'no time at all': [['token', '--user', 'asha', '--role', 'admin', '--ttl', '0s'],
        '--ttl: must be more than nothing'],
    'a user without a name': [['token', '--user', '', '--role', 'admin'],
        '--user: must be 1 to 128 characters'],
    'a user whose name is too long': [['token', '--user', 'é'.repeat(129), '--role', 'admin'],
        '--user: must be 1 to 128 characters'],
};
for (const [name, [args, told]] of Object.entries(usage_errors)) {
    test(`ends with 2: ${name}`, async () => {
        const {code, out, err} = await carillon(args, {env: enough});
        assert.equal(code, 2);
        assert.equal(out, '');
        assert.match(err, /^carillon: [^\n]+\n$/);
        const reason = err.trim().slice('carillon: '.length);
        told instanceof RegExp ? assert.match(reason, told) : assert.equal(reason, told);

        const [verb, ...rest] = args;
        const json = await carillon([verb, '--json', ...rest], {env: enough});
        assert.equal(json.code, 2);
        assert.equal(json.json().error, reason);
    });
}

test('version tells the same to people and to programs', async () => {
    const told = (await carillon(['version', '--json'])).json();
    const {code, out} = await carillon(['version']);
    assert.equal(code, 0);
    assert.match(told.version, /^\d+\.\d+\.\d+$/);
    assert.match(out, new RegExp(`^carillon +${told.version}$`, 'm'));
    assert.match(out, new RegExp(`^schema +${told.schema}$`, 'm'));
});

test('a token made here opens the API, in its role and for its time', async (context) => {
    const server = await start_server();
    context.after(() => server.close());
    const made = async (...args) =>
        (await carillon(['token', '--json', ...args], {env: {...enough, AUTH_JWT_SECRET: server.secret}})).json();
    const claims = ({token}) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

    const admin = await made('--user', 'chief', '--role', 'admin', '--ttl', '15m');
    const body = {id: 'asha', name: 'Asha', role: 'customer'};
    assert.equal((await server.api('POST', '/api/users', {token: admin.token, body})).status, 201);
    const {sub, role, iat, exp} = claims(admin);
    assert.deepEqual({sub, role, lives: exp - iat}, {sub: 'chief', role: 'admin', lives: 900});
    assert.equal(Date.parse(admin.expires_at), exp * 1000);

    const asha = await made('--user', 'asha', '--role', 'customer');
    assert.equal((await server.api('GET', '/api/users/asha', {token: asha.token})).status, 200);
    assert.equal((await server.api('GET', '/api/users/chief', {token: asha.token})).status, 403);

    const plain = await carillon(['token', '--user', 'asha', '--role', 'customer'],
                                 {env: {...enough, AUTH_JWT_SECRET: server.secret}});
    assert.match(plain.out, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const elsewhere = await carillon(['token', '--user', 'chief', '--role', 'admin'], {env: enough});
    assert.equal((await server.api('GET', '/api/users/asha', {token: elsewhere.out.trim()})).status, 401);
});

test('a token needs the secret', async () => {
    const {code, err} = await carillon(['token', '--user', 'asha', '--role', 'admin']);
    assert.equal(code, 1);
    assert.match(err, /^carillon: auth\.jwt_secret is not set \(AUTH_JWT_SECRET\)/);
});

test('check-config shows each value and where it comes from', async () => {
    const cwd = folder_with({
        'config/carillon.toml': '[http]\nbody_bytes = 2048\nidle_seconds = 7\n[log]\nlevel = "warn"\n',
        '.env': '# nothing\nCARILLON_HTTP_IDLE_SECONDS=8\nNOTIFICATION_QUEUE_RETRY_ATTEMPTS=4\n',
        'jwt.key': `${secret}\n`,
    });
    const env = {DATABASE_URL: enough.DATABASE_URL, AUTH_JWT_SECRET_FILE: 'jwt.key', CARILLON_LOG_LEVEL: 'debug'};

    const {code, out} = await carillon(['check-config', '--json'], {env, cwd});

    assert.equal(code, 0);
    const found = Object.fromEntries(JSON.parse(out).map(({key, value, origin}) => [key, [value, origin]]));
    assert.deepEqual(found['http.header_bytes'], [16384, 'default']);
    assert.deepEqual(found['http.body_bytes'], [2048, 'config/carillon.toml:2']);
    assert.deepEqual(found['http.idle_seconds'], [8, '.env:2']);
    assert.deepEqual(found['queue.retry_attempts'], [4, '.env:3']);
    assert.deepEqual(found['log.level'], ['debug', 'environment CARILLON_LOG_LEVEL']);
    assert.deepEqual(found['auth.jwt_secret'], ['***', 'file jwt.key (AUTH_JWT_SECRET_FILE)']);
    const table = (await carillon(['check-config'], {env, cwd})).out;
    assert.match(table, /^http\.body_bytes +2048 +config\/carillon\.toml:2$/m);
    assert.equal(table.trim().split('\n').length, JSON.parse(out).length);
});

// Every secret there is, each in a word that nothing else holds.
const secrets = {
    AUTH_JWT_SECRET: 'sesame-jwt-0123456789-0123456789',
    DATABASE_URL: 'postgresql://bell:sesame-db%21@127.0.0.1:1/none?sslpassword=sesame-ssl&connect_timeout=2',
    FIREBASE_SERVICE_ACCOUNT_KEY: '{"private_key": "sesame-fcm"}',
    MYOPERATOR_API_KEY: 'sesame-operator-key',
    MYOPERATOR_API_SECRET: 'sesame-operator-secret',
    PUSHER_APP_SECRET: 'sesame-pusher',
};

test('no verb ever shows a secret, whether all is well or not', async () => {
    const files = Object.fromEntries(Object.entries(secrets).map(([name, value]) => [`${name}.txt`, value]));
    const cwd = folder_with(files);
    const by_file = Object.fromEntries(Object.keys(secrets).map((name) => [`${name}_FILE`, `${name}.txt`]));
    const mistaken = {CARILLON_HTTP_BODY_BYTES: 'many'};
    const lines = [['check-config'], ['check-config', '--json'], ['doctor'], ['doctor', '--json'], ['migrate'],
                   ['verify-migrations'], ['version']];
    for (const env of [secrets, by_file, {...secrets, ...mistaken}]) {
        await Promise.all(lines.map(async (line) => {
            const {out, err} = await carillon(line, {env, cwd});
            assert.doesNotMatch(out + err, /sesame/, line.join(' '));
        }));
    }
});

test('a secret of the wrong form is refused without being shown', async () => {
    const wrong = {AUTH_JWT_SECRET: 'sesame', DATABASE_URL: 'mysql://bell:sesame@host/none',
                   MYOPERATOR_API_KEY: 'sesame\u0001'};
    const {code, err} = await carillon(['check-config'], {env: wrong});
    assert.equal(code, 1);
    assert.match(err, /^carillon: 3 mistakes in the configuration:$/m);
    assert.match(err, /auth\.jwt_secret: expected a text of 32 bytes or more, got one of 6 bytes$/m);
    assert.doesNotMatch(err, /sesame/);
});
