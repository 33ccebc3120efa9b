// What the measurements play on: the server with users in its database, and nginx beside it if wanted.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Database, parse_conninfo} from '../../e2e/support/database.mjs';
import {Server} from '../../e2e/support/server.mjs';
import {parent_of, pin} from './machine.mjs';
import {Nginx} from './nginx.mjs';
import {cores} from './programs.mjs';

export const users = 10_000;

// As in production but for what would measure something else: one address sends all of it.
const settings = {
    CARILLON_HTTP_RATE_PER_SECOND: '0',
    CARILLON_LOG_REQUESTS: 'false',
    CARILLON_HTTP_CONNECTIONS_PER_ADDRESS: '100000',
    // Resting connections must still be there when they are measured.
    CARILLON_HTTP_IDLE_SECONDS: '600',
};

const insert_users = `
    INSERT INTO users (id, name, phone, email, role, locale, timezone, area)
    SELECT 'u' || n, 'User Number ' || n, '+91' || (7000000000 + n), 'u' || n || '@example.com', 'customer',
           'en-IN', 'Asia/Kolkata', 'Area ' || n % 100
      FROM generate_series(1, $1::int) AS n`;

export class Stage {
    #folder = mkdtempSync(path.join(tmpdir(), 'carillon-bench-'));
    #remove = () => rmSync(this.#folder, {recursive: true, force: true});

    // `env` is what this server is told beyond the usual.
    static async set_up({env = {}, nginx = false} = {}) {
        const stage = new Stage();
        process.once('exit', stage.#remove);
        try {
            await stage.#set_up({...settings, ...env}, nginx);
        } catch (error) {
            await stage.take_down().catch(() => {});  // what went wrong first is what matters
            throw error;
        }
        return stage;
    }

    async #set_up(env, nginx) {
        // So that what the server leaves behind when the run is broken off goes with the rest.
        process.env.TMPDIR = this.#folder;
        this.database = await Database.create();
        await this.#check_postgres();
        this.server = new Server(this.database, env);
        await this.start_server();
        await this.database.query(insert_users, [users]);
        await this.database.query('VACUUM (ANALYZE) users');
        this.token = this.server.token('admin', 'admin', {ttl_seconds: 3600});
        await this.#check_answers();
        if (nginx) this.nginx = await Nginx.start(path.join(this.#folder, 'nginx'));
    }

    // Another process over the same database.
    async start_server() {
        await this.server.start();
        pin(this.server.pid, cores.server);
    }

    async #check_postgres() {
        const shown = async (name) => (await this.database.query(`SHOW ${name}`))[0][name];
        const names = ['server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers',
                       'max_connections'];
        this.postgres_settings = {};
        for (const name of names) this.postgres_settings[name] = await shown(name);
        this.max_connections = Number(this.postgres_settings.max_connections);
        assert.equal(this.postgres_settings.fsync, 'on', 'figures without durability would compare nothing');
        const [{pid}] = await this.database.query(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'");
        this.postgres_pid = parent_of(pid);
    }

    // A fast error is no result.
    async #check_answers() {
        const health = await this.server.api('GET', '/api/health');
        assert.equal(health.json?.status, 'healthy', health.text);
        this.version = health.json.version;
        const one = await this.server.api('GET', `/api/users/u${users}`, {token: this.token});
        assert.equal(one.json?.id, `u${users}`, one.text);
    }

    // For pgbench, which takes a conninfo apart.
    get postgres() {
        return {...parse_conninfo(process.env.CARILLON_TEST_PG), database: this.database.name};
    }

    get versions() {
        // Some say it on standard error, and wrk then ends with 1.
        const said = (command, flag) => {
            const {stdout, stderr} = spawnSync(command, [flag], {encoding: 'utf8'});
            return `${stdout}${stderr}`.split('\n')[0].trim();
        };
        return {carillon: this.version, postgres: this.postgres_settings, node: process.version,
                nginx: said('nginx', '-v'), wrk: said('wrk', '-v'), pgbench: said('pgbench', '--version')};
    }

    async take_down() {
        try {
            await this.nginx?.stop();
        } finally {
            // The server must have lived until now, and stops cleanly; its database goes with it.
            if (this.server) await this.server.close();
            else await this.database?.drop();
        }
    }
}
