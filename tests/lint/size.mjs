// A file that has grown past this holds a second thing that deserves a name of its own.
const limit = 400;

const is_source = (file) =>
    /\.(cpp|hpp|mjs|js|css|html|sql|sh|cmake)$|(^|\/)CMakeLists\.txt$/.test(file.path) ||
    (!/\.[a-z]+$/.test(file.path) && file.text.startsWith('#!'));

export function check(sources) {
    return sources.filter(is_source)
        .map((file) => [file.path, file.text.split('\n').length - 1])
        .filter(([, lines]) => lines > limit)
        .map(([path, lines]) => `${path}: ${lines} lines, ${limit} are the most`);
}
