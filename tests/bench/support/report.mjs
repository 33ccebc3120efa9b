// Samples in, a table and a JSON file out.
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const folder = fileURLToPath(new URL('../../../build/bench/', import.meta.url));

export function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// One line of the table. `ours` and `peer` hold one figure a round; their ratio is taken round by round, so that
// what slows the machine for a while slows both. Lines without a goal are information.
export function line({what, ours, peer, goal}) {
    const ratio = peer && median(ours.map((figure, round) => figure / peer[round]));
    const met = goal && ratio >= goal;
    return {what, ours: median(ours), peer: peer && median(peer), ratio, goal, met, rounds: {ours, peer}};
}

// A goal not to be exceeded: by the figure itself, or by its ratio to a peer's if there is one.
export function at_most({what, ours, peer, goal}) {
    const ratio = peer && median(ours.map((figure, round) => figure / peer[round]));
    const met = (ratio ?? median(ours)) <= goal;
    return {what, ours: median(ours), peer: peer && median(peer), ratio, goal, met, rounds: {ours, peer}};
}

// One that is to be reached.
export function at_least({what, ours, goal}) {
    return {what, ours: median(ours), goal, met: median(ours) >= goal, rounds: {ours}};
}

function figure(value) {
    if (value === undefined) return '-';
    const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 100 ? 1 : 2;
    const shown = value.toLocaleString('en', {minimumFractionDigits: digits, maximumFractionDigits: digits});
    return shown.replaceAll(',', ' ');
}

export function show(lines) {
    const words = {true: 'met', false: 'NOT MET', undefined: ''};
    const head = ['what', 'ours', 'peer', 'ratio', 'goal', ''];
    const body = lines.map((each) => [each.what, figure(each.ours), figure(each.peer), figure(each.ratio),
                                      figure(each.goal), words[each.met]]);
    const widths = head.map((_, column) => Math.max(...[head, ...body].map((cells) => cells[column].length)));
    const laid_out = (cells) => cells.map((cell, column) =>
        column % 5 ? cell.padStart(widths[column]) : cell.padEnd(widths[column])).join('  ').trimEnd();
    console.log([head, widths.map((width) => '-'.repeat(width)), ...body].map(laid_out).join('\n'));
}

export function write_json(part, result) {
    mkdirSync(folder, {recursive: true});
    const file = path.join(folder, `${part}.json`);
    writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
    return file;
}
