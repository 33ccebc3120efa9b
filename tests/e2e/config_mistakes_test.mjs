// Mistakes in the configuration: each stops the start, with its place, its key and what was expected.
import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, test} from 'node:test';
import {carillon} from './support/cli.mjs';

const env = {DATABASE_URL: 'postgresql:///none?host=/nowhere', AUTH_JWT_SECRET: '0123456789abcdef0123456789abcdef'};
const folder = mkdtempSync(path.join(tmpdir(), 'carillon-config-'));
after(() => rmSync(folder, {recursive: true}));

let count = 0;
const written = (text) => {
    const file = path.join(folder, `file${++count}`);
    writeFileSync(file, text);
    return file;
};

// The mistakes that check-config tells: [{place, message}], which are those that stop `serve`.
async function mistakes_of({file, extra = {}, cwd = folder}) {
    const args = file ? ['--config', file] : [];
    const told = await carillon(['check-config', ...args, '--json'], {env: {...env, ...extra}, cwd});
    assert.equal(told.code, 1, told.out);
    const {mistakes} = told.json();
    const serving = await carillon(['serve', ...args], {env: {...env, ...extra}, cwd});
    assert.equal(serving.code, 1);
    for (const {place, message} of mistakes) assert.ok(serving.err.includes(`  ${place}: ${message}\n`), serving.err);
    return mistakes;
}

// One character of a good file is spoilt: [line, what stands there, what shall stand there].
const good = ['[server]', 'listen = ["127.0.0.1:0"]', '[http]', 'body_bytes = 2048', 'allowed_origins = ["*"]', ''];
const spoilt = {
    'a bracket of a section left open': [1, '[server]', '[server'],
    'a quote left open': [2, '"127.0.0.1:0"', '"127.0.0.1:0'],
    'a list left open': [2, '"]', '"'],
    'a list closed twice': [5, '["*"]', '["*"]]'],
    'an equals sign lost': [4, ' = ', '   '],
    'an equals sign too many': [4, ' = ', ' == '],
    'a letter in a number': [4, '2048', '20a8'],
    'a word without quotes': [5, '"*"', 'all'],
    'a colon for an equals sign': [4, ' = ', ': '],
    'a control character': [5, '"*"', '"\u0001"'],
};
for (const [name, [line, was, is]] of Object.entries(spoilt)) {
    test(`a file with ${name} is told by its line`, async () => {
        const lines = [...good];
        assert.ok(lines[line - 1].includes(was));
        lines[line - 1] = lines[line - 1].replace(was, is);
        const file = written(lines.join('\n'));
        const [{place, message}, ...more] = await mistakes_of({file});
        assert.deepEqual(more, []);
        assert.match(message, /^not TOML: /);
        const [, at] = place.slice(file.length).match(/^:(\d+):\d+$/) ?? assert.fail(place);
        // What is left open is missed where the next line begins.
        assert.ok([line, line + 1].includes(Number(at)), `${place}: ${message}`);
    });
}

test('the good file is good', async () => {
    const {code, err} = await carillon(['check-config', '--config', written(good.join('\n'))], {env});
    assert.equal(code, 0, err);
});

