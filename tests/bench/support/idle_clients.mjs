// node idle_clients.mjs PORT COUNT: opens that many connections, has one request answered on each and then lets
// them rest until its own input ends. Prints "resting" when all of them do.
import net from 'node:net';

const [port, count] = process.argv.slice(2).map(Number);
const at_once = 100;
const question = 'GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n';

function open_one() {
    return new Promise((resolve, reject) => {
        const socket = net.connect(port, '127.0.0.1', () => socket.write(question));
        socket.once('data', (answer) => {
            if (answer.toString('latin1').startsWith('HTTP/1.1 200 ')) return resolve();
            reject(new Error(`an unexpected answer: ${answer}`));
        });
        socket.on('error', reject);
        // One that the server closes is not an idle one, whenever it happens.
        socket.on('close', () => {
            console.error('a connection was closed');
            process.exit(1);
        });
    });
}

process.stdin.on('end', () => process.exit(0)).resume();
for (let open = 0; open < count; open += at_once) {
    await Promise.all(Array.from({length: Math.min(at_once, count - open)}, open_one));
}
console.log('resting');
