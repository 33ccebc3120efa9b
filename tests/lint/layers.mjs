// The arrows between the rooms of src/, as src/README.md draws them. The words (<carillon/...>) are open to all.
import {is_cpp, line_of} from './source.mjs';

const every_room = ['core', 'config', 'db', 'http', 'net', 'outbound', 'notify', 'channels', 'sandbox', 'business',
    'admin', 'realtime', 'web', 'app'];
const may_use = {
    core: [],
    config: ['core'],
    db: ['core'],
    http: ['core', 'db'],  // the answers kept for idempotency keys are rows
    net: ['core', 'http'],
    outbound: ['core'],
    notify: ['core', 'db'],
    channels: ['core', 'db', 'outbound'],  // web chat is rows
    sandbox: ['core', 'http', 'outbound'],
    business: ['core', 'http', 'db', 'notify'],
    admin: ['core', 'http', 'notify'],
    realtime: ['core', 'http', 'notify'],
    web: ['core', 'http'],
    app: every_room,
};

// A library stays where its reason to be is: replacing it, or paying for its headers, then concerns one room.
const libraries = [
    {name: 'Beast', header: /^boost\/beast/, only: /^src\/(net|core\/impl)\// },
    {name: 'libpqxx', header: /^pqxx\b/, only: /^src\/(db|notify|channels|business|app)\// },
    {name: 'curl', header: /^curl\//, only: /^src\/outbound\// },
];

const room_of = (path) => path.match(/^src\/([^/]+)\//)?.[1];
const area_of = (path) => path.match(/^(?:src\/)?business\/([^/]+)\//)?.[1];

function objection(path, header, quoted) {
    const library = libraries.find((each) => each.header.test(header));
    if (library) return library.only.test(path) ? null : `${library.name} does not belong here`;
    if (header.startsWith('.')) return `name ${header} by its room`;

    const used = header.split('/')[0];
    if (path.startsWith('include/')) {
        return quoted || every_room.includes(used) ? `the words use no room, but this one ${header}` : null;
    }
    if (!quoted && !every_room.includes(used)) return null;
    if (used === 'embedded') return null;  // generated, a part of the room that asks for it
    const room = room_of(path);
    if (!every_room.includes(used)) return `there is no room for ${header}`;
    if (used !== room && !may_use[room].includes(used)) return `${room} may not use ${used}`;
    // The areas know nothing of each other; a file beside their folders is what they share.
    const [mine, other] = [area_of(path), area_of(header)];
    return mine && other && mine !== other ? `${mine} may not use ${other}` : null;
}

export function check(sources) {
    const found = [];
    for (const file of sources.filter(is_cpp)) {
        if (!/^(src|include)\//.test(file.path)) continue;
        const room = room_of(file.path);
        if (room && !may_use[room]) {
            found.push(`${file.path}: the room ${room} is not in the table of tests/lint/layers.mjs`);
            continue;
        }
        const text = file.text;
        for (const {index, 1: open, 2: header} of text.matchAll(/^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)/gm)) {
            const why = objection(file.path, header, open === '"');
            if (why) found.push(`${file.path}:${line_of(text, index)}: ${why}`);
        }
    }
    return found;
}
