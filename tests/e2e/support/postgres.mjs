// A PostgreSQL of the test's own, to be taken away, frozen and given back.
import {execFile} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';

const script = fileURLToPath(new URL('../../support/postgres', import.meta.url));
const run = promisify(execFile);

export class Postgres {
    #folder = mkdtempSync(path.join(tmpdir(), 'carillon-pg-'));
    #frozen = [];
    conninfo;

    // A test file that dies must not leave its PostgreSQL behind, least of all a frozen one.
    #kill_at_exit = () => {
        this.thaw();
        for (const pid of this.#family()) process.kill(pid, 'SIGKILL');
        rmSync(this.#folder, {recursive: true, force: true});
    };

    static async create() {
        const postgres = new Postgres();
        process.once('exit', postgres.#kill_at_exit);
        await postgres.start();
        return postgres;
    }

    async start() {
        this.conninfo = (await run(script, ['start', this.#folder])).stdout.trim();
    }
    async stop() {
        this.thaw();
        await run(script, ['stop', this.#folder]);
    }
    async remove() {
        await this.stop();
        process.off('exit', this.#kill_at_exit);
        rmSync(this.#folder, {recursive: true, force: true});
    }

    // The machine that stands still: connections stay open, and nothing comes back.
    freeze() {
        this.#frozen = this.#family();
        for (const pid of this.#frozen) process.kill(pid, 'SIGSTOP');
    }
    thaw() {
        for (const pid of this.#frozen.splice(0)) process.kill(pid, 'SIGCONT');
    }

    // The postmaster first: frozen, it can have no new children.
    #family() {
        try {
            const [postmaster] = readFileSync(path.join(this.#folder, 'data/postmaster.pid'), 'utf8').split('\n');
            const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8');
            return [postmaster, ...children.trim().split(' ')].filter(Boolean).map(Number);
        } catch (error) {
            if (error.code === 'ENOENT') return [];  // it does not run
            throw error;
        }
    }
}
