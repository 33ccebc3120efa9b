// node tests/soak/sockets.mjs [--messages N] [--users N] [--seed TEXT] [--restarts N] [--cuts N] [--tls]
//     [--binary PATH] [--seconds N]
//
// Many clients come, drop, crash, sleep and come back while numbered events flow and the server is stopped and killed;
// then it is counted: nothing lost, nothing out of order, no double behind its id, nothing that nobody wrote. Prints
// one line of counts, and ends with 1 after the first breaches of each kind if there are any. CARILLON_TEST_PG says
// where PostgreSQL is; CARILLON_BINARY stands in for --binary. The same seed chooses the same people, writers,
// accidents and limits of the server's memory; what meets when is up to the machine.
import {parseArgs} from 'node:util';
import {soak} from './support/run.mjs';

const {values} = parseArgs({options: {
    messages: {type: 'string', default: '200000'}, users: {type: 'string', default: '50'},
    seed: {type: 'string', default: String(Date.now() % 1_000_000)}, restarts: {type: 'string'}, cuts: {type: 'string'},
    tls: {type: 'boolean', default: false}, binary: {type: 'string'}, seconds: {type: 'string', default: '1800'},
}});
const number = (name) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value > 0) return value;
    console.error(`--${name} is a whole number above 0, not ${values[name]}`);
    process.exit(2);
};
if (values.binary) process.env.CARILLON_BINARY = values.binary;

const messages = number('messages');
const seconds = number('seconds');
const restarts = values.restarts ? number('restarts') : Math.min(12, Math.max(3, Math.round(messages / 20_000)));
const cuts = values.cuts ? number('cuts') : Math.ceil(restarts / 4);
const {seed, tls} = values;
const began = Date.now();
const say = (text) => console.error(`    ${((Date.now() - began) / 1000).toFixed(1)} s: ${text}`);
setTimeout(() => {
    console.error(`seed ${seed}: not done within ${seconds} s`);
    process.exit(1);
}, seconds * 1000).unref();

const options = {messages, users: number('users'), seed, tls, restarts, cuts, say};
const {counts, breaches} = await soak(options).catch((error) => {
    console.error(`seed ${seed}: ${error.stack}`);
    process.exit(1);
});
const shown = (value) => (typeof value === 'object' ? JSON.stringify(value) : value);
const flat = Object.entries(counts).map(([name, value]) => `${name} ${shown(value)}`);
console.log(`sockets${tls ? ' over TLS' : ''}, seed ${seed}: ${flat.join(', ')}`);
for (const {what, times, first} of breaches) {
    console.log(`  ${what}: ${times}`);
    for (const breach of first) console.log(`    ${JSON.stringify({seed, ...breach})}`);
}
process.exit(breaches.length ? 1 : 0);
