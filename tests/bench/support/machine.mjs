// What the kernel says of this machine and of the processes on it.
import {execFileSync} from 'node:child_process';
import {readFileSync, readdirSync} from 'node:fs';
import os from 'node:os';

const ticks_per_second = Number(execFileSync('getconf', ['CLK_TCK'], {encoding: 'utf8'}));

function stat_of(pid) {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Counted from behind the name, which may hold spaces and brackets itself.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number);
    const [user, system, ended_user, ended_system] = fields.slice(11);
    return {parent: fields[1], own: (user + system) / ticks_per_second,
            ended: (ended_user + ended_system) / ticks_per_second};
}

export const parent_of = (pid) => stat_of(pid).parent;

function children_of(pid) {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
        try {
            const child = stat_of(name);
            return child.parent === pid ? [child] : [];
        } catch {
            return [];  // ended between the two reads
        }
    });
}

// CPU time, in seconds, of all threads of a process and of its children, those that have ended included: what
// nginx spends in its worker, and PostgreSQL in its backends.
export function cpu_seconds(pid) {
    const before = stat_of(pid);
    const children = children_of(pid);
    const after = stat_of(pid);
    // A child that ended between these reads may stand in none of them, or in two.
    if (after.ended !== before.ended) return cpu_seconds(pid);
    return children.reduce((sum, child) => sum + child.own + child.ended, after.own + after.ended);
}

export function resident_bytes(pid) {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(kilobytes) * 1024;
}

// Threads that it has; those it starts later inherit it.
export const pin = (pid, core) => execFileSync('taskset', ['-acp', core, String(pid)], {stdio: 'ignore'});

function file_limit() {
    const args = [`--pid=${process.pid}`, '--nofile', '--output=HARD', '--noheadings', '--raw'];
    const shown = execFileSync('prlimit', args, {encoding: 'utf8'}).trim();
    return shown === 'unlimited' ? Infinity : Number(shown);
}

// Makes room for this many open files here and in what is started from here. Gives how many there may be.
export function allow_files(wanted) {
    if (file_limit() >= wanted) return wanted;
    try {
        execFileSync('prlimit', [`--pid=${process.pid}`, `--nofile=${wanted}:${wanted}`], {stdio: 'ignore'});
    } catch {
        // Not ours to raise; less has to do.
    }
    return Math.min(wanted, file_limit());
}

export function describe_machine() {
    const processors = os.cpus();
    return {cpu: processors[0].model.trim(), cores: processors.length, memory_bytes: os.totalmem(),
            kernel: `${os.type()} ${os.release()}`, load_average_before: os.loadavg()[0]};
}
