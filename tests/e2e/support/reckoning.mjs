// What was asked of a server, held against what its tables say, what the phones show and how often the provider was
// called. It knows nothing of how the server works, only what has to be true in the end.
const final = ['sent', 'delivered', 'read', 'dead', 'skipped', 'unknown'];

// `query` asks the database; `asked`: Map(key -> {key, told: [{user, channel}], fed: [user], line, n}), the key being
// the event's subject; `calls`: {id of a WhatsApp message: times}; `cut_off`: Set of those whose call was under way
// when a server died, unless others may be in doubt too; `phones`: [{token, messages}], unless they forgot some.
// Gives {what is wrong: [each]}, and nothing is wrong when all of them are empty.
export async function reckon(books) {
    const found = {lost: [], double: [], unfinished: [], out_of_order: [], whatsapp_twice: [], in_doubt: [],
                   push: [], web_chat: [], feed: [], counts: []};
    const events = await reckon_events(books, found);
    const log = await books.query('SELECT * FROM notifications_log');
    reckon_deliveries(found, events, log);
    await reckon_feed(books, found, events);
    reckon_calls(books, found, log);
    if (books.phones) reckon_pushes(books, found, log);
    await reckon_conversations(books, found, log);
    await reckon_counts(books, found);
    return found;
}

// Gives Map(id of the event -> what was asked).
async function reckon_events({query, asked}, found) {
    const stored = new Map();
    const times = new Map();
    for (const {id, subject} of await query('SELECT id, subject FROM events')) {
        stored.set(id, asked.get(subject));
        times.set(subject, (times.get(subject) ?? 0) + 1);
    }
    for (const key of asked.keys()) {
        if (!times.has(key)) found.lost.push(key);
        if (times.get(key) > 1) found.double.push(key);
    }
    return stored;
}

function reckon_deliveries(found, events, log) {
    const seen = new Map();
    for (const row of log) {
        const place = `${row.event_id} ${row.user_id} ${row.channel}`;
        seen.set(place, (seen.get(place) ?? 0) + 1);
        if (!final.includes(row.status)) found.unfinished.push([row.id, row.channel, row.status, row.reason]);
        // No provider refused anything for good here; who has no phone is skipped, all others are reached.
        const excused = row.status === 'skipped' && row.reason === 'no_device';
        const doubt = row.status === 'unknown' && row.channel === 'whatsapp';
        if (['dead', 'skipped', 'unknown'].includes(row.status) && !excused && !doubt) {
            found.lost.push([row.id, row.channel, row.status, row.reason]);
        }
    }
    for (const [id, {key, told}] of events) {
        for (const {user, channel} of told) {
            const times = seen.get(`${id} ${user} ${channel}`) ?? 0;
            if (times === 0) found.lost.push([key, user, channel]);
            if (times > 1) found.double.push([key, user, channel]);
        }
    }
    const told = [...events.values()].reduce((sum, each) => sum + each.told.length, 0);
    if (told !== log.length) found.double.push(`${log.length} messages where ${told} were asked for`);
}

async function reckon_feed({query}, found, events) {
    const rows = await query('SELECT user_id, seq, event_id FROM feed ORDER BY user_id, seq');
    const next = new Map();
    const last = new Map();
    const seen = new Set();
    for (const {user_id, seq, event_id} of rows) {
        const wanted = next.get(user_id) ?? 1;
        if (Number(seq) !== wanted) found.feed.push(`${user_id} has ${seq} where ${wanted} was due`);
        next.set(user_id, Number(seq) + 1);
        if (seen.has(`${event_id} ${user_id}`)) found.double.push(['feed', event_id, user_id]);
        seen.add(`${event_id} ${user_id}`);
        const {line, n} = events.get(event_id);
        if (!line) continue;
        const before = last.get(`${user_id} ${line}`) ?? 0;
        if (n < before) found.out_of_order.push(`${user_id} has ${line}-${n} behind ${line}-${before}`);
        last.set(`${user_id} ${line}`, n);
    }
    for (const [id, {key, fed}] of events) {
        for (const user of fed) if (!seen.has(`${id} ${user}`)) found.lost.push(['feed', key, user]);
    }
}

function reckon_calls({calls, cut_off}, found, log) {
    const messages = log.filter(({channel}) => channel === 'whatsapp');
    const known = new Set(messages.map(({id}) => id));
    for (const id of Object.keys(calls)) if (!known.has(id)) found.double.push(`a call for ${id}, which is nowhere`);
    for (const {id, status, reason} of messages) {
        const times = calls[id] ?? 0;
        if (times > 1) found.whatsapp_twice.push([id, times, status, reason]);
        if (times === 0 && status !== 'unknown') found.lost.push([id, 'whatsapp', status, 'never called']);
        if (!cut_off) continue;
        const was_cut_off = cut_off.has(id);
        // A receipt may have cleared the doubt since.
        if (status === 'unknown' && !was_cut_off) found.in_doubt.push([id, reason, 'was not under way']);
        if (status === 'sent' && was_cut_off) found.in_doubt.push([id, reason, 'who can know?']);
    }
}

// Each phone shows each of its messages once: a second copy takes the place of the first.
function reckon_pushes({phones}, found, log) {
    const shown = new Map();
    for (const {token, messages} of phones) {
        for (const {data} of messages) {
            const place = `${data.id} ${token}`;
            shown.set(place, (shown.get(place) ?? 0) + 1);
        }
    }
    for (const {id, user_id, status} of log.filter(({channel}) => channel === 'push')) {
        const times = shown.get(`${id} token-${user_id}`) ?? 0;
        if (times !== (status === 'sent' ? 1 : 0)) found.push.push([id, user_id, status, `shown ${times} times`]);
    }
}

async function reckon_conversations({query}, found, log) {
    const times = new Map();
    for (const {delivery_id, user_id} of await query('SELECT delivery_id, user_id FROM conversations')) {
        const place = `${delivery_id} ${user_id}`;
        times.set(place, (times.get(place) ?? 0) + 1);
    }
    for (const {id, user_id} of log.filter(({channel}) => channel === 'web_chat')) {
        if (times.get(`${id} ${user_id}`) !== 1) found.web_chat.push([id, user_id]);
    }
}

// What the statistics read must say the same as the messages.
async function reckon_counts({query}, found) {
    const differences = await query(`
        SELECT * FROM (
            SELECT channel, type, measure, sum(n)::int AS n
              FROM (SELECT channel, type, measure, n FROM hourly_counts
                     UNION ALL
                    SELECT channel, type, measure, n FROM count_changes) c
             WHERE measure = ANY($1)
             GROUP BY 1, 2, 3 HAVING sum(n) <> 0) counted
          FULL JOIN (SELECT channel, type, status AS measure, count(*)::int AS stored
                       FROM notifications_log GROUP BY 1, 2, 3) stored USING (channel, type, measure)
         WHERE n IS DISTINCT FROM stored`, [[...final, 'queued', 'sending', 'failed']]);
    found.counts.push(...differences);
}
