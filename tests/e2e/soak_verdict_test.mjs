// The soak's judges must be able to condemn: each of these runs is right but for one thing, which is found.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Ledger} from '../soak/support/ledger.mjs';
import {judge} from '../soak/support/verdict.mjs';
import {Wire} from '../soak/support/wire.mjs';

const users = ['asha', 'ravi'];
const event = (n, more = {}) => ({line: 'a', n, to: users, id: `evt_${n}`, state: 'acknowledged', ...more});
const row = (n) => ({seq: n, id: `evt_${n}`, key: `a-${n}`});
const copies = (...numbers) => numbers.map((n) => ({seq: n, id: `evt_${n}`}));

// Five messages for each of two users; one of them with two devices, of which the second came later.
function a_run() {
    return {
        events: new Map([1, 2, 3, 4, 5].map((n) => [`a-${n}`, event(n)])),
        feeds: new Map(users.map((user) => [user, {last_seq: 5, rows: [1, 2, 3, 4, 5].map(row)}])),
        devices: [{user: 'asha', device: 'phone', base: 0, copies: copies(1, 2, 3, 2, 3, 4, 5)},
                  {user: 'asha', device: 'tablet', base: 2, copies: copies(3, 4, 5)},
                  {user: 'ravi', device: 'phone', base: 0, copies: copies(1, 2, 3, 4, 5)}],
    };
}
// What is found once `spoil` has had its way.
function found_after(spoil) {
    const run = a_run();
    spoil(run);
    return judge(run).found.map(({what, user, device}) => [what, user, ...(device ? [device] : [])].join(' '));
}

test('a run that is right is acquitted, its doubles counted', () => {
    assert.deepEqual(judge(a_run()), {doubles: 2, found: []});
});

const spoilt = {
    'a message that a device never got': [({devices}) => devices[0].copies.splice(5, 1),
                                          ['hole asha phone', 'lost asha phone']],
    'a last message that a device never got': [({devices}) => devices[1].copies.pop(), ['lost asha tablet']],
    'a first message that a device never got': [({devices}) => devices[1].copies.shift(),
                                                ['hole asha tablet', 'lost asha tablet']],
    'a device that got nothing': [({devices}) => { devices[2].copies = []; }, ['lost ravi phone']],
    'messages that changed places': [({devices}) => { devices[2].copies = copies(1, 3, 2, 4, 5); },
                                     ['hole ravi phone', 'out_of_order ravi phone']],
    'a double under another id': [({devices}) => devices[2].copies.push({seq: 5, id: 'evt_6'}),
                                  ['unexpected ravi phone', 'out_of_order ravi phone']],
    'a message that came again at another place': [({devices}) => devices[2].copies.push({seq: 6, id: 'evt_5'}),
                                                   ['double ravi phone']],
    'a message that nobody wrote': [({devices}) => devices[2].copies.push({seq: 6, id: 'evt_6'}),
                                    ['unexpected ravi phone']],
    'a feed without an acknowledged event': [({events}) => events.set('a-6', event(6)), ['lost asha', 'lost ravi']],
    'a feed that has an event twice': [({feeds, devices}) => {
        feeds.set('ravi', {last_seq: 6, rows: [...[1, 2, 3, 4, 5].map(row), {seq: 6, id: 'evt_9', key: 'a-5'}]});
        devices[2].copies.push({seq: 6, id: 'evt_9'});
    }, ['double ravi', 'double ravi']],
    'a feed with an event for somebody else': [({events}) => { events.get('a-5').to = ['asha']; }, ['unexpected ravi']],
    'a feed with a hole': [({feeds}) => feeds.get('ravi').rows.splice(2, 1),
                           ['feed_hole ravi', 'feed_hole ravi', 'feed_hole ravi', 'lost ravi', 'unexpected ravi phone',
                            'unexpected ravi phone', 'unexpected ravi phone']],
    'a feed that lost its end': [({feeds}) => { feeds.get('ravi').last_seq = 6; },
                                 ['feed_hole ravi', 'lost ravi phone']],
    'a writer whose events changed places': [({events}) => {
        [events.get('a-2').n, events.get('a-3').n] = [3, 2];
    }, ['writer_order asha', 'writer_order ravi']],
    'an event in doubt that happened in part': [({events}) => {
        events.get('a-5').to = [...users, 'mira'];
        events.get('a-5').state = 'in_doubt';
    }, ['lost mira']],
};
for (const [name, [spoil, expected]] of Object.entries(spoilt)) {
    test(`found: ${name}`, () => assert.deepEqual(found_after(spoil).sort(), [...expected].sort()));
}

test('an event in doubt may not have happened, and may have', () => {
    assert.deepEqual(found_after(({events}) => events.set('a-6', event(6, {id: undefined, state: 'in_doubt'}))), []);
    assert.deepEqual(found_after(({events}) => { events.get('a-5').state = 'in_doubt'; }), []);
});

