// The soak of the sockets, shortly: clients that come and go in every way, a server that is killed twice and stopped
// once, and nothing lost. `./dev soak` makes the long run. A failed one says its seed; CARILLON_SOAK_SEED chooses one.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {soak} from '../soak/support/run.mjs';

const seed = process.env.CARILLON_SOAK_SEED ?? '302';

// Long runs change these too.
const env = {CARILLON_REALTIME_QUEUE_MESSAGES: '256', CARILLON_REALTIME_QUEUE_BYTES: '1048576'};

async function passes(options) {
    const {counts, breaches} = await soak({seed, restarts: 3, env, ...options});
    assert.equal(breaches.length, 0, `seed ${seed}: ${JSON.stringify(breaches, null, 1)}\n${JSON.stringify(counts)}`);
    // It must not have passed for want of trying.
    assert.deepEqual([counts.kill, counts.stop, counts.cut], [2, 1, 1]);
    assert.ok(counts.messages >= options.messages, JSON.stringify(counts));
    for (const what of ['doubles', 'resumes', 'drops', 'crashes', 'sleeps', 'paused', 'acks', 'reads']) {
        assert.ok(counts[what] > 0, `no ${what}: ${JSON.stringify(counts)}`);
    }
}

test('6 000 messages to 40 users', () => passes({messages: 6_000, users: 40}));
test('2 000 messages to 20 users over TLS', () => passes({messages: 2_000, users: 20, tls: true}));
