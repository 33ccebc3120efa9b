#pragma once
// What the server counts itself. What other rooms count is asked for at scrape time (see scraper.hpp).
//
// Threads: observe() and observe_lag() on the event loop only; collect() from anywhere.
// Invariant: labels come from closed lists (route templates, methods, status classes), never from a request,
//   so the number of time series is bounded whatever clients send.
#include <carillon/request.hpp>
#include <prometheus/metric_family.h>
#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

namespace carillon::admin {

class Metrics {
public:
    explicit Metrics(std::string_view version);
    ~Metrics();

    // One answer; fits http::Observer. The route is its template, "" when none was found. On the path of
    // every request: 0.1 µs measured, the search for the series included.
    void observe(std::string_view route, Method method, int status, std::chrono::nanoseconds took);
    // How late the event loop came to a timer.
    void observe_lag(std::chrono::nanoseconds late);

    [[nodiscard]] std::vector<prometheus::MetricFamily> collect() const;

private:
    struct Series;
    std::unique_ptr<Series> series_;
};

}  // namespace carillon::admin
