// Ports of the loopback: one that is free, and what a client finds there.
import net from 'node:net';

// Free a moment ago; for what must be told its port and cannot take any.
export function free_port(host = '127.0.0.1') {
    return new Promise((resolve, reject) => {
        const holder = net.createServer().on('error', reject);
        holder.listen(0, host, () => {
            const {port} = holder.address();
            holder.close(() => resolve(port));
        });
    });
}

// 'connected', or the code of the error: 'ECONNREFUSED'.
export function knock(port, host = '127.0.0.1') {
    return new Promise((resolve) => {
        const socket = net.connect({port, host});
        const end = (found) => {
            socket.destroy();
            resolve(found);
        };
        socket.on('connect', () => end('connected')).on('error', ({code}) => end(code));
    });
}