const in_file = {
    'a key with a letter missing': ['[http]\nbody_byte = 1\n', '2:1',
        'unknown key http.body_byte (did you mean http.body_bytes?)'],
    'a key that nothing resembles': ['[http]\nxyzzyxyzzy = 1\n', '2:1', 'unknown key http.xyzzyxyzzy'],
    'a section that is none': ['\n[htttp]\nbody_bytes = 1\n', null,
        /unknown (?:section|key) htttp.*did you mean http/],
    'a key above all sections': ['body_bytes = 2048\n', '1:1',
        'unknown key body_bytes (did you mean http.body_bytes?)'],
    'a text for a number': ['[http]\nbody_bytes = "2048"\n', null,
        'http.body_bytes: expected an integer from 1024 to 16777216, got the text "2048"'],
    'a number for a text': ['[server]\nnode = 5\n', null,
        'server.node: expected a text of letters, digits and - _ . :, got the number 5'],
    'a text for a boolean': ['[log]\nrequests = "yes"\n', null,
        'log.requests: expected true or false, got the text "yes"'],
    'a number for a boolean': ['[log]\nrequests = 1\n', null,
        'log.requests: expected true or false, got the number 1'],
    'a text for a list': ['[server]\nlisten = "127.0.0.1:1"\n', null,
        /^server\.listen: expected a list, each host:port .*, got the text/],
    'a list for a text': ['[server]\nnode = ["a"]\n', null, /^server\.node: expected .*, got a list$/],
    'a fraction for an integer': ['[http]\nbody_bytes = 2048.5\n', null,
        /^http\.body_bytes: expected an integer .*, got the number 2048\.5$/],
    'a date for a number': ['[http]\nbody_bytes = 2026-01-01\n', null,
        /^http\.body_bytes: expected an integer .*, got a date/],
    'a number too small': ['[http]\nbody_bytes = 1023\n', null,
        /^http\.body_bytes: expected an integer from 1024 .*, got the number 1023$/],
    'a number too large': ['[database]\nconnections = 257\n', null,
        'database.connections: expected an integer from 1 to 256, got the number 257'],
    'a choice that is none': ['[log]\nlevel = "verbose"\n', null,
        'log.level: expected one of debug, info, warn, error, off, got the text "verbose"'],
    'a port that is none': ['[server]\nlisten = ["127.0.0.1:65536"]\n', null,
        /^server\.listen: .*got the text "127\.0\.0\.1:65536"$/],
    'an origin with a path': ['[http]\nallowed_origins = ["https://a.example/x"]\n', null,
        /^http\.allowed_origins: expected .*origin/],
    'a certificate without its key': ['[tls]\ncertificates = [{cert = "a.pem"}]\n', null,
        /^tls\.certificates: expected a list of tables with cert and key/],
    'TLS without a certificate': ['[server]\ntls_listen = ["127.0.0.1:0"]\n', null,
        'server.tls_listen: TLS needs a certificate; set tls.certificates'],
    'nothing to listen on': ['[server]\nlisten = []\n', null, /^server\.listen: nothing to listen on/],
    'development for all the world': ['[auth]\nmode = "development"\n[server]\nlisten = ["0.0.0.0:8000"]\n', null,
        /^auth\.mode: "development" .* only for a loopback address, but server\.listen has 0\.0\.0\.0:8000$/],
    'a key that stands twice': ['[log]\nlevel = "info"\nlevel = "warn"\n', null, /^not TOML: .*level/],
};
for (const [name, [text, at, told]] of Object.entries(in_file)) {
    test(`in a file: ${name}`, async () => {
        const file = written(text);
        const [{place, message}, ...more] = await mistakes_of({file});
        assert.deepEqual(more, []);
        assert.ok(place.startsWith(`${file}:`), place);
        if (at) assert.equal(place, `${file}:${at}`);
        told instanceof RegExp ? assert.match(message, told) : assert.equal(message, told);
    });
}

test('all mistakes are told at once', async () => {
    const file = written('[http]\nbody_byte = 1\nidle_seconds = 0\n\n[log]\nlevel = 5\n');
    const mistakes = await mistakes_of({file, extra: {CARILLON_HTTP_WRITE_SECONDS: 'x'}});
    assert.deepEqual(mistakes.map(({place}) => place.replace(file, 'file').replace(/:\d+$/, '')).sort(),
                     ['environment CARILLON_HTTP_WRITE_SECONDS', 'file:2', 'file:3', 'file:6']);
});

