// Handshakes and how they end, for the tests of who may open a socket.
//
//     const {token, taken, refused} = doorstep(server);
//     await taken('/api/ws/asha', {headers: bearer(token('customer', 'asha'))});
//     await refused('/api/ws/asha', {}, 401, 'token_missing');
import assert from 'node:assert/strict';
import {assert_problem} from './problem.mjs';
import {mint_token} from './token.mjs';
import {open, shake} from './websocket.mjs';

export const bearer = (token) => ({authorization: `Bearer ${token}`});

export function doorstep(server) {
    const used = [];  // every token and ticket that is long enough to be told from other words
    const note = (secret) => {
        if (secret.length >= 20) used.push(secret);
        return secret;
    };
    const token = (role = 'salesperson', sub = 'asha', options = {}) =>
        note(mint_token(options.secret ?? server.secret, {role, sub, ...options}));

    // The answer, a problem as the description of the server has it.
    async function refused(target, options, status, code) {
        const {response} = await shake(server, target, options);
        const method = options.method ?? 'GET';
        if (method === 'GET') (await server.contract()).check({method, path: target}, response);
        assert_problem(response, status, code);
        const shown = used.find((each) => response.text.includes(each));
        assert.equal(shown, undefined, 'the token stands in the answer');
        assert.equal(response.headers['www-authenticate'] !== undefined, status === 401);
        if (status === 426) {
            assert.equal(response.headers.upgrade, 'websocket');
            assert.equal(response.headers['sec-websocket-version'], '13');
        }
        return response;
    }

    // Opens, is told to be connected as this user, and closes in good order. Gives the answer to the handshake, and
    // what `connected` said.
    async function taken(target, options, user = 'asha') {
        const raw = await open(server, target, options);
        const {type, data} = JSON.parse((await raw.frame()).payload);
        assert.deepEqual([type, data.user_id], ['connected', user]);
        await raw.goodbye(1000);
        assert.equal((await raw.closed()).code, 1000);
        const {headers} = raw.response;
        const shown = used.find((each) => Object.values(headers).some((value) => value.includes(each)));
        assert.equal(shown, undefined, 'the token stands in the answer');
        return {headers, connected: data};
    }

    // Ends the server: its whole log must be there.
    async function assert_nothing_in_log() {
        await server.stop();
        const text = server.log_text;
        assert.ok(server.log.some(({event}) => event === 'request'));
        assert.ok(used.length > 0);
        for (const each of used) {
            const part = each.split('.').find((one) => one.length >= 20 && text.includes(one));
            assert.equal(part, undefined, 'part of a token or a ticket is in the log');
        }
    }

    return {token, note, refused, taken, assert_nothing_in_log};
}
