// Holds answers against the server's own OpenAPI 3.1 document: an answer that is not described is a mistake, of the
// server or of the document, and the test that saw it fails.
import assert from 'node:assert/strict';
import Ajv2020 from 'ajv/dist/2020.js';
import add_formats from 'ajv-formats';

const media_type = (header) => header?.split(';')[0].trim().toLowerCase();
const problem_type = 'application/problem+json';
const is_json = (type) => /[/+]json$/.test(type ?? '');
const pointer = (...names) =>
    names.map((name) => `/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');

export class Contract {
    #document;
    #ajv;
    #templates;

    constructor(document) {
        this.#document = document;
        // Strict, so that a misspelt keyword or an unknown format in the document is an error and not a hole.
        this.#ajv = new Ajv2020({allErrors: true, strictTypes: false, strictTuples: false});
        // What OpenAPI says beside JSON Schema: around the schemas, and in them.
        this.#ajv.addVocabulary([...Object.keys(document), 'example', 'externalDocs', 'xml', 'discriminator']);
        add_formats(this.#ajv);
        this.#ajv.addSchema(document, 'openapi', false, false);
        // A path without parameters goes before one that would match it too.
        this.#templates = Object.keys(document.paths)
            .map((path) => ({
                path,
                parameters: path.split('{').length,
                pattern: new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`),
            }))
            .sort((a, b) => a.parameters - b.parameters);
    }

    // Every schema and every reference of the document, also those that no answer has needed yet.
    check_document() {
        const visit = (place, value, name) => {
            if (value === null || typeof value !== 'object') return;
            if (value.$ref) this.#follow(place, value);
            if (name === 'schema' || /^\/components\/schemas\/[^/]+$/.test(place)) {
                assert.ok(this.#ajv.getSchema(`openapi#${place}`), place);
            } else {
                for (const [key, each] of Object.entries(value)) visit(place + pointer(key), each, key);
            }
        };
        visit('', this.#document);
    }

    // `answer` is {status, headers, body}; throws an AssertionError that says what is not as described.
    check({method, path, body, type}, answer) {
        const bare = path.split('?')[0];
        const where = `${method} ${bare} answered ${answer.status}`;
        const template = this.#templates.find(({pattern}) => pattern.test(bare))?.path;
        const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
        const operation = template && this.#document.paths[template][verb];
        if (!operation) return this.#check_undescribed(method, where, template, answer);

        let place = pointer('paths', template, verb, 'responses', String(answer.status));
        let response = operation.responses[answer.status];
        assert.ok(response, `${where}, which the document does not describe`);
        [place, response] = this.#follow(place, response);
        this.#check_headers(where, place, response, answer);
        this.#check_body(method, where, place, response, answer);
        if (media_type(answer.headers['content-type']) === problem_type) this.#check_problem(where, answer);
        if (answer.status < 300 && body !== undefined) {
            this.#check_request(where, template, verb, operation, body, type);
        }
    }

    // What HTTP itself says of every path: a preflight, a missing page, a method that is not there.
    #check_undescribed(method, where, template, answer) {
        if (method === 'OPTIONS' && answer.status === 204) {
            return assert.equal(answer.body.length, 0, `${where} with a body`);
        }
        assert.ok(answer.status >= 400, `${where}, but the document has no such ${template ? 'method' : 'path'}`);
        if (answer.status === 405) assert.ok(answer.headers.allow, `${where} without Allow`);
        if (method === 'HEAD') return;
        assert.equal(media_type(answer.headers['content-type']), problem_type, where);
        this.#check_schema(where, pointer('components', 'schemas', 'Problem'), JSON.parse(answer.body));
        this.#check_problem(where, answer);
    }

    #check_body(method, where, place, response, answer) {
        if (method === 'HEAD' || [204, 304].includes(answer.status) || !response.content) {
            return assert.equal(answer.body.length, 0, `${where} with a body that is not described`);
        }
        const type = media_type(answer.headers['content-type']);
        assert.ok(response.content[type], `${where} as ${type}, not one of ${Object.keys(response.content)}`);
        if (!response.content[type].schema) return;
        const value = is_json(type) ? JSON.parse(answer.body) : answer.body.toString('utf8');
        this.#check_schema(where, `${place}${pointer('content', type, 'schema')}`, value);
    }

    #check_headers(where, place, response, answer) {
        for (const [name, described] of Object.entries(response.headers ?? {})) {
            const [header_place, header] = this.#follow(`${place}${pointer('headers', name)}`, described);
            const value = answer.headers[name.toLowerCase()];
            assert.ok(value !== undefined || !header.required, `${where} without the header ${name}`);
            if (value === undefined || !header.schema) continue;
            const numeric = ['integer', 'number'].includes(this.#follow('', header.schema)[1].type);
            this.#check_schema(`${where}, header ${name}`, `${header_place}/schema`, numeric ? Number(value) : value);
        }
    }

    // A body that was taken must be one that the document allows.
    #check_request(where, template, verb, operation, body, type) {
        assert.ok(operation.requestBody, `${where} to a body that is not described`);
        const at = pointer('paths', template, verb, 'requestBody');
        const [place, described] = this.#follow(at, operation.requestBody);
        const known = media_type(type);
        assert.ok(described.content[known], `${where} to a body of ${known}, which is not described`);
        if (!is_json(known) || !described.content[known].schema) return;
        const schema = `${place}${pointer('content', known, 'schema')}`;
        this.#check_schema(`${where} to a body that`, schema, JSON.parse(body));
    }

    #check_problem(where, answer) {
        if (!answer.body.length) return;  // the answer to a HEAD
        const problem = JSON.parse(answer.body);
        assert.equal(problem.status, answer.status, `${where}, but its problem says ${problem.status}`);
        assert.equal(problem.request_id, answer.headers['x-request-id'], `${where} under two request ids`);
    }

    #check_schema(where, place, value) {
        const validate = this.#ajv.getSchema(`openapi#${place}`);
        assert.ok(validate, `${where}: the document has no ${decodeURIComponent(place)}`);
        if (validate(value)) return;
        const why = validate.errors.map((each) => `  ${each.instancePath || '/'} ${each.message}`).join('\n');
        assert.fail(`${where}, not as described at ${decodeURIComponent(place)}:\n${why}\n${JSON.stringify(value)}`);
    }

    // Where a reference leads: the place and what stands there.
    #follow(place, value) {
        while (value.$ref) {
            assert.ok(value.$ref.startsWith('#/'), `not a reference into the document: ${value.$ref}`);
            place = value.$ref.slice(1);
            const names = place.slice(1).split('/').map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
            value = names.reduce((at, name) => at?.[name], this.#document);
            assert.ok(value, `${place} is referred to and missing`);
        }
        return [place, value];
    }
}
