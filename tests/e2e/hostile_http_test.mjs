// Bytes that are no HTTP, or two things at once. One answer, then the end; and nobody else notices.
import assert from 'node:assert/strict';
import {after, afterEach, test} from 'node:test';
import {assert_problem} from './support/problem.mjs';
import {start_server} from './support/server.mjs';

const server = await start_server();
after(() => server.close());

const admin = server.token('admin');
const get = 'GET /healthz/live HTTP/1.1\r\nHost: a\r\n';
const post = 'POST /api/users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n' +
    `Authorization: Bearer ${admin}\r\n`;
const body = '{"id":"smuggled","name":"Smuggled"}';
// What a smuggler hopes to have answered as a request of its own.
const hidden = `${post}Content-Length: ${body.length}\r\n\r\n${body}`;

await server.api('POST', '/api/users', {token: admin, body: {id: 'asha', name: 'Asha'}});

// The server lives, serves others, and did not do what was smuggled in.
afterEach(async () => {
    const path = '/api/users/asha HTTP/1.1\r\nHost: a\r\nConnection: close\r\n';
    const {responses} = await server.raw(`GET ${path}Authorization: Bearer ${admin}\r\n\r\n`);
    assert.deepEqual(responses.map(({status}) => status), [200]);
    assert.deepEqual(await server.database.query("DELETE FROM users WHERE id = 'smuggled' RETURNING id"), []);
});

// Exactly one answer, a refusal with one of these statuses, and then the connection is closed.
async function assert_refused(pieces, statuses = [400]) {
    const {responses, closed} = await server.raw(pieces);
    assert.equal(responses.length, 1, responses.map(({status}) => status).join());
    const [answer] = responses;
    assert.ok(statuses.includes(answer.status), `${answer.status}: ${answer.text}`);
    assert_problem(answer, answer.status);
    assert.equal(answer.headers.connection, 'close');
    assert.equal(closed, true);
}

const framing = {
    'Content-Length and Transfer-Encoding': 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
    'Transfer-Encoding and Content-Length': 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n',
    'two lengths that differ': 'Content-Length: 5\r\nContent-Length: 0\r\n',
    'two lengths that agree': 'Content-Length: 5\r\nContent-Length: 5\r\n',
    'a list of lengths': 'Content-Length: 5, 5\r\n',
    'a length with a plus': 'Content-Length: +5\r\n',
    'a negative length': 'Content-Length: -5\r\n',
    'a hexadecimal length': 'Content-Length: 0x5\r\n',
    'a length with a fraction': 'Content-Length: 5.0\r\n',
    'a length with a blank within': 'Content-Length: 5 5\r\n',
    'an empty length': 'Content-Length:\r\n',
    'a length beyond 64 bits': 'Content-Length: 18446744073709551621\r\n',
    'a length of twenty nines': `Content-Length: ${'9'.repeat(20)}\r\n`,
    'a length in other digits': Buffer.from('Content-Length: \u0665\r\n'),
    'two Transfer-Encodings': 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n',
    'a Transfer-Encoding and then another': 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n',
    'a list of codings': 'Transfer-Encoding: gzip, chunked\r\n',
    'chunked twice in a list': 'Transfer-Encoding: chunked, chunked\r\n',
    'chunked and then something': 'Transfer-Encoding: chunked, identity\r\n',
    'identity': 'Transfer-Encoding: identity\r\n',
    'xchunked': 'Transfer-Encoding: xchunked\r\n',
    'chunked in quotes': 'Transfer-Encoding: "chunked"\r\n',
    'chunked with a parameter': 'Transfer-Encoding: chunked;q=1\r\n',
    'an empty coding': 'Transfer-Encoding:\r\n',
    'chunked behind a vertical tab': 'Transfer-Encoding: \x0bchunked\r\n',
    'chunked on a folded line': 'Transfer-Encoding:\r\n chunked\r\n',
    'a blank before the colon': 'Transfer-Encoding : chunked\r\n',
    'a tab before the colon': 'Content-Length\t: 5\r\n',
    'a blank before the name': ' Content-Length: 5\r\n',
    'a bare CR between two fields': 'X: a\rContent-Length: 5\r\n',
    'a bare LF between two fields': 'X: a\nContent-Length: 5\r\n',
    'a NUL in a field': 'X: a\0Content-Length: 5\r\n',
};
for (const [name, fields] of Object.entries(framing)) {
    test(`smuggling by ${name} is refused`, () => {
        // Read by one rule the body ends at once, by another it is the five bytes or all that follows.
        const rest = Buffer.from(`\r\n0\r\n\r\n${hidden}`);
        return assert_refused(Buffer.concat([Buffer.from(post), Buffer.from(fields), rest]), [400, 501]);
    });
}

