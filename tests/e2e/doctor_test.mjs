// What the doctor finds, and that what it prescribes helps.
import assert from 'node:assert/strict';
import {generateKeyPairSync, randomBytes} from 'node:crypto';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, test} from 'node:test';
import {carillon} from './support/cli.mjs';
import {Database} from './support/database.mjs';

const secret = randomBytes(32).toString('hex');
const folder = mkdtempSync(path.join(tmpdir(), 'carillon-doctor-'));
const database = await Database.create();
after(async () => {
    await database.drop();
    rmSync(folder, {recursive: true});
});
const settings = {DATABASE_URL: database.url, AUTH_JWT_SECRET: secret};
assert.equal((await carillon(['migrate'], {env: settings})).code, 0);

// Gives {code, text, findings: {name: [finding, …]}}.
async function visit(env = {}) {
    const {code, out, err} = await carillon(['doctor', '--json'], {env: {...settings, ...env}});
    const findings = {};
    for (const finding of JSON.parse(out)) (findings[finding.name] ??= []).push(finding);
    return {code, text: out + err, findings};
}
const only = (found) => {
    assert.equal(found?.length, 1);
    return found[0];
};

function written(name, content) {
    const file = path.join(folder, name);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
}

test('a healthy setup passes', async () => {
    const {code, findings} = await visit();

    assert.equal(code, 0);
    // How many files may be open is the machine's matter.
    const judged = Object.values(findings).flat().filter(({name}) => name !== 'open_files');
    assert.deepEqual(judged.filter(({verdict}) => !['ok', 'skipped'].includes(verdict)), []);
    for (const name of ['configuration', 'database', 'database_version', 'database_rights', 'migrations', 'schema',
                        'clock', 'listen_notify', 'token_keys']) {
        assert.equal(only(findings[name]).verdict, 'ok', name);
    }
    assert.match(only(findings.fcm).detail, /FIREBASE_SERVICE_ACCOUNT_KEY is not set/);
    assert.match(only(findings.myoperator).detail, /MYOPERATOR_API_KEY is not set/);
});

test('people are told the same', async () => {
    const {code, out} = await carillon(['doctor'], {env: {...settings, FIREBASE_SERVICE_ACCOUNT_KEY: '{}'}});
    assert.equal(code, 1);
    assert.match(out, /^ok +database +reached$/m);
    assert.match(out, /^fail +fcm .*no client_email\n +-> download a new key: /m);
});

const damages = {
    'a dropped index': ['DROP INDEX users_role_id', /^index users_role_id on users is missing$/],
    'a dropped constraint': ['ALTER TABLE users DROP CONSTRAINT users_email_shape',
        /users_email_shape.* is missing$/],
    'a dropped column': ['ALTER TABLE devices DROP COLUMN app_version',
        /^column devices\.app_version is missing$/],
    'a column that may be empty': ['ALTER TABLE users ALTER COLUMN name DROP NOT NULL',
        /^column users\.name allows NULL$/],
    'a lost default': ['ALTER TABLE users ALTER COLUMN role DROP DEFAULT',
        /^column users\.role has no default, not /],
};
for (const [name, [damage, told]] of Object.entries(damages)) {
    test(`${name} is found, and its mend mends`, async () => {
        await database.query(damage);

        const {code, findings} = await visit();
        assert.equal(code, 1);
        const found = findings.schema.filter(({verdict}) => verdict === 'fail');
        assert.ok(found.some(({detail}) => told.test(detail)), JSON.stringify(found));
        for (const {mend} of found) await database.query(mend);

        const again = await visit();
        assert.equal(only(again.findings.schema).verdict, 'ok', again.text);
        assert.equal(again.code, 0);
    });
}

test('an index of somebody else is named, and not to be dropped', async () => {
    await database.query('CREATE INDEX somebodys ON users (locale)');
    const {findings} = await visit();
    const {detail, mend} = only(findings.schema);
    assert.match(detail, /^index somebodys on users is in no migration$/);
    assert.match(mend, /^-- /);
    await database.query('DROP INDEX somebodys');
});

