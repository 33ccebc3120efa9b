// npm's `ws` under observation: everything that comes and goes over a connection is held against the protocol.
import WebSocket from 'ws';
import {Wire} from './wire.mjs';

// Codes that nobody should see here: somebody broke the rules, or was thrown out.
const ordinary_codes = [1000, 1005, 1006, 1012, 1013];

// A class to be used as WebSocket, for one device. `on_socket(socket)` is told of each connection; `socket.wire` is
// what is known about it, `socket.connection_id` its name at the server.
export function observed_socket({stage, ledger, user, device, on_socket = () => {}}) {
    return class ObservedSocket extends WebSocket {
        connection_id = null;
        #paused = false;
        #was_paused = false;
        #ours = false;  // to blame that it is gone

        constructor(url, protocols) {
            super(url, protocols, {...stage.socket_options, perMessageDeflate: false});
            const since = new URL(url).searchParams.get('since');
            const report = (what, details) => (
                ledger.report(what, {user, device, connection: this.connection_id, ...details}));
            this.wire = new Wire({since: since === null ? null : Number(since), user, device, report});
            // Before the client's own, which is added later.
            this.on('message', (text, binary) => this.#heard(text, binary, report));
            this.on('error', ({message}) => {
                const status = /^Unexpected server response: (\d+)/.exec(message)?.[1];
                if (status && !['429', '503'].includes(status)) report('refused', {status});
            });
            this.on('close', (code, reason) => this.#closed(code, reason.toString(), report));
            on_socket(this);
        }

        send(text, ...more) {
            this.wire.said(JSON.parse(text));
            super.send(text, ...more);
        }
        // The other side sees somebody who reads nothing.
        pause() {
            super.pause();
            this.#paused = this.#was_paused = true;
        }
        resume() {
            super.resume();
            this.#paused = false;
        }
        terminate() {
            this.#ours = true;
            super.terminate();
        }
        get reads_nothing() { return this.#paused; }

        #heard(text, binary, report) {
            if (binary) report('malformed', {binary: true});
            this.parsed = JSON.parse(text);
            const {type, data} = this.parsed;
            if (type === 'connected') {
                this.connection_id = data.connection_id;
                ++ledger.counts.connections;
            }
            this.wire.heard(this.parsed);
            if (type === 'acked' && data.device !== device) report('malformed', {acked: data.device});
            if (type === 'read') ledger.was_read(user, data);
            if (type === 'error' && !['rate_limited', 'unavailable'].includes(data.code)) report('error', {data});
        }

        #closed(code, reason, report) {
            if (this.connection_id) ledger.closed[code] = (ledger.closed[code] ?? 0) + 1;
            ledger.counts.catch_ups += this.wire.catch_ups;
            ledger.counts.resumes += this.wire.resumed;
            const vanished = stage.stopping && code === 1006 && this.connection_id;
            if (vanished && !this.#ours && !this.#paused) report('no_goodbye', {code});
            if (!ordinary_codes.includes(code)) report('closed', {code, reason});
            // Come back later, says a server whose database is away. Everything else is about readers that do not read.
            if (code === 1013 && !reason.startsWith('{') && !this.#was_paused) report('thrown_out', {code, reason});
            if (code === 1012 && !(JSON.parse(reason).retry_after_ms >= 0)) report('malformed', {code, reason});
        }
    };
}
