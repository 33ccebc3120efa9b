// Who is asking: by HS256 tokens, and what each may see. Tokens by keys of others are in auth_keys_test.mjs.
import assert from 'node:assert/strict';
import {createHmac, generateKeyPairSync, sign} from 'node:crypto';
import {after, test} from 'node:test';
import {assert_problem} from './support/problem.mjs';
import {start_server} from './support/server.mjs';
import {mint_token} from './support/token.mjs';

const server = await start_server();
after(() => server.close());

const phone = '+237691924173';
const used = [];  // every token that was sent, for the look into the log at the end
const note = (token) => {
    used.push(token);
    return token;
};
const token = (role, sub, options) => note(server.token(role, sub, options));
const admin = token('admin', 'root');
const get = (path, sent, headers = {}) => server.api('GET', path, {token: sent && note(sent), headers});
const now = () => Math.floor(Date.now() / 1000);
const text_of = (value) => (typeof value === 'string' ? value : JSON.stringify(value));
const encoded = (value) => Buffer.from(text_of(value)).toString('base64url');
const claims = (more = {}) => ({sub: 'asha', role: 'salesperson', iat: now(), exp: now() + 3600, ...more});
const hs256 = (text, secret = server.secret) => createHmac('sha256', secret).update(text).digest('base64url');
// A token of any header and claims, given as values or as texts, signed by our own secret.
function signed(header, payload = claims()) {
    const text = `${encoded(header)}.${encoded(payload)}`;
    return `${text}.${hs256(text)}`;
}
const with_claims = (more) => signed({alg: 'HS256', typ: 'JWT'}, claims(more));

async function assert_unknown(sent, code = 'invalid_token') {
    const answer = await get('/api/users/asha', sent);
    assert_problem(answer, 401, code);
    assert.equal(answer.headers['www-authenticate'], 'Bearer error="invalid_token"');
    assert.ok(sent.length < 20 || !answer.text.includes(sent), 'the token stands in the answer');
}
const assert_known = async (sent) => assert.equal((await get('/api/users/asha', sent)).status, 200);

for (const body of [{id: 'asha', name: 'Asha Secretname', phone, role: 'salesperson', email: 'asha@secret.example'},
                    {id: 'ben', name: 'Ben', role: 'customer'}]) {
    assert.equal((await server.api('POST', '/api/users', {token: admin, body})).status, 201);
}

test('a token of ours is taken, with or without what is optional', async () => {
    await assert_known(token('salesperson', 'asha'));
    await assert_known(signed({alg: 'HS256'}));
    await assert_known(signed({alg: 'HS256', typ: 'at+JWT', kid: 'unnamed', 'x-more': 1}));
    await assert_known(with_claims({iat: undefined, jti: 'x', scope: 'all', iss: 'anybody', aud: ['anything']}));
    await assert_known(with_claims({exp: now() + 3600.5}));
});

test('the scheme is Bearer, in any letters, and nothing else', async () => {
    const sent = token('salesperson', 'asha');
    for (const scheme of ['bearer', 'BEARER', 'Bearer']) {
        assert.equal((await get('/api/users/asha', undefined, {authorization: `${scheme} ${sent}`})).status, 200);
    }
    for (const value of ['Bearer', 'Bearer ', sent, `Basic ${sent}`, `Token ${sent}`, `Bearer: ${sent}`,
                         `Bearer  ${sent}`, `Bearer\t${sent}`, `Bearer"${sent}"`, `Bearer ${sent} x`,
                         `Bearer ${sent},`, `Bearer ${sent}\t.`]) {
        assert_problem(await get('/api/users/asha', undefined, {authorization: value}), 401, 'invalid_token');
    }
});

for (const alg of ['none', 'None', 'NONE', 'nOnE', 'none ', '', null, undefined, 0, {}, ['HS256'], ['none'],
                   'hs256', 'Hs256', 'HS256 ', 'HS256\u0000', 'HS384', 'HS512', 'RS256', 'ES256', 'PS256', 'EdDSA',
                   'A256KW', 'dir']) {
    test(`alg ${JSON.stringify(alg)} is refused, signed and unsigned`, async () => {
        const whole = signed({alg, typ: 'JWT'});
        await assert_unknown(whole);
        await assert_unknown(whole.slice(0, whole.lastIndexOf('.') + 1));
    });
}