test('chunked does not belong in HTTP/1.0', () => assert_refused(
    `${post.replace('HTTP/1.1', 'HTTP/1.0')}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`));

const fields = {
    'a folded line': 'X: a\r\n b\r\n', 'a line folded by a tab': 'X: a\r\n\tb\r\n', 'no colon': 'X\r\n',
    'no name': ': x\r\n', 'a blank in a name': 'X Y: a\r\n', 'a bracket in a name': 'X(Y): a\r\n',
    'a letter beyond ASCII in a name': 'X\u00e9: a\r\n', 'a NUL in a name': 'X\0: a\r\n',
    'a NUL in a value': 'X: \0\r\n', 'an escape character': 'X: \x1b[31m\r\n', 'a backspace': 'X: \x08\r\n',
    'DEL': 'X: \x7f\r\n', 'a bare CR at the end': 'X: a\r\r\n', 'a bare LF': 'X: a\n',
    'a line of nothing but LF': '\n', 'a second Host': 'Host: b\r\n',
    'a second Authorization': 'Authorization: Bearer a\r\nAuthorization: Bearer b\r\n',
};
for (const [name, lines] of Object.entries(fields)) {
    test(`a header with ${name} is refused`, () => assert_refused(`${get}${lines}\r\n${hidden}`));
}

const hosts = {none: '', 'a blank': 'Host: a b\r\n', 'a path': 'Host: a/b\r\n', 'a user': 'Host: u@a\r\n',
               'a question mark': 'Host: a?b\r\n', 'a quote': 'Host: a"b\r\n', 'a backslash': 'Host: a\\b\r\n'};
for (const [name, line] of Object.entries(hosts)) {
    test(`a Host of ${name} is refused`, () => assert_refused(`GET /healthz/live HTTP/1.1\r\n${line}\r\n`));
}

const first_lines = {
    'nothing but LF': '\n', 'no version': 'GET /\r\n', 'HTTP/0.9': 'GET / HTTP/0.9\r\n',
    'HTTP/1.2': 'GET / HTTP/1.2\r\n', 'HTTP/2.0': 'GET / HTTP/2.0\r\n', 'HTTP/11': 'GET / HTTP/11\r\n',
    'a version in small letters': 'GET / http/1.1\r\n', 'another protocol': 'GET / RTSP/1.0\r\n',
    'something behind the version': 'GET / HTTP/1.1 x\r\n', 'two blanks': 'GET  / HTTP/1.1\r\n',
    'a tab': 'GET\t/ HTTP/1.1\r\n', 'a blank in the target': 'GET /a b HTTP/1.1\r\n',
    'a blank before the method': ' GET / HTTP/1.1\r\n', 'no method': '/ HTTP/1.1\r\n',
    'a method with a colon': 'G:T / HTTP/1.1\r\n', 'a NUL in the target': 'GET /\0 HTTP/1.1\r\n',
    'a control character in the target': 'GET /\x01 HTTP/1.1\r\n',
    'a letter beyond ASCII in the target': 'GET /\u00e9 HTTP/1.1\r\n', 'a fragment': 'GET /#x HTTP/1.1\r\n',
    'a target that is no path': 'GET healthz/live HTTP/1.1\r\n',
    'a target of another scheme': 'GET ftp://a/ HTTP/1.1\r\n', 'a tunnel': 'CONNECT a:443 HTTP/1.1\r\n',
    'a star without OPTIONS': 'GET * HTTP/1.1\r\n', 'an empty target': 'GET  HTTP/1.1\r\n',
    'a bare CR at the end': 'GET / HTTP/1.1\r\r\n', 'a bare LF at the end': 'GET / HTTP/1.1\n',
    'two empty lines before it': '\r\n\r\nGET / HTTP/1.1\r\n',
};
for (const [name, line] of Object.entries(first_lines)) {
    const request = `${line}Host: a\r\n\r\n${hidden}`;
    test(`a request line with ${name} is refused`, () => assert_refused(request, [400, 505]));
}

