// JSON Web Tokens, made without the server's own code so that both must agree on the standard.
import {createHmac} from 'node:crypto';

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

// A valid HS256 token, unless the options spoil it: `claims` and `header` replace or (undefined) remove members.
export function mint_token(secret, {sub, role, ttl_seconds = 3600, claims = {}, header = {}}) {
    const now = Math.floor(Date.now() / 1000);
    const head = encoded({alg: 'HS256', typ: 'JWT', ...header});
    const body = encoded({sub, role, iat: now, exp: now + ttl_seconds, ...claims});
    const signature = createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url');
    return `${head}.${body}.${signature}`;
}
