// .clang-format decides how a source looks. Version 14 by name: each version lays out a little differently.
import {spawnSync} from 'node:child_process';
import {is_cpp, root} from './source.mjs';

function dry_run(args, input) {
    const run = spawnSync('clang-format-14', ['--dry-run', '-Werror', '--ferror-limit=1', ...args],
                          {cwd: root, encoding: 'utf8', input});
    if (run.error) throw run.error;
    return run.stderr.split('\n').filter((line) => /: error: /.test(line));
}

export function check(sources) {
    const wanted = sources.filter(is_cpp);
    // A file that is not on the disk (a sample) goes in by hand.
    const loose = wanted.filter((file) => file.sample);
    const stored = wanted.filter((file) => !file.sample).map((file) => file.path);
    return [
        ...loose.flatMap((file) => dry_run([`--assume-filename=${file.path}`], file.text)),
        ...(stored.length ? dry_run(stored) : []),
    ];
}
