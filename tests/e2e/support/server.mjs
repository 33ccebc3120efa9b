// The real server with a database of its own.
//
//     const server = await start_server();
//     after(() => server.close());
//     const answer = await server.api('GET', '/api/users/asha', {token: server.token('admin')});
//
// Every answer of api() is held against the server's own description of itself.
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {mkdtempSync, rmSync} from 'node:fs';
import http from 'node:http';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {encode, request} from './client.mjs';
import {Database} from './database.mjs';
import {eventually} from './eventually.mjs';
import {Contract} from './openapi.mjs';
import {Process} from './process.mjs';
import {raw} from './raw.mjs';
import {mint_token} from './token.mjs';

export class Server {
    #env;
    #folder = mkdtempSync(path.join(tmpdir(), 'carillon-e2e-'));
    #agent = new http.Agent({keepAlive: true});
    #contract;
    #port;
    #process;

    secret = randomBytes(32).toString('hex');

    constructor(database, env) {
        this.database = database;
        this.#env = env;
    }

    get port() { return this.#port; }
    get url() { return `http://127.0.0.1:${this.#port}`; }
    // Where it runs: a .env or a config/carillon.toml written here is read.
    get folder() { return this.#folder; }
    get pid() { return this.#process.pid; }
    get log() { return this.#process.log; }
    get log_text() { return this.#process.text; }

    // Another run over the same database, on another port. `env` stays for the runs after it.
    async start(env = {}) {
        this.#env = {...this.#env, ...env};
        // An empty folder to run in: no .env and no config/carillon.toml of the checkout takes part.
        this.#process = this.spawn(['serve']);
        const {address} = await this.#process.logged('server_listening');
        this.#port = Number(address.slice(address.lastIndexOf(':') + 1));
        await eventually(async () => (await request(this.url, {path: '/healthz/ready'})).status === 200, 20_000);
    }

    // The binary with this server's settings, for its other verbs.
    spawn(args, env = {}) {
        assert.ok(process.env.CARILLON_BINARY, 'CARILLON_BINARY must name the program to test');
        const settings = {
            DATABASE_URL: this.database.url,
            AUTH_JWT_SECRET: this.secret,
            CARILLON_SERVER_LISTEN: '127.0.0.1:0',
            CARILLON_LOG_FORMAT: 'json',
            // One client address sends everything here; a test of the limit sets its own.
            CARILLON_HTTP_RATE_PER_SECOND: '0',
            ...this.#env, ...env,
        };
        return new Process(process.env.CARILLON_BINARY, args, {env: settings, cwd: this.#folder});
    }

    async stop() {
        this.#agent.destroy();
        this.#agent = new http.Agent({keepAlive: true});
        await this.#process.stop();
    }
    async crash() {
        this.#agent.destroy();
        this.#agent = new http.Agent({keepAlive: true});
        await this.#process.crash();
    }
    signal(name) { this.#process.signal(name); }
    get ended() { return this.#process.ended; }
    async logged(event, limit_ms) { return this.#process.logged(event, limit_ms); }
    async finished(limit_ms) { return this.#process.finished(limit_ms); }

    // The end of every test file: the server must have lived until now and stop cleanly.
    async close() {
        try {
            if (!this.#process.ended) return await this.stop();
            // Who ended it on purpose has looked at how; a crash that nobody saw is seen here.
            const {signal} = await this.#process.finished();
            assert.ok(signal === null || signal === 'SIGKILL', `ended by ${signal}\n${this.log_text}`);
        } finally {
            this.#agent.destroy();
            await this.database.drop();
            rmSync(this.#folder, {recursive: true, force: true});
        }
    }

    token(role = 'admin', sub = 'admin', options = {}) {
        return mint_token(options.secret ?? this.secret, {role, sub, ...options});
    }

    // Gives {status, headers, body, text, json}. `headers` go over what is set here; an undefined one is left out.
    async api(method, target, {token, body, headers = {}} = {}) {
        const encoded = encode(body);
        const wanted = {
            ...(token && {authorization: `Bearer ${token}`}),
            ...(encoded.type && {'content-type': encoded.type, 'content-length': Buffer.byteLength(encoded.body)}),
            ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
        };
        const sent = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
        const outgoing = {method, path: target, body: encoded.body};
        const answer = await request(this.url, {...outgoing, headers: sent, agent: this.#agent});
        const contract = await this.contract();
        contract.check({...outgoing, type: sent['content-type']}, answer);
        return answer;
    }

    async contract() {
        if (!this.#contract) {
            const described = await request(this.url, {path: '/api/openapi.json'});
            assert.equal(described.status, 200, described.text);
            this.#contract = new Contract(described.json);
        }
        return this.#contract;
    }

    raw(pieces, options) { return raw(this.#port, pieces, options); }
}

// `env` is what this server is to be told beyond the usual, as {CARILLON_HTTP_BODY_BYTES: '4096'}.
export async function start_server({env = {}} = {}) {
    const server = new Server(await Database.create(), env);
    try {
        await server.start();
    } catch (error) {
        await server.database.drop();
        throw error;
    }
    return server;
}
