// Tokens of an issuer whose public keys we have (RS256, ES256), and development mode, where none is needed.
import assert from 'node:assert/strict';
import {createHash, createHmac, createPublicKey, generateKeyPairSync, sign} from 'node:crypto';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, test} from 'node:test';
import {eventually} from './support/eventually.mjs';
import {assert_problem} from './support/problem.mjs';
import {start_server} from './support/server.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'carillon-keys-'));
after(() => rmSync(folder, {recursive: true, force: true}));
const file = (name, content) => {
    writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
};
const pem = (key) => createPublicKey(key).export({type: 'spki', format: 'pem'});
const rsa = (bits = 2048) => generateKeyPairSync('rsa', {modulusLength: bits}).privateKey;
const ec = (curve = 'prime256v1') => generateKeyPairSync('ec', {namedCurve: curve}).privateKey;
const jwk = (key, members) => ({...createPublicKey(key).export({format: 'jwk'}), ...members});
const jwks = (...keys) => JSON.stringify({keys});

const keys = {pem: rsa(), named_rsa: rsa(), named_ec: ec(), foreign_rsa: rsa(), foreign_ec: ec()};
const pem_file = file('public.pem', pem(keys.pem));
const jwks_file = file('jwks.json', jwks(
    jwk(keys.named_rsa, {kid: 'r1', use: 'sig', alg: 'RS256'}), jwk(keys.named_ec, {kid: 'e1', use: 'sig'}),
    // What is not for signatures, or of a kind we do not use, is passed over.
    jwk(rsa(), {kid: 'x1', use: 'enc'}), jwk(ec('secp384r1'), {kid: 'p384'}),
    {kty: 'OKP', crv: 'Ed25519', x: 'AA', kid: 'ed'}));
const issuer = 'https://id.example.com';
const [server, open] = await Promise.all([
    start_server({env: {
        AUTH_JWT_SECRET: undefined, CARILLON_AUTH_PUBLIC_KEY_FILE: pem_file, CARILLON_AUTH_JWKS_FILE: jwks_file,
        CARILLON_AUTH_ISSUER: issuer, CARILLON_AUTH_AUDIENCE: 'carillon',
    }}),
    start_server({env: {CARILLON_AUTH_MODE: 'development'}}),
]);
after(() => Promise.all([server.close(), open.close()]));

const used = [];
const now = () => Math.floor(Date.now() / 1000);
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = (more) =>
    ({sub: 'root', role: 'admin', iss: issuer, aud: 'carillon', exp: now() + 600, ...more});
const algorithms = {
    RS256: (text, key) => sign('sha256', text, key),
    ES256: (text, key) => sign('sha256', text, {key, dsaEncoding: 'ieee-p1363'}),
    PS256: (text, key) => sign('sha256', text, {key, padding: 6, saltLength: 32}),
    RS512: (text, key) => sign('sha512', text, key),
    RS1: (text, key) => sign('sha1', text, key),
    DER: (text, key) => sign('sha256', text, key),
    HS256: (text, key) => createHmac('sha256', key).update(text).digest(),
};
function token(alg, key, {header = {}, more = {}, by = alg} = {}) {
    const text = `${encoded({alg, typ: 'JWT', ...header})}.${encoded(claims(more))}`;
    used.push(`${text}.${algorithms[by](Buffer.from(text), key).toString('base64url')}`);
    return used.at(-1);
}
const list = (sent) => server.api('GET', '/api/users?limit=1', {token: sent});
const assert_known = async (sent) => assert.equal((await list(sent)).status, 200);
const assert_unknown = async (sent) => assert_problem(await list(sent), 401, 'invalid_token');

test('RS256 by a PEM key', async () => {
    await assert_known(token('RS256', keys.pem));
    await assert_known(token('RS256', keys.pem, {header: {kid: 'unheard of'}}));
    await assert_unknown(token('RS256', keys.foreign_rsa));
});

