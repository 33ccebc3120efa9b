#pragma once
// What the sockets do, counted.
//
// Threads: observe on the event loop only; collect() from anywhere.
#include <prometheus/metric_family.h>
#include <chrono>
#include <memory>
#include <vector>

#include "admin/numbers.hpp"

namespace carillon::admin {

class SocketMetrics {
public:
    SocketMetrics();
    ~SocketMetrics();

    // From the commit of a message to its hand-over to its reader's sockets.
    void delivered(std::chrono::nanoseconds time);
    [[nodiscard]] std::vector<prometheus::MetricFamily> collect() const;

private:
    struct Series;
    std::unique_ptr<Series> series_;
};

// As they stand now.
[[nodiscard]] std::vector<prometheus::MetricFamily> families_of(const SocketNumbers& numbers);

}  // namespace carillon::admin
