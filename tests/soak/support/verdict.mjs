// The judgement over a whole run: what was written, held against what the feeds of the database have and what came to
// every device. It knows nothing of how the server works, only what it promises.
//
// `events`: Map(key -> {line, n, to: [user], id, state}); `state` is 'acknowledged', or 'in_doubt' of one whose answer
//   never came: it may have happened or not, but not in part. `id` is what the answer said.
// `feeds`: Map(user -> {last_seq, rows: [{seq, id, key}]}) of the database.
// `devices`: [{user, device, base, copies: [{seq, id}]}]: everything that came, in the order it came, doubles too. What
//   lies behind `base` is of no concern to that device; null: it never was connected.
//
// Gives {doubles, found: [{what, user, ...details}]}; nothing is wrong when `found` is empty.
export function judge({events, feeds, devices}) {
    const found = [];
    const report = (what, details) => found.push({what, ...details});
    for (const [user, feed] of feeds) judge_feed(user, feed, events, report);
    judge_events(events, feeds, report);
    let doubles = 0;
    for (const device of devices) doubles += judge_device(device, feeds.get(device.user), report);
    return {doubles, found};
}

// One run of numbers without a hole, each event once, what one writer said in the order it was said.
function judge_feed(user, {last_seq, rows}, events, report) {
    const last_of = new Map();
    rows.forEach(({seq, id, key}, index) => {
        if (seq !== index + 1) report('feed_hole', {user, seq, due: index + 1});
        const event = events.get(key);
        if (!event?.to.includes(user)) return report('unexpected', {user, seq, id, key});
        if (event.id && event.id !== id) report('double', {user, seq, id, key, why: `it is ${event.id}`});
        const before = last_of.get(event.line) ?? 0;
        if (event.n < before) report('writer_order', {user, seq, key, behind: `${event.line}-${before}`});
        last_of.set(event.line, event.n);
    });
    if (rows.length !== last_seq) report('feed_hole', {user, rows: rows.length, last_seq});
}

function judge_events(events, feeds, report) {
    const places = new Map();  // key -> Map(user -> times)
    for (const [user, {rows}] of feeds) {
        for (const {key} of rows) {
            if (!places.has(key)) places.set(key, new Map());
            places.get(key).set(user, (places.get(key).get(user) ?? 0) + 1);
        }
    }
    for (const [key, {to, state}] of events) {
        const told = places.get(key) ?? new Map();
        if (told.size === 0 && state === 'in_doubt') continue;
        for (const user of to) {
            const times = told.get(user) ?? 0;
            if (times === 0) report('lost', {user, key, state});
            if (times > 1) report('double', {user, key, times});
        }
    }
}

// Without its doubles it is the feed from its base to its end. Gives how many doubles there were.
function judge_device({user, device, base, copies}, feed, report) {
    if (base === null) return 0;
    const place_of = new Map();
    let last = base;
    let doubles = 0;
    for (const {seq, id} of copies) {
        const before = place_of.get(id);
        if (before !== undefined) {
            ++doubles;
            if (before !== seq) report('double', {user, device, seq, id, why: `it came as ${before} before`});
            continue;
        }
        place_of.set(id, seq);
        const row = feed?.rows[seq - 1];
        if (row?.id !== id) report('unexpected', {user, device, seq, id, why: `the feed has ${row?.id} there`});
        if (seq > last + 1) report('hole', {user, device, seq, after: last});
        if (seq <= last) report('out_of_order', {user, device, seq, after: last});
        last = Math.max(last, seq);
    }
    const end = feed?.last_seq ?? 0;
    if (last < end) report('lost', {user, device, last, end, count: end - last});
    // A hole that was filled later is out of order; one that was not is a loss as well.
    const seqs = new Set(place_of.values());
    for (let seq = base + 1; seq <= last; ++seq) {
        if (!seqs.has(seq)) report('lost', {user, device, seq});
    }
    return doubles;
}
