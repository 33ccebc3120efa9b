// The load program for WebSockets, socket_load.cpp: compiled once, and driven by its commands.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {eventually} from '../../e2e/support/eventually.mjs';
import {cores, Program} from './programs.mjs';

export class LoadProgram {
    #folder = mkdtempSync(path.join(tmpdir(), 'carillon-bench-'));
    #files = 0;

    constructor() {
        process.once('exit', () => rmSync(this.#folder, {recursive: true, force: true}));
        const source = fileURLToPath(new URL('socket_load.cpp', import.meta.url));
        execFileSync('g++', ['-std=c++20', '-O2', source, '-o', this.#path, '-lssl', '-lcrypto']);
    }

    get #path() { return path.join(this.#folder, 'socket_load'); }

    #file(text) {
        const file = path.join(this.#folder, String(++this.#files));
        writeFileSync(file, text, {mode: 0o600});
        return file;
    }

    // `users`: [{id, token}], each of whom has the same number of the `size` sockets; `body`: what is published.
    start({users, body = '', ...settings}) {
        const lines = users.map(({id, token = '-'}) => `${id} ${token}\n`).join('');
        const given = {...settings, users: this.#file(lines), body: this.#file(body)};
        return new SocketLoad(this.#path, Object.entries(given).map(([name, value]) => `${name}=${value}`));
    }
}

// One run of it. Each command gives its answer; one that cannot be done throws what the program said.
export class SocketLoad {
    #program;
    #answers = 0;

    constructor(command, args) {
        this.#program = new Program(command, args, {core: cores.load});
    }

    async command(verb, {limit_seconds = 60, ...values} = {}) {
        const given = Object.entries({limit_seconds, ...values}).map(([name, value]) => `${name}=${value}`);
        this.#program.write(`${[verb, ...given].join(' ')}\n`);
        const number = this.#answers++;
        // It watches the limit itself, and knows better what was missing.
        const line = await eventually(() => {
            const answer = this.#program.stdout.split('\n').slice(0, -1)[number];
            return answer ?? (!this.#program.alive && 'ended');
        }, (limit_seconds + 10) * 1000, 2);
        assert.notEqual(line, 'ended', this.#program.stderr);
        return JSON.parse(line);
    }

    open(values = {}) { return this.command('open', values); }
    publish(values) { return this.command('publish', values); }

    stop() { return this.#program.stop(); }
}