test('missing rights are found, and their mend mends', async () => {
    const own = await Database.create();
    const role = `e2e_role_${randomBytes(6).toString('hex')}`;
    const password = randomBytes(12).toString('hex');
    await own.admin(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
    try {
        await own.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
        const url = new URL(own.url);
        url.searchParams.set('user', role);
        url.searchParams.set('password', password);
        const env = {DATABASE_URL: url.href};

        const refused = await carillon(['migrate'], {env});
        assert.equal(refused.code, 1);
        assert.match(refused.err, /permission denied for schema public/);
        const {code, text, findings} = await visit(env);
        assert.equal(code, 1);
        const {verdict, detail, mend} = only(findings.database_rights);
        assert.equal(verdict, 'fail');
        assert.equal(detail, `${role} may not create tables in schema public`);
        assert.ok(!text.includes(password));

        await own.query(mend);
        assert.equal(only((await visit(env)).findings.database_rights).verdict, 'ok');
        assert.equal((await carillon(['migrate'], {env})).code, 0);
    } finally {
        await own.drop();
        await own.admin(`DROP ROLE ${role}`);
    }
});

test('tables of another owner are found, and their mend mends', async () => {
    const own = await Database.create();
    const role = `e2e_role_${randomBytes(6).toString('hex')}`;
    await own.admin(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
    try {
        assert.equal((await carillon(['migrate'], {env: {DATABASE_URL: own.url}})).code, 0);
        await own.query(`GRANT CREATE ON SCHEMA public TO ${role}`);
        await own.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
        const url = new URL(own.url);
        url.searchParams.set('user', role);
        url.searchParams.set('password', role);
        const {findings} = await visit({DATABASE_URL: url.href});
        const {verdict, detail, mend} = only(findings.database_rights);
        assert.equal(verdict, 'fail');
        assert.match(detail, /does not own .*users/);

        await own.query(mend);
        assert.equal(only((await visit({DATABASE_URL: url.href})).findings.database_rights).verdict, 'ok');
    } finally {
        await own.drop();
        await own.admin(`DROP ROLE ${role}`);
    }
});

const {privateKey} = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: {type: 'pkcs8', format: 'pem'},
    publicKeyEncoding: {type: 'spki', format: 'pem'},
});
const service_account = {type: 'service_account', project_id: 'bells', client_email: 'ring@bells.example',
                         private_key: privateKey};
const whole_key = JSON.stringify(service_account);
const cut_key = JSON.stringify({...service_account, private_key: privateKey.slice(0, 400)});
const nobodys_key = JSON.stringify({...service_account, client_email: undefined});

const push_credentials = {
    'a key in a file': [{FIREBASE_SERVICE_ACCOUNT_KEY: written('key.json', service_account)}, 'ok',
        /ring@bells\.example for project bells/],
    'the key itself': [{FIREBASE_SERVICE_ACCOUNT_KEY: whole_key}, 'ok', /project bells/],
    'a file that is not there': [{FIREBASE_SERVICE_ACCOUNT_KEY: path.join(folder, 'none.json')}, 'fail',
        /cannot be read: No such file/],
    'text that is no JSON': [{FIREBASE_SERVICE_ACCOUNT_KEY: '{"type": '}, 'fail', /not a JSON object/],
    'a key that was cut off': [{FIREBASE_SERVICE_ACCOUNT_KEY: cut_key}, 'fail', /private_key .*cannot be read/],
    'a key without an address': [{FIREBASE_SERVICE_ACCOUNT_KEY: nobodys_key}, 'fail', /no client_email/],
    'another project': [{FIREBASE_SERVICE_ACCOUNT_KEY: whole_key, FIREBASE_PROJECT_ID: 'gongs'}, 'warn',
        /belongs to project bells, firebase\.project_id says gongs/],
};
for (const [name, [env, verdict, told]] of Object.entries(push_credentials)) {
    test(`push credentials: ${name}`, async () => {
        const {code, text, findings} = await visit(env);
        const finding = only(findings.fcm);
        assert.equal(finding.verdict, verdict, finding.detail);
        assert.match(finding.detail, told);
        assert.equal(code, verdict === 'fail' ? 1 : 0);
        assert.equal(finding.mend === null, verdict === 'ok');
        assert.ok(!text.includes(privateKey.slice(60, 100)), 'the private key was shown');
    });
}

test('half of the WhatsApp credentials is a mistake, and the other half is named', async () => {
    const {code, text, findings} = await visit({MYOPERATOR_API_KEY: 'key-of-the-operator'});
    assert.equal(code, 1);
    assert.equal(only(findings.myoperator).detail, 'not set: MYOPERATOR_ACCOUNT_ID, MYOPERATOR_PHONE_NUMBER');
    assert.ok(!text.includes('key-of-the-operator'));
    const whole = await visit({MYOPERATOR_API_KEY: 'k', MYOPERATOR_ACCOUNT_ID: 'a',
                               MYOPERATOR_PHONE_NUMBER: '+919876543210'});
    assert.equal(only(whole.findings.myoperator).verdict, 'ok');
    assert.equal(whole.code, 0);
});

test('token keys that cannot be used are told', async () => {
    const {code, findings} = await visit({CARILLON_AUTH_PUBLIC_KEY_FILE: written('public.pem', 'not a key')});
    assert.equal(code, 1);
    assert.equal(only(findings.token_keys).verdict, 'fail');
    const none = await visit({AUTH_JWT_SECRET: ''});
    assert.equal(none.code, 1);
    assert.match(only(none.findings.token_keys).mend, /^AUTH_JWT_SECRET=/);
});

test('a mistake in the configuration does not hide the rest', async () => {
    const {code, findings} = await visit({CARILLON_HTTP_BODY_BYTE: '5'});
    assert.equal(code, 1);
    assert.match(only(findings.configuration).detail, /unknown name CARILLON_HTTP_BODY_BYTE/);
    assert.equal(only(findings.database).verdict, 'skipped');
});
