// node provider_stand_in.mjs CERT KEY: the least that FCM and MyOperator can be. Every call is taken and answered at
// once, but for a push to a token that begins with "silent": that is never answered. FCM speaks HTTP/2 over TLS,
// MyOperator plain HTTP/1.1. Prints {fcm, myoperator}, their ports.
import {readFileSync} from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';

const [cert, key] = process.argv.slice(2).map((file) => readFileSync(file));
let calls = 0;

const fcm_answers = {
    '/token': () => ({access_token: 'ya29.bench', expires_in: 3600, token_type: 'Bearer'}),
    '/v1/projects/bench/messages:send': () => ({name: `projects/bench/messages/${++calls}`}),
};

function answer_push(stream, headers) {
    const parts = [];
    stream.on('error', () => {});  // whoever asked may be killed
    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => {
        if (parts.some((part) => part.includes('"silent'))) return;
        const text = JSON.stringify(fcm_answers[headers[':path']]());
        stream.respond({':status': 200, 'content-type': 'application/json', 'content-length': text.length});
        stream.end(text);
    });
}

const fcm = http2.createSecureServer({cert, key, settings: {maxConcurrentStreams: 100}});
fcm.on('stream', answer_push);
fcm.on('session', (session) => session.on('error', () => {}));

const myoperator = http.createServer({keepAliveTimeout: 600_000}, (request, response) => {
    request.resume().on('end', () => {
        const data = {conversation_id: 'c1', message_id: `wamid.${++calls}`};
        const text = JSON.stringify({status: 'success', code: 200, message: 'Accepted', data});
        response.writeHead(200, {'content-type': 'application/json', 'content-length': text.length}).end(text);
    });
});

const listening = (server) =>
    new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(server.address().port)); });
console.log(JSON.stringify({fcm: await listening(fcm), myoperator: await listening(myoperator)}));
process.stdin.on('end', () => process.exit(0)).resume();
