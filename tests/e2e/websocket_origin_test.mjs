// From which pages a socket may be opened, and what the development mode allows. A browser lets any page open a socket
// anywhere, so that it is the server which must look.
import assert from 'node:assert/strict';
import {after, describe, test} from 'node:test';
import {bearer, doorstep} from './support/doorstep.mjs';
import {start_server} from './support/server.mjs';

const strict = await start_server({env: {
    CARILLON_SERVER_PUBLIC_URL: 'https://notify.example.com',
    CARILLON_HTTP_ALLOWED_ORIGINS: 'https://app.example.com,https://shop.example.com:8443',
}});
const open_to_all = await start_server({env: {CARILLON_HTTP_ALLOWED_ORIGINS: '*'}});
const developing = await start_server({env: {CARILLON_AUTH_MODE: 'development'}});
after(() => Promise.all([strict, open_to_all, developing].map((server) => server.close())));

const here = `127.0.0.1:${strict.port}`;
const [yes, no] = [true, false];

describe('a page of another origin needs to be allowed', () => {
    const {token, taken, refused} = doorstep(strict);
    const cases = {
        'no origin, as of an app': [undefined, here, yes],
        'an allowed origin': ['https://app.example.com', here, yes],
        'an allowed origin with a port': ['https://shop.example.com:8443', here, yes],
        'the public address of the server': ['https://notify.example.com', here, yes],
        'the host that is asked': [`http://${here}`, here, yes],
        'the host that is asked, behind a proxy that speaks TLS': ['https://bell.example', 'bell.example', yes],
        'the host that is asked, in other letters': ['https://bell.example', 'Bell.Example', yes],
        'any other origin': ['https://evil.example', here, no],
        'an allowed origin by another scheme': ['http://app.example.com', here, no],
        'an allowed origin on another port': ['https://app.example.com:8443', here, no],
        'an allowed origin without its port': ['https://shop.example.com', here, no],
        'a host that begins like an allowed one': ['https://app.example.com.evil.example', here, no],
        'a host that ends like an allowed one': ['https://evilapp.example.com', here, no],
        'an allowed origin and more': ['https://app.example.com/', here, no],
        'an allowed origin in front of an at': ['https://app.example.com@evil.example', here, no],
        'two allowed origins in one line': ['https://app.example.com, https://shop.example.com:8443', here, no],
        'the host that is asked on another port': ['http://127.0.0.1:1', here, no],
        'the host that is asked under another name': [`http://localhost:${strict.port}`, here, no],
        'a page of no origin': ['null', here, no],
        'an empty origin': ['', here, no],
        'a star': ['*', here, no],
        'a file': ['file://', here, no],
        'a host alone': [here, here, no],
    };
    for (const [name, [origin, host, may]] of Object.entries(cases)) {
        for (const address of ['/api/ws/asha', '/api/ws/authenticated/asha']) {
            test(`${name} ${may ? 'may' : 'may not'} open ${address}`, async () => {
                const options = {host, headers: {...bearer(token()), origin}};
                if (may) await taken(address, options);
                else await refused(address, options, 403, 'origin_not_allowed');
            });
        }
    }

    test('two origins at once may not', () => refused(
        '/api/ws/asha', {headers: {...bearer(token()), origin: ['https://app.example.com', 'https://evil.example']}},
        403, 'origin_not_allowed'));
    test('a page that is allowed still needs a token', () => refused(
        '/api/ws/asha', {headers: {origin: 'https://app.example.com'}}, 401, 'token_missing'));
    test('a page may not use a token that stands in the address either', () => refused(
        `/api/ws/asha?token=${token()}`, {headers: {origin: 'https://evil.example'}}, 403, 'origin_not_allowed'));
});

test('where all origins are allowed, all are', async () => {
    const {token, taken} = doorstep(open_to_all);
    for (const origin of ['https://evil.example', 'null', 'file://']) {
        await taken('/api/ws/asha', {headers: {...bearer(token()), origin}});
    }
});

describe('in development mode', () => {
    const {token, taken, refused} = doorstep(developing);
    const port = developing.port;
    const admin = () => token('admin', 'root');

    test('whoever asks without a token is the user of the address', async () => {
        const {connected} = await taken('/api/ws/asha', {});
        assert.equal(connected.expires_at, null);
        await taken('/api/ws/asha?device=phone-1&since=0', {});
        await taken('/api/ws/nobody-knows-me', {}, 'nobody-knows-me');
    });

    test('a phone number is looked up all the same', async () => {
        const body = {id: 'asha', name: 'Asha', phone: '+237691924173'};
        assert.equal((await developing.api('POST', '/api/users', {token: admin(), body})).status, 201);
        await taken('/api/ws/237691924173', {});
        await refused('/api/ws/237691924174', {}, 404, 'user_not_found');
    });

    test('the other address asks for a token here too', async () => {
        const headers = await refused('/api/ws/authenticated/asha', {}, 401, 'token_missing');
        assert.equal(headers.headers['www-authenticate'], 'Bearer');
        await taken('/api/ws/authenticated/asha', {headers: bearer(token())});
    });

    test('a token that is shown must be a good one', async () => {
        const expired = token('customer', 'asha', {ttl_seconds: -60});
        await refused('/api/ws/asha', {headers: bearer(expired)}, 401, 'token_expired');
        await refused(`/api/ws/asha?token=${expired}`, {}, 401, 'token_expired');
        await refused('/api/ws/asha?ticket=x', {}, 401, 'invalid_ticket');
        await refused('/api/ws/asha', {headers: bearer(token('customer', 'ben'))}, 403, 'forbidden');
        await taken('/api/ws/asha', {headers: bearer(token())});
        await taken('/api/ws/asha', {headers: bearer(admin())});
    });

    test('a ticket is for those who are signed in', async () => {
        assert.equal((await developing.api('POST', '/api/ws/ticket')).status, 401);
        const {json} = await developing.api('POST', '/api/ws/ticket', {token: token()});
        await taken(`/api/ws/authenticated/asha?ticket=${json.ticket}`, {});
    });

    // No token protects anybody here: a page from anywhere that got its own name to point at this machine would come
    // in as whoever it likes.
    const pages = {
        'a page of this machine': [`http://127.0.0.1:${port}`, `127.0.0.1:${port}`, yes],
        'a page of this machine by name': [`http://localhost:${port}`, `localhost:${port}`, yes],
        'a page of this machine by IPv6': [`http://[::1]:${port}`, `[::1]:${port}`, yes],
        'no page': [undefined, `127.0.0.1:${port}`, yes],
        'a page of elsewhere': ['http://evil.example', `127.0.0.1:${port}`, no],
        'a page whose name points here': [`http://evil.example:${port}`, `evil.example:${port}`, no],
        'a page whose name begins like this machine': [`http://localhost.evil.example:${port}`,
                                                       `localhost.evil.example:${port}`, no],
        'a page whose name begins like its address': [`http://127.0.0.1.evil.example:${port}`,
                                                      `127.0.0.1.evil.example:${port}`, no],
        'a page whose name begins like its net': [`http://127.evil.example:${port}`, `127.evil.example:${port}`, no],
        'a page of no origin': ['null', `127.0.0.1:${port}`, no],
    };
    for (const [name, [origin, host, may]] of Object.entries(pages)) {
        test(`${name} ${may ? 'may' : 'may not'} come in`, async () => {
            if (may) await taken('/api/ws/asha', {host, headers: {origin}});
            else await refused('/api/ws/asha', {host, headers: {origin}}, 403, 'origin_not_allowed');
        });
    }
});
