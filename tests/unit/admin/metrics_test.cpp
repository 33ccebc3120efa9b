#include "admin/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "admin/scraper.hpp"

namespace carillon::admin {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

// The value of the one sample that starts with the name and has all of the labels, whatever their order.
std::string value_of(const std::string& text, const std::string& name,
                     const std::vector<std::string>& labels) {
    std::string value = "no such sample";
    for (const auto& line : lines_of(text)) {
        const auto has = [&line](const std::string& label) { return line.find(label) != line.npos; };
        const bool named = line.starts_with(name + "{") || line.starts_with(name + " ");
        if (named && std::all_of(labels.begin(), labels.end(), has)) {
            EXPECT_EQ(value, "no such sample") << "twice: " << line;
            value = line.substr(line.rfind(' ') + 1);
        }
    }
    return value;
}

std::size_t count_of(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
    return count;
}

TEST(Metrics, CountsAnswersByRouteMethodAndClass) {
    Metrics metrics{"1.2.3"};

    metrics.observe("/api/users/{user_id}", Method::get, 200, 1ms);
    metrics.observe("/api/users/{user_id}", Method::get, 204, 1ms);
    metrics.observe("/api/users/{user_id}", Method::get, 404, 1ms);
    metrics.observe("/api/users/{user_id}", Method::del, 204, 1ms);
    metrics.observe("/api/users", Method::get, 200, 1ms);

    const auto text = exposition(metrics.collect());
    const auto requests = [&text](const char* route, const char* method, const char* status_class) {
        const auto quoted = [](const char* value) { return '"' + std::string{value} + '"'; };
        return value_of(
            text, "carillon_http_requests_total",
            {"route=" + quoted(route), "method=" + quoted(method), "status_class=" + quoted(status_class)});
    };
    EXPECT_EQ(requests("/api/users/{user_id}", "GET", "2xx"), "2");
    EXPECT_EQ(requests("/api/users/{user_id}", "GET", "4xx"), "1");
    EXPECT_EQ(requests("/api/users/{user_id}", "DELETE", "2xx"), "1");
    EXPECT_EQ(requests("/api/users", "GET", "2xx"), "1");
    EXPECT_EQ(requests("/api/users", "GET", "5xx"), "no such sample");
}

TEST(Metrics, RequestsWithoutARouteAreOneSeries) {
    Metrics metrics{"1"};

    metrics.observe("", Method::get, 404, 1ms);
    metrics.observe({}, Method::get, 404, 1ms);

    const auto text = exposition(metrics.collect());
    EXPECT_EQ(value_of(text, "carillon_http_requests_total", {R"(route="unmatched")"}), "2");
}

TEST(Metrics, TheSameRouteUnderAnotherAddressIsTheSameSeries) {
    Metrics metrics{"1"};
    const std::string one = "/api/users";
    const std::string copy = one;

    metrics.observe(one, Method::get, 200, 1ms);
    metrics.observe(copy, Method::get, 200, 1ms);

    EXPECT_EQ(value_of(exposition(metrics.collect()), "carillon_http_requests_total", {}), "2");
}

TEST(Metrics, AStatusOutOfRangeIsCountedAsOther) {
    Metrics metrics{"1"};

    for (const int status : {-1, 0, 99, 600, 100'000}) metrics.observe("/", Method::other, status, 1ms);

    const auto text = exposition(metrics.collect());
    EXPECT_EQ(
        value_of(text, "carillon_http_requests_total", {R"(status_class="other")", R"(method="OTHER")"}),
        "5");
}

TEST(Metrics, HistogramBucketsAreCumulativeAndEndWithTheCount) {
    Metrics metrics{"1"};

    metrics.observe("/", Method::get, 200, 400us);
    metrics.observe("/", Method::get, 200, 700us);
    metrics.observe("/", Method::get, 200, 500us);  // a bound belongs to its bucket
    metrics.observe("/", Method::get, 200, 60s);

    const auto text = exposition(metrics.collect());
    const auto bucket = [&text](const std::string& bound) {
        return value_of(text, "carillon_http_request_duration_seconds_bucket", {"le=\"" + bound + '"'});
    };
    EXPECT_EQ(bucket("0.0005"), "2");
    EXPECT_EQ(bucket("0.001"), "3");
    EXPECT_EQ(bucket("10"), "3");
    EXPECT_EQ(bucket("+Inf"), "4");
    EXPECT_EQ(value_of(text, "carillon_http_request_duration_seconds_count", {}), "4");
    EXPECT_EQ(value_of(text, "carillon_http_request_duration_seconds_sum", {}), "60.0016");
}

TEST(Metrics, LoopLagIsAHistogram) {
    Metrics metrics{"1"};

    metrics.observe_lag(3ms);

    const auto text = exposition(metrics.collect());
    EXPECT_EQ(value_of(text, "carillon_event_loop_lag_seconds_bucket", {R"(le="0.0025")"}), "0");
    EXPECT_EQ(value_of(text, "carillon_event_loop_lag_seconds_bucket", {R"(le="0.005")"}), "1");
}

TEST(Metrics, BuildInfoCarriesTheVersion) {
    const Metrics metrics{"1.2.3"};

    EXPECT_THAT(exposition(metrics.collect()), HasSubstr("carillon_build_info{version=\"1.2.3\"} 1\n"));
}

TEST(Exposition, EscapesLabelValues) {
    const Metrics metrics{"a\"b\\c\nd"};

    EXPECT_THAT(exposition(metrics.collect()), HasSubstr(R"({version="a\"b\\c\nd"} 1)"));
}

TEST(Exposition, EveryFamilyIsHelpedAndTypedOnceBeforeItsSamples) {
    Metrics metrics{"1"};
    metrics.observe("/", Method::get, 200, 1ms);
    metrics.observe("/metrics", Method::get, 200, 1ms);

    const auto text = exposition(metrics.collect());

    for (const std::string name : {"carillon_http_requests_total", "carillon_http_request_duration_seconds",
                                   "carillon_event_loop_lag_seconds", "carillon_build_info"}) {
        EXPECT_EQ(count_of(text, "# HELP " + name + " "), 1U) << name;
        EXPECT_EQ(count_of(text, "# TYPE " + name + " "), 1U) << name;
        EXPECT_LT(text.find("# TYPE " + name), text.find("\n" + name)) << name;
    }
}

TEST(Exposition, EndsWithALineFeedAndHasNoCarriageReturn) {
    const auto text = exposition(Metrics{"1"}.collect());

    EXPECT_EQ(text.back(), '\n');
    EXPECT_THAT(text, Not(HasSubstr("\r")));
}

}  // namespace
}  // namespace carillon::admin
