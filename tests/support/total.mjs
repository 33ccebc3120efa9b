// node tests/support/total.mjs CTEST.xml: shows what failed and why, then one total of every test of every kind.
// Ends with 1 when a test failed, was skipped, took its program down with it, or when nothing ran at all.
//
// A program counts by the lines it printed for each of its tests, not by a report it writes at its end: after a
// crash the lines are still there, and say in which test it was.
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const entities = {lt: '<', gt: '>', amp: '&', quot: '"', apos: "'"};
const plain = (xml) => xml.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) =>
    name ? entities[name] ?? whole : String.fromCodePoint(decimal ? Number(decimal) : parseInt(hex, 16)));

function read_ctest(xml) {
    return [...xml.matchAll(/<testcase name="([^"]*)"[^>]*status="([^"]*)"[^>]*>([\s\S]*?)<\/testcase>/g)].map(
        ([, name, status, inside]) => ({
            name: plain(name),
            passed: status === 'run',
            why: plain(inside.match(/<(?:failure|skipped) message="([^"]*)"/)?.[1] ?? ''),
            output: plain(inside.match(/<system-out>([\s\S]*?)<\/system-out>/)?.[1] ?? ''),
        }));
}

const line_of_a_test = /\[( RUN      |       OK |  FAILED  |  SKIPPED )\] ([^\n]*?)(?:, where .*?)?(?: \((\d+) ms\))?$/;

// One entry for each test the program ran: its name, whether it is well, what it said.
function read_program({output}) {
    const tests = [];
    let open = null;
    // What follows "... ran." repeats the failures by name.
    const [runs] = output.split(/^\[={10}\] .* ran\. /m);
    for (const line of runs.split('\n')) {
        const [, word, name, took] = line.match(line_of_a_test) ?? [];
        if (word?.trim() === 'RUN') {
            if (open) tests.push(open);
            open = {name, passed: false, said: []};
        } else if (took !== undefined) {
            const well = word.trim() === 'OK';
            const said = open?.name === name ? open.said : [];
            tests.push({name, passed: well, said: word.trim() === 'SKIPPED' ? ['skipped:', ...said] : said});
            open = null;
        } else {
            open?.said.push(line);
        }
    }
    if (open) tests.push({...open, said: [...open.said, '(the program ended inside this test)']});
    return tests;
}

// `filtered`: a program may then have had nothing to do.
export function total(xml, filtered = false) {
    const failures = [];
    let passed = 0;
    for (const program of read_ctest(xml)) {
        const tests = read_program(program);
        // A lint is one test, which prints what it found.
        if (!tests.length && program.passed && program.name.startsWith('lint.')) ++passed;
        else if (!tests.length && program.passed && !filtered) failures.push({name: program.name, said: 'ran no test'});
        for (const test of tests) {
            if (test.passed) ++passed;
            else failures.push({name: `${program.name}: ${test.name}`, said: test.said.join('\n').trim()});
        }
        // Sanitizers speak up at the end, and a program may not start at all: then no test of it says so.
        if (!program.passed && tests.every((test) => test.passed)) {
            const end = program.output.split('\n').slice(-80).join('\n').trim();
            failures.push({name: program.name, said: [program.why, end].filter(Boolean).join('\n') || 'ended badly'});
        }
    }
    return {passed, failures};
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    let xml = '';
    try {
        xml = readFileSync(process.argv[2], 'utf8');
    } catch (error) {
        console.log(`The suite left no result: ${error.message}`);
    }
    const {passed, failures} = total(xml, 'CARILLON_TEST_FILTER' in process.env);
    for (const {name, said} of failures) console.log(`\n--- FAILED: ${name}\n${said}\n`);
    if (failures.length) console.log(['Failed:', ...failures.map(({name}) => `  ${name}`)].join('\n'));
    if (passed + failures.length === 0) console.log('No test ran.');
    console.log(`${passed} passed, ${failures.length} failed`);
    process.exitCode = passed > 0 && failures.length === 0 ? 0 : 1;
}