test('a stronger digest with the right secret is still another algorithm', async () => {
    for (const [alg, digest] of [['HS384', 'sha384'], ['HS512', 'sha512'], ['HS256', 'sha512']]) {
        const text = `${encoded({alg, typ: 'JWT'})}.${encoded(claims())}`;
        await assert_unknown(`${text}.${createHmac(digest, server.secret).update(text).digest('base64url')}`);
    }
});

test('another secret is refused, also those that are often tried', async () => {
    for (const secret of ['', 'secret', 'your-256-bit-secret', server.secret.slice(0, -1), `${server.secret} `,
                          server.secret.toUpperCase().replace(/[^A-F]/g, 'A'), Buffer.from(server.secret, 'hex')]) {
        await assert_unknown(mint_token(secret, {sub: 'asha', role: 'salesperson'}));
    }
});

test('what is not three parts is refused', async () => {
    const [header, payload, signature] = token('salesperson', 'asha').split('.');
    for (const sent of ['x', '.', '..', '...', header, `${header}.`, `${header}.${payload}`, `${header}.${payload}.`,
                        `${header}..${signature}`, `.${payload}.${signature}`, `${header}.${payload}.${signature}.`,
                        `${header}.${payload}.${signature}.x`, `${header}.${payload}.${signature}.x.y`,
                        `${header}.${payload}.${signature}=`, `${header}.${payload}.${signature}%3D`]) {
        await assert_unknown(sent);
    }
});

test('a token that is cut off is refused, wherever that is', async () => {
    const whole = token('salesperson', 'asha');
    for (let end = 1; end < whole.length; end += end > whole.length - 6 ? 1 : 7) {
        await assert_unknown(whole.slice(0, end));
    }
    await assert_known(whole);
});

test('one changed bit is too many, in any part', async () => {
    const whole = token('salesperson', 'asha');
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let at = 0; at < whole.length; at += 5) {
        if (whole[at] === '.') continue;
        const other = letters[letters.indexOf(whole[at]) ^ 1];
        await assert_unknown(whole.slice(0, at) + other + whole.slice(at + 1));
    }
    // The last letter holds four bits of the signature and two of nothing: those must be zero.
    const last = letters.indexOf(whole.at(-1));
    for (const spare of [1, 2, 3]) await assert_unknown(whole.slice(0, -1) + letters[last ^ spare]);
});

test('claims of one token under the signature of another are refused', async () => {
    const [header, , signature] = token('salesperson', 'asha').split('.');
    await assert_unknown(`${header}.${encoded(claims({role: 'admin'}))}.${signature}`);
});

const headers = {
    'crit': {crit: ['exp']}, 'an empty crit': {crit: []}, 'b64': {b64: false}, 'zip': {zip: 'DEF'},
    'b64 in crit': {b64: false, crit: ['b64']}, 'the typ of a proof': {typ: 'dpop+jwt'}, 'the typ of a logout': {typ: 'logout+jwt'},
    'a typ that is no text': {typ: 7}, 'a kid that is no text': {kid: 7}, 'an empty typ': {typ: ''},
};
for (const [name, header] of Object.entries(headers)) {
    test(`a header with ${name} is refused`, () => assert_unknown(signed({alg: 'HS256', typ: 'JWT', ...header})));
}

test('a header or claims that are no JSON object are refused', async () => {
    const good = '{"alg":"HS256"}';
    for (const header of ['', 'x', '[]', '"HS256"', 'null', '{"alg":"HS256"', `${good}x`, `${good}\0`, `${good}}`,
                          '{"alg":"none","alg":"HS256"}', '{"alg":"HS256","alg":"none"}']) {
        await assert_unknown(signed(header));
    }
    const text = JSON.stringify(claims());
    for (const payload of ['', 'x', '[]', '7', 'null', text.slice(0, -1), `${text}x`, `${text}{}`, '['.repeat(3000),
                           `{"role":"admin",${text.slice(1)}`, `${text.slice(0, -1)},"sub":"root"}`]) {
        await assert_unknown(signed({alg: 'HS256'}, payload));
    }
    await assert_unknown(`${encoded(good)}.!!!.${hs256(`${encoded(good)}.!!!`)}`);
});

