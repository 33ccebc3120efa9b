import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {total} from './total.mjs';

const ran = (name, status, output) =>
    `<testcase name="${name}" classname="${name}" time="1" status="${status}">\n\t<failure message=""/>\n` +
    `\t\t<system-out>${output.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</system-out>\n\t</testcase>`;
const good = '[ RUN      ] A.good\n[       OK ] A.good (0 ms)\n';
const names = ({failures}) => failures.map(({name}) => name);

test('every test of a program counts, and every lint as one', () => {
    const {passed, failures} = total(ran('unit', 'run', good + good) + ran('lint.size', 'run', 'size: clean'));
    assert.deepEqual([passed, failures], [3, []]);
});

test('a failed test is shown with what it said, once', () => {
    const output = `${good}[ RUN      ] A.bad/1\n1 < 2\n[  FAILED  ] A.bad/1, where GetParam() = (3 ms) (5 ms)\n` +
        '[==========] 2 tests from 1 test suite ran. (9 ms total)\n[  FAILED  ] 1 test, listed below:\n[  FAILED  ] A.bad/1, where GetParam() = (3 ms)\n';
    const {passed, failures} = total(ran('unit', 'fail', output));
    assert.equal(passed, 1);
    assert.deepEqual(failures, [{name: 'unit: A.bad/1', said: '1 < 2'}]);
});

test('a test that took its program down is a failure', () => {
    const {passed, failures} = total(ran('unit', 'fail', `${good}[ RUN      ] A.crash\nSegmentation fault\n`));
    assert.equal(passed, 1);
    assert.equal(failures[0].name, 'unit: A.crash');
    assert.match(failures[0].said, /Segmentation fault/);
});

test('a program that fails after its last test is a failure', () => {
    const {passed, failures} = total(ran('unit', 'fail', `${good}ERROR: LeakSanitizer: detected memory leaks`));
    assert.equal(passed, 1);
    assert.match(failures[0].said, /LeakSanitizer/);
});

test('a skipped test, a program that did not start and a failed lint are failures', () => {
    const skipped = '[ RUN      ] A.away\nno database\n[  SKIPPED ] A.away (0 ms)\n';
    const all = total(ran('unit', 'run', skipped) + ran('e2e', 'notrun', '') + ran('lint.size', 'fail', 'big.cpp'));
    assert.deepEqual([all.passed, names(all)], [0, ['unit: A.away', 'e2e', 'lint.size']]);
});

test('a program that ran no test is a failure, unless a filter left it nothing', () => {
    assert.deepEqual(names(total(ran('unit', 'run', ''))), ['unit']);
    assert.deepEqual(names(total(ran('unit', 'run', ''), true)), []);
});

test('the last line is the total, and nothing at all is not a success', () => {
    const script = fileURLToPath(new URL('total.mjs', import.meta.url));
    const folder = mkdtempSync(path.join(tmpdir(), 'total-'));
    const file = path.join(folder, 'ctest.xml');
    const last_line = (text) => text.trim().split('\n').at(-1);
    try {
        writeFileSync(file, ran('unit', 'run', good));
        assert.equal(last_line(execFileSync('node', [script, file], {encoding: 'utf8'})), '1 passed, 0 failed');
        writeFileSync(file, '');
        const empty = spawnSync('node', [script, file], {encoding: 'utf8'});
        assert.deepEqual([empty.status, last_line(empty.stdout)], [1, '0 passed, 0 failed']);
        assert.equal(spawnSync('node', [script, path.join(folder, 'gone')]).status, 1);
    } finally {
        rmSync(folder, {recursive: true});
    }
});
