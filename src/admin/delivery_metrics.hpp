#pragma once
// What the pipeline tells of its work, counted.
//
// Threads: observe functions on the event loop only; collect() from anywhere.
// Invariant: labels come from closed lists (channels, verdicts, states), so the number of series is bounded.
#include <prometheus/metric_family.h>
#include <memory>
#include <string_view>
#include <vector>

#include "notify/pipeline.hpp"

namespace carillon::admin {

class DeliveryMetrics {
public:
    DeliveryMetrics();
    ~DeliveryMetrics();

    void attempted(const notify::AttemptNews& news);
    void ended(std::string_view status, std::string_view channel);
    [[nodiscard]] std::vector<prometheus::MetricFamily> collect() const;

private:
    struct Series;
    std::unique_ptr<Series> series_;
};

// As they stand now.
[[nodiscard]] std::vector<prometheus::MetricFamily> families_of(const notify::PipelineNumbers& numbers);

}  // namespace carillon::admin
