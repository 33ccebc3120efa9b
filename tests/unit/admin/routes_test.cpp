#include "admin/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>

#include "admin/openapi_check.hpp"
#include "support/loop.hpp"

namespace carillon::admin {
namespace {

class AdminRoutesTest : public testing::Test {
protected:
    Response ask(std::string_view path) {
        const auto has_path = [path](const http::Route& route) { return route.path == path; };
        const auto route = std::find_if(routes.begin(), routes.end(), has_path);
        if (route == routes.end()) throw std::logic_error{"no such route"};
        Request request;
        return test::run_on_loop(loop, route->run(request)).value();
    }

    boost::asio::io_context loop;
    Readiness readiness;
    Metrics metrics{"1.2.3"};
    Health health{{"Carillon", "1.2.3", "n"}, readiness, [] { return DatabaseNumbers{}; }};
    Scraper scraper{metrics, {[] { return DatabaseNumbers{}; }, [] { return ConnectionNumbers{}; }}, Time{}};
    OpenApi openapi{Json::object()};
    http::Routes routes = admin_routes(health, scraper, openapi);
};

TEST_F(AdminRoutesTest, EachAnswersItsOwn) {
    EXPECT_THAT(ask("/").body, testing::HasSubstr("Carillon"));
    EXPECT_THAT(ask("/api/health").body, testing::HasSubstr("uptime_seconds"));
    EXPECT_THAT(ask("/healthz/live").body, testing::HasSubstr("live"));
    EXPECT_THAT(ask("/healthz/ready").body, testing::HasSubstr("not_ready"));
    EXPECT_EQ(ask("/api/openapi.json").body, "{}");
}

TEST_F(AdminRoutesTest, MetricsAreTextInFormat004) {
    const auto answer = ask("/metrics");

    EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_THAT(answer.body, testing::HasSubstr("carillon_database_up 0\n"));
    EXPECT_EQ(answer.body.back(), '\n');
}

TEST_F(AdminRoutesTest, AllAreOpenAndAllProbesButTheDocument) {
    for (const auto& route : routes) {
        EXPECT_EQ(route.access, http::Access::open) << route.path;
        EXPECT_EQ(route.probe, route.path != "/api/openapi.json") << route.path;
    }
}

TEST_F(AdminRoutesTest, AreDescribedAsTheyAre) {
    std::vector<embedded::File> ours;
    for (const auto& file : embedded::openapi())
        if (file.name == base_document || file.name == "admin/health.openapi.json") ours.push_back(file);
    std::vector<const http::Route*> table;
    for (const auto& route : routes) table.push_back(&route);

    EXPECT_THAT(differences(merge_documents(ours, "1"), table), testing::IsEmpty());
}

}  // namespace
}  // namespace carillon::admin
