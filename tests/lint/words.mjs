// Words that a finished tree does not have. Each pattern is spelt so that it does not find itself.
import {line_of} from './source.mjs';

const rules = [
    {pattern: /[.][.][/]shared\b|[/]work[/]|[.]librar[y]\b/g, why: 'a place of the workshop, not of the product'},
    {pattern: /\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K])\b/g, why: 'unfinished'},
    // Not pg_sleep: there it is the statement that takes long, and nobody waits for the time.
    {
        pattern: /\b(?:sleep_(?:for|until)|u[s]leep|nanoslee[p])\b|\bslee[p]\s*\(|^\s*slee[p] [0-9.]/gm,
        under: /^tests\//,
        why: 'wait for a condition, not for a time',
    },
    {
        // As a pause; as the limit of a wait, setTimeout is in its place.
        pattern: /\bwaitForTimeou[t]\b|\bsetTimeou[t]\(\s*(?:r|res|resolve|done)\b|timers[/]promise[s]/g,
        under: /^tests\//,
        why: 'wait for a condition, not for a time',
    },
];

const is_text = (file) => !/package-lock\.json$|\.(png|ico|woff2?|pem|gz)$/.test(file.path);

export function check(sources) {
    const found = [];
    for (const file of sources.filter(is_text)) {
        const text = file.text;
        for (const {pattern, under, why} of rules) {
            if (under && !under.test(file.path)) continue;
            for (const hit of text.matchAll(pattern)) {
                const word = hit[0].trim();
                found.push(`${file.path}:${line_of(text, hit.index + hit[0].indexOf(word))}: "${word}": ${why}`);
            }
        }
    }
    return found;
}
