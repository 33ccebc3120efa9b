// The stand-ins for FCM and MyOperator, from the command line to the wire.
import assert from 'node:assert/strict';
import {createSign} from 'node:crypto';
import {readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import {after, beforeEach, test} from 'node:test';
import {carillon} from './support/cli.mjs';
import {eventually} from './support/eventually.mjs';
import {raw} from './support/raw.mjs';
import {start_sandbox} from './support/sandbox.mjs';

const sandbox = await start_sandbox();
after(() => sandbox.stop());
beforeEach(() => sandbox.reset());

const account = JSON.parse(readFileSync(sandbox.account, 'utf8'));
const scope = 'https://www.googleapis.com/auth/firebase.messaging';
const send_path = `/v1/projects/${account.project_id}/messages:send`;

// As google-auth signs it, with OpenSSL's own RSA.
function assertion(changes = {}, key = account) {
    const now = Math.floor(Date.now() / 1000);
    const claims = {iss: key.client_email, scope, aud: key.token_uri, iat: now, exp: now + 3600, ...changes};
    const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const text = `${encode({alg: 'RS256', typ: 'JWT', kid: key.private_key_id})}.${encode(claims)}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(key.private_key).toString('base64url')}`;
}

function ask_token(text, from = sandbox) {
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    const body = new URLSearchParams({grant_type, assertion: text}).toString();
    return from.ask('POST', '/token', {body, headers: {'content-type': 'application/x-www-form-urlencoded'}});
}

async function push(token, message = {notification: {title: 'Hi', body: 'there'}}) {
    const {json} = await ask_token(assertion());
    const headers = {authorization: `Bearer ${json.access_token}`};
    return sandbox.ask('POST', send_path, {headers, body: {message: {token, ...message}}});
}

const whatsapp_headers = {authorization: 'Bearer key', 'x-myop-company-id': 'company'};
function whatsapp(number, ref, data) {
    data ??= {type: 'template', context: {template_name: 'new_lead', language: 'en', body: {1: 'Asha'}}};
    const body = {phone_number_id: '100200300400500', customer_country_code: '91', customer_number: number,
                  data, reply_to: null, myop_ref_id: ref};
    return sandbox.ask('POST', '/chat/messages', {headers: whatsapp_headers, body});
}
const text = {type: 'text', context: {body: 'Hello', preview_url: false}};

// A webhook that answers with these statuses first, and 200 then. Gives {url, events, keys, close}.
async function webhook(statuses = []) {
    const events = [];
    const keys = [];
    const server = http.createServer(async (request, answer) => {
        let body = '';
        for await (const part of request) body += part;
        events.push(JSON.parse(body));
        keys.push(request.headers['x-api-key']);
        answer.writeHead(statuses.shift() ?? 200).end();
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = () => { server.close(); server.closeAllConnections(); };
    return {url: `http://127.0.0.1:${server.address().port}/hook`, events, keys, close};
}

test('makes a service account that nobody else can read', () => {
    assert.equal(statSync(sandbox.account).mode & 0o777, 0o600);
    assert.equal(account.project_id, 'carillon-sandbox');
    assert.equal(account.token_uri, `${sandbox.url}/token`);
});

test('says in JSON where it listens', async () => {
    const told = () => sandbox.log_text.match(/^\{\n[\s\S]*?^\}$/m)?.[0];
    assert.deepEqual(JSON.parse(await eventually(told)),
                     {url: sandbox.url, account: sandbox.account, project_id: 'carillon-sandbox'});
});

test('gives a token for a signed assertion and takes a message with it', async () => {
    const {status, json} = await ask_token(assertion());
    assert.equal(status, 200);
    assert.equal(json.expires_in, 3599);

    const sent = await push('device-1');
    assert.equal(sent.status, 200);
    assert.match(sent.json.name, /^projects\/carillon-sandbox\/messages\/0:\d+%[0-9a-f]+$/);
    const [message] = await sandbox.messages('device-1');
    assert.equal(message.title, 'Hi');
    const {calls} = await sandbox.calls({target: 'device-1'});
    assert.deepEqual(calls.map((call) => [call.provider, call.status, call.message_ids.length]), [['fcm', 200, 1]]);
});

test('refuses a forged assertion', async () => {
    const forged = assertion().replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'));
    const {status, json} = await ask_token(forged);
    assert.equal(status, 400);
    assert.equal(json.error, 'invalid_grant');
    assert.equal(json.error_description, 'Invalid JWT Signature.');
});

test('drops a call without a word, having done nothing', async () => {
    await sandbox.fault({provider: 'fcm', fault: 'drop', match: {token: 'dev'}, times: 1});
    await assert.rejects(push('device-2'), {code: 'ECONNRESET'});
    assert.deepEqual(await sandbox.messages('device-2'), []);

    assert.equal((await push('device-2')).status, 200);
    const {calls} = await sandbox.calls({target: 'device-2'});
    assert.deepEqual(calls.map((call) => [call.fault, call.status]), [['drop', null], [null, 200]]);
});

test('drops a call without a word, having done everything', async () => {
    const hook = await webhook();
    await sandbox.webhook(hook.url);
    await sandbox.fault({provider: 'myoperator', fault: 'drop_after', times: 1});
    await assert.rejects(whatsapp('9876543210', 'dlv_lost'), {code: 'ECONNRESET'});

    await eventually(() => hook.events.length === 2);
    assert.deepEqual(hook.events.map((event) => event.event_type), ['message.sent', 'message.delivered']);
    assert.equal(hook.events[0].payload.myop_ref_id, 'dlv_lost');
    assert.equal((await sandbox.messages('919876543210')).length, 1);
    assert.equal((await sandbox.calls({myop_ref_id: 'dlv_lost'})).count, 1);
    hook.close();
});

test('a dropped call takes no earlier answer with it', async () => {
    await sandbox.fault({provider: 'myoperator', fault: 'drop'});
    const pipelined = 'GET /sandbox/calls HTTP/1.1\r\nHost: a\r\n\r\n' +
        'GET /chat/phonenumbers HTTP/1.1\r\nHost: a\r\n\r\n' +
        'GET /sandbox/calls HTTP/1.1\r\nHost: a\r\n\r\n';
    const {responses, rest, closed} = await raw(sandbox.port, pipelined);
    assert.deepEqual(responses.map((response) => response.status), [200]);
    assert.equal(rest.length, 0);
    assert.ok(closed);
});

test('honours Retry-After, latency and how often', async () => {
    await sandbox.fault({provider: 'fcm', fault: 'quota', retry_after: 2, times: 1});
    const limited = await push('t');
    assert.equal(limited.status, 429);
    assert.equal(limited.headers['retry-after'], '2');

    await sandbox.fault({provider: 'fcm', fault: 'latency', latency_ms: 150, times: 1});
    const began = Date.now();
    assert.equal((await push('t')).status, 200);
    assert.ok(Date.now() - began >= 150);
    assert.deepEqual(await sandbox.faults(), []);
});

test('sends receipts to the webhook, and tries again until it takes them', async () => {
    const hook = await webhook([503]);
    await sandbox.settings({receipts: {url: hook.url, key: 'hook-key', retry_ms: 10, delay_ms: 0}});
    const {json} = await whatsapp('9876543210', 'dlv_1');

    await eventually(() => hook.events.length === 3);
    assert.deepEqual(hook.events[0], hook.events[1]);
    assert.deepEqual(new Set(hook.keys), new Set(['hook-key']));
    assert.equal(hook.events[2].payload.id, json.data.message_id);
    await sandbox.read('919876543210');
    await eventually(() => hook.events.length === 4);
    assert.equal(hook.events[3].event_type, 'message.read');
    const [message] = await sandbox.messages('919876543210');
    assert.ok(message.sent_at && message.delivered_at && message.read_at);
    hook.close();
});

test('opens the window when the customer writes', async () => {
    const hook = await webhook();
    await sandbox.webhook(hook.url);
    assert.equal((await whatsapp('9000000001', 'early', text)).status, 200);
    await eventually(() => hook.events.length === 1);
    assert.equal(hook.events[0].payload.errors[0].code, 131047);

    await sandbox.reply('+91 90000 00001', 'Who is it?');
    await whatsapp('9000000001', 'late', text);
    await eventually(() => hook.events.length === 4);
    assert.deepEqual(hook.events.slice(1).map((event) => event.event_type).sort(),
                     ['message.delivered', 'message.received', 'message.sent']);
    hook.close();
});

test('stops while answers are held back and receipts wait', async () => {
    const other = await start_sandbox();
    await other.settings({receipts: {url: 'http://127.0.0.1:1/hook', delay_ms: 600_000}});
    await other.ask('POST', '/sandbox/phones/919876543210/reply', {body: {text: 'x'}});
    await other.fault({provider: 'myoperator', fault: 'latency', latency_ms: 600_000});
    const held = other.ask('GET', '/chat/phonenumbers', {headers: whatsapp_headers}).catch((error) => error);
    await eventually(async () => (await other.calls()).count === 1);
    await other.stop();
    assert.ok(await held instanceof Error);
});

test('an account that was made here moves with the address, its key kept', async () => {
    const moved = await start_sandbox({account: {...account, token_uri: 'http://127.0.0.1:9/token'}});
    const kept = JSON.parse(readFileSync(moved.account, 'utf8'));
    assert.deepEqual(kept, {...account, token_uri: `${moved.url}/token`});
    assert.equal(statSync(moved.account).mode & 0o777, 0o600);
    assert.equal((await ask_token(assertion({}, kept), moved)).status, 200);
    await moved.stop();
});

test('an account of somebody else is used as it is', async () => {
    const theirs = {...account, project_id: 'theirs', token_uri: 'https://oauth2.googleapis.com/token'};
    const other = await start_sandbox({account: theirs});
    const {token_uri} = await other.logged('sandbox_account_elsewhere');
    assert.equal(token_uri, theirs.token_uri);
    assert.deepEqual(JSON.parse(readFileSync(other.account, 'utf8')), theirs);
    assert.equal((await ask_token(assertion({}, theirs), other)).status, 200);
    assert.equal((await ask_token(assertion({aud: `${other.url}/token`}, theirs), other)).status, 200);
    await other.stop();
});

test('takes its webhook from the command line, and goes back to it', async () => {
    const hook = await webhook();
    const other = await start_sandbox({args: ['--webhook', hook.url, '--webhook-key', 'k']});
    await other.webhook('');
    await other.reset();
    await other.reply('919876543210', 'Hello');
    await eventually(() => hook.events.length === 1);
    assert.deepEqual(hook.keys, ['k']);
    await other.stop();
    hook.close();
});

test('may be driven by the pages of a server beside it, and by no others', async () => {
    const allowed = async (origin) => {
        const {headers} = await sandbox.ask('GET', '/sandbox/settings', {headers: {origin}});
        return headers['access-control-allow-origin'];
    };
    assert.equal(await allowed('http://127.0.0.1:8000'), 'http://127.0.0.1:8000');
    assert.equal(await allowed('https://elsewhere.example'), undefined);
});

const mistakes = {
    'an address that others reach': [['--listen', '0.0.0.0:0', '--account', 'a'], 2,
        /--listen: the sandbox lets in everybody, so it listens on loopback only/],
    'a webhook that is no URL': [['--account', 'a', '--webhook', 'localhost'], 2, /--webhook: must be an http/],
    'no account': [[], 2, /--account is required/],
    'an account where none can be written': [['--listen', '127.0.0.1:0', '--account', '/nowhere/a.json'], 1,
        /cannot write \/nowhere\/a\.json: No such file/],
    'an account that is none': [['--listen', '127.0.0.1:0', '--account', '/etc/hostname'], 1,
        /the service account is not a JSON object/],
};
for (const [name, [args, code, told]] of Object.entries(mistakes)) {
    test(`does not start with ${name}`, async () => {
        const ended = await carillon(['sandbox', ...args]);
        assert.equal(ended.code, code, ended.err);
        assert.match(ended.err, told);
    });
}

test('does not start where somebody else listens', async () => {
    const file = path.join(sandbox.folder, 'other.json');
    const ended = await carillon(['sandbox', '--listen', `127.0.0.1:${sandbox.port}`, '--account', file]);
    assert.equal(ended.code, 1);
    assert.match(ended.err, /Address already in use/);
    assert.throws(() => rmSync(file), {code: 'ENOENT'});
});
