#pragma once
// Numbers counted elsewhere, as metric families: made anew at every scrape, so that no counter is kept twice.
#include <prometheus/metric_family.h>
#include <carillon/time.hpp>
#include <cstdint>
#include <vector>

#include "admin/numbers.hpp"

namespace carillon::admin {

using Families = std::vector<prometheus::MetricFamily>;

struct ProcessNumbers {
    double cpu_seconds = 0;
    std::uint64_t resident_bytes = 0;
    std::uint64_t open_files = 0;
    std::uint64_t files_limit = 0;
};

// Reads /proc. Slow with many sockets open (it counts them): not for the event loop.
[[nodiscard]] ProcessNumbers read_process();

void append_families(Families& out, const DatabaseNumbers& database);
void append_families(Families& out, const ConnectionNumbers& connections);
void append_families(Families& out, const ProcessNumbers& process, Time started);

}  // namespace carillon::admin
