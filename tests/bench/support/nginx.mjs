// nginx with one worker and everything set for small static files.
import assert from 'node:assert/strict';
import {mkdirSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {request} from '../../e2e/support/client.mjs';
import {eventually} from '../../e2e/support/eventually.mjs';
import {cores, Program} from './programs.mjs';

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

const settings = (folder, port) => `
${process.getuid() === 0 ? 'user root root;' : ''}
worker_processes 1;
daemon off;
pid ${folder}/pid;
error_log stderr error;
events { worker_connections 4096; }
http {
    ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
    default_type application/json;
    access_log off;
    sendfile on;
    tcp_nodelay on;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    open_file_cache max=100 inactive=1h;
    open_file_cache_valid 1h;
    server {
        listen 127.0.0.1:${port} backlog=4096;
        root ${folder}/files;
    }
}
`;

// It cannot be told to take any port and say which, so one that is free now has to do.
async function free_port() {
    const listener = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => { listener.once('listening', resolve); });
    const {port} = listener.address();
    await new Promise((resolve) => { listener.close(resolve); });
    return port;
}

export class Nginx {
    #folder;
    #program;

    static async start(folder) {
        const nginx = new Nginx();
        nginx.#folder = folder;
        mkdirSync(path.join(folder, 'files'), {recursive: true});
        const port = await free_port();
        nginx.url = `http://127.0.0.1:${port}`;
        writeFileSync(path.join(folder, 'conf'), settings(folder, port));
        const args = ['-e', 'stderr', '-p', folder, '-c', `${folder}/conf`];
        nginx.#program = new Program('nginx', args, {core: cores.server});
        await eventually(async () => {
            if (nginx.#program.alive) return (await request(nginx.url, {path: '/'})).status;
            return true;
        });
        assert.ok(nginx.#program.alive, `nginx did not start:\n${nginx.#program.stderr}`);
        return nginx;
    }

    get pid() { return this.#program.pid; }

    // The address of a file with exactly this many bytes.
    file(bytes) {
        const name = `${bytes}.json`;
        writeFileSync(path.join(this.#folder, 'files', name), 'x'.repeat(bytes));
        return `${this.url}/${name}`;
    }

    stop() { return this.#program.stop(); }
}
