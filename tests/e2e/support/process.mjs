// One run of the real binary: its log as it comes, and how it ended.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {eventually} from './eventually.mjs';

const sanitizer = /(?:Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:/;
// The sanitizers of a loaded machine take their time at the end.
const patience_ms = 30_000;

export class Process {
    #child;
    #ended = null;
    #text = '';
    #kill_at_exit = () => this.#child.kill('SIGKILL');

    constructor(binary, args, {env, cwd}) {
        // Nothing of the caller's environment reaches the server but what it needs to run at all.
        const inherited = Object.fromEntries(
            ['PATH', 'HOME', 'TMPDIR', 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'TSAN_OPTIONS']
                .filter((name) => name in process.env)
                .map((name) => [name, process.env[name]]));
        this.#child = spawn(binary, args, {cwd, env: {...inherited, ...env}, stdio: ['ignore', 'pipe', 'pipe']});
        for (const stream of [this.#child.stdout, this.#child.stderr]) {
            stream.setEncoding('utf8').on('data', (text) => { this.#text += text; });
        }
        this.#child.on('error', (error) => { this.#ended = {error}; });
        this.#child.on('close', (code, signal) => { this.#ended ??= {code, signal}; });
        // A test file that dies must not leave its server behind.
        process.once('exit', this.#kill_at_exit);
    }

    get pid() { return this.#child.pid; }
    get text() { return this.#text; }
    get ended() { return this.#ended; }

    // Every whole line that is JSON.
    get log() {
        return this.#text.split('\n').flatMap((line) => {
            try {
                return line.startsWith('{') ? [JSON.parse(line)] : [];
            } catch {
                return [];  // still being written
            }
        });
    }

    // The first line with this event, waited for.
    async logged(event, limit_ms = patience_ms) {
        return eventually(() => {
            const line = this.log.find((each) => each.event === event);
            if (!line && this.#ended) return {ended: this.#ended};
            return line;
        }, limit_ms).then((line) => {
            assert.ok(!line.ended, `ended before "${event}": ${JSON.stringify(line.ended)}\n${this.#text}`);
            return line;
        });
    }

    signal(name) { this.#child.kill(name); }

    async finished(limit_ms = patience_ms) {
        try {
            await eventually(() => this.#ended, limit_ms);
        } catch (error) {
            this.#child.kill('SIGKILL');
            throw new Error(`did not end within ${limit_ms} ms\n${this.#text}`, {cause: error});
        } finally {
            process.off('exit', this.#kill_at_exit);
        }
        assert.doesNotMatch(this.#text, sanitizer);
        return this.#ended;
    }

    // As an operator stops it. Anything but a clean end fails the test.
    async stop() {
        this.#child.kill('SIGTERM');
        const ended = await this.finished();
        assert.deepEqual(ended, {code: 0, signal: null}, `did not stop cleanly\n${this.#text}`);
    }

    // As a power failure would.
    async crash() {
        this.#child.kill('SIGKILL');
        await this.finished();
    }
}
