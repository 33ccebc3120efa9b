// The programs a measurement is made of. Each leads a process group of its own, so that it and whatever it
// started end by their id and nothing else does; and each ends with us, however we end.
import {spawn} from 'node:child_process';

// Server and load generator never share a core.
export const cores = {server: '0', load: '1'};

const groups = new Set();
const end_group = (pid, signal) => {
    try {
        process.kill(-pid, signal);
    } catch (error) {
        if (error.code !== 'ESRCH') throw error;  // ended meanwhile
    }
};
process.once('exit', () => groups.forEach((pid) => end_group(pid, 'SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

export class Program {
    #child;
    #texts = {stdout: '', stderr: ''};
    #command;

    constructor(command, args, {core, env = process.env, cwd} = {}) {
        this.#command = `${command} ${args.join(' ')}`;
        // taskset becomes the program it starts: the id is the program's own.
        const [name, given] = core ? ['taskset', ['-c', core, command, ...args]] : [command, args];
        this.#child = spawn(name, given, {cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe']});
        for (const stream of ['stdout', 'stderr']) {
            this.#child[stream].setEncoding('utf8').on('data', (text) => { this.#texts[stream] += text; });
        }
        this.#child.stdin.on('error', () => {});  // it may end without having read
        if (this.pid) groups.add(this.pid);
        this.ended = new Promise((resolve) => {
            const over = (how) => {
                groups.delete(this.pid);
                resolve(how);
            };
            this.#child.once('error', (error) => over({error}));
            this.#child.once('close', (code, signal) => over({code, signal}));
        });
    }

    get pid() { return this.#child.pid; }
    get stdout() { return this.#texts.stdout; }
    get stderr() { return this.#texts.stderr; }
    write(text) { this.#child.stdin.write(text); }
    get alive() { return this.#child.exitCode === null && this.#child.signalCode === null && this.pid; }

    // Ends in success within the time, or throws with all it said.
    async finish(limit_ms) {
        let late = false;
        const limit = setTimeout(() => {
            late = true;
            end_group(this.pid, 'SIGKILL');
        }, limit_ms);
        const how = await this.ended;
        clearTimeout(limit);
        if (how.code === 0) return this;
        const ending = how.error?.message ?? how.signal ?? `exit code ${how.code}`;
        const why = late ? `not done within ${limit_ms} ms` : ending;
        // The token of a request is nothing to print, a test's or not.
        const shown = this.#command.replace(/eyJ[\w.-]+/g, '<token>');
        throw new Error(`${shown}: ${why}\n${this.stdout}${this.stderr}`);
    }

    async stop(limit_ms = 10_000) {
        if (this.alive) end_group(this.pid, 'SIGTERM');
        const limit = setTimeout(() => end_group(this.pid, 'SIGKILL'), limit_ms);
        await this.ended;
        clearTimeout(limit);
    }
}

export const run = (command, args, {limit_ms = 60_000, ...options} = {}) =>
    new Program(command, args, options).finish(limit_ms);
