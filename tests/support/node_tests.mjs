// node tests/support/node_tests.mjs FOLDER...: runs every *_test.mjs below, each file in its own process, two at a
// time. Prints one line a test in the words of googletest, so that one script can count both kinds (total.mjs).
// CARILLON_TEST_FILTER keeps the tests whose name contains it.
import {readdirSync} from 'node:fs';
import path from 'node:path';
import {run} from 'node:test';
import {inspect} from 'node:util';

const files = process.argv.slice(2).flatMap(
    (folder) => readdirSync(folder, {recursive: true})
                    .filter((name) => name.endsWith('_test.mjs') && !name.includes('node_modules'))
                    .map((name) => path.resolve(folder, name)));
const filter = process.env.CARILLON_TEST_FILTER;
const pattern = filter ? new RegExp(filter.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : undefined;

// A file is reported like a test around its tests, and so is a suite.
const is_file = ({name}) => files.includes(path.resolve(name));
const is_wrapper = (event) => is_file(event) || event.details.type === 'suite';
const shown = (event) =>
    `${path.basename(event.file ?? event.name, '_test.mjs')}.${is_file(event) ? '(file)' : event.name}`;
const time = (event) => `(${Math.round(event.details.duration_ms)} ms)`;

function reason(error) {
    const cause = error?.cause instanceof Error ? error.cause : error;
    const stack = cause?.stack ?? inspect(cause);
    return stack.includes(cause?.message ?? '') ? stack : `${cause.message}\n${stack}`;
}

// What a file prints is shown with the test that then fails, and otherwise not: two files run at a time.
const printed = new Map();
function take_printed(event) {
    const file = event.file ?? path.resolve(event.name);
    const text = printed.get(file) ?? '';
    printed.delete(file);
    return text;
}
const keep_printed = ({file, message}) => printed.set(file, (printed.get(file) ?? '') + message);

let failed = 0;
const stream = run({files, concurrency: 2, ...(pattern && {testNamePatterns: [pattern]})});
stream.on('test:stdout', keep_printed);
stream.on('test:stderr', keep_printed);
stream.on('test:pass', (event) => {
    if (is_wrapper(event)) return;
    if (event.skip !== undefined && pattern) return;  // left out by its name
    take_printed(event);
    const word = event.skip === undefined && event.todo === undefined ? '[       OK ]' : '[  SKIPPED ]';
    console.log(`${word} ${shown(event)} ${time(event)}`);
});
stream.on('test:fail', (event) => {
    const {error} = event.details;
    if (error?.failureType === 'subtestsFailed') return;  // it has been told already
    ++failed;
    console.log(`[ RUN      ] ${shown(event)}\n${take_printed(event)}${reason(error)}`);
    console.log(`[  FAILED  ] ${shown(event)} ${time(event)}`);
});
// Not the end of the stream, which comes only to one who reads it.
process.on('exit', () => { process.exitCode ||= failed ? 1 : 0; });