// ---- One connection

let numbers = 0;
const message = (type, data, seq = null) =>
    ({type, id: `id_${++numbers}`, seq, timestamp: '2026-01-28T10:00:00.000Z', data});
const stored = (seq) => message('notification', {}, seq);
const connected = (last_seq) => message('connected', {user_id: 'asha', device: 'phone', last_seq});
const resumed = (count, last_seq, gap = false) => message('resumed', {count, gap, last_seq});

// What is found in what was heard; a client message among it was said then.
function breaches(since, ...messages) {
    const found = [];
    const wire = new Wire({since, user: 'asha', device: 'phone', report: (what) => found.push(what)});
    for (const each of messages) {
        if ('id' in each) wire.heard(each);
        else wire.said(each);
    }
    return [...found, ...(wire.level ? [] : ['not level'])];
}
const resume = (last_seq) => ({type: 'resume', data: {last_seq}});

test('a connection that is right is acquitted', () => {
    assert.deepEqual(breaches(null, connected(4), stored(5), stored(6)), []);
    assert.deepEqual(breaches(2, connected(4), stored(3), stored(4), resumed(2, 4), stored(5)), []);
    assert.deepEqual(breaches(4, connected(4), resumed(0, 4)), []);
    const slow = message('catch_up', {from_seq: 6, last_seq: 7});
    assert.deepEqual(breaches(null, connected(4), stored(5), slow, stored(6), stored(7), resumed(2, 7)), []);
    assert.deepEqual(breaches(null, connected(4), stored(5), resume(3), stored(6), stored(4), stored(5), stored(6),
                              resumed(3, 6)), []);
    // The second overtakes the first.
    assert.deepEqual(breaches(null, connected(4), resume(1), resume(3), stored(4), resumed(1, 4)), []);
});

const broken = {
    'a hole': [[null, connected(4), stored(6)], ['hole']],
    'a hole that is filled later': [[null, connected(4), stored(6), stored(5)], ['hole', 'out_of_order']],
    'a message twice': [[null, connected(4), stored(5), stored(5)], ['out_of_order']],
    'a resume that begins elsewhere': [[2, connected(4), stored(4), resumed(1, 4)], ['hole']],
    'a wrong count': [[2, connected(4), stored(3), stored(4), resumed(3, 4)], ['resumed']],
    'an end that was not reached': [[2, connected(4), stored(3), resumed(1, 4)], ['resumed']],
    'a gap': [[2, connected(4), resumed(0, 4, true)], ['gap']],
    'an end of what was not begun': [[null, connected(4), resumed(0, 4)], ['resumed']],
    'a catch-up from elsewhere': [[null, connected(4), message('catch_up', {from_seq: 6, last_seq: 7}), stored(5),
                                   resumed(1, 5)], ['catch_up']],
    'a feed that is shorter than before': [[5, connected(4), resumed(0, 5)], ['feed_lost']],
    'something before the greeting': [[null, message('read', {}), connected(4)], ['before_connected']],
    'a greeting to somebody else': [[null, message('connected', {user_id: 'ravi', device: 'phone', last_seq: 4})],
                                    ['malformed']],
    'a message with a member too many': [[null, connected(4), {...stored(5), more: 1}], ['malformed']],
    'a resume that is not answered': [[null, connected(4), resume(2)], ['not level']],
    'a catch-up without an end': [[2, connected(4), stored(3), stored(4)], ['not level']],
};
for (const [name, [heard, expected]] of Object.entries(broken)) {
    test(`found on a connection: ${name}`, () => assert.deepEqual(breaches(...heard), expected));
}

// ---- The books

test('found in the books: one id with two bodies, one place with two ids, promises that were not kept', () => {
    const books = new Ledger();
    for (const n of [1, 2]) books.wrote(`a-${n}`, event(n));
    const phone = books.device('asha', 'phone');
    const came = (seq, id, n, more) => (
        books.took(phone, {type: 'notification', id, seq, data: {line: 'a', n}, ...more}));
    came(1, 'evt_1', 1);
    came(1, 'evt_1', 1);
    assert.deepEqual(books.violations, []);
    came(2, 'evt_1', 2);
    came(1, 'evt_2', 2);
    came(3, 'evt_3', 3);
    came(2, 'evt_1', 1, {read: true});
    books.was_acked(phone, 2);
    books.check_promises(new Map([['asha', {rows: [{read: false}, {read: false}]}]]), new Map([['asha/phone', 1]]));
    assert.deepEqual(books.violations.map(({what}) => what),
                     ['body_differs', 'id_differs', 'unexpected', 'read_lost', 'ack_lost']);
});
