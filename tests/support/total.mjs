// node tests/support/total.mjs CTEST.xml: shows what failed and why, then one total of every test of every kind.
// Ends with 1 when a test failed, was skipped, took its program down with it, or when nothing ran at all.
//
// A program counts by the lines it printed for each of its tests, not by a report it writes at its end: after a
// crash the lines are still there, and say in which test it was.
import {readFileSync} from 'node:fs';

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

const line_of_a_test = /\[( RUN      |       OK |  FAILED  |  SKIPPED )\] ([^\n]*?)(?:, where [^\n]*)?(?: \((\d+) ms\))?$/;

// One entry for each test the program ran: its name, whether it is well, what it said.
function read_program({output}) {
    const tests = [];
    let open = null;
    for (const line of output.split('\n')) {
        const [, word, name, took] = line.match(line_of_a_test) ?? [];
        if (word?.trim() === 'RUN') {
            if (open) tests.push(open);
            open = {name, passed: false, said: []};
        } else if (word && took !== undefined) {  // without a time it is a line of the summary
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

export function total(xml) {
    const failures = [];
    let passed = 0;
    for (const program of read_ctest(xml)) {
        const tests = read_program(program);
        if (!tests.length && program.name.startsWith('lint')) tests.push({...program, said: [program.output.trim()]});
        for (const test of tests) {
            if (test.passed) ++passed;
            else failures.push({name: `${program.name}: ${test.name}`, said: test.said.join('\n').trim()});
        }
        // Sanitizers speak up at the end, and a program may not start at all: then no test of it says so.
        if (!program.passed && tests.every((test) => test.passed)) {
            const end = program.output.split('\n').slice(-80).join('\n').trim();
            failures.push({name: program.name, said: `${program.why || 'ended badly'}\n${end}`});
        }
    }
    return {passed, failures};
}

if (import.meta.url === `file://${process.argv[1]}` || process.argv[1]?.endsWith('total.mjs')) {
    let xml = '';
    try {
        xml = readFileSync(process.argv[2], 'utf8');
    } catch (error) {
        console.log(`The suite left no result: ${error.message}`);
    }
    const {passed, failures} = total(xml);
    for (const {name, said} of failures) console.log(`\n--- FAILED: ${name}\n${said}\n`);
    if (failures.length) console.log(['Failed:', ...failures.map(({name}) => `  ${name}`)].join('\n'));
    if (passed + failures.length === 0) console.log('No test ran.');
    console.log(`${passed} passed, ${failures.length} failed`);
    process.exitCode = passed > 0 && failures.length === 0 ? 0 : 1;
}
