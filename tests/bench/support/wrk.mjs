// wrk, one thread: as many requests as the server takes over connections that stay open.
import assert from 'node:assert/strict';
import {fileURLToPath} from 'node:url';
import {cores, run} from './programs.mjs';

const milliseconds = {us: 0.001, ms: 1, s: 1000, m: 60_000};

function percentile(text, percent) {
    const [, value, unit] = new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s|m) *$`, 'm').exec(text);
    return Number(value) * milliseconds[unit];
}

function parse(text) {
    const found = /(\d+) requests in /.exec(text);
    assert.ok(found, `wrk said something unknown:\n${text}`);
    const per_second = Number(/^Requests\/sec:\s+([\d.]+)/m.exec(text)[1]);
    return {requests: Number(found[1]), per_second, p50_ms: percentile(text, 50), p99_ms: percentile(text, 99)};
}

// `script` names a Lua file beside this one, `args` what it is told. Any answer but success is a defect of the run.
export async function wrk(url, {connections, seconds, script, args = []}) {
    const scripted = script ? ['-s', fileURLToPath(new URL(script, import.meta.url))] : [];
    const told = args.length ? ['--', ...args.map(String)] : [];
    const flags = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency', ...scripted];
    const limit_ms = (seconds + 20) * 1000;
    const {stdout} = await run('wrk', [...flags, url, ...told], {core: cores.load, limit_ms});
    assert.doesNotMatch(stdout, /Socket errors|Non-2xx/, `requests failed:\n${stdout}`);
    return parse(stdout);
}
