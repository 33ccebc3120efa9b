// pgbench: PostgreSQL asked by its own client, with nothing in between.
import assert from 'node:assert/strict';
import {fileURLToPath} from 'node:url';
import {run} from './programs.mjs';

// Its first second is not counted: there new backends fill their caches, which a server's pool did long ago.
// It is not held to one core as wrk is: with two threads on both cores it reaches a third more (70 000 a second
// against 52 000 on two cores of EPYC), and a peer is to be at its best.
export async function pgbench({host, port, user, database}, {clients, seconds, script, variables = {}}) {
    const defined = Object.entries(variables).map(([name, value]) => `--define=${name}=${value}`);
    const {stdout, stderr} = await run(
        'pgbench',
        ['--no-vacuum', '--protocol=prepared', `--client=${clients}`, '--jobs=2', `--time=${seconds + 1}`,
         '--progress=1', ...defined, `--file=${fileURLToPath(new URL(script, import.meta.url))}`,
         `--host=${host}`, `--username=${user}`, ...(port ? [`--port=${port}`] : []), database],
        {limit_ms: (seconds + 30) * 1000});
    const [, transactions] = /actually processed: (\d+)/.exec(stdout);
    assert.match(stdout, /failed transactions: 0 /, `pgbench failed:\n${stdout}${stderr}`);
    const progress = [...stderr.matchAll(/^progress: [\d.]+ s, ([\d.]+) tps/gm)].map(([, tps]) => Number(tps));
    const counted = progress.slice(1);
    assert.ok(counted.length >= seconds - 1, `pgbench was interrupted:\n${stderr}`);
    const per_second = counted.reduce((sum, each) => sum + each, 0) / counted.length;
    return {requests: Number(transactions), per_second};
}
