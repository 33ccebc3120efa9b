// A fresh database in the PostgreSQL that CARILLON_TEST_PG reaches (a libpq connection string).
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import pg from 'pg';

export function parse_conninfo(text) {
    if (/^postgres(ql)?:\/\//.test(text)) {
        const url = new URL(text);
        return {host: url.searchParams.get('host') ?? url.hostname, port: url.port || url.searchParams.get('port'),
                user: decodeURIComponent(url.username) || url.searchParams.get('user'),
                password: decodeURIComponent(url.password) || undefined, dbname: url.pathname.slice(1)};
    }
    const pairs = [...text.matchAll(/(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S+))/g)];
    return Object.fromEntries(pairs.map(([, key, quoted, bare]) => [key, quoted?.replace(/\\(.)/g, '$1') ?? bare]));
}

const connection = ({host, port, user, password}, database) =>
    ({host, port: Number(port || 5432), user: user || 'postgres', password, database});

async function run(settings, sql, values) {
    const client = new pg.Client(settings);
    await client.connect();
    try {
        return (await client.query(sql, values)).rows;
    } finally {
        await client.end();
    }
}

export class Database {
    #server;
    #name;

    static async create() {
        assert.ok(process.env.CARILLON_TEST_PG, 'CARILLON_TEST_PG must say how to reach a PostgreSQL');
        const database = new Database();
        database.#server = parse_conninfo(process.env.CARILLON_TEST_PG);
        database.#name = `e2e_${randomBytes(6).toString('hex')}`;
        await database.admin(`CREATE DATABASE ${database.#name}`);
        return database;
    }

    get name() { return this.#name; }

    // As DATABASE_URL takes it.
    get url() {
        const {host, port, user, password} = this.#server;
        const given = Object.entries({host, port, user, password}).filter(([, value]) => value);
        const query = given.map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
        return `postgresql:///${this.#name}?${query.join('&')}`;
    }

    async query(sql, values = []) { return run(connection(this.#server, this.#name), sql, values); }
    // Outside this database: to take its connections away, to forbid new ones.
    async admin(sql, values = []) {
        return run(connection(this.#server, this.#server.dbname || 'postgres'), sql, values);
    }
    async drop() { await this.admin(`DROP DATABASE IF EXISTS ${this.#name} WITH (FORCE)`); }
}
