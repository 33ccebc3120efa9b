#include "http/route_table.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace carillon::http {
namespace {

using enum Method;

Route row(Method method, std::string path, Access access = Access::open) {
    return {method, std::move(path), access, Takes::nothing, {}};
}

struct Table : RouteTable {
    explicit Table(std::vector<Route> rows) {
        for (auto& each : rows) add(std::move(each));
    }
};

Table table_of(std::vector<Route> rows) {
    return Table{std::move(rows)};
}

struct Found {
    std::string route;  // "" when there is none
    std::vector<std::string> values;
    std::vector<Method> allowed;
    bool undecodable = false;
};

Found find(const RouteTable& table, Method method, std::string_view path) {
    Request request;
    request.method = method;
    request.path = path;
    const auto match = table.find(request);
    Found found{match.route ? match.route->path : "", {}, match.allowed, match.undecodable};
    for (const auto& [name, value] : request.parameters)
        found.values.push_back(std::string{name} + "=" + value);
    return found;
}

using Values = std::vector<std::string>;

TEST(RouteTable, PrefersALiteralToAParameter) {
    const auto table = table_of({row(get, "/users/{user_id}"), row(get, "/users/me")});

    EXPECT_EQ(find(table, get, "/users/me").route, "/users/me");
    EXPECT_EQ(find(table, get, "/users/mee").route, "/users/{user_id}");
    EXPECT_EQ(find(table, get, "/users/mee").values, Values{"user_id=mee"});
}

TEST(RouteTable, GoesBackToTheParameterWhenTheLiteralLeadsNowhere) {
    const auto table = table_of({row(put, "/users/bulk"), row(get, "/users/{user_id}/devices")});

    const auto found = find(table, get, "/users/bulk/devices");

    EXPECT_EQ(found.route, "/users/{user_id}/devices");
    EXPECT_EQ(found.values, Values{"user_id=bulk"});
}

TEST(RouteTable, GoesBackToTheParameterWhenTheLiteralTakesAnotherMethod) {
    const auto table = table_of({row(put, "/users/bulk"), row(get, "/users/{user_id}")});

    EXPECT_EQ(find(table, put, "/users/bulk").route, "/users/bulk");
    EXPECT_EQ(find(table, get, "/users/bulk").values, Values{"user_id=bulk"});
    EXPECT_EQ(find(table, del, "/users/bulk").allowed, (std::vector{put, get, head, options}));
}

TEST(RouteTable, ForgetsWhatItTriedInVain) {
    const auto table = table_of({row(get, "/{a}/x/{b}/y"), row(get, "/{c}/{d}/{e}/z")});

    EXPECT_EQ(find(table, get, "/1/x/2/z").values, (Values{"c=1", "d=x", "e=2"}));
}

TEST(RouteTable, NamesParametersAsTheRouteThatWasFoundDoes) {
    const auto table = table_of({row(get, "/a/{one}"), row(put, "/a/{other}")});

    EXPECT_EQ(find(table, get, "/a/1").values, Values{"one=1"});
    EXPECT_EQ(find(table, put, "/a/1").values, Values{"other=1"});
}

TEST(RouteTable, DecodesParametersAndNothingElse) {
    const auto table = table_of({row(get, "/users/{user_id}"), row(get, "/a b")});

    EXPECT_EQ(find(table, get, "/users/%2B237%20691").values, Values{"user_id=+237 691"});
    EXPECT_EQ(find(table, get, "/users/a+b").values, Values{"user_id=a+b"});
    EXPECT_EQ(find(table, get, "/users/%C3%A9").values, Values{"user_id=\u00e9"});
    EXPECT_EQ(find(table, get, "/a%20b").route, "");
}

TEST(RouteTable, KeepsAnEncodedSlashInsideItsSegment) {
    const auto table = table_of({row(get, "/users/{user_id}"), row(get, "/users/{user_id}/devices")});

    EXPECT_EQ(find(table, get, "/users/a%2Fdevices").values, Values{"user_id=a/devices"});
    EXPECT_EQ(find(table, get, "/users/..%2f..").values, Values{"user_id=../.."});
}

TEST(RouteTable, TellsAnUndecodableParameterFromAnUnknownPath) {
    const auto table = table_of({row(get, "/users/{user_id}")});

    for (const auto* path : {"/users/%", "/users/%2", "/users/%zz", "/users/%FF", "/users/%C3", "/users/%00",
                             "/users/%ED%A0%80"}) {
        EXPECT_TRUE(find(table, get, path).undecodable) << path;
        EXPECT_EQ(find(table, get, path).route, "/users/{user_id}") << path;
    }
    EXPECT_FALSE(find(table, get, "/nobody/%").undecodable);
}

TEST(RouteTable, NeverTakesAnEmptySegmentForAParameter) {
    const auto table =
        table_of({row(get, "/"), row(get, "/users/{user_id}"), row(get, "/users/{user_id}/x")});

    EXPECT_EQ(find(table, get, "/").route, "/");
    for (const auto* path : {"", "users/1", "//", "/users", "/users/", "/users//x", "/users/1/", "//users/1",
                             "/users/1/x/", "*"}) {
        const auto found = find(table, get, path);
        EXPECT_EQ(found.route, "") << path;
        EXPECT_TRUE(found.allowed.empty()) << path;
        EXPECT_TRUE(found.values.empty()) << path;
    }
}

TEST(RouteTable, FindsTheGetRouteForHead) {
    const auto table = table_of({row(get, "/a"), row(post, "/b")});

    EXPECT_EQ(find(table, head, "/a").route, "/a");
    EXPECT_EQ(find(table, head, "/b").route, "");
    EXPECT_EQ(find(table, head, "/b").allowed, (std::vector{post, options}));
}

TEST(RouteTable, SaysWhatAPathTakes) {
    const auto table = table_of({row(post, "/a"), row(get, "/a"), row(get, "/b/{id}/c")});

    EXPECT_EQ(table.methods_of("/a"), (std::vector{post, get, head, options}));
    EXPECT_EQ(table.methods_of("/b/1/c"), (std::vector{get, head, options}));
    EXPECT_TRUE(table.methods_of("/b/1").empty());
    EXPECT_TRUE(table.methods_of("/nothing").empty());
    EXPECT_EQ(find(table, other, "/a").allowed, (std::vector{post, get, head, options}));
}

TEST(RouteTable, ListsItsRoutesInTheOrderTheyCame) {
    const auto table = table_of({row(post, "/b"), row(get, "/a")});

    ASSERT_EQ(table.all().size(), 2U);
    EXPECT_EQ(table.all()[0]->path, "/b");
    EXPECT_EQ(table.all()[1]->path, "/a");
}

TEST(RouteTableAdd, RefusesWhatCannotBeMeant) {
    EXPECT_THROW(table_of({row(get, "/a/{b}"), row(get, "/a/{c}")}), std::logic_error);
    for (const auto* path : {"", "a", "{a}", "/a{b}", "/{a}b", "/{}", "/a/{", "/a/}"})
        EXPECT_THROW(table_of({row(get, path)}), std::logic_error) << path;
    EXPECT_NO_THROW(table_of({row(get, "/a/{b}"), row(put, "/a/{c}"), row(get, "/a/b")}));
}

TEST(RouteTableAdd, RefusesARouteForTheUserItNamesThatNamesNone) {
    EXPECT_THROW(table_of({row(get, "/orders", Access::self)}), std::logic_error);
    EXPECT_THROW(table_of({row(get, "/users/{id}", Access::self)}), std::logic_error);
    EXPECT_NO_THROW(table_of({row(get, "/users/{user_id}", Access::self)}));
}

}  // namespace
}  // namespace carillon::http
