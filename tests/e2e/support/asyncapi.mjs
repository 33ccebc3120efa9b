// Holds what is said on a socket against the server's own AsyncAPI 3.0 document: a message that is not described is a
// mistake, of the server or of the document, and the test that saw it fails.
import assert from 'node:assert/strict';
import Ajv2020 from 'ajv/dist/2020.js';
import add_formats from 'ajv-formats';
import {request} from './client.mjs';

export const asyncapi_path = '/api/asyncapi.json';

const names_in = (place) => place.slice(1).split('/').map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));

export class SocketContract {
    #document;
    #ajv;
    #types = {server: new Map(), client: new Map()};  // by type, the place of its payload

    constructor(document) {
        this.#document = document;
        // Strict, so that a misspelt keyword or an unknown format in the document is an error and not a hole.
        this.#ajv = new Ajv2020({allErrors: true, strictTypes: false, strictTuples: false});
        this.#ajv.addVocabulary(Object.keys(document));
        add_formats(this.#ajv);
        this.#ajv.addSchema(document, 'asyncapi', false, false);
        for (const {action, messages} of Object.values(document.operations)) {
            const side = this.#types[action === 'send' ? 'server' : 'client'];
            for (const {$ref} of messages) this.#learn(side, $ref);
        }
    }

    get server_types() { return [...this.#types.server.keys()].sort(); }
    get client_types() { return [...this.#types.client.keys()].sort(); }

    // Throw an AssertionError that says what is not as described.
    check_server(message) { this.#check('server', message); }
    check_client(message) { this.#check('client', message); }

    // Where a reference leads: the place and what stands there.
    follow($ref) {
        assert.ok($ref.startsWith('#/'), `not a reference into the document: ${$ref}`);
        const place = $ref.slice(1);
        const value = names_in(place).reduce((at, name) => at?.[name], this.#document);
        assert.ok(value !== undefined, `${place} is referred to and missing`);
        return value?.$ref ? this.follow(value.$ref) : [place, value];
    }

    #learn(side, $ref) {
        const [place, message] = this.follow($ref);
        const type = message.payload?.properties?.type?.const;
        assert.ok(type, `the document does not say of which type ${place} is`);
        side.set(type, `${place}/payload`);
    }

    // ajv keeps what it has compiled.
    #check(side, message) {
        const shown = () => JSON.stringify(message)?.slice(0, 500);
        const place = this.#types[side].get(message?.type);
        assert.ok(place, `the document has no ${side} message like ${shown()}`);
        const validate = this.#ajv.getSchema(`asyncapi#${place}`);
        if (validate(message)) return;
        const why = validate.errors.map((each) => `  ${each.instancePath || '/'} ${each.message}`).join('\n');
        assert.fail(`${message.type}, not as described at ${place}:\n${why}\n${shown()}`);
    }
}

const contracts = new Map();  // by the text of the document

// Of this server, which is asked once.
const asked = new WeakMap();
export function socket_contract(server) {
    if (!asked.has(server)) asked.set(server, read_contract(server));
    return asked.get(server);
}

async function read_contract(server) {
    const {status, text, json} = await request(server.url, {path: asyncapi_path});
    assert.equal(status, 200, text);
    if (!contracts.has(text)) contracts.set(text, new SocketContract(json));
    return contracts.get(text);
}
