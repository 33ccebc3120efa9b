// node event_stream.mjs PORT TOKEN TYPE USERS RATE SECONDS: events at that rate, whether the server keeps up or not.
//
// Prints {events, began, ended, p50_ms, p99_ms, longest_wait}: the times are from when an event was due to be sent to
// its answer, so that a server that stands still is not spared what would have come meanwhile.
import net from 'node:net';

const [port, token, type, users, rate, seconds] = process.argv.slice(2);
const connections = 64;
const tick_ms = 2;
const total = Math.round(rate * seconds);

const waiting = [];  // due, and no connection was free
const free = [];
const times = [];
let sent = 0;
let longest_wait = 0;

function request(number) {
    const user = `u${number * 7919 % users + 1}`;
    const body = `{"type":"${type}","payload":{"user_id":"${user}","text":"Your table is ready."}}`;
    return `POST /api/notifications/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function use(connection) {
    if (waiting.length === 0) return free.push(connection);
    connection.due = waiting.shift();
    connection.socket.write(request(++sent));
    return undefined;
}

function answered(connection, status) {
    if (status !== '202') {
        console.error(`an event was answered with ${status}`);
        process.exit(1);
    }
    times.push(performance.now() - connection.due);
    if (times.length === total) finish();
    else use(connection);
}

function connect() {
    const connection = {socket: net.connect(Number(port), '127.0.0.1'), text: ''};
    connection.socket.setNoDelay(true).setEncoding('latin1');
    connection.socket.on('data', (text) => {
        connection.text += text;
        const head = connection.text.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(connection.text)[1]);
        if (connection.text.length < head + 4 + length) return;
        const status = connection.text.slice(9, 12);
        connection.text = '';
        answered(connection, status);
    });
    connection.socket.on('close', () => {
        console.error('a connection was closed');
        process.exit(1);
    });
    return new Promise((resolve) => { connection.socket.once('connect', () => resolve(connection)); });
}

function finish() {
    times.sort((a, b) => a - b);
    const at = (share) => times[Math.min(total - 1, Math.floor(total * share))];
    const began_at = Math.round(performance.timeOrigin + began);
    console.log(JSON.stringify({events: total, began: began_at, ended: Date.now(), p50_ms: at(0.5), p99_ms: at(0.99),
                                longest_wait}));
    process.exit(0);
}

free.push(...await Promise.all(Array.from({length: connections}, connect)));
const began = performance.now();
let due = 0;
setInterval(() => {
    const until = Math.min(total, Math.floor((performance.now() - began) * rate / 1000));
    for (; due < until; ++due) waiting.push(began + due * 1000 / rate);
    longest_wait = Math.max(longest_wait, waiting.length);
    while (free.length && waiting.length) use(free.pop());
}, tick_ms);
