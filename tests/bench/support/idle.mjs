// What a connection that only rests costs the server in memory.
import assert from 'node:assert/strict';
import {fileURLToPath} from 'node:url';
import {eventually} from '../../e2e/support/eventually.mjs';
import {resident_bytes} from './machine.mjs';
import {cores, Program} from './programs.mjs';
import {wrk} from './wrk.mjs';

const clients = fileURLToPath(new URL('idle_clients.mjs', import.meta.url));

// `server` has just been started: in one that has worked before, freed memory would hide the cost.
export async function idle_bytes(server, count) {
    // What the first requests make it allocate once is not the connections'.
    await wrk(`${server.url}/api/health`, {connections: 1, seconds: 1});
    const before = resident_bytes(server.pid);
    const args = [clients, String(server.port), String(count)];
    const holder = new Program(process.execPath, args, {core: cores.load});
    try {
        await eventually(() => !holder.alive || holder.stdout.includes('resting'), 60_000);
        const after = resident_bytes(server.pid);
        assert.ok(holder.alive, `the connections did not stay:\n${holder.stderr}`);
        return {connections: count, before, after, bytes_per_connection: (after - before) / count};
    } finally {
        await holder.stop();
    }
}
