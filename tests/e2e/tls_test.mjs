// TLS as clients meet it: node's own, and `openssl s_client`.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import {after, test} from 'node:test';
import tls from 'node:tls';
import {make_certificate} from './support/certificates.mjs';
import {carillon} from './support/cli.mjs';
import {raw} from './support/raw.mjs';
import {start_server} from './support/server.mjs';

const folder = mkdtempSync(path.join(os.tmpdir(), 'carillon-tls-'));
const bell = make_certificate(folder, 'bell.example', {hosts: ['bell.example', '*.bell.example']});
const gong = make_certificate(folder, 'gong.example');
const pair = ({cert, key}) => `${cert}:${key}`;
const authorities = () => [bell, gong].map(({cert}) => readFileSync(cert));
const has_ipv6 = Object.values(os.networkInterfaces()).flat().some(({address}) => address === '::1');

const env = {CARILLON_SERVER_TLS_LISTEN: `127.0.0.1:0${has_ipv6 ? ',[::1]:0' : ''}`,
             CARILLON_TLS_CERTIFICATES: [bell, gong].map(pair).join(','),
             CARILLON_HTTP_HEADER_SECONDS: '1'};
const server = await start_server({env});
after(async () => {
    await server.close();
    rmSync(folder, {recursive: true});
});
const port_of = (process, index) => Number(process.log.filter(({event}) => event === 'server_listening')[index]
                                               .address.match(/:(\d+)$/)[1]);
const port = port_of(server, 1);

// Connected and shaken hands, or the error of it. `tickets` gathers the sessions that can be resumed.
function connect(options = {}) {
    const {servername = 'bell.example', ...rest} = options;
    return new Promise((resolve, reject) => {
        const socket = tls.connect({host: '127.0.0.1', port, servername, ca: authorities(), ...rest});
        socket.tickets = [];
        socket.on('session', (session) => socket.tickets.push(session));
        socket.once('secureConnect', () => resolve(socket)).once('error', reject);
    });
}
const refused = async (options) => assert.rejects(connect(options).then((socket) => socket.destroy()));

const live = 'GET /healthz/live HTTP/1.1\r\nHost: bell.example\r\n\r\n';
const last = live.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');

// The answers to what is sent on a connection that stands.
function ask(socket, pieces, options) {
    return raw(port, pieces, {responses: 1, ...options, connect: () => socket});
}

// On a connection that goes on: raw() would close it.
function ask_and_keep(socket) {
    return new Promise((resolve, reject) => {
        socket.once('data', (data) => resolve(data.toString('latin1'))).once('error', reject);
        socket.write(live);
    });
}

async function served_name(options) {
    const socket = await connect(options);
    const {subject} = socket.getPeerCertificate();
    socket.destroy();
    return subject.CN;
}

for (const version of ['TLSv1.2', 'TLSv1.3']) {
    test(`${version} is spoken`, async () => {
        const socket = await connect({minVersion: version, maxVersion: version});
        assert.equal(socket.getProtocol(), version);
        assert.equal(socket.authorized, true);
        assert.match(socket.getCipher().standardName, /GCM|CHACHA20/);
        const {responses: [answer]} = await ask(socket, live);
        assert.equal(answer.status, 200);
    });

    test(`${version} of openssl s_client is answered, and properly ended`, async () => {
        const flag = version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3';
        const client = execFile('openssl', [
            's_client', flag, '-connect', `127.0.0.1:${port}`, '-servername', 'bell.example', '-quiet',
            '-CAfile', bell.cert, '-verify_hostname', 'bell.example', '-verify_return_error']);
        let out = '';
        client.stdout.on('data', (text) => { out += text; });
        client.stdin.write(last);
        const code = await new Promise((resolve) => { client.on('close', resolve); });
        assert.match(out, /^HTTP\/1\.1 200 OK\r\n/m);
        assert.equal(code, 0);
    });

    test(`a session of ${version} is resumed by its ticket`, async () => {
        for (const servername of ['bell.example', 'gong.example']) {
            const options = {servername, minVersion: version, maxVersion: version};
            const first = await connect(options);
            assert.equal(first.isSessionReused(), false);
            await ask(first, live);
            assert.ok(first.tickets.length > 0);
            const second = await connect({...options, session: first.tickets.at(-1)});
            assert.equal(second.isSessionReused(), true, servername);
            assert.equal((await ask(second, live)).responses[0].status, 200);
        }
    });
}

