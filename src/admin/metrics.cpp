#include "admin/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <unordered_map>

namespace carillon::admin {
namespace {

constexpr std::size_t methods = static_cast<std::size_t>(Method::other) + 1;
constexpr std::array<const char*, 6> status_classes{"other", "1xx", "2xx", "3xx", "4xx", "5xx"};

// From half a millisecond, below which nobody waits, to where every client has given up.
prometheus::Histogram::BucketBoundaries durations() {
    return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

double in_seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>{time}.count();
}

std::size_t class_of(int status) {
    const auto hundreds = static_cast<std::size_t>(std::max(status, 0)) / 100;
    return hundreds < status_classes.size() ? hundreds : 0;
}

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

// The series of one route, found once; after that an answer costs a few atomics.
struct RouteSeries {
    prometheus::Histogram* durations = nullptr;
    std::array<std::array<prometheus::Counter*, status_classes.size()>, methods> answers{};
};

}  // namespace

struct Metrics::Series {
    prometheus::Registry registry;
    prometheus::Family<prometheus::Counter>& requests =
        prometheus::BuildCounter()
            .Name("carillon_http_requests_total")
            .Help("Answers given, by route template, method and class of status.")
            .Register(registry);
    prometheus::Family<prometheus::Histogram>& request_durations =
        prometheus::BuildHistogram()
            .Name("carillon_http_request_duration_seconds")
            .Help("From the last byte of the head to the answer being ready, by route template.")
            .Register(registry);
    prometheus::Histogram& lag =
        prometheus::BuildHistogram()
            .Name("carillon_event_loop_lag_seconds")
            .Help("How late the event loop came to a timer, sampled ten times a second.")
            .Register(registry)
            .Add({}, durations());
    std::unordered_map<std::string, RouteSeries, TextHash, std::equal_to<>> routes;

    RouteSeries& of(std::string_view route) {
        if (const auto known = routes.find(route); known != routes.end()) return known->second;
        auto& added = routes[std::string{route}];
        added.durations = &request_durations.Add({{"route", std::string{route}}}, durations());
        return added;
    }
};

Metrics::Metrics(std::string_view version) : series_{std::make_unique<Series>()} {
    prometheus::BuildGauge()
        .Name("carillon_build_info")
        .Help("Always 1; the version is in the label.")
        .Register(series_->registry)
        .Add({{"version", std::string{version}}})
        .Set(1);
}

Metrics::~Metrics() = default;

void Metrics::observe(std::string_view route, Method method, int status, std::chrono::nanoseconds took) {
    const std::string_view name = route.empty() ? "unmatched" : route;
    auto& series = series_->of(name);
    const auto status_class = class_of(status);
    auto& answers = series.answers[static_cast<std::size_t>(method)][status_class];
    if (!answers)
        answers = &series_->requests.Add({{"route", std::string{name}},
                                          {"method", std::string{name_of(method)}},
                                          {"status_class", status_classes[status_class]}});
    answers->Increment();
    series.durations->Observe(in_seconds(took));
}

void Metrics::observe_lag(std::chrono::nanoseconds late) {
    series_->lag.Observe(in_seconds(late));
}

std::vector<prometheus::MetricFamily> Metrics::collect() const {
    return series_->registry.Collect();
}

}  // namespace carillon::admin
