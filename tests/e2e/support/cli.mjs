// One run of the binary to its end, with nothing of the caller's settings around it.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';

const limit_ms = 30_000;
const sanitizer = /(?:Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:/;

// Gives {code, out, err}; json() reads `out` as JSON.
export function carillon(args, {env = {}, cwd = '/'} = {}) {
    assert.ok(process.env.CARILLON_BINARY, 'CARILLON_BINARY must name the program to test');
    const inherited = Object.fromEntries(['PATH', 'HOME', 'TMPDIR', 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'TSAN_OPTIONS']
        .filter((name) => name in process.env).map((name) => [name, process.env[name]]));
    return new Promise((resolve, reject) => {
        const child = spawn(process.env.CARILLON_BINARY, args,
                            {cwd, env: {...inherited, ...env}, stdio: ['ignore', 'pipe', 'pipe'],
                             timeout: limit_ms, killSignal: 'SIGKILL'});
        let out = '';
        let err = '';
        child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
        child.stderr.setEncoding('utf8').on('data', (text) => { err += text; });
        child.on('error', reject);
        child.on('close', (code, signal) => {
            const whole = `carillon ${args.join(' ')}\n${out}${err}`;
            if (signal) return reject(new Error(`ended by ${signal}: ${whole}`));
            if (sanitizer.test(err)) return reject(new Error(whole));
            resolve({code, out, err, json: () => JSON.parse(out)});
        });
    });
}