// The control to what follows: with nothing wrong in it, all this is carried out.
test('a chunked body is taken, and what follows it', async () => {
    const chunked = `${post}Transfer-Encoding: chunked\r\n\r\n23;a=b;c="d"\r\n${body}\r\n0\r\nX: y\r\n\r\n`;
    const {responses} = await server.raw(`${chunked}${hidden}`, {responses: 2});
    assert.deepEqual(responses.map(({status}) => status), [201, 200]);
    await server.api('DELETE', '/api/users/smuggled', {token: admin});
});

const chunks = {
    'a size in 0x': '0x23\r\n', 'a size with a plus': '+23\r\n', 'a negative size': '-23\r\n', 'no size': '\r\n',
    'a blank before the size': ' 23\r\n', 'a blank behind the size': '23 \r\n', 'a letter in the size': '2g\r\n',
    'a size of seventeen digits': '10000000000000023\r\n', 'a size that wraps round': 'ffffffffffffffff23\r\n',
    'a size of all ones': 'ffffffffffffffff\r\n', 'a size ended by LF': '23\n', 'a size ended by CR': '23\r',
    'a size in quotes': '"23"\r\n', 'a size with an underscore': '2_3\r\n',
    'an extension with a bare LF': '23;a=\n\r\n', 'an extension with a bare CR': '23;a=\r\r\n',
    'an extension with a NUL': '23;a=\0\r\n', 'a comma': '23,\r\n',
    'an extension without an end': `23;${'x'.repeat(70_000)}`,
    'extensions without an end': '1;x\r\n '.repeat(9000), 'a name of an extension missing': '23;=x\r\n',
    'a size without an end': `${'0'.repeat(70_000)}23\r\n`,
};
for (const [name, line] of Object.entries(chunks)) {
    test(`a chunk with ${name} is refused`, () => assert_refused(
        `${post}Transfer-Encoding: chunked\r\n\r\n${line}${body}\r\n0\r\n\r\n${hidden}`, [400, 413]));
}

const endings = {
    'too few bytes before the line end': [body.length + 1, '\r\n0\r\n\r\n'],
    'too many bytes before the line end': [body.length - 1, '\r\n0\r\n\r\n'],
    'no line end': [body.length, '0\r\n\r\n'],
    'LF for a line end': [body.length, '\n0\r\n\r\n'],
    'a trailer with a bare LF': [body.length, '\r\n0\r\nX: a\n\r\n'],
    'a trailer without a colon': [body.length, '\r\n0\r\nX\r\n\r\n'],
    'a trailer about its length': [body.length, '\r\n0\r\nContent-Length: 500\r\n\r\n'],
    'a trailer about its coding': [body.length, '\r\n0\r\nTransfer-Encoding: gzip\r\n\r\n'],
    'a trailer with a NUL': [body.length, '\r\n0\r\nX: \0\r\n\r\n'],
    'trailers without an end': [body.length, `\r\n0\r\n${'X: aaaaaaaaaa\r\n'.repeat(6000)}`],
};
for (const [name, [size, end]] of Object.entries(endings)) {
    test(`a chunked body with ${name} is refused`, () => assert_refused(
        `${post}Transfer-Encoding: chunked\r\n\r\n${size.toString(16)}\r\n${body}${end}${hidden}`));
}

