// The table of the sockets' measurements. What was not measured has no line.
import {at_least, at_most, line} from './report.mjs';

const grouped = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ' ');

export function lines(samples, {few, many, most, wanted_most, rate, back, files}) {
    const of = (name, key) => samples[name]?.map((sample) => sample[key]);
    const share_of_postgres = (name) =>
        samples[name]?.map(({cpu_seconds: {server, postgres}}) => postgres / server);
    const only_if = (name, make) => (samples[name] ? make() : []);

    // Ours beside nchan, with the goal, and beside ws, which has none.
    function contest(name, key, what, goal) {
        return only_if(`${name} ours`, () => [
            line({what: `${what}; nchan`, ours: of(`${name} ours`, key), peer: of(`${name} nchan`, key), goal}),
            line({what: '  beside ws', ours: of(`${name} ours`, key), peer: of(`${name} ws`, key)}),
        ]);
    }

    function fan_out(sockets, in_flight, goal) {
        const name = `fan ${sockets} ${in_flight}`;
        const flight = in_flight === 1 ? 'one publish at a time' : `${in_flight} in flight`;
        const what = `one message to ${grouped(sockets)} sockets, ${flight}: messages per server CPU second`;
        return only_if(`${name} ours`, () => [
            ...contest(name, 'per_cpu_second', what, goal),
            line({what: '  per second; nchan', ours: of(`${name} ours`, 'per_second'),
                  peer: of(`${name} nchan`, 'per_second')}),
            line({what: '  publish to last receipt, p99, ms; nchan', ours: of(`${name} ours`, 'last_receipt_p99_ms'),
                  peer: of(`${name} nchan`, 'last_receipt_p99_ms')}),
            line({what: '  CPU seconds of PostgreSQL for one of the server', ours: share_of_postgres(`${name} ours`)}),
        ]);
    }

    function pairs() {
        return only_if('pairs ours', () => [
            ...contest('pairs', 'per_cpu_second',
                       `one POST in, one message out, ${grouped(few)} users: messages per server CPU second`, 1.5),
            line({what: '  per second; nchan', ours: of('pairs ours', 'per_second'),
                  peer: of('pairs nchan', 'per_second')}),
            line({what: '  CPU seconds of PostgreSQL for one of the server', ours: share_of_postgres('pairs ours')}),
        ]);
    }

    const memory = (name, sockets, layer, goal) => only_if(name, () => [
        at_most({what: `memory of an idle socket, ${layer}, ${sockets}: bytes`, ours: of(name, 'bytes_each'), goal})]);
    const beside = (name, ours, key) => only_if(name, () => [
        line({what: `  beside ${name.split(' ').at(-1)}`, ours: of(ours, key), peer: of(name, key)})]);

    function resting() {
        const short = most < wanted_most
            ? ` (not ${grouped(wanted_most)}: only ${grouped(files)} open files)` : '';
        return [
            ...memory('resting ours', grouped(many), 'plain', 1_500),
            ...beside('resting nchan', 'resting ours', 'bytes_each'),
            ...beside('resting ws', 'resting ours', 'bytes_each'),
            ...memory('most ours', grouped(most) + short, 'plain', 1_500),
            ...memory('resting TLS ours', grouped(many), 'TLS', 12_000),
            ...beside('resting TLS nchan', 'resting TLS ours', 'bytes_each'),
            ...memory('most TLS ours', grouped(most) + short, 'TLS', 12_000),
            ...only_if('resting ours', () => [at_least({
                what: 'new sockets per server CPU second, JWT checked',
                ours: of('resting ours', 'per_cpu_second'), goal: 10_000})]),
            ...only_if('most ours', () => [line({what: `  the same, ${grouped(most)} sockets`,
                                                 ours: of('most ours', 'per_cpu_second')})]),
            ...beside('resting nchan', 'resting ours', 'per_cpu_second'),
            ...beside('resting ws', 'resting ours', 'per_cpu_second'),
            ...only_if('resting TLS ours', () => [line({
                what: '  TLS; nchan', ours: of('resting TLS ours', 'per_cpu_second'),
                peer: of('resting TLS nchan', 'per_cpu_second')})]),
        ];
    }

    function paced() {
        return only_if('paced ours', () => [
            at_most({what: `commit to socket at ${grouped(rate)} messages/s, by the server's metric: p99, ms`,
                     ours: of('paced ours', 'commit_p99_ms'), goal: 5}),
            line({what: '  the same: p50, ms', ours: of('paced ours', 'commit_p50_ms')}),
            line({what: '  due to be published to receipt: p50, ms; nchan', ours: of('paced ours', 'delivery_p50_ms'),
                  peer: of('paced nchan', 'delivery_p50_ms')}),
            line({what: '  the same: p99, ms; nchan', ours: of('paced ours', 'delivery_p99_ms'),
                  peer: of('paced nchan', 'delivery_p99_ms')}),
        ]);
    }

    function storm() {
        return only_if('storm ours', () => [
            at_most({what: `${grouped(many)} back at once, ${back} messages each: all caught up, s`,
                     ours: of('storm ours', 'seconds'), goal: 5}),
            at_most({what: '  one that stayed meanwhile: p99, ms', ours: of('storm ours', 'stayed_p99_ms'), goal: 50}),
            line({what: '  the same: p50, ms', ours: of('storm ours', 'stayed_p50_ms')}),
            at_most({what: '  right after a restart of the server: all caught up, s',
                     ours: of('restart ours', 'seconds'), goal: 5}),
            line({what: '  the same: one client, p50, ms', ours: of('restart ours', 'opened_p50_ms')}),
        ]);
    }

    const rounds = Math.max(...Object.values(samples).map((each) => each.length));
    const table = [
        ...fan_out(few, 8, 5), ...fan_out(many, 4, 4), ...fan_out(few, 1, 1.5), ...pairs(), ...resting(), ...paced(),
        ...storm(),
    ];
    const notes = `
Medians of ${rounds} round${rounds === 1 ? '' : 's'}; ${grouped(most)} sockets over TLS: \
${samples['most TLS ours'] ? 'one' : 'NOT MEASURED'}. A ratio is the median of the rounds' ratios.
Ours is durable in all of it: a message is a row of its reader's feed, committed before it is told to any socket; its
readers have shown a token. nchan and ws keep nothing and ask nobody; nchan stores no messages and has one worker.
One POST in, one message out: 256 in flight. Its goal is set for a publish that is not kept; this one is.
Messages of 256 bytes. In flight: neither answered nor received by all. Server CPU: ours without PostgreSQL, whose own
stands beside it. Memory: resident, the process that holds the sockets; each socket a user of its own.
Back at once: disconnected without a farewell; admissions at the server's usual pace, Retry-After obeyed.`;
    return {table, notes};
}
