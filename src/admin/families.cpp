#include "admin/families.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

namespace carillon::admin {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

ClientMetric sample(MetricType type, double value) {
    ClientMetric metric;
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    return metric;
}

prometheus::MetricFamily family(MetricType type, std::string name, std::string help) {
    prometheus::MetricFamily made;
    made.name = std::move(name);
    made.help = std::move(help);
    made.type = type;
    return made;
}

void append(Families& out, MetricType type, std::string name, std::string help, double value) {
    out.push_back(family(type, std::move(name), std::move(help)));
    out.back().metric.push_back(sample(type, value));
}

void append(Families& out, prometheus::MetricFamily into, const char* label,
            const std::vector<Counted>& counts) {
    for (const auto& [value, count] : counts) {
        auto metric = sample(into.type, static_cast<double>(count));
        metric.label.push_back({label, std::string{value}});
        into.metric.push_back(std::move(metric));
    }
    out.push_back(std::move(into));
}

double cpu_seconds() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

std::uint64_t resident_bytes() {
    std::ifstream pages{"/proc/self/statm"};
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    pages >> total >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t open_files() {
    std::error_code failed;
    std::uint64_t count = 0;
    for (std::filesystem::directory_iterator file{"/proc/self/fd", failed}, end; !failed && file != end;
         file.increment(failed))
        ++count;
    return count > 0 ? count - 1 : 0;  // one is the folder being read
}

std::uint64_t files_limit() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

}  // namespace

ProcessNumbers read_process() {
    return {cpu_seconds(), resident_bytes(), open_files(), files_limit()};
}

void append_families(Families& out, const DatabaseNumbers& database) {
    const auto gauge = [&out](const char* name, const char* help, std::size_t value) {
        append(out, MetricType::Gauge, name, help, static_cast<double>(value));
    };
    const auto counter = [&out](const char* name, const char* help, std::uint64_t value) {
        append(out, MetricType::Counter, name, help, static_cast<double>(value));
    };
    gauge("carillon_database_up", "1 while PostgreSQL can be reached.", database.up ? 1 : 0);
    gauge("carillon_database_connections", "Open connections.", database.connections);
    gauge("carillon_database_busy", "Connections at work.", database.busy);
    gauge("carillon_database_waiting", "Jobs that wait for a connection.", database.waiting);
    counter("carillon_database_jobs_total", "Jobs finished.", database.jobs);
    counter("carillon_database_retries_total",
            "Jobs repeated after a serialization failure, a deadlock or a "
            "connection found dead.",
            database.retries);
    counter("carillon_database_reconnects_total", "Connections opened again after they broke.",
            database.reconnects);
}

void append_families(Families& out, const ConnectionNumbers& connections) {
    append(out, family(MetricType::Gauge, "carillon_connections", "Open client connections, by kind."),
           "kind", connections.open);
    append(out,
           family(MetricType::Counter, "carillon_connections_refused_total",
                  "Client connections turned away, by reason."),
           "reason", connections.refused);
}

void append_families(Families& out, const ProcessNumbers& process, Time started) {
    const auto gauge = [&out](const char* name, const char* help, double value) {
        append(out, MetricType::Gauge, name, help, value);
    };
    append(out, MetricType::Counter, "process_cpu_seconds_total", "CPU time used, user and system.",
           process.cpu_seconds);
    gauge("process_resident_memory_bytes", "Resident memory.", static_cast<double>(process.resident_bytes));
    gauge("process_open_fds", "Open file descriptors.", static_cast<double>(process.open_files));
    gauge("process_max_fds", "The limit of open file descriptors.", static_cast<double>(process.files_limit));
    gauge("process_start_time_seconds", "When the process started, in seconds since 1970.",
          std::chrono::duration<double>{started.time_since_epoch()}.count());
}

}  // namespace carillon::admin
