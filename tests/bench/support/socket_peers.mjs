// Whom the sockets are measured beside: nginx with nchan, and a Node server with npm's `ws`. Both hand on what comes
// in, keep nothing and ask nobody who they are.
import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {request} from '../../e2e/support/client.mjs';
import {eventually} from '../../e2e/support/eventually.mjs';
import {free_port} from '../../e2e/support/ports.mjs';
import {cpu_seconds} from './machine.mjs';
import {cores, Program} from './programs.mjs';

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

// One worker, its store in memory. Messages are not kept, which is the cheapest it knows.
const settings = ({folder, port, tls_port, certificate, connections}) => `
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
${process.getuid() === 0 ? 'user root root;' : ''}
worker_processes 1;
worker_rlimit_nofile ${connections + 500};
daemon off;
pid ${folder}/pid;
error_log stderr error;
events { worker_connections ${connections}; }
http {
    ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
    access_log off;
    tcp_nodelay on;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    nchan_shared_memory_size 1G;
    nchan_store_messages off;
    ssl_certificate ${certificate.cert};
    ssl_certificate_key ${certificate.key};
    server {
        listen 127.0.0.1:${port} backlog=4096;
        listen 127.0.0.1:${tls_port} ssl backlog=4096;
        location ~ ^/pub/(\\w+)$ { nchan_publisher; nchan_channel_id $1; }
        location ~ ^/ws/(\\w+)$ {
            nchan_subscriber websocket;
            nchan_channel_id $1;
            nchan_subscriber_first_message newest;
        }
    }
}
`;

// What the two have in common; each knows how to start.
class Peer {
    // What the load program is told.
    get load() {
        return {port: this.port, path: '/ws/@user@', publish_port: this.port, publish_path: '/pub/@user@'};
    }
    get tls_load() { return {...this.load, port: this.tls_port, tls: 1}; }
    users(count, from = 1) { return Array.from({length: count}, (_, n) => ({id: `u${from + n}`})); }
    body(padding) {
        return `{"type":"lead_update","seq":@seq@,"data":{"sent":"@sent@","text":"${'x'.repeat(padding)}"}}`;
    }

    cpu() { return {server: cpu_seconds(this.program.pid)}; }
    async renew() {
        await this.stop();
        await this.start();
    }
    async until_up(condition) {
        await eventually(async () => this.program.alive ? condition() : true);
        if (!this.program.alive) throw new Error(`${this.name} did not start:\n${this.program.stderr}`);
    }
    async stop() { await this.program?.stop(); }
}

export class Nchan extends Peer {
    name = 'nchan';

    constructor({folder, certificate, connections}) {
        super();
        this.folder = folder;
        this.certificate = certificate;
        this.connections = connections;
    }

    async start() {
        this.port = await free_port();
        this.tls_port = await free_port();
        mkdirSync(this.folder, {recursive: true});
        writeFileSync(path.join(this.folder, 'conf'), settings(this));
        const args = ['-e', 'stderr', '-p', this.folder, '-c', `${this.folder}/conf`];
        this.program = new Program('nginx', args, {core: cores.server});
        await this.until_up(async () => (await request(`http://127.0.0.1:${this.port}`)).status);
    }

    // Its one worker.
    get holder_pid() {
        const {pid} = this.program;
        return Number.parseInt(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'), 10);
    }
}

export class Ws extends Peer {
    name = 'ws';

    async start() {
        const script = fileURLToPath(new URL('ws_server.mjs', import.meta.url));
        this.program = new Program(process.execPath, [script], {core: cores.server});
        await this.until_up(() => this.program.stdout.includes('\n'));
        this.port = Number(this.program.stdout);
    }

    get holder_pid() { return this.program.pid; }
}

export function peer_versions() {
    const asked = ['-W', '-f', '${Version}', 'libnginx-mod-nchan'];
    const ws = JSON.parse(readFileSync(new URL('../../node_modules/ws/package.json', import.meta.url), 'utf8'));
    return {nchan: execFileSync('dpkg-query', asked, {encoding: 'utf8'}), ws: ws.version};
}
