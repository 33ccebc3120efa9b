// Certificates made for one run, by openssl.
import {execFileSync} from 'node:child_process';
import path from 'node:path';

const openssl = (...args) => execFileSync('openssl', args, {stdio: ['ignore', 'ignore', 'pipe']});

// A self-signed certificate for the host names in `folder`; gives {cert, key}, the paths. `ended` makes it one
// that ran out long ago.
export function make_certificate(folder, name, {hosts = [name], ended = false} = {}) {
    const cert = path.join(folder, `${name}.pem`);
    const key = path.join(folder, `${name}.key`);
    const names = hosts.map((host) => `DNS:${host}`).join(',');
    const subject = ['-subj', `/CN=${hosts[0]}`];
    const new_key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key];
    if (!ended) {
        const times = ['-days', '30'];
        openssl('req', '-x509', ...new_key, ...subject, ...times, '-addext', `subjectAltName=${names}`, '-out', cert);
        return {cert, key};
    }
    // `openssl req` knows no past; `openssl x509` counts days below nothing.
    const request = path.join(folder, `${name}.csr`);
    openssl('req', ...new_key, ...subject, '-out', request);
    openssl('x509', '-req', '-in', request, '-signkey', key, '-days', '-1', '-out', cert);
    return {cert, key};
}
