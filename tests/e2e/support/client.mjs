// A plain HTTP client. Not fetch, which keeps some headers to itself and cannot send a body with every method.
import http from 'node:http';

// Gives {status, headers, body, text, json}; `json` is undefined when the answer is not JSON.
export function request(url, {method = 'GET', path = '/', headers = {}, body, agent, limit_ms = 15_000} = {}) {
    return new Promise((resolve, reject) => {
        const target = new URL(url);
        // The path goes out as it is written: URL would tidy it up.
        const options = {host: target.hostname, port: target.port, path, method, headers, agent};
        const sent = http.request(options, (answer) => {
            const parts = [];
            answer.on('data', (part) => parts.push(part));
            answer.on('error', reject);
            answer.on('end', () => {
                clearTimeout(limit);
                const whole = Buffer.concat(parts);
                const text = whole.toString('utf8');
                const is_json = /[/+]json\b/.test(answer.headers['content-type'] ?? '') && text;
                try {
                    resolve({status: answer.statusCode, headers: answer.headers, body: whole, text,
                             json: is_json ? JSON.parse(text) : undefined});
                } catch (error) {
                    reject(error);
                }
            });
        });
        const late = new Error(`no answer to ${method} ${path} in ${limit_ms} ms`);
        const limit = setTimeout(() => sent.destroy(late), limit_ms);
        sent.on('error', (error) => {
            clearTimeout(limit);
            reject(error);
        });
        sent.end(body);
    });
}

// A value becomes JSON; text and bytes go as they are. Gives {body, type}.
export function encode(value) {
    if (value === undefined) return {};
    const as_is = typeof value === 'string' || Buffer.isBuffer(value);
    return {body: as_is ? value : JSON.stringify(value), type: 'application/json'};
}
