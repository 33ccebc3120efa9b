// Bytes to a port as they are, for requests that no well-behaved client would send.
import net from 'node:net';

function chunked_body(buffer, at) {
    const chunks = [];
    for (;;) {
        const end = buffer.indexOf('\r\n', at);
        if (end < 0) return null;
        const size = parseInt(buffer.toString('latin1', at, end), 16);
        if (!Number.isFinite(size)) throw new Error(`not a chunk: ${buffer.toString('latin1', at, end)}`);
        if (buffer.length < end + 2 + size + 2) return null;
        if (size === 0) return {body: Buffer.concat(chunks), end: end + 4};
        chunks.push(buffer.subarray(end + 2, end + 2 + size));
        at = end + 2 + size + 2;
    }
}

// The first response in the buffer, or null when it is not whole yet.
function first_response(buffer, {head, ended}) {
    const header_end = buffer.indexOf('\r\n\r\n');
    if (header_end < 0) return null;
    const [status_line, ...lines] = buffer.toString('latin1', 0, header_end).split('\r\n');
    const [, version, status] = status_line.match(/^HTTP\/(1\.[01]) (\d{3})/) ?? [];
    if (!status) throw new Error(`not a status line: ${status_line}`);
    const headers = {};
    for (const line of lines) {
        const [, name, value] = line.match(/^([^:\s]+):[ \t]*(.*?)[ \t]*$/) ?? [];
        if (!name) throw new Error(`not a header field: ${line}`);
        const key = name.toLowerCase();
        headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
    }
    const response = {version, status: Number(status), headers};
    const start = header_end + 4;
    const finish = (body, end) => ({response: {...response, body, text: body.toString('utf8')}, end});
    if (head || response.status < 200 || [204, 304].includes(response.status)) return finish(Buffer.alloc(0), start);
    if (/\bchunked$/i.test(headers['transfer-encoding'] ?? '')) {
        const whole = chunked_body(buffer, start);
        return whole && finish(whole.body, whole.end);
    }
    if (headers['content-length'] === undefined) return ended ? finish(buffer.subarray(start), buffer.length) : null;
    const end = start + Number(headers['content-length']);
    return buffer.length < end ? null : finish(buffer.subarray(start, end), end);
}

export function parse_responses(buffer, {head = false, ended = false} = {}) {
    const responses = [];
    for (;;) {
        const found = first_response(buffer, {head, ended});
        if (!found) return {responses, rest: buffer};
        responses.push(found.response);
        buffer = buffer.subarray(found.end);
        // After 101 the bytes belong to another protocol.
        if (found.response.status === 101) return {responses, rest: buffer};
    }
}

// Sends the pieces one by one and reads until `responses` have come, or else until the server closes.
// Gives {responses, rest, closed, reset, ms}; `head` says that answers carry no body; `half_close` ends our side.
export function raw(port, pieces, options = {}) {
    const {responses: wanted = Infinity, limit_ms = 5000, head = false, half_close = false,
           connect = () => net.connect({port, host: '127.0.0.1'})} = options;
    const began = Date.now();
    return new Promise((resolve, reject) => {
        const socket = connect();
        socket.setNoDelay?.(true);
        let received = Buffer.alloc(0);
        let reset = false;
        const limit = setTimeout(() => {
            socket.destroy();
            reject(new Error(`no end within ${limit_ms} ms; received: ${JSON.stringify(received.toString('latin1'))}`));
        }, limit_ms);
        const finish = (closed) => {
            clearTimeout(limit);
            socket.destroy();
            try {
                resolve({...parse_responses(received, {head, ended: closed}), closed, reset, ms: Date.now() - began});
            } catch (error) {
                reject(error);
            }
        };
        socket.on('data', (data) => {
            received = Buffer.concat([received, data]);
            if (wanted === Infinity) return;
            try {
                if (parse_responses(received, {head}).responses.length >= wanted) finish(false);
            } catch (error) {
                clearTimeout(limit);
                socket.destroy();
                reject(error);
            }
        });
        // A server may close while we still send; what it answered before is what counts.
        socket.on('error', (error) => {
            reset = ['ECONNRESET', 'EPIPE'].includes(error.code);
            if (!reset) {
                clearTimeout(limit);
                reject(error);
            }
        });
        socket.on('close', () => finish(true));
        const send = (left) => {
            if (socket.destroyed) return;
            if (!left.length) return half_close ? socket.end() : undefined;
            // Each piece is handed to the kernel alone, so that it travels alone.
            socket.write(left[0], (error) => { if (!error) setImmediate(send, left.slice(1)); });
        };
        send([pieces].flat());
    });
}
