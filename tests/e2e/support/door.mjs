// The door before a provider: everything goes through it, until it is told otherwise.
//
//     const door = await Door.open(sandbox.port);
//     door.hold();                          // the provider gets what is sent, and its answers stay here
//     await eventually(() => door.held === 1);
//     door.let_go();
import net from 'node:net';

const reference = /"myop_ref_id":"(msg_[0-9a-f]{32})"/g;
// Of a text that may have been cut in two.
const longest_reference = 64;

export class Door {
    #listener;
    #port;
    #upstream;
    #pairs = new Set();
    #holding = false;
    // How often each WhatsApp message went through, whatever became of it behind.
    calls = {};

    static async open(upstream) {
        const door = new Door();
        door.#upstream = upstream;
        await door.open();
        return door;
    }
    get url() { return `http://127.0.0.1:${this.#port}`; }
    // Connections with an answer that waits here.
    get held() { return [...this.#pairs].filter(({answers}) => answers.length > 0).length; }

    get open_connections() { return this.#pairs.size; }

    open() {
        this.#holding = false;
        this.#listener = net.createServer((client) => this.#join(client));
        return new Promise((resolve, reject) => {
            this.#listener.on('error', reject).listen(this.#port ?? 0, '127.0.0.1', () => {
                this.#port = this.#listener.address().port;
                resolve();
            });
        });
    }
    // Connections are refused, and those that are open end.
    shut() {
        const closed = new Promise((resolve) => { this.#listener.close(resolve); });
        this.cut();
        return closed;
    }
    hold() { this.#holding = true; }
    let_go() {
        this.#holding = false;
        for (const {client, answers} of this.#pairs) for (const answer of answers.splice(0)) client.write(answer);
    }
    // Whoever waits for an answer loses the connection instead.
    cut() {
        for (const {client, provider} of this.#pairs) {
            client.destroy();
            provider.destroy();
        }
    }

    #join(client) {
        const provider = net.connect({port: this.#upstream, host: '127.0.0.1'});
        const pair = {client, provider, answers: []};
        this.#pairs.add(pair);
        const part = () => {
            this.#pairs.delete(pair);
            client.destroy();
            provider.destroy();
        };
        for (const side of [client, provider]) side.on('error', part).on('close', part);
        let tail = '';
        client.on('data', (data) => {
            tail = this.#count(tail + data.toString('latin1'));
            provider.write(data);
        });
        provider.on('data', (data) => {
            if (this.#holding) pair.answers.push(data);
            else client.write(data);
        });
    }
    // Gives what may be the beginning of another.
    #count(text) {
        let end = 0;
        for (const match of text.matchAll(reference)) {
            this.calls[match[1]] = (this.calls[match[1]] ?? 0) + 1;
            end = match.index + match[0].length;
        }
        return text.slice(Math.max(end, text.length - longest_reference));
    }
}