test('TLS 1.1 is refused by the server', async () => {
    const old = {minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0'};
    await assert.rejects(connect(old), {code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'});
});

test('a cipher without forward secrecy is refused', async () => {
    await refused({maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256'});
});

test('the name that the client asks for chooses the certificate', async () => {
    assert.equal(await served_name({servername: 'bell.example'}), 'bell.example');
    assert.equal(await served_name({servername: 'big.bell.example'}), 'bell.example');
    assert.equal(await served_name({servername: 'gong.example'}), 'gong.example');
    assert.equal(await served_name({servername: 'GONG.example'}), 'gong.example');
    // The first is for those who ask for a stranger or for nobody.
    const anyhow = {checkServerIdentity: () => undefined};
    assert.equal(await served_name({servername: 'drum.example', ...anyhow}), 'bell.example');
    assert.equal(await served_name({servername: '', ...anyhow}), 'bell.example');
});

test('of the protocols offered HTTP/1.1 is chosen, and HTTP/2 alone refused', async () => {
    const both = await connect({ALPNProtocols: ['h2', 'http/1.1']});
    assert.equal(both.alpnProtocol, 'http/1.1');
    assert.equal((await ask(both, live)).responses[0].status, 200);
    const gong_too = await connect({ALPNProtocols: ['h2', 'http/1.1'], servername: 'gong.example'});
    assert.equal(gong_too.alpnProtocol, 'http/1.1');
    gong_too.destroy();
    await assert.rejects(connect({ALPNProtocols: ['h2']}), {code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'});
    const silent = await connect();
    assert.equal(silent.alpnProtocol, false);
    silent.destroy();
});

test('several requests at once are answered in their order', async () => {
    const socket = await connect();
    const pieces = live + live.replace('/healthz/live', '/api/nowhere') + last;
    const {responses, closed, reset} = await ask(socket, pieces, {responses: Infinity});
    assert.deepEqual(responses.map(({status}) => status), [200, 404, 200]);
    assert.deepEqual({closed, reset}, {closed: true, reset: false});
});

function over_tls(method, target, body) {
    const headers = {authorization: `Bearer ${server.token()}`, 'content-type': 'application/json'};
    return new Promise((resolve, reject) => {
        const where = {host: '127.0.0.1', port, servername: 'bell.example', ca: authorities(), agent: false};
        const sent = https.request({...where, method, path: target, headers}, async (answer) => {
            let text = '';
            for await (const part of answer.setEncoding('utf8')) text += part;
            resolve({status: answer.statusCode, json: JSON.parse(text), text});
        });
        sent.on('error', reject).end(body);
    });
}

test('large bodies go in and out', async () => {
    const users = Array.from({length: 4000}, (_, index) => (
        {id: `u${index}`, name: `${'Asha '.repeat(35)}${index}`, role: 'customer', area: 'akwa'}));
    const body = JSON.stringify(users);
    assert.ok(body.length > 900_000);
    const imported = await over_tls('PUT', '/api/users/bulk', body);
    assert.equal(imported.status, 200, imported.text);
    const {status, json, text} = await over_tls('GET', '/api/users?area=akwa&limit=200');
    assert.equal(status, 200);
    assert.equal(json.users.length, 200);
    assert.ok(text.length > 2 * 16_384, 'more than one record of TLS');
});

test('plain HTTP on the port of TLS is turned away', async () => {
    const {responses, closed} = await raw(port, live);
    assert.equal(closed, true);
    assert.deepEqual(responses, []);
    assert.equal((await server.api('GET', '/healthz/live')).status, 200);
});

// The first bytes of a handshake: a record that promises 512 bytes.
const promise_of_hello = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);
for (const [name, pieces] of Object.entries({'does not begin': [], 'stops half-way': [promise_of_hello]})) {
    test(`a handshake that ${name} is closed in time`, async () => {
        const {closed, ms} = await raw(port, pieces, {limit_ms: 8000});
        assert.equal(closed, true);
        assert.ok(ms >= 900, `${ms} ms`);
    });
}

test('noise for a handshake harms nobody', async () => {
    const noise = Buffer.alloc(70_000, 'carillon');
    await Promise.all(Array.from({length: 8}, (_, size) => raw(port, noise.subarray(0, 1 + 10_000 * size))));
    assert.equal((await ask(await connect(), live)).responses[0].status, 200);
});

test('IPv6 is listened on', {skip: !has_ipv6 && 'this machine has no ::1'}, async () => {
    const socket = await connect({host: '::1', port: port_of(server, 2)});
    assert.equal((await ask(socket, live)).responses[0].status, 200);
});

test('min_version 1.3 refuses 1.2', async () => {
    const strict = server.spawn(['serve'], {CARILLON_TLS_MIN_VERSION: '1.3'});
    await strict.logged('server_ready');
    const there = {port: port_of(strict, 1)};
    const modern = await connect(there);
    assert.equal(modern.getProtocol(), 'TLSv1.3');
    modern.destroy();
    await assert.rejects(connect({...there, maxVersion: 'TLSv1.2'}), {code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'});
    await strict.stop();
});

test('SIGHUP takes up new certificates, and connections that stand go on', async () => {
    const fingerprint = async () => {
        const socket = await connect();
        const {fingerprint256} = socket.getPeerCertificate();
        socket.destroy();
        return fingerprint256;
    };
    const before = await fingerprint();
    const standing = await connect();
    assert.match(await ask_and_keep(standing), /^HTTP\/1\.1 200 /);

    make_certificate(folder, 'bell.example', {hosts: ['bell.example', '*.bell.example']});
    server.signal('SIGHUP');
    await server.logged('reloaded');

    assert.notEqual(await fingerprint(), before);
    assert.match(await ask_and_keep(standing), /^HTTP\/1\.1 200 /);
    standing.destroy();
});

test('SIGHUP with a certificate that is broken keeps the old one', async () => {
    const good = readFileSync(gong.cert);
    writeFileSync(gong.cert, good.subarray(0, 200));
    const parts = {servername: 'gong.example', ca: [good]};

    server.signal('SIGHUP');

    const {reason} = await server.logged('reload_failed');
    assert.ok(reason.startsWith(`TLS: ${gong.cert}: `), reason);
    const socket = await connect(parts);
    assert.equal((await ask(socket, live)).responses[0].status, 200);
    writeFileSync(gong.cert, good);
});

const missing = path.join(folder, 'missing.pem');
const garbage = path.join(folder, 'garbage.pem');
writeFileSync(garbage, '-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n');
const unusable = {
    'a key of another certificate': [{cert: bell.cert, key: gong.key}, gong.key],
    'a certificate that is not there': [{cert: missing, key: bell.key}, missing],
    'a key that is not there': [{cert: bell.cert, key: missing}, missing],
    'a certificate that is none': [{cert: garbage, key: bell.key}, garbage],
    'a key where the certificate belongs': [{cert: bell.key, key: bell.key}, bell.key],
};
for (const [name, [files, culprit]] of Object.entries(unusable)) {
    test(`does not start with ${name}, and names the file`, async () => {
        const run = server.spawn(['serve'], {CARILLON_TLS_CERTIFICATES: `${pair(gong)},${pair(files)}`});
        assert.deepEqual(await run.finished(), {code: 1, signal: null});
        const {reason} = run.log.find(({event}) => event === 'start_failed');
        assert.ok(reason.startsWith(`TLS: ${culprit}: `), reason);
        assert.doesNotMatch(reason, /unknown reason/);
    });
}

test('the doctor sees a certificate that ran out', async () => {
    const old = make_certificate(folder, 'old.example', {ended: true});
    const settings = {DATABASE_URL: server.database.url, AUTH_JWT_SECRET: server.secret, ...env};
    const visit = async (files) => {
        const with_files = {...settings, CARILLON_TLS_CERTIFICATES: pair(files)};
        const told = await carillon(['doctor', '--json'], {env: with_files});
        return {code: told.code, tls: told.json().find(({name}) => name === 'tls')};
    };
    const sick = await visit(old);
    assert.equal(sick.code, 1);
    assert.equal(sick.tls.verdict, 'fail');
    assert.ok(sick.tls.detail.startsWith(`${old.cert} ran out at `), sick.tls.detail);
    const well = await visit(gong);
    assert.equal(well.tls.verdict, 'ok');
});
