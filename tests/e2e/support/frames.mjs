// WebSocket frames as bytes (RFC 6455, 5.2): right ones and wrong ones to send, and a strict reading of a server's.
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';

export const opcodes = Object.freeze({continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10});
const is_control = (opcode) => opcode >= 8;

export const bytes_of = (payload) => (typeof payload === 'string' ? Buffer.from(payload) : payload);

function head_of(first, masked, length, bits) {
    const mask_bit = masked ? 0x80 : 0;
    if (bits === 7) return Buffer.from([first, mask_bit | Number(length)]);
    const head = Buffer.alloc(bits === 16 ? 4 : 10);
    head.set([first, mask_bit | (bits === 16 ? 126 : 127)]);
    if (bits === 16) head.writeUInt16BE(Number(length), 2);
    else head.writeBigUInt64BE(length, 2);
    return head;
}

// One frame. `mask`: four bytes, or null for none. `length` is what its head claims (a number or a BigInt), and `bits`
// how that is written: 7, 16 or 64; by default the truth in its shortest form.
export function frame(payload = '', {opcode = opcodes.text, fin = true, rsv = 0, mask = randomBytes(4), length,
                                     bits} = {}) {
    const body = bytes_of(payload);
    const told = BigInt(length ?? body.length);
    const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
    const head = head_of(first, mask !== null, told, bits ?? (told < 126n ? 7 : told < 65536n ? 16 : 64));
    if (mask === null) return Buffer.concat([head, body]);
    const whole = Buffer.allocUnsafe(head.length + 4 + body.length);
    whole.set(head);
    whole.set(mask, head.length);
    const start = head.length + 4;
    for (let i = 0; i < body.length; ++i) whole[start + i] = body[i] ^ mask[i & 3];
    return whole;
}

export const text = (payload, options) => frame(payload, options);
export const binary = (payload, options) => frame(payload, {opcode: opcodes.binary, ...options});
export const continuation = (payload, options) => frame(payload, {opcode: opcodes.continuation, ...options});
export const ping = (payload, options) => frame(payload, {opcode: opcodes.ping, ...options});
export const pong = (payload, options) => frame(payload, {opcode: opcodes.pong, ...options});
// Without a code: an empty one.
export function close(code, reason = '', options) {
    const payload = code === undefined ? Buffer.alloc(0) : Buffer.from([code >> 8, code & 0xff, ...bytes_of(reason)]);
    return frame(payload, {opcode: opcodes.close, ...options});
}

// The bytes in pieces of so many; one piece of nothing, if there are none.
export function split(bytes, size) {
    const all = bytes_of(bytes);
    const count = Math.max(1, Math.ceil(all.length / size));
    return Array.from({length: count}, (_, i) => all.subarray(i * size, (i + 1) * size));
}

// One message in as many frames as there are pieces.
export function fragments(pieces, {opcode = opcodes.text, ...options} = {}) {
    return pieces.map((piece, i) => frame(piece, {
        opcode: i === 0 ? opcode : opcodes.continuation, fin: i === pieces.length - 1, ...options,
    }));
}

// Takes bytes as they come and gives whole frames. Throws at anything that a server must not send.
export class FrameReader {
    #parts = [];
    #size = 0;
    #in_message = false;

    take(bytes) {
        this.#parts.push(bytes);
        this.#size += bytes.length;
        const frames = [];
        for (let next = this.#next(); next; next = this.#next()) frames.push(next);
        return frames;
    }

    // Of a frame that has not come whole.
    get rest() { return this.#size; }

    // A large frame comes in hundreds of parts, which are put together once.
    #peek(count) {
        if (this.#size < count) return null;
        if (this.#parts[0].length < count) this.#parts = [Buffer.concat(this.#parts)];
        return this.#parts[0];
    }

    #next() {
        const start = this.#peek(2);
        if (!start) return null;
        const short = start[1] & 0x7f;
        const size = short < 126 ? 2 : short === 126 ? 4 : 10;
        const head = this.#peek(size);
        if (!head) return null;
        const length = size === 2 ? short : size === 4 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
        this.#check(head, size, length);
        const whole = this.#peek(size + length);
        if (!whole) return null;
        this.#parts[0] = whole.subarray(size + length);
        this.#size -= size + length;
        const opcode = whole[0] & 0x0f;
        const fin = (whole[0] & 0x80) !== 0;
        if (!is_control(opcode)) this.#in_message = !fin;
        return {opcode, fin, payload: whole.subarray(size, size + length)};
    }

    #check(head, size, length) {
        const opcode = head[0] & 0x0f;
        const fin = (head[0] & 0x80) !== 0;
        assert.equal(head[0] & 0x70, 0, 'the server set a reserved bit');
        assert.ok(Object.values(opcodes).includes(opcode), `the server sent opcode ${opcode}`);
        assert.equal(head[1] & 0x80, 0, 'the server masked a frame');
        assert.ok(size === 2 || length >= (size === 4 ? 126 : 65536), 'the server wrote a length at length');
        if (is_control(opcode)) assert.ok(fin && size === 2, 'the server sent a control frame that is none');
        else assert.equal(opcode === opcodes.continuation, this.#in_message, 'the server mixed up its fragments');
    }
}
