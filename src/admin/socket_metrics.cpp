#include "admin/socket_metrics.hpp"

#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <string>
#include <utility>

namespace carillon::admin {
namespace {

using prometheus::MetricType;

prometheus::ClientMetric sample(MetricType type, double value) {
    prometheus::ClientMetric metric;
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

struct Single {
    MetricType type;
    const char* name;
    const char* help;
    double value;
};

}  // namespace

struct SocketMetrics::Series {
    prometheus::Registry registry;
    prometheus::Histogram& deliveries =
        prometheus::BuildHistogram()
            .Name("carillon_socket_delivery_seconds")
            .Help("From the commit of a message to its hand-over to its reader's sockets.")
            .Register(registry)
            .Add({},
                 prometheus::Histogram::BucketBoundaries{0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.0075,
                                                         0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1, 5, 30});
};

SocketMetrics::SocketMetrics() : series_{std::make_unique<Series>()} {}
SocketMetrics::~SocketMetrics() = default;

void SocketMetrics::delivered(std::chrono::nanoseconds time) {
    series_->deliveries.Observe(std::chrono::duration<double>{time}.count());
}

std::vector<prometheus::MetricFamily> SocketMetrics::collect() const {
    return series_->registry.Collect();
}

std::vector<prometheus::MetricFamily> families_of(const SocketNumbers& numbers) {
    constexpr auto gauge = MetricType::Gauge;
    constexpr auto counter = MetricType::Counter;
    const auto number = [](auto value) { return static_cast<double>(value); };
    const Single singles[] = {
        {gauge, "carillon_socket_users", "Users with an open socket.", number(numbers.users)},
        {gauge, "carillon_socket_queued_bytes", "Bytes that wait for clients to take them.",
         number(numbers.queued_bytes)},
        {gauge, "carillon_socket_recent_bytes", "Messages in memory for those who come back.",
         number(numbers.recent_bytes)},
        {gauge, "carillon_socket_arrivals_waiting", "New connections that wait for their turn.",
         number(numbers.arrivals_waiting)},
        {counter, "carillon_sockets_opened_total", "Sockets opened.", number(numbers.opened)},
        {counter, "carillon_socket_received_total", "Messages received from clients.",
         number(numbers.received)},
        {counter, "carillon_socket_frames_sent_total", "Frames written to clients.",
         number(numbers.frames_sent)},
        {counter, "carillon_socket_bytes_sent_total", "Bytes written to clients.",
         number(numbers.bytes_sent)},
        {counter, "carillon_socket_behind_total",
         "Times that a slow client's live messages were left to the database.", number(numbers.fell_behind)},
        {counter, "carillon_socket_pages_total", "Pages of feeds read from the database for clients.",
         number(numbers.pages)},
    };
    std::vector<prometheus::MetricFamily> all;
    for (const auto& [type, name, help, value] : singles) {
        all.push_back(family(type, name, help));
        all.back().metric.push_back(sample(type, value));
    }
    const auto labelled = [&](const char* name, const char* help, const char* label, const auto& counts) {
        auto made = family(counter, name, help);
        for (const auto& [value, count] : counts) {
            made.metric.push_back(sample(counter, number(count)));
            made.metric.back().label.push_back({label, value});
        }
        all.push_back(std::move(made));
    };
    labelled("carillon_socket_messages_total", "Messages told to sockets, by type.", "type", numbers.told);
    labelled("carillon_sockets_closed_total", "Sockets closed, by close code.", "code", numbers.closed);
    labelled("carillon_sockets_given_up_total", "Sockets that the server gave up, by reason.", "reason",
             numbers.ended);
    return all;
}

}  // namespace carillon::admin
