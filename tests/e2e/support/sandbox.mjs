// The provider sandbox, with a service account of its own.
//
//     const sandbox = await start_sandbox();
//     after(() => sandbox.stop());
//     const server = await start_server({env: sandbox.env});
//     await sandbox.webhook(`${server.url}/api/webhooks/myoperator`, 'key');
//     await sandbox.fault({provider: 'fcm', fault: 'quota', retry_after: 1, times: 2});
//     assert.equal((await sandbox.calls({myop_ref_id: id})).count, 1);
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {encode, request} from './client.mjs';
import {Process} from './process.mjs';

export class Sandbox {
    #folder = mkdtempSync(path.join(tmpdir(), 'carillon-sandbox-'));
    #agent = new http.Agent({keepAlive: true});
    #process;

    // `account` is a service account to start with, as JSON; without one the sandbox makes its own.
    constructor({account} = {}) {
        if (account) writeFileSync(this.account, JSON.stringify(account));
    }

    // `args` are given to the verb as they are.
    async start(args = []) {
        assert.ok(process.env.CARILLON_BINARY, 'CARILLON_BINARY must name the program to test');
        const command = ['sandbox', '--json', '--listen', '127.0.0.1:0', '--account', this.account, ...args];
        this.#process = new Process(process.env.CARILLON_BINARY, command, {env: {}, cwd: this.#folder});
        const {address} = await this.#process.logged('sandbox_listening');
        this.port = Number(address.slice(address.lastIndexOf(':') + 1));
    }

    get folder() { return this.#folder; }
    get account() { return path.join(this.#folder, 'account.json'); }
    get url() { return `http://127.0.0.1:${this.port}`; }
    // What a server is told so that it takes this for the real ones.
    get env() {
        return {
            FIREBASE_SERVICE_ACCOUNT_KEY: this.account,
            CARILLON_FIREBASE_BASE_URL: this.url,
            MYOPERATOR_API_KEY: 'sandbox-key',
            MYOPERATOR_ACCOUNT_ID: 'sandbox-company',
            MYOPERATOR_PHONE_NUMBER_ID: '100200300400500',
            CARILLON_MYOPERATOR_BASE_URL: this.url,
        };
    }
    get log_text() { return this.#process.text; }
    get ended() { return this.#process.ended; }
    async logged(event, limit_ms) { return this.#process.logged(event, limit_ms); }

    // Gives {status, headers, body, text, json}; rejects when the connection ends without an answer.
    ask(method, target, {body, headers = {}} = {}) {
        const encoded = encode(body);
        const length = encoded.body && {'content-length': Buffer.byteLength(encoded.body)};
        const type = encoded.type && {'content-type': encoded.type};
        return request(this.url, {method, path: target, body: encoded.body, agent: this.#agent,
                                  headers: {...type, ...length, ...headers}});
    }
    async #expect(status, method, target, body) {
        const answer = await this.ask(method, target, {body});
        assert.equal(answer.status, status, answer.text);
        return answer.json;
    }

    // {provider, fault, match, status, retry_after, latency_ms, times}; gives it with its id.
    fault(fault) { return this.#expect(201, 'POST', '/sandbox/faults', fault); }
    faults() { return this.#expect(200, 'GET', '/sandbox/faults').then(({faults}) => faults); }
    remove(fault) { return this.#expect(204, 'DELETE', `/sandbox/faults/${fault.id}`); }
    // {push: [{token, messages}], whatsapp: [{number, messages}]}
    phones() { return this.#expect(200, 'GET', '/sandbox/phones'); }
    // The messages of one; none when it never got any.
    async messages(phone) {
        const answer = await this.ask('GET', `/sandbox/phones/${encodeURIComponent(phone)}`);
        return answer.status === 404 ? [] : answer.json.messages;
    }
    reply(number, text) {
        return this.#expect(201, 'POST', `/sandbox/phones/${encodeURIComponent(number)}/reply`, {text});
    }
    read(number) { return this.#expect(200, 'POST', `/sandbox/phones/${encodeURIComponent(number)}/read`); }
    // {calls, count, totals, by_ref}; the filter may have provider, target, myop_ref_id and limit.
    calls(filter = {}) { return this.#expect(200, 'GET', `/sandbox/calls?${new URLSearchParams(filter)}`); }
    receipts() { return this.#expect(200, 'GET', '/sandbox/receipts'); }
    settings(patch) { return this.#expect(200, patch ? 'PATCH' : 'GET', '/sandbox/settings', patch); }
    webhook(url, key = '') { return this.settings({receipts: {url, key}}); }
    reset() { return this.#expect(204, 'POST', '/sandbox/reset'); }

    async stop() {
        this.#agent.destroy();
        try {
            if (!this.#process.ended) await this.#process.stop();
        } finally {
            rmSync(this.#folder, {recursive: true, force: true});
        }
    }
}

export async function start_sandbox({args, account} = {}) {
    const sandbox = new Sandbox({account});
    await sandbox.start(args);
    return sandbox;
}