const key_file = written('sesame');
const in_environment = {
    'an unknown name, with the nearest': [{CARILLON_HTTP_BODY_BYTE: '1'},
        'environment CARILLON_HTTP_BODY_BYTE',
        'unknown name CARILLON_HTTP_BODY_BYTE (did you mean CARILLON_HTTP_BODY_BYTES?)'],
    'a number that is none': [{NOTIFICATION_QUEUE_RETRY_ATTEMPTS: 'three'},
        'environment NOTIFICATION_QUEUE_RETRY_ATTEMPTS',
        'queue.retry_attempts: expected an integer from 1 to 100, got the text "three"'],
    'a number and a letter': [{CARILLON_HTTP_BODY_BYTES: '2048k'}, 'environment CARILLON_HTTP_BODY_BYTES',
        /got the text "2048k"$/],
    'a phone number that is none': [{MYOPERATOR_PHONE_NUMBER: 'call me'},
        'environment MYOPERATOR_PHONE_NUMBER', /^myoperator\.phone_number: expected a phone number/],
    'a secret and a file of it': [{MYOPERATOR_API_KEY: 'sesame', MYOPERATOR_API_KEY_FILE: key_file},
        'environment MYOPERATOR_API_KEY_FILE',
        'myoperator.api_key: set by MYOPERATOR_API_KEY and by MYOPERATOR_API_KEY_FILE; keep one'],
    'two names of one key that differ': [
        {MYOPERATOR_PHONE_NUMBER: '+919876543210', MYOPERATOR_WHATSAPP_NUMBER: '+919876543211'},
        'environment MYOPERATOR_WHATSAPP_NUMBER', /^myoperator\.phone_number: set by .* and by .*; keep one$/],
    'a file that is not there': [{PUSHER_APP_SECRET_FILE: '/nowhere/secret'},
        'environment PUSHER_APP_SECRET_FILE',
        /^pusher\.app_secret: \/nowhere\/secret \(PUSHER_APP_SECRET_FILE\) cannot be read: No such file/],
};
for (const [name, [extra, where, told]] of Object.entries(in_environment)) {
    test(`in the environment: ${name}`, async () => {
        const [{place, message}, ...more] = await mistakes_of({extra});
        assert.deepEqual(more, []);
        assert.equal(place, where);
        assert.doesNotMatch(message, /sesame/);
        told instanceof RegExp ? assert.match(message, told) : assert.equal(message, told);
    });
}

test('in .env: told by its line', async () => {
    const cwd = mkdtempSync(path.join(folder, 'env-'));
    writeFileSync(path.join(cwd, '.env'), 'A=1\nCARILLON_LOG_LEVL=info\nCARILLON_LOG_FORMAT="json\n');
    const mistakes = await mistakes_of({cwd});
    assert.equal(mistakes.find(({message}) => /LEVL/.test(message)).place, '.env:2');
    assert.equal(mistakes.find(({place}) => place === '.env:3') !== undefined, true, JSON.stringify(mistakes));
});

test('a file that was asked for must be there, the usual one need not', async () => {
    const [{place, message}] = await mistakes_of({file: '/nowhere/carillon.toml'});
    assert.equal(place, '/nowhere/carillon.toml');
    assert.match(message, /^cannot be read: No such file/);
    assert.equal((await carillon(['check-config'], {env, cwd: folder})).code, 0);
});

test('the file that comes with the server is good, with every line of it switched on', async () => {
    const shipped = readFileSync(new URL('../../config/carillon.toml', import.meta.url), 'utf8');
    const switched_on = shipped.replace(/^#(?=[a-z_]+ = )/gm, '');
    assert.notEqual(switched_on, shipped);
    const told = await carillon(['check-config', '--config', written(switched_on), '--json'], {env});
    assert.equal(told.code, 0, told.out);
    const from_file = told.json().filter(({origin}) => origin.startsWith(folder));
    const plain = (await carillon(['check-config', '--json'], {env, cwd: folder})).json();
    for (const {key, value} of from_file) assert.deepEqual(value, plain.find((each) => each.key === key).value, key);
    assert.ok(from_file.length > 40);
});
