// The words: shown, changed with every version kept, tried out before they are used.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {start_pipeline} from './support/pipeline.mjs';
import {assert_problem} from './support/problem.mjs';

const pipeline = await start_pipeline({disabled: true});
after(() => pipeline.close());
await pipeline.user({id: 'asha', name: 'Asha Rao', phone: '+919876543210'});

const path_of = (type, rest = '') => `/api/notifications/templates/${type}${rest}`;
const put = (type, body) => pipeline.api('PUT', path_of(type), body);
const preview = (type, body) => pipeline.api('POST', path_of(type, '/preview'), body);
const told = async (type, context) => {
    const {status, json} = await pipeline.send({user_id: 'asha', message_type: type, channel: 'web_chat', context,
                                                immediate: true});
    assert.equal(status, 200, JSON.stringify(json));
    return json.message_text;
};
async function pages(target, list) {
    const all = [];
    for (let next = ''; next !== null;) {
        const page = await pipeline.get(`${target}limit=7${next && `&cursor=${encodeURIComponent(next)}`}`);
        all.push(...page[list]);
        next = page.next_cursor;
    }
    return all;
}

test('every template that is shipped is listed once, in its languages and channels', async () => {
    const all = await pages('/api/notifications/templates?', 'templates');
    const keys = all.map(({type, channel, language}) => `${type} ${channel} ${language}`);
    assert.equal(new Set(keys).size, keys.length);
    const mission = ['delivery_reminder', 'delivery_confirmed', 'delivery_delayed', 'order_confirmation',
                     'new_product',
                     'subscription_confirmation', 'pause_confirmation', 'payment_reminder', 'payment_confirmation',
                     'churn_risk'];
    for (const type of mission) assert.ok(keys.includes(`${type} whatsapp en`), type);
    for (const type of ['request_confirmation', 'provider_found', 'request_status', 'provider_request']) {
        for (const language of ['en', 'fr']) {
            assert.ok(keys.includes(`${type} web_chat ${language}`), `${type} ${language}`);
        }
    }
    assert.ok(all.every(({version, content, active}) => version === 1 && content && active));
});

