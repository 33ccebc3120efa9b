// Builds the fuzzers with clang, which brings libFuzzer, and runs each for some seconds: `run.mjs [seconds]`.
// What it finds is kept in build/fuzz/NAME, and so is the corpus, from which the next run goes on.
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, statSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const compiler = process.env.CARILLON_FUZZ_CXX ?? 'clang++-14';

// Each with what it needs of the tree, and inputs to begin with.
const fuzzers = [
    {
        name: 'frame_parser',
        sources: ['src/net/frame_parser.cpp', 'src/core/bytes.cpp'],
        seeds: [
            [5, 0x81, 0x85, 1, 2, 3, 4, 0x69, 0x67, 0x6f, 0x68, 0x6e],
            [1, 0x01, 0x81, 0, 0, 0, 0, 0xc3, 0x89, 0x80, 0, 0, 0, 0, 0x80, 0x81, 0, 0, 0, 0, 0xa9],
            [3, 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8],
            [2, 0x81, 0xfe, 0, 126, 0, 0, 0, 0, ...Array(126).fill(0x61)],
            [4, 0x8a, 0x80, 9, 9, 9, 9, 0x89, 0xfd, 0, 0, 0, 0, ...Array(125).fill(0x20)],
        ],
    },
];

function run(command, args) {
    const {status, error} = spawnSync(command, args, {cwd: root, stdio: ['ignore', 'inherit', 'inherit']});
    if (error) throw error;
    return status === 0;
}

const newest = (files) => Math.max(...files.map((file) => statSync(join(root, file)).mtimeMs));

function build({name, sources}) {
    const own = `tests/fuzz/${name}.cpp`;
    const program = join(root, 'build', 'fuzz', name, name);
    const headers = sources.map((source) => source.replace(/\.cpp$/, '.hpp')).filter((file) => existsSync(join(root, file)));
    if (existsSync(program) && statSync(program).mtimeMs > newest([own, ...sources, ...headers])) return program;
    mkdirSync(dirname(program), {recursive: true});
    const built = run(compiler, ['-std=c++20', '-g', '-O1', '-fsanitize=fuzzer,address,undefined',
        '-fno-sanitize-recover=undefined', '-Iinclude', '-Isrc', own, ...sources, '-lcrypto', '-o', program]);
    if (!built) throw new Error(`${name} does not build`);
    return program;
}

function fuzz({name, seeds, ...more}, seconds) {
    const program = build({name, seeds, ...more});
    const folder = dirname(program);
    const corpus = join(folder, 'corpus');
    mkdirSync(corpus, {recursive: true});
    seeds.forEach((seed, i) => writeFileSync(join(corpus, `seed-${i}`), Uint8Array.from(seed)));
    return run(program, [corpus, `-max_total_time=${seconds}`, '-max_len=20000', `-artifact_prefix=${folder}/`,
        '-verbosity=0', '-print_final_stats=1', '-timeout=10']);
}

const seconds = Number(process.argv[2] ?? 5);
for (const fuzzer of fuzzers) {
    const began = Date.now();
    console.log(`[ RUN      ] ${fuzzer.name}`);
    const well = fuzz(fuzzer, seconds);
    console.log(`[${well ? '       OK' : '  FAILED '} ] ${fuzzer.name} (${Date.now() - began} ms)`);
    if (!well) process.exitCode = 1;
}