test('a key that the token brings along is not used', async () => {
    const {publicKey, privateKey} = generateKeyPairSync('rsa', {modulusLength: 2048});
    const jwk = publicKey.export({format: 'jwk'});
    const own = {alg: 'RS256', typ: 'JWT', jwk, kid: 'mine', jku: `${server.url}/jwks.json`,
                 x5u: `${server.url}/x.pem`, x5c: ['MII']};
    const text = `${encoded(own)}.${encoded(claims())}`;
    await assert_unknown(`${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`);
    const secret = {alg: 'HS256', typ: 'JWT', jwk: {kty: 'oct', k: encoded('x'.repeat(32))}};
    const other = `${encoded(secret)}.${encoded(claims())}`;
    await assert_unknown(`${other}.${hs256(other, 'x'.repeat(32))}`);
    // Our own signature is enough, whatever else the header says; nothing of it is followed.
    await assert_known(signed({...own, alg: 'HS256', kid: "../../../dev/null' OR 1=1"}));
});

test('a token ends when it says, with half a minute for clocks that differ', async () => {
    await assert_known(with_claims({exp: now() - 20}));
    await assert_unknown(with_claims({exp: now() - 31}), 'token_expired');
    await assert_unknown(with_claims({exp: now() - 86400}), 'token_expired');
    await assert_unknown(with_claims({exp: 0}), 'token_expired');
});

test('a token begins when it says, with the same half minute', async () => {
    await assert_known(with_claims({nbf: now() + 20}));
    await assert_unknown(with_claims({nbf: now() + 60}));
    await assert_known(with_claims({iat: now() + 20}));
    await assert_unknown(with_claims({iat: now() + 60}));
});

test('times must be times', async () => {
    for (const wrong of ['9999999999', null, true, -1, [9999999999], {}, 1e300]) {
        await assert_unknown(with_claims({exp: wrong}));
        if (wrong !== null) await assert_unknown(with_claims({nbf: wrong}));
    }
    await assert_unknown(with_claims({exp: undefined}));
    await assert_unknown(signed({alg: 'HS256'}, '{"sub":"asha","role":"salesperson","exp":1e999}'));
    await assert_unknown(signed({alg: 'HS256'}, '{"sub":"asha","role":"salesperson","exp":18446744073709551616}'));
});

test('a user and a role must be in it', async () => {
    for (const sub of [undefined, null, '', 7, ['asha'], 'x'.repeat(129), 'a\nb', 'a\u0000b', 'a\u007fb']) {
        await assert_unknown(with_claims({sub}));
    }
    for (const role of [undefined, null, '', 7, ['admin'], 'Admin', 'root', 'admin ', 'superuser']) {
        await assert_unknown(with_claims({role}));
    }
});

test('a token of 8 KiB is read, a longer one is not', async () => {
    await assert_known(with_claims({more: 'x'.repeat(5800)}));
    const long = with_claims({more: 'x'.repeat(6700)});
    assert.ok(long.length > 9000);
    await assert_unknown(long);
});

test('a token anywhere else than in the header is none', async () => {
    const sent = token('admin', 'root');
    for (const path of [`/api/users/asha?token=${sent}`, `/api/users/asha?access_token=${sent}`,
                        `/api/users?token=${sent}`]) {
        assert_problem(await server.api('GET', path), 401, 'token_missing');
    }
    const elsewhere = {cookie: `token=${sent}`, 'proxy-authorization': `Bearer ${sent}`,
                       'x-authorization': `Bearer ${sent}`, 'sec-websocket-protocol': `bearer.${sent}`};
    for (const [name, value] of Object.entries(elsewhere)) {
        assert_problem(await get('/api/users/asha', undefined, {[name]: value}), 401, 'token_missing');
    }
});