test('a trailer authenticates nobody', async () => {
    const {responses, closed} = await server.raw(
        'POST /api/users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTrailer: Authorization\r\n' +
        `Transfer-Encoding: chunked\r\n\r\n23\r\n${body}\r\n0\r\nAuthorization: Bearer ${admin}\r\n\r\n`);
    assert.equal(responses.length, 1);
    assert_problem(responses[0], 401, 'token_missing');
    assert.equal(closed, true);
});

test('a trailer changes nothing of the request, nor where it ends', async () => {
    const trailers = 'X-Request-Id: trailer\r\nHost: b\r\nExpect: x\r\nAuthorization: Bearer x\r\n' +
        'X: a\r\n folded\r\n';
    const {responses} = await server.raw(
        `${post}X-Request-Id: header\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n${trailers}\r\n${get}\r\n`,
        {responses: 2});
    assert.deepEqual(responses.map(({status}) => status), [422, 200]);
    assert.equal(responses[0].headers['x-request-id'], 'header');
});

test('a body that ends before it is complete is not carried out', async () => {
    for (const request of [`${post}Content-Length: ${body.length + 1}\r\n\r\n${body}`,
                           `${post}Transfer-Encoding: chunked\r\n\r\n23\r\n${body}\r\n`,
                           `${post}Transfer-Encoding: chunked\r\n\r\n23\r\n${body}\r\n0\r\n`]) {
        const {responses, closed} = await server.raw(request, {half_close: true});
        assert.deepEqual(responses.map(({status}) => status), [400]);
        assert.equal(closed, true);
    }
});

const strangers = {
    'a TLS hello': Buffer.from('16030100c8010000c40303' + '5a'.repeat(190), 'hex'),
    'an SSH greeting': 'SSH-2.0-OpenSSH_9.2p1\r\n\r\n', 'a RESP command': '*1\r\n$4\r\nPING\r\n',
    'a PostgreSQL start': Buffer.from('0000000804d2162f', 'hex'),
    'a SOCKS greeting': Buffer.from('050100', 'hex'), 'zeros': Buffer.alloc(4096),
    'the HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'a proxy header': 'PROXY TCP4 203.0.113.7 203.0.113.8 4000 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'a binary proxy header': Buffer.from('0d0a0d0a000d0a515549540a20', 'hex'),
    'an answer': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
};
for (const [name, bytes] of Object.entries(strangers)) {
    test(`${name} is refused`, () => assert_refused(bytes, [400, 505]));
}

// Numbers that are the same in every run, so that what fails once can be looked at.
function* numbers(seed) {
    for (;;) {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        yield seed / 2 ** 32;
    }
}

test('a request with bytes changed at random is answered in HTTP, or not at all', async () => {
    const random = numbers(20240501);
    const below = (limit) => Math.floor(random.next().value * limit);
    const whole = Buffer.from(`${post}Transfer-Encoding: chunked\r\n\r\n23\r\n${body}\r\n0\r\n\r\n${get}\r\n`);
    const mutated = () => {
        let bytes = Buffer.from(whole);
        for (let changes = 1 + below(4); changes > 0; --changes) {
            const at = below(bytes.length);
            const gone = below(3);
            const more = Buffer.from(Array.from({length: below(4)}, () => below(256)));
            bytes = Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at + gone)]);
        }
        return bytes;
    };
    for (let round = 0; round < 40; ++round) {
        const requests = Array.from({length: 10}, mutated);
        await Promise.all(requests.map(async (bytes) => {
            // raw() itself refuses what is no HTTP.
            const {responses, rest} = await server.raw(bytes, {half_close: true});
            const told = `${responses.map(({status}) => status)} to ${JSON.stringify(bytes.toString('latin1'))}`;
            assert.equal(rest.length, 0, told);
            for (const {status} of responses) assert.ok(status < 500 || status === 501 || status === 505, told);
        }));
    }
    await server.database.query("DELETE FROM users WHERE id <> 'asha'");
});
