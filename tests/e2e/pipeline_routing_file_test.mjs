// The routing policy's file: read at the start and at SIGHUP, and never half believed.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, test} from 'node:test';
import {Database} from './support/database.mjs';
import {eventually} from './support/eventually.mjs';
import {start_pipeline} from './support/pipeline.mjs';
import {Server} from './support/server.mjs';

const routing = `[[route]]
event = "test.push"
to = "user"
feed = "notification"
channels = ["push"]
template = "direct_message"
`;
const pipeline = await start_pipeline({routing});
after(() => pipeline.close());
const {server} = pipeline;
await pipeline.user({id: 'asha', tokens: ['asha-phone']});
const publish = (type) => pipeline.publish(type, {user: 'asha', text: 'Hello there'});

test('SIGHUP takes a new policy over; a faulty one is told with its line, and the old one stays', async () => {
    const faults = (words) => eventually(() => server.log.find(({event, reason}) =>
        event === 'reload_failed' && words.test(reason)));
    pipeline.route(routing.replace('channels = ["push"]', 'channels = ["pusch"]'));
    server.signal('SIGHUP');
    const {reason} = await faults(/unknown channel "pusch"/);
    assert.match(reason, /routing\.toml:5\b.*did you mean push/);
    await pipeline.ends(await publish('test.push'), {push: 'sent'});

    pipeline.route('[[route]]\nevent = "test.push\n');
    server.signal('SIGHUP');
    assert.match((await faults(/not TOML/)).reason, /routing\.toml:2\b/);
    await pipeline.ends(await publish('test.push'), {push: 'sent'});

    pipeline.route(`${routing}
[[route]]
event = "test.new"
to = "user"
channels = ["web_chat"]
template = "direct_message"
`);
    server.signal('SIGHUP');
    await server.logged('reloaded');
    await pipeline.ends(await publish('test.new'), {web_chat: 'sent'});
});

test('a faulty policy stops the start, with the file and every line', async () => {
    const broken = new Server(await Database.create(), {CARILLON_NOTIFICATIONS_ROUTING_FILE: 'routing.toml'});
    writeFileSync(path.join(broken.folder, 'routing.toml'), `[[route]]
event = "lead.created"
to = "salesperson_id"
chanels = ["push"]
template = "new_lead"

[[route]]
event = "order.created"
to = {role = "custommer"}
channels = ["whatsapp"]
template = "order_confirmation"
mode = "frist"
`);
    for (const verb of ['serve', 'check-config']) {
        const run = broken.spawn([verb]);
        const {code} = await run.finished();
        assert.equal(code, 1, run.text);
        for (const words of [/routing\.toml:4\b.*chanels/, /routing\.toml:9\b.*custommer/,
                             /routing\.toml:12\b.*frist/]) {
            assert.match(run.text, words);
        }
    }
    await broken.database.drop();
});

test('the books are in order', () => pipeline.audit());
