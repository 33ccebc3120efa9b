// Bodies that no well-behaved client sends. Each is refused with the reason, and nothing of it is stored.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {assert_problem} from './support/problem.mjs';
import {start_server} from './support/server.mjs';

const server = await start_server();
after(() => server.close());

const admin = server.token('admin');
const post = (body) => server.api('POST', '/api/users', {token: admin, body: Buffer.from(body)});
const count = async () => Number((await server.database.query('SELECT count(*) FROM users'))[0].count);
const bytes = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const mib = 1 << 20;
const head_of = (length) => 'POST /api/users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n' +
    `Authorization: Bearer ${admin}\r\n${length}\r\n\r\n`;

async function assert_refused(body, offset, what = /./) {
    const before = await count();
    const {detail} = assert_problem(await post(body), 400, 'malformed_json');
    assert.match(detail, what);
    if (offset === undefined) assert.match(detail, / at byte \d+$/);
    else assert.ok(detail.endsWith(` at byte ${offset}`), `${detail}, not at byte ${offset}`);
    assert.equal(await count(), before);
}

// Refused at this byte: the first that cannot be, or the last of a word that is in the wrong place. Where a text
// is at fault as a whole, that is its opening quote.
const malformed = {
    'an empty body': ['', 0],
    'only blanks': [' \r\n\t ', 5],
    'half a byte order mark': [bytes([0xef, 0xbb], '{}'), 2],
    'a byte order mark within': [bytes('{', [0xef, 0xbb, 0xbf], '"name": "x"}'), 1],
    'UTF-16': [Buffer.from('{"name":"x"}', 'utf16le'), 1],
    'garbage behind the value': ['{"name": "x"} x', 14],
    'a second value': ['{"name": "x"}{"name": "y"}', 13],
    'a closing brace too many': ['{"name": "x"}}', 13],
    'a comment to the end of the line': ['{"name": "x"} // who', 14],
    'a comment within': ['{/* who */"name": "x"}', 1],
    'a hash comment': ['# x\n{}', 0],
    'single quotes': [`{'name': 'x'}`, 1],
    'a name without quotes': ['{name: "x"}', 2],
    'a comma at the end of an object': ['{"name": "x",}', 13],
    'a comma at the end of an array': ['{"name": ["x",]}', 14],
    'two commas': ['{"name": "x",, "id": "y"}', 13],
    'no colon': ['{"name" "x"}', 10],
    'no value': ['{"name": }', 9],
    'no key': ['{: "x"}', 1],
    'a line break in a text': ['{"name": "a\nb"}', 11],
    'a tab in a text': ['{"name": "a\tb"}', 11],
    'a bad escape': ['{"name": "\\x41"}', 11],
    'an unfinished \\u escape': ['{"name": "\\u00e"}', 15],
    'half a surrogate pair': ['{"name": "\\ud83d"}', undefined],
    'the wrong half of a surrogate pair': ['{"name": "\\ude00"}', undefined],
    'True': ['{"name": True}', 9],
    'undefined': ['{"name": undefined}', 9],
    'NaN': ['{"name": NaN}', 9],
    'Infinity': ['{"name": Infinity}', 9],
    'a plus sign': ['{"name": +1}', 9],
    'a leading zero': ['{"name": 01}', 10],
    'a bare point': ['{"name": .5}', 9],
    'a point at the end': ['{"name": 5.}', 11],
    'hexadecimal': ['{"name": 0x1F}', 10],
    '1e999': ['{"name": 1e999}', 9],
    '-1e999': ['{"name": -1e999}', 9],
    'a whole number of thirty digits': ['{"name": 123456789012345678901234567890}', 9],
    'a negative whole number of thirty digits': ['{"name": -123456789012345678901234567890}', 9],
    'the first whole number beyond 64 bits': ['{"name": 18446744073709551616}', 9],
    'a raw NUL in a text': ['{"name": "a\0b"}', 11],
    'a raw NUL behind the value': ['{"name": "x"}\0', 13],
    'an escaped NUL in a text': ['{"name": "a\\u0000b"}', 9],
    'an escaped NUL in a key': ['{"na\\u0000me": "x"}', 1],
    'a key that is repeated': ['{"name": "x", "name": "y"}', 14],
    'a key that is repeated in another spelling': ['{"name": "x", "n\\u0061me": "y"}', 14],
    'a key that is repeated deep inside': ['{"name": [{"a": 1, "a": 1}]}', 19],
    'a stray byte of UTF-8': [bytes('{"name": "', [0x80], '"}'), 10],
    'an overlong slash': [bytes('{"name": "', [0xc0, 0xaf], '"}'), 10],
    'an encoded surrogate': [bytes('{"name": "', [0xed, 0xa0, 0x80], '"}'), 11],
    'a code point beyond Unicode': [bytes('{"name": "', [0xf4, 0x90, 0x80, 0x80], '"}'), 11],
    'an unfinished UTF-8 sequence': [bytes('{"name": "', [0xe2, 0x82], '"}'), 12],
    'Latin-1': [Buffer.from('{"name": "Jos\u00e9"}', 'latin1'), 14],
    'something else altogether': ['name=x&role=admin', 1],
    'XML': ['<user/>', 0],
    '65 levels of arrays': [`${'['.repeat(65)}${']'.repeat(65)}`, 64],
    '65 levels of objects': [`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, 64 * 5],
    'a million open brackets': ['['.repeat(mib), 64],
};
for (const [name, [body, offset]] of Object.entries(malformed)) {
    test(`${name} is malformed`, () => assert_refused(body, offset));
}

test('a body that breaks off is malformed, wherever that is', async () => {
    const whole = Buffer.from('{"name": "é\\n\\u00e9", "area": null, "x": [-1.5e3, true, {"y": {}}]}');
    for (let end = 0; end < whole.length; ++end) {
        const answer = await post(whole.subarray(0, end));
        const {detail} = assert_problem(answer, 400, 'malformed_json');
        assert.ok(detail.endsWith(` at byte ${end}`), `${detail} for ${whole.subarray(0, end)}`);
    }
    assert_problem(await post(whole), 422, 'invalid');
});

test('a body that breaks off within an escape is not read beyond its end', async () => {
    for (const end of ['"', '"\\', '"\\u', '"\\u0', '"\\u00', '"\\u000', '"\\ud83d', '"\\ud83d\\', '"\\ud83d\\u']) {
        await assert_refused(`{"name": ${end}`);
    }
});

// Well-formed JSON that is no user: another status, and the field by its name.
const invalid = {
    'an array': ['[]', ''], 'a text': ['"x"', ''], 'a number': ['7', ''], 'null': ['null', ''], 'true': ['true', ''],
    'an array of users': ['[{"name": "x"}]', ''],
    '64 levels of arrays': [`${'['.repeat(64)}${']'.repeat(64)}`, ''],
    '64 levels in a field': [`{"name": ${'['.repeat(63)}${']'.repeat(63)}}`, 'name'],
    'a number for a text': ['{"name": 5}', 'name'],
    'the largest whole number': ['{"name": 18446744073709551615}', 'name'],
    'the smallest whole number': ['{"name": -9223372036854775808}', 'name'],
    'a number that is nearly zero': ['{"name": 1e-999}', 'name'],
    'an object for a text': ['{"name": {}}', 'name'],
    'a null where there must be something': ['{"id": "n", "name": null}', 'name'],
    'a huge text': [`{"name": "${'x'.repeat(900_000)}"}`, 'name'],
    'a text of 201 letters': [`{"name": "${'é'.repeat(201)}"}`, 'name'],
    'a field by the name of the empty text': ['{"name": "x", "": 1}', ''],
    'a control character': ['{"name": "a\\u0007b"}', 'name'],
    'a control character of the second block': ['{"name": "a\\u0085b"}', 'name'],
    '__proto__': ['{"name": "x", "__proto__": {"role": "admin"}}', '__proto__'],
};
for (const [name, [body, field]] of Object.entries(invalid)) {
    test(`${name} is well-formed, but not valid`, async () => {
        const before = await count();
        const {errors} = assert_problem(await post(body), 422, 'invalid');
        assert.ok(errors.some((each) => each.field === field), JSON.stringify(errors));
        assert.equal(await count(), before);
    });
}

test('what is only unusual is taken as it is meant', async () => {
    const taken = async (body) => {
        const {status, json, text} = await post(body);
        assert.equal(status, 201, text);
        return json.name;
    };
    assert.equal(await taken(' \r\n\t{ "name"\n:\t"blank" } \r\n'), 'blank');
    assert.equal(await taken('{"name": "\\u00e9\\ud83d\\ude00\\/\\""}'), 'é😀/"');
    assert.equal(await taken('{"n\\u0061me": "\\u007b"}'), '{');
    assert.equal(await taken(`{"name": "${'😀'.repeat(200)}"}`), '😀'.repeat(200));
    assert.equal(await taken('{"name": "x", "area": null}'), 'x');
    assert.equal(await taken('{"name": "\u2028\u202e\ufeff"}'), '\u2028\u202e\ufeff');
});

// Some editors put it before a file; RFC 8259, 8.1 lets a parser ignore it.
test('a byte order mark before the value is ignored', async () => {
    const body = Buffer.from('\ufeff{"name": "marked"}');
    const {responses} = await server.raw([head_of(`Content-Length: ${body.length}`), body], {responses: 1});
    assert.equal(responses[0].status, 201, responses[0].text);
    assert.equal(JSON.parse(responses[0].text).name, 'marked');
});

// A user in a body of exactly this many bytes.
function body_of(size) {
    const [head, tail] = ['{"name": "large"', '}'];
    return head + ' '.repeat(size - head.length - tail.length) + tail;
}

test('a body of 1 MiB is taken', async () => {
    assert.equal((await post(body_of(mib))).status, 201);
});

test('a body of one byte more is not, whether its length is told or not', async () => {
    const before = await count();
    assert_problem(await post(body_of(mib + 1)), 413, 'too_large');
    const chunked = await server.raw(
        [head_of('Transfer-Encoding: chunked'), '100000\r\n', body_of(mib), '\r\n1\r\n \r\n0\r\n\r\n']);
    assert.equal(chunked.responses.length, 1);
    assert_problem(chunked.responses[0], 413, 'too_large');
    assert.equal(chunked.closed, true);
    assert.equal(await count(), before);
});

test('a body of 1 MiB in chunks of one byte and up is taken', async () => {
    const body = Buffer.from(body_of(mib));
    const pieces = [];
    for (let at = 0, size = 1; at < body.length; size = Math.min(2 * size, 65536)) {
        const chunk = body.subarray(at, at + size);
        pieces.push(bytes(`${chunk.length.toString(16)}\r\n`, chunk, '\r\n'));
        at += chunk.length;
    }
    const request = [head_of('Transfer-Encoding: chunked'), ...pieces, '0\r\n\r\n'];
    const {responses} = await server.raw(request, {responses: 1});
    assert.equal(responses[0].status, 201, responses[0].text);
});

test('a thousand unknown fields are not all told', async () => {
    const body = Object.fromEntries(Array.from({length: 1000}, (_, i) => [`field_${i}_${'x'.repeat(500)}`, i]));
    const answer = await post(JSON.stringify(body));
    const {errors} = assert_problem(answer, 422, 'invalid');
    assert.ok(errors.length <= 21, `${errors.length} errors`);
    assert.ok(answer.text.length < 8192, `${answer.text.length} bytes`);
});

test('a body that is costly to read does not hold up the others', async () => {
    const numbers = Array.from({length: 100_000}, (_, i) => i).join();
    const costly = Promise.all(Array.from({length: 4}, () => post(`{"name": [${numbers}]}`)));
    for (let i = 0; i < 20; ++i) assert.equal((await server.api('GET', '/healthz/live')).status, 200);
    for (const answer of await costly) assert_problem(answer, 422, 'invalid');
});

test('the same rules hold for the bulk import, counted from the beginning of the body', async () => {
    const put = (body) => server.api('PUT', '/api/users/bulk', {token: admin, body: Buffer.from(body)});
    const {detail} = assert_problem(await put('[{"id": "b1", "name": "x"}, {"id": nothing}]'), 400);
    assert.match(detail, /at byte 36\b/);
    assert_problem(await put('[{"id": "b2", "name": "x"}, {"id": "b3"'), 400);
    assert_problem(await put(`[${'['.repeat(100)}`), 400);
    assert_problem(await put('[{"id": "b4", "id": "b5", "name": "x"}]'), 400);
    assert_problem(await put('[{"id": "b6", "name": "a\\u0000b"}]'), 400);
});
