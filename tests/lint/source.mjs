// What the lints share: which files there are, and C++ with everything that is not code blanked out.
import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

export const root = path.resolve(fileURLToPath(import.meta.url), '../../..');

// Files that git knows or would take in, so that a new file is checked before its first commit.
export function files() {
    // Under sudo the checkout belongs to somebody else, which git refuses to read unless told.
    const listed = execFileSync(
        'git', ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
        {cwd: root, encoding: 'utf8', maxBuffer: 1 << 26});
    return [...new Set(listed.split('\0'))]
        .filter((name) => name && existsSync(path.join(root, name)))
        .sort()
        .map((name) => ({path: name, get text() { return readFileSync(path.join(root, name), 'utf8'); }}));
}

export const is_cpp = (file) => /\.(cpp|hpp)$/.test(file.path);

const not_code = new RegExp(
    [
        String.raw`//[^\n]*`,
        String.raw`/\*[\s\S]*?\*/`,
        String.raw`R"([^()\\\s]{0,16})\([\s\S]*?\)\1"`,  // a raw string ends with its own mark
        String.raw`"(?:\\[\s\S]|[^"\\\n])*"`,
        // Not the separator in 1'000'000.
        String.raw`(?<![0-9a-fA-F])'(?:\\[^\n]|[^'\\\n])+'`,
    ].join('|'),
    'g');

// Comments and the insides of literals become blanks; every line keeps its number, every bracket its meaning.
export function code_of(text) {
    return text.replace(not_code, (found) => {
        const blank = found.replace(/[^\n]/g, ' ');
        return found.startsWith('/') ? blank : `"${blank.slice(1, -1)}"`;
    });
}

export function line_of(text, offset) {
    let line = 1;
    for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) ++line;
    return line;
}
