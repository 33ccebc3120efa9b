// node ws_server.mjs: what one builds in an afternoon with npm's `ws`. POST /pub/NAME hands its body to all sockets
// of /ws/NAME. Prints its port. Nothing is kept, nobody is asked who they are.
import {createServer} from 'node:http';
import {WebSocketServer} from 'ws';

const channels = new Map();
const sockets = new WebSocketServer({noServer: true, clientTracking: false, perMessageDeflate: false,
                                     skipUTF8Validation: true});

function join(name, socket) {
    const members = channels.get(name) ?? channels.set(name, new Set()).get(name);
    members.add(socket);
    socket.on('error', () => {}).on('close', () => {
        members.delete(socket);
        if (members.size === 0) channels.delete(name);
    });
}

const name_of = (url) => url.slice(url.lastIndexOf('/') + 1);

const server = createServer((incoming, answer) => {
    const parts = [];
    incoming.on('data', (part) => parts.push(part)).on('end', () => {
        const body = Buffer.concat(parts);
        for (const socket of channels.get(name_of(incoming.url)) ?? []) socket.send(body, {binary: false});
        answer.writeHead(202, {'Content-Length': 0}).end();
    });
});
server.keepAliveTimeout = 0;
server.on('upgrade', (incoming, socket, head) => {
    sockets.handleUpgrade(incoming, socket, head, (open) => join(name_of(incoming.url), open));
});
server.listen({port: 0, host: '127.0.0.1', backlog: 4096}, () => console.log(server.address().port));