test('RS256 and ES256 by a JWKS key, named or not', async () => {
    await assert_known(token('RS256', keys.named_rsa, {header: {kid: 'r1'}}));
    await assert_known(token('ES256', keys.named_ec, {header: {kid: 'e1'}}));
    await assert_known(token('RS256', keys.named_rsa));
    await assert_known(token('ES256', keys.named_ec));
    await assert_unknown(token('RS256', keys.foreign_rsa, {header: {kid: 'r1'}}));
    await assert_unknown(token('ES256', keys.foreign_ec, {header: {kid: 'e1'}}));
});

test('a token under the name of another key is refused', async () => {
    await assert_unknown(token('RS256', keys.pem, {header: {kid: 'r1'}}));
    await assert_unknown(token('RS256', keys.named_rsa, {header: {kid: 'e1'}}));
    await assert_unknown(token('ES256', keys.named_ec, {header: {kid: 'r1'}}));
    await assert_unknown(token('RS256', keys.named_rsa, {header: {kid: 'R1'}}));
    await assert_unknown(token('RS256', keys.named_rsa, {header: {kid: ''}}));
    for (const kid of ['x1', 'p384', '../jwks.json', "r1' OR '1'='1", pem_file]) {
        await assert_unknown(token('RS256', keys.named_rsa, {header: {kid}}));
    }
});

// The classic: what everybody may know becomes the secret.
const known_to_all = {
    'the PEM file': pem(keys.pem), 'the PEM without its last line end': pem(keys.pem).trimEnd(),
    'the PEM with CR LF': pem(keys.pem).replaceAll('\n', '\r\n'),
    'the PEM of the older kind': createPublicKey(keys.pem).export({type: 'pkcs1', format: 'pem'}),
    'the key as DER': createPublicKey(keys.pem).export({type: 'spki', format: 'der'}),
    'the modulus': Buffer.from(jwk(keys.named_rsa).n, 'base64url'), 'the modulus in base64': jwk(keys.named_rsa).n,
    'the JWKS': jwks(jwk(keys.named_rsa, {kid: 'r1', use: 'sig', alg: 'RS256'})), 'nothing': '',
    'a digest of the PEM': createHash('sha256').update(pem(keys.pem)).digest(),
};
for (const [name, secret] of Object.entries(known_to_all)) {
    test(`HS256 with ${name} for a secret is refused`, async () => {
        await assert_unknown(token('HS256', secret));
        await assert_unknown(token('HS256', secret, {header: {kid: 'r1'}}));
        // The header of one algorithm over the signature of another.
        await assert_unknown(token('RS256', secret, {by: 'HS256'}));
    });
}

test('another algorithm by the right key is refused', async () => {
    for (const by of ['PS256', 'RS512', 'RS1']) {
        await assert_unknown(token(by, keys.pem));
        await assert_unknown(token('RS256', keys.pem, {by}));
    }
    await assert_unknown(token('none', keys.pem, {by: 'RS256'}));
    await assert_unknown(token('ES256', keys.pem, {by: 'RS256'}));
    await assert_unknown(token('RS256', keys.named_ec, {by: 'ES256'}));
});

test('an ES256 signature is two numbers of 32 bytes, and neither is zero', async () => {
    await assert_unknown(token('ES256', keys.named_ec, {by: 'DER'}));
    const good = token('ES256', keys.named_ec);
    const at = good.lastIndexOf('.') + 1;
    const signature = Buffer.from(good.slice(at), 'base64url');
    const zero = Buffer.alloc(32);
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
    for (const forged of [[zero, zero], [zero, s], [r, zero], [order, order], [r, order], [order, s], [s, r], [r],
                          [r, s, zero], [zero, r, s], [r, s.subarray(0, 31)], []]) {
        await assert_unknown(good.slice(0, at) + Buffer.concat(forged).toString('base64url'));
    }
    await assert_known(good);
});

