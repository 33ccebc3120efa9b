// What every refusal must be: a problem document (RFC 9457) under the request's id, with nothing of the inside in it.
import assert from 'node:assert/strict';

const inside = /\b(?:SELECT|INSERT|UPDATE|DELETE|ON CONFLICT|SQLSTATE|PQ\w+|pqxx|libpq|nlohmann|boost|terminate)\b/;
const traces = /\w::\w|\.[ch]pp\b|json\.exception|\b0x[0-9a-f]{6,}|(?:relation|column|constraint) "/;

// `answer` as of api() or raw(); gives the document.
export function assert_problem(answer, status, code) {
    const text = answer.body.toString('utf8');
    assert.equal(answer.status, status, text);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    const problem = JSON.parse(text);
    for (const member of ['type', 'title', 'detail', 'code', 'request_id']) {
        assert.equal(typeof problem[member], 'string', `${member} in ${text}`);
        assert.notEqual(problem[member], '', member);
    }
    assert.equal(problem.status, status);
    assert.equal(problem.request_id, answer.headers['x-request-id']);
    if (code) assert.equal(problem.code, code, text);
    assert.doesNotMatch(text, inside);
    assert.doesNotMatch(text, traces);
    return problem;
}
