// g++ 12 destroys some temporaries inside a co_await expression twice: lambdas, aggregates and whatever a
// conditional makes. So a co_await takes names, std::move(name) and plain calls; everything else is named first.
import {code_of, is_cpp, line_of} from './source.mjs';

// The text from a co_await to the end of the expression around it: a semicolon, or a bracket opened before it.
function expression(code, start) {
    let depth = 0;
    for (let at = start; at < code.length; ++at) {
        if ('([{'.includes(code[at])) ++depth;
        else if (')]}'.includes(code[at]) && --depth < 0) return code.slice(start, at);
        else if (code[at] === ';' && depth === 0) return code.slice(start, at);
    }
    return code.slice(start);
}

// What stands before the co_await in the same statement, as far as it can be told without parsing.
function before(code, start) {
    return code.slice(0, start).match(/[^;{}]*$/)[0];
}

const hazards = [
    // A subscript follows a name or a closing bracket; a lambda's capture list does not.
    [/(?<![\w)\]"]\s*)\[(?!\[)[^\]]*\]\s*(?:\(|\{|<|mutable\b|noexcept\b)/, 'a lambda'],
    // Our own types are capitalised; those of std and asio have constructors, which are safe.
    [/\b[A-Z]\w*\s*(?:<[^;{}]*>\s*)?\{/, 'a braced temporary'],
    [/[(,=]\s*\{/, 'a braced list'],
    [/\?/, 'a conditional'],
];

export function check(sources) {
    const found = [];
    for (const file of sources.filter(is_cpp)) {
        const text = file.text;
        if (!text.includes('co_await')) continue;
        const code = code_of(text);
        for (const {index} of code.matchAll(/\bco_await\b/g)) {
            const inside = expression(code, index);
            const hazard = hazards.find(([pattern]) => pattern.test(inside)) ??
                (before(code, index).includes('?') ? [null, 'a conditional'] : null);
            if (hazard) found.push(`${file.path}:${line_of(code, index)}: ${hazard[1]} inside co_await; name it first`);
        }
    }
    return found;
}