test('an RS256 signature has the length of its key', async () => {
    const good = token('RS256', keys.pem);
    const at = good.lastIndexOf('.') + 1;
    const signature = Buffer.from(good.slice(at), 'base64url');
    const longer = Buffer.concat([Buffer.alloc(1), signature]);
    for (const forged of [signature.subarray(1), signature.subarray(0, 255), longer, Buffer.alloc(0),
                          Buffer.alloc(256), Buffer.alloc(256, 0xff)]) {
        await assert_unknown(good.slice(0, at) + forged.toString('base64url'));
    }
});

test('a key that the token brings along is not used', async () => {
    const brought = {jwk: jwk(keys.foreign_rsa), kid: 'r1', x5c: ['MII'], jku: `${server.url}/jwks.json`};
    await assert_unknown(token('RS256', keys.foreign_rsa, {header: brought}));
    await assert_unknown(token('RS256', keys.foreign_rsa, {header: {...brought, kid: undefined}}));
    await assert_unknown(token('ES256', keys.foreign_ec, {header: {jwk: jwk(keys.foreign_ec)}}));
});

test('the issuer must be the one that was configured', async () => {
    for (const iss of [undefined, null, '', `${issuer}/`, issuer.toUpperCase(), [issuer], 7]) {
        await assert_unknown(token('RS256', keys.pem, {more: {iss}}));
    }
});

test('the audience must be among those of the token', async () => {
    await assert_known(token('RS256', keys.pem, {more: {aud: ['other', 'carillon']}}));
    for (const aud of [undefined, null, '', 'other', 'Carillon', 'carillon ', [], ['other'], [['carillon']],
                       ['carillon', 7], {carillon: 1}]) {
        await assert_unknown(token('RS256', keys.pem, {more: {aud}}));
    }
});

test('keys are exchanged by SIGHUP, and bad ones leave the old in place', async () => {
    const events = (name) => server.log.filter(({event}) => event === name).length;
    const hang_up = async (wanted) => {
        const before = events(wanted);
        server.signal('SIGHUP');
        await eventually(() => events(wanted) > before);
    };
    file('public.pem', 'no key at all');
    await hang_up('reload_failed');
    await assert_known(token('RS256', keys.pem));

    const next = ec();
    file('public.pem', pem(next));
    file('jwks.json', jwks(jwk(keys.named_ec, {kid: 'e1'})));
    await hang_up('reloaded');
    await assert_known(token('ES256', next));
    await assert_known(token('ES256', keys.named_ec, {header: {kid: 'e1'}}));
    await assert_unknown(token('RS256', keys.pem));
    await assert_unknown(token('RS256', keys.named_rsa, {header: {kid: 'r1'}}));
});

