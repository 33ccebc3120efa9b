// The table of the pipeline's measurements.
import {at_least, at_most, line} from './report.mjs';

function accept_lines(of) {
    const accepted = (count) => `POST events, durable, ${count} client${count === 1 ? '' : 's'}: accepted per second`;
    return [
        ...[1, 8].map((count) => line({what: accepted(count), ours: of(`accept ${count}`, 'per_second')})),
        line({what: `${accepted(64)}; pgbench, 32 clients`, ours: of('accept 64', 'per_second'),
              peer: of('pgbench', 'per_second'), goal: 0.5}),
        ...[1, 8, 64].map((count) => line({what: `  accepted and planned, ${count}`,
                                           ours: of(`accept ${count}`, 'planned_per_second')})),
    ];
}

function queue_lines(of, jobs) {
    const drained = (peer, goal) => line({
        what: `${jobs} due deliveries drained, journal written: per second; ${peer}, jobs that do nothing`,
        ours: of('drain', 'per_second'), peer: of(`drain ${peer}`, 'per_second'), goal});
    const added = (peer, goal) => line({
        what: `enqueued one at a time, 8 clients: per second; ${peer}`,
        ours: of('accept 8', 'per_second'), peer: of(`enqueue ${peer}`, 'per_second'), goal});
    return [drained('graphile', 2), drained('pg-boss'), added('graphile', 5), added('pg-boss')];
}

function handover_lines(of) {
    return [
        at_most({what: 'event made to hand-over at 1 000/s: p50, ms', ours: of('handover', 'p50_ms'), goal: 2}),
        at_most({what: '  the same: p99, ms', ours: of('handover', 'p99_ms'), goal: 8}),
        line({what: '  planned to hand-over, by the metric: p50, ms', ours: of('handover', 'planned_p50_ms')}),
        line({what: '  the same: p99, ms', ours: of('handover', 'planned_p99_ms')}),
    ];
}

function provider_lines(of) {
    return [
        line({what: 'push over HTTP/2 and TLS, journal written: per CPU second of the server; libcurl alone',
              ours: of('push', 'per_cpu_second'), peer: of('curl', 'per_cpu_second'), goal: 0.6}),
        line({what: '  the same, per second', ours: of('push', 'per_second'), peer: of('curl', 'per_second')}),
        line({what: 'WhatsApp, at the pace of the provider (80/s): per second',
              ours: of('whatsapp', 'paced_per_second')}),
    ];
}

function history_lines(of, [{rows}]) {
    const beside = (key) => ({ours: of('history', `${key}_ms`), peer: of('history', `${key}_empty_ms`), goal: 1.5});
    return [
        at_most({what: `claim of 200 beside ${rows} rows of history, ms; beside none`, ...beside('claim')}),
        at_most({what: '  and a long transaction open', ...beside('held_open')}),
        at_most({what: `statistics over 30 days, ${rows} rows: ms`, ours: of('history', 'statistics_ms'), goal: 100}),
        at_most({what: 'killed in the middle of 100 attempts until all are taken over: s',
                 ours: of('history', 'takeover_seconds'), goal: 35}),
    ];
}

export function lines(samples) {
    const of = (name, key) => samples[name].map((sample) => sample[key]);
    const [sustained] = samples.sustained;
    const each = sustained.written_per_event;
    const table = [
        ...accept_lines(of),
        at_least({what: 'accepted, planned (feed and delivery), settled, nothing growing: events per second',
                  ours: [sustained.held ? sustained.per_second : 0], goal: 5_000}),
        line({what: '  a burst, from the first request to the last journal row', ours: [sustained.burst_per_second]}),
        ...handover_lines(of), ...provider_lines(of), ...queue_lines(of, samples.drain[0].deliveries),
        ...history_lines(of, samples.history),
        line({what: 'commits per event, whole pipeline', ours: [each.commits]}),
        line({what: 'rows written per event, whole pipeline', ours: [each.rows]}),
    ];
    const seconds = Math.round(sustained.events / sustained.rate);
    const notes = `
Medians of ${samples.drain.length} rounds; what has no round of its own (sustained, WhatsApp, history) was measured once. A ratio is
the median of the rounds' ratios.
Sustained: ${sustained.rate} events/s for ${seconds} s, ${sustained.held ? 'held' : 'NOT held'}; \
at most ${Math.max(...sustained.backlogs)} under way.
Event made to hand-over: by the tables, from before the commit of the event to the start of its first attempt.
Drained: ours are failed deliveries of the web chat, each a row of a conversation; the peers' jobs do nothing.`;
    return {table, notes};
}
