// node tests/lint/run.mjs [name...]: checks the source text; prints what is wrong and ends with 1 if anything is.
import {readdirSync} from 'node:fs';
import path from 'node:path';
import {files, root} from './source.mjs';

const helpers = ['run', 'source', 'lint_test'];
const known = readdirSync(path.join(root, 'tests/lint'))
    .map((name) => path.basename(name, '.mjs'))
    .filter((name) => !helpers.includes(name));
const asked = process.argv.length > 2 ? process.argv.slice(2) : known;

const sources = files();
for (const name of asked) {
    if (!known.includes(name)) {
        console.error(`There is no lint ${name}; there are: ${known.join(', ')}`);
        process.exit(2);
    }
    const {check} = await import(`./${name}.mjs`);
    const found = check(sources);
    for (const line of found) console.log(line);
    console.log(`${name}: ${found.length ? `${found.length} to mend` : 'clean'}`);
    if (found.length) process.exitCode = 1;
}