const staff = ['admin', 'service'];
for (const role of [...staff, 'salesperson', 'property_manager', 'customer', 'provider', 'delivery_agent']) {
    test(`what the role ${role} may do`, async () => {
        const sent = token(role, 'ben');
        const may = staff.includes(role);
        const status = async (method, path, body) => (await server.api(method, path, {token: sent, body})).status;
        assert.equal(await status('GET', '/api/users'), may ? 200 : 403);
        assert.equal(await status('POST', '/api/users', {name: `By ${role}`}), may ? 201 : 403);
        assert.equal(await status('PUT', '/api/users/bulk', [{id: `bulk-${role}`, name: 'Bulk'}]), may ? 200 : 403);
        assert.equal(await status('GET', '/api/users/ben'), 200);
        assert.equal(await status('GET', '/api/users/asha'), may ? 200 : 403);
        assert.equal(await status('GET', '/api/users/asha/devices'), may ? 200 : 403);
        assert.equal(await status('POST', '/api/users/asha/devices', {fcm_token: `token-${role}`}), may ? 201 : 403);
        assert.equal(await status('DELETE', '/api/users/asha/devices'), may ? 204 : 403);
        if (!may) assert.equal(await status('DELETE', '/api/users/ben'), 403);
    });
}

const spellings = ['237691924173', '+237691924173', '00237691924173', '+237 691-924-173', '+237 (691) 92.41.73',
                   '%2B237691924173'];
test('a user is found by id and by phone, however that is written', async () => {
    for (const sent of [token('salesperson', 'asha'), admin]) {
        for (const spelling of spellings) {
            const {status, json} = await get(`/api/users/${spelling.replaceAll(' ', '%20')}`, sent);
            assert.deepEqual([status, json?.id], [200, 'asha'], spelling);
        }
    }
});

test('whoever is known by phone is themselves under every name of theirs', async () => {
    for (const sub of ['237691924173', '+237 691-924-173']) {
        const sent = token('salesperson', sub);
        for (const name of ['asha', '237691924173', '00237691924173']) {
            assert.equal((await get(`/api/users/${name}`, sent)).json?.id, 'asha', `${sub} as ${name}`);
        }
        assert_problem(await get('/api/users/ben', sent), 403, 'forbidden');
    }
});

test('a stranger learns nothing about a number or an id, not even whether it is known', async () => {
    const stranger = token('customer', 'ben');
    const told = async (name) =>
        ({...assert_problem(await get(`/api/users/${name}`, stranger), 403, 'forbidden'), request_id: 'any'});
    const about_known = await told('237691924173');
    for (const name of ['237691924174', 'asha', 'nobody', 'root', '+4915100000000']) {
        assert.deepEqual(await told(name), about_known);
    }
    // A caller whom nobody knows, and one with a number that nobody has, are strangers too.
    assert_problem(await get('/api/users/asha', token('customer', 'unheard-of')), 403);
    assert_problem(await get('/api/users/asha', token('customer', '4915100000000')), 403);
    assert_problem(await get('/api/users/4915100000001', token('customer', '4915100000000')), 403);
});

test('staff is told that there is no such user', async () => {
    for (const sent of [admin, token('service', 'shop')]) {
        assert_problem(await get('/api/users/237691924174', sent), 404, 'user_not_found');
        assert_problem(await get('/api/users/nobody', sent), 404);
    }
});

test('an id that is long, odd or another\'s with a difference is not another\'s', async () => {
    for (const sub of ['Asha', 'asha ', ' asha', 'ash\u0430', 'asha%', 'asha/', 'a', 'x'.repeat(128)]) {
        assert_problem(await get('/api/users/asha', token('salesperson', sub)), 403, 'forbidden');
    }
});

test('no token, phone number or body is in the log', async () => {
    await server.stop();
    const text = server.log_text;
    assert.ok(server.log.filter(({event}) => event === 'request').length > 300);
    for (const each of used) {
        const part = each.split('.').find((one) => one.length >= 20 && text.includes(one));
        assert.equal(part, undefined, 'part of a token is in the log');
    }
    for (const secret of [server.secret, '691924173', '15100000000', '(691)', 'Secretname', 'secret.example',
                          'token-admin']) {
        const line = text.split('\n').find((each) => each.includes(secret));
        assert.equal(line, undefined, `${secret} is in the log`);
    }
});