// The file that the setting names.
const with_pem = (name, content) => ({CARILLON_AUTH_PUBLIC_KEY_FILE: file(name, content)});
const with_jwks = (name, ...listed) => ({CARILLON_AUTH_JWKS_FILE: file(name, jwks(...listed))});
const development = (listen) => ({CARILLON_AUTH_MODE: 'development', CARILLON_SERVER_LISTEN: listen});
const env_of = {
    'a secret that is too short': {AUTH_JWT_SECRET: 'x'.repeat(31)},
    'a public key for a secret': {AUTH_JWT_SECRET: pem(keys.pem)},
    'no key at all': {CARILLON_AUTH_PUBLIC_KEY_FILE: undefined, CARILLON_AUTH_JWKS_FILE: undefined},
    'a key file that is not there': {CARILLON_AUTH_PUBLIC_KEY_FILE: path.join(folder, 'missing.pem')},
    'a short RSA key': with_pem('short.pem', pem(rsa(1024))),
    'a key of another curve': with_pem('p384.pem', pem(ec('secp384r1'))),
    'a private key': with_pem('private.pem', keys.pem.export({type: 'pkcs8', format: 'pem'})),
    'a JWKS with a private key': with_jwks('private.json', keys.pem.export({format: 'jwk'})),
    'a JWKS with a secret': with_jwks('oct.json', {kty: 'oct', k: 'A'.repeat(43)}),
    'a JWKS with one name twice': with_jwks('twice.json', jwk(ec(), {kid: 'a'}), jwk(ec(), {kid: 'a'})),
    'a JWKS of nothing': with_jwks('nothing.json'),
    'development mode on every address': development('0.0.0.0:0'),
    'development mode on every IPv6 address': development('[::]:0'),
    'development mode on another address': development('192.0.2.1:8000'),
    'development mode on one address too many': development('127.0.0.1:0,0.0.0.0:0'),
};
for (const [name, env] of Object.entries(env_of)) {
    test(`the server does not start with ${name}`, async () => {
        const process = server.spawn(['serve'], env);
        const {code} = await process.finished();
        assert.equal(code, 1, process.text);
        const because = name.startsWith('development') ? /auth\.mode.*loopback/ : /key|secret|JWKS|missing\.pem/;
        assert.match(process.text, because);
        assert.ok(!process.text.includes('PRIVATE KEY') && !process.text.includes('server_listening'), process.text);
    });
}

test('no token is in the log', () => {
    assert.ok(used.length > 50);
    for (const each of used) {
        const part = each.split('.').find((text) => text.length > 40 && server.log_text.includes(text));
        assert.equal(part, undefined);
    }
});

test('in development mode a call without a token acts as the user in the path, and as nobody else', async () => {
    const token = open.token('admin');
    for (const body of [{id: 'asha', name: 'Asha', phone: '+237691924173'}, {id: 'ben', name: 'Ben'}]) {
        assert.equal((await open.api('POST', '/api/users', {token, body})).status, 201);
    }
    for (const name of ['asha', '237691924173', '+237 691-924-173'.replaceAll(' ', '%20')]) {
        assert.equal((await open.api('GET', `/api/users/${name}`)).json?.id, 'asha');
    }
    assert.equal((await open.api('POST', '/api/users/asha/devices', {body: {fcm_token: 'abc'}})).status, 201);
    assert.equal((await open.api('GET', '/api/users/asha/devices')).json.devices.length, 1);
    assert_problem(await open.api('GET', '/api/users/237691924174'), 404, 'user_not_found');
    assert_problem(await open.api('GET', '/api/users/nobody'), 404);
});

test('in development mode what is for staff still needs a token', async () => {
    assert_problem(await open.api('GET', '/api/users'), 401, 'token_missing');
    assert_problem(await open.api('POST', '/api/users', {body: {name: 'x'}}), 401, 'token_missing');
    assert_problem(await open.api('PUT', '/api/users/bulk', {body: [{id: 'x', name: 'x'}]}), 401, 'token_missing');
    assert_problem(await open.api('DELETE', '/api/users/asha'), 401, 'token_missing');
});

test('in development mode a token counts, and a bad one is not forgiven', async () => {
    const ben = open.token('customer', 'ben');
    assert.equal((await open.api('GET', '/api/users/ben', {token: ben})).status, 200);
    assert_problem(await open.api('GET', '/api/users/asha', {token: ben}), 403, 'forbidden');
    assert_problem(await open.api('GET', '/api/users/asha', {token: 'a.b.c'}), 401, 'invalid_token');
    assert_problem(await open.api('GET', '/api/users/asha', {headers: {authorization: ''}}), 401, 'invalid_token');
    const expired = open.token('customer', 'asha', {ttl_seconds: -60});
    assert_problem(await open.api('GET', '/api/users/asha', {token: expired}), 401, 'token_expired');
});

test('development mode is told in the log, and a phone number in a path is not', () => {
    assert.equal(open.log.filter(({event}) => event === 'development_mode').length, 1);
    assert.doesNotMatch(open.log_text, /69192417|691-924/);
});
