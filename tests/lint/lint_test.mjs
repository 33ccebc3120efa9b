// Each lint must find what it is there for, and nothing in what is well made.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {check as co_await} from './co_await.mjs';
import {check as format} from './format.mjs';
import {check as layers} from './layers.mjs';
import {check as size} from './size.mjs';
import {check as words} from './words.mjs';

const sample = (path, text) => ({path, text, sample: true});

const awaits = {
    'a lambda': 'co_await db.run([lead] { return lead; });',
    'a lambda with parameters on the next line': 'co_await db.run(\n    [&](int a) mutable { return a; });',
    'an aggregate': 'co_await f(Lead{a, b});',
    'a template aggregate': 'co_await f(Box<std::string>{a});',
    'a braced list first': 'co_await f({a, b});',
    'a braced list second': 'co_await f(a,\n           {b});',
    'a conditional': 'co_await (x ? f(make()) : g(make()));',
    'a conditional around it': 'co_return x ? co_await f(make()) : g;',
};
for (const [name, text] of Object.entries(awaits)) {
    test(`co_await finds ${name}`, () => {
        const found = co_await([sample('src/db/a.cpp', `void f() {\n    ${text}\n}\n`)]);
        assert.equal(found.length, 1);
        assert.match(found[0], /^src\/db\/a\.cpp:2: /);
    });
}

test('co_await leaves names, moves and plain calls alone', () => {
    const text = `
        // never: co_await f(Lead{a})
        /* nor co_await f([x] { }) */
        auto id = co_await db_.transact(std::move(insert));
        if (const auto found = co_await store.find(ids[0], names[i](1))) { return Lead{*found}; }
        for (auto& [key, row] : co_await rows()) { use(x ? 1 : 2); }
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        co_await log("a ? { [x] {", '?', R"sql(SELECT '{' ? [)sql");
        co_await wait(std::chrono::seconds{1'000});
        auto named = [x] { return x ? Lead{1} : Lead{2}; };
        co_await f(named);
        co_return Lead{co_await f(named)};`;
    assert.deepEqual(co_await([sample('src/db/a.cpp', text)]), []);
});

const arrows = {
    'an arrow that points up': ['src/db/a.cpp', '#include "http/router.hpp"', /db may not use http/],
    'one in angle brackets': ['src/core/a.cpp', '#include <db/session.hpp>', /core may not use db/],
    'one area in another': ['src/business/users/a.cpp', '#include "business/leads/store.hpp"', /users may not/],
    'a path around the rooms': ['src/net/a.cpp', '#include "../db/session.hpp"', /by its room/],
    'a file beside it': ['src/net/a.cpp', '#include "session.hpp"', /no room for/],
    'a room among the words': ['include/carillon/a.hpp', '#include "core/x.hpp"', /the words use no room/],
    'Beast outside net': ['src/http/a.cpp', '#include <boost/beast/http/verb.hpp>', /Beast/],
    'libpqxx in the core': ['src/core/a.cpp', '  #  include <pqxx/pqxx>', /libpqxx/],
    'curl in a business area': ['src/business/users/a.cpp', '#include <curl/curl.h>', /curl/],
    'a room nobody drew': ['src/utils/a.cpp', '', /not in the table/],
};
for (const [name, [path, text, why]] of Object.entries(arrows)) {
    test(`layers finds ${name}`, () => {
        const found = layers([sample(path, `#pragma once\n${text}\n`)]);
        assert.equal(found.length, 1);
        assert.match(found[0], why);
    });
}

test('layers leaves allowed arrows alone', () => {
    const well_made = [
        sample('src/business/users/a.cpp', '#include "business/users/store.hpp"\n#include "db/session.hpp"\n'),
        sample('src/business/all.cpp', '#include "business/users/routes.hpp"\n#include <pqxx/pqxx>\n'),
        sample('src/net/a.cpp', '#include <boost/beast/http.hpp>\n#include "http/router.hpp"\n'),
        sample('src/db/a.cpp', '#include <embedded/migrations.hpp>\n#include <carillon/id.hpp>\n'),
        sample('src/app/a.cpp', '#include "admin/health.hpp"\n'),
        sample('tests/unit/a_test.cpp', '#include "anything.hpp"\n'),
    ];
    assert.deepEqual(layers(well_made), []);
});

test('format finds a crooked line and leaves a straight one alone', () => {
    assert.equal(format([sample('src/db/a.cpp', 'int  f( ){return 1;}\n')]).length, 1);
    assert.deepEqual(format([sample('src/db/a.cpp', 'int f() {\n    return 1;\n}\n')]), []);
});

test('size finds a file of 401 lines and leaves one of 400 alone', () => {
    const lines = (count) => '#!/bin/sh\n' + 'x\n'.repeat(count - 1);
    const found = size([
        sample('src/a.cpp', lines(401)), sample('dev', lines(401)), sample('src/b.cpp', lines(400)),
        sample('README.md', lines(999))
    ]);
    assert.deepEqual(found.map((line) => line.split(':')[0]), ['src/a.cpp', 'dev']);
});

const banned = {
    'a place of the workshop': ['README.md', ['see ..', 'shared', 'x.md'].join('/')],
    'something unfinished': ['src/a.cpp', '// TO' + 'DO: later'],
    'a pause in C++': ['tests/unit/a_test.cpp', 'std::this_thread::sleep_' + 'for(1s);'],
    'a pause in a script': ['tests/support/x', 'slee' + 'p 1'],
    'a pause in JavaScript': ['tests/e2e/a_test.mjs', 'await new Promise((r) => setTimeou' + 't(r, 9));'],
    'an imported pause': ['tests/e2e/a_test.mjs', "import {x} from 'node:timers/" + "promises';"],
};
for (const [name, [path, text]] of Object.entries(banned)) {
    test(`words finds ${name}`, () => {
        const found = words([sample(path, `\n${text}\n`)]);
        assert.equal(found.length, 1);
        assert.match(found[0], new RegExp(`^${path}:2: `));
    });
}

test('words leaves a bounded wait, and a pause outside the tests, alone', () => {
    const well_made = [
        sample('tests/e2e/a.mjs', "setTimeout(() => reject(new Error('late')), 1000);"),
        sample('dev', 'slee' + 'p 0.1'),
    ];
    assert.deepEqual(words(well_made), []);
});
