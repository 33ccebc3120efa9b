// Stand-ins for the providers, and what the server and libcurl's own loop must know to reach them.
import {execFileSync} from 'node:child_process';
import {generateKeyPairSync} from 'node:crypto';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {make_certificate} from '../../e2e/support/certificates.mjs';
import {eventually} from '../../e2e/support/eventually.mjs';
import {cores, Program, run} from './programs.mjs';

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));

export class Providers {
    #folder = mkdtempSync(path.join(tmpdir(), 'carillon-bench-'));
    #program;
    #certificate;

    static async start() {
        const providers = new Providers();
        process.once('exit', () => rmSync(providers.#folder, {recursive: true, force: true}));
        const {cert, key} = make_certificate(providers.#folder, 'stand-in', {hosts: ['localhost']});
        providers.#certificate = cert;
        providers.#compile('trust_ca', ['-shared', '-fPIC'], ['-ldl']);
        providers.#compile('curl_multi', [], ['-lcurl']);
        const args = [beside('provider_stand_in.mjs'), cert, key];
        providers.#program = new Program(process.execPath, args, {core: cores.load});
        await eventually(() => providers.#program.stdout.includes('\n'));
        providers.ports = JSON.parse(providers.#program.stdout);
        providers.#write_account();
        return providers;
    }

    #compile(name, flags, libraries) {
        const out = path.join(this.#folder, name);
        execFileSync('g++', ['-std=c++20', '-O2', ...flags, beside(`${name}.cpp`), '-o', out, ...libraries]);
    }

    get fcm_url() { return `https://localhost:${this.ports.fcm}`; }

    #write_account() {
        const {privateKey} = generateKeyPairSync('rsa', {
            modulusLength: 2048, privateKeyEncoding: {type: 'pkcs8', format: 'pem'},
            publicKeyEncoding: {type: 'spki', format: 'pem'}});
        const account = {type: 'service_account', project_id: 'bench', client_email: 'bench@example.com',
                         private_key: privateKey, token_uri: `${this.fcm_url}/token`};
        writeFileSync(path.join(this.#folder, 'account.json'), JSON.stringify(account), {mode: 0o600});
    }

    // What a server is told so that it takes these for the real ones.
    get env() {
        return {
            FIREBASE_SERVICE_ACCOUNT_KEY: path.join(this.#folder, 'account.json'),
            CARILLON_FIREBASE_BASE_URL: this.fcm_url,
            MYOPERATOR_API_KEY: 'bench-key',
            MYOPERATOR_ACCOUNT_ID: 'bench-company',
            MYOPERATOR_PHONE_NUMBER_ID: '100200300400500',
            CARILLON_MYOPERATOR_BASE_URL: `http://127.0.0.1:${this.ports.myoperator}`,
            LD_PRELOAD: path.join(this.#folder, 'trust_ca'),
            BENCH_TRUSTED_CA: this.#certificate,
        };
    }

    // libcurl alone, on the server's core.
    async bare_pushes(count) {
        const args = [this.#certificate, `${this.fcm_url}/v1/projects/bench/messages:send`, String(count)];
        const {stdout} = await run(path.join(this.#folder, 'curl_multi'), args, {core: cores.server});
        return JSON.parse(stdout);
    }

    stop() { return this.#program.stop(); }
}