test('every template that is shipped can be rendered', async () => {
    const context = {
        customer_name: 'Asha', order_id: 1, delivery_date: '2026-03-05', amount: 99.5, period: 'March',
        total_amount: 1,
        product: 'Milk', lead: {id: 1, name: 'V'}, text: 'Hi', service_type: 'plumbing', location: 'X',
        provider_name: 'P',
        status: 'completed', delay_minutes: 10, count: 2, items: [{name: 'Milk'}], type: 'new_lead', area: 'Kochi',
    };
    for (const {type, channel, language} of await pages('/api/notifications/templates?', 'templates')) {
        const items = type === 'digest' ? ['one', 'two'] : context.items;
        const answer = await preview(type, {channel, language, context: {...context, items}});
        assert.equal(answer.status, 200, `${type} ${channel} ${language}: ${answer.text}`);
        assert.notEqual(answer.json.text, '');
        assert.doesNotMatch(answer.json.text + JSON.stringify(answer.json.options), /\{\{|\{%/);
    }
});

test('a change is a version, and what is sent next has its words', async () => {
    assert.equal((await put('greeting', {channel: 'web_chat', content: 'Good day, {{ customer_name }}'})).status,
                 201);
    assert.equal(await told('greeting', {}), 'Good day, Asha Rao');
    const changed = await put('greeting', {channel: 'web_chat',
                                           content: 'Good evening, {{ customer_name | upper }}'});
    assert.deepEqual([changed.status, changed.json.version, changed.json.updated_by], [200, 2, 'admin']);
    assert.equal(await told('greeting', {}), 'Good evening, ASHA RAO');

    const versions = await pages(`${path_of('greeting', '/versions')}?`, 'versions');
    assert.deepEqual(versions.map(({version, content}) => [version, content]),
                     [[2, 'Good evening, {{ customer_name | upper }}'], [1, 'Good day, {{ customer_name }}']]);
    const first = await pipeline.get(path_of('greeting', '/versions/1'));
    assert.equal(first.content, 'Good day, {{ customer_name }}');
    for (const number of ['0', '3', '-1', 'x', '99999999999999999999']) {
        assert_problem(await pipeline.api('GET', path_of('greeting', `/versions/${number}`)), 404);
    }
});

test('many changes at once are as many versions', async () => {
    await put('busy', {channel: 'web_chat', content: 'first'});
    const answers = await Promise.all(Array.from({length: 10},
                                                 (_, i) => put('busy', {channel: 'web_chat', content: `x${i}`})));
    assert.deepEqual(answers.map(({json}) => json.version).sort((a, b) => a - b), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    assert.equal((await pages(`${path_of('busy', '/versions')}?`, 'versions')).length, 11);
});

test('mistakes are told with line and column, and nothing is stored', async () => {
    for (const [content, where] of [
        ['Hi {{ name', /line 1/], ['a\nb {% if x %}c', /line 2/], ['{% for x %}{% endfor %}', /line 1/],
        ['\n\n  {{ x | shout }}', /line 3/], ['{% include "x" %}', /line 1/], ['{{ }}', /line 1/],
        ['{% endif %}', /line 1/], ['{{ a.b. }}', /line 1/], ['{{ x.__class__ }}{{ f() }}', /line 1/],
        ['{{ 1 + }}', /line 1/],
    ]) {
        const problem = assert_problem(await put('broken', {channel: 'web_chat', content}), 422);
        assert.match(JSON.stringify(problem.errors), where, content);
        assert.match(JSON.stringify(problem.errors), /column \d+/, content);
        assert_problem(await preview('greeting', {channel: 'web_chat', content}), 422);
    }
    assert_problem(await pipeline.api('GET', path_of('broken')), 404);
    const options = {template: {name: 'x', language: 'en', parameters: [{text: '{{ oops'}]}};
    assert_problem(await put('broken', {channel: 'whatsapp', content: 'x', options}), 422);
});

test('what cannot be a template is refused by name', async () => {
    const good = {channel: 'web_chat', content: 'x'};
    for (const [change, field] of [[{channel: 'fax'}, 'channel'], [{language: 'English'}, 'language'],
                                   [{content: ''}, 'content'],
                                   [{content: 7}, 'content'], [{content: 'x'.repeat(16_001)}, 'content'],
                                   [{options: []}, 'options'], [{active: 'yes'}, 'active'],
                                   [{contents: 'x'}, 'contents']]) {
        const {errors} = assert_problem(await put('wrong', {...good, ...change}), 422);
        assert.deepEqual(errors.map((each) => each.field), [field]);
    }
    for (const type of ['Wrong', '1x', 'a-b', 'x'.repeat(65), '%00', 'a%2Fb']) {
        const {status} = await put(type, good);
        assert.ok([400, 404, 422].includes(status), `${type}: ${status}`);
    }
});

test('a preview names what is missing, and what it speaks of', async () => {
    const {json} = await preview('payment_confirmation', {channel: 'whatsapp',
                                                          context: {amount: '1234567.5', customer_name: 'A'}});
    assert.match(json.text, /₹12,34,567\.50/);
    assert.ok(json.variables.includes('amount') && json.variables.includes('customer_name'), json.variables.join());
    const problem = assert_problem(await preview('payment_confirmation', {channel: 'whatsapp', context: {}}), 422);
    assert.match(JSON.stringify(problem.errors), /amount/);
    assert_problem(await preview('nothing', {context: {}}), 404);
    const draft = await preview('greeting', {channel: 'web_chat', content: '{{ a.b | default("none") }}',
                                             context: {}});
    assert.equal(draft.json.text, 'none');
});

test('a template that loops long or nests deep is bounded', async () => {
    const long = `${'{% for a in x %}'.repeat(4)}*${'{% endfor %}'.repeat(4)}`;
    const began = Date.now();
    const answer = await preview('greeting', {channel: 'web_chat', content: long, context: {x: Array(1000).fill(1)}});
    assert.equal(answer.status, 422, answer.text.slice(0, 300));
    for (const content of ['{% if x %}'.repeat(1000) + '{% endif %}'.repeat(1000),
                           `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`,
                           `{{ x${' | upper'.repeat(1900)} }}`,
                                 `{{ x${'.a'.repeat(7000)} }}`, `{{ ${'not '.repeat(3000)}x }}`]) {
        const {status} = await preview('greeting', {channel: 'web_chat', content, context: {x: 'y'}});
        assert.ok([200, 422].includes(status), `${status} to ${content.slice(0, 40)}`);
    }
    assert.ok(Date.now() - began < 10_000, `${Date.now() - began} ms`);
});

test('a value is not run, however it looks', async () => {
    await put('echo',
              {channel: 'web_chat', content: '{{ text }}|{{ text | upper }}|{% for x in list %}{{ x }}{% endfor %}'});
    assert.equal(await told('echo', {text: '{{ a }}{% if %}', list: ['{{ b }}', '{#']}),
                 '{{ a }}{% if %}|{{ A }}{% IF %}|{{ b }}{#');
});

test('a type that is turned off is not sent', async () => {
    await put('paused_type', {channel: 'web_chat', content: 'x'});
    await put('paused_type', {channel: 'web_chat', content: 'x', active: false});
    const answer = await pipeline.send({user_id: 'asha', message_type: 'paused_type', context: {}});
    assert_problem(answer, 422);
    await put('paused_type', {channel: 'web_chat', content: 'y', active: true});
    assert.equal(await told('paused_type', {}), 'y');
});

test('only staff see and change templates', async () => {
    const token = pipeline.server.token('customer', 'asha');
    for (const [method, target, body] of [['GET', '/api/notifications/templates'], ['GET', path_of('greeting')],
                                          ['PUT', path_of('greeting'), {content: 'x'}],
                                          ['POST', path_of('greeting', '/preview'), {context: {}}]]) {
        assert_problem(await pipeline.server.api(method, target, {token, body}), 403);
        assert_problem(await pipeline.server.api(method, target, {body}), 401);
    }
});

test('the books are in order', () => pipeline.audit());
