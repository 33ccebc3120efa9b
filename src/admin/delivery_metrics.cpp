#include "admin/delivery_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <chrono>
#include <string>
#include <utility>

namespace carillon::admin {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

// A provider far away takes tenths of a second, one in trouble takes seconds.
Buckets provider_times() {
    return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15};
}
// From the event to the hand-over: milliseconds when all is well, hours after an outage.
Buckets waiting_times() {
    return {0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 10, 60, 600, 3600};
}

double in_seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>{time}.count();
}

prometheus::MetricFamily gauge_family(std::string name, std::string help) {
    prometheus::MetricFamily family;
    family.name = std::move(name);
    family.help = std::move(help);
    family.type = prometheus::MetricType::Gauge;
    return family;
}

void add(prometheus::MetricFamily& family, const std::string& channel, double value) {
    prometheus::ClientMetric metric;
    if (!channel.empty()) metric.label.push_back({"channel", channel});
    metric.gauge.value = value;
    family.metric.push_back(std::move(metric));
}

}  // namespace

struct DeliveryMetrics::Series {
    prometheus::Registry registry;
    prometheus::Family<prometheus::Counter>& attempts =
        prometheus::BuildCounter()
            .Name("carillon_attempts_total")
            .Help("Calls to a channel, by channel and what came of them.")
            .Register(registry);
    prometheus::Family<prometheus::Histogram>& durations = prometheus::BuildHistogram()
                                                               .Name("carillon_attempt_duration_seconds")
                                                               .Help("How long a call to a channel took.")
                                                               .Register(registry);
    prometheus::Family<prometheus::Histogram>& handovers =
        prometheus::BuildHistogram()
            .Name("carillon_handover_seconds")
            .Help("From when a delivery could first go out to its hand-over to the channel.")
            .Register(registry);
    prometheus::Family<prometheus::Counter>& deliveries =
        prometheus::BuildCounter()
            .Name("carillon_deliveries_total")
            .Help("Deliveries whose attempt ended, by channel and the state it left them in.")
            .Register(registry);
};

DeliveryMetrics::DeliveryMetrics() : series_{std::make_unique<Series>()} {}
DeliveryMetrics::~DeliveryMetrics() = default;

void DeliveryMetrics::attempted(const notify::AttemptNews& news) {
    const std::string channel{news.channel};
    series_->attempts.Add({{"channel", channel}, {"verdict", std::string{news.verdict}}}).Increment();
    series_->durations.Add({{"channel", channel}}, provider_times()).Observe(in_seconds(news.took));
    series_->handovers.Add({{"channel", channel}}, waiting_times()).Observe(in_seconds(news.waited));
}

void DeliveryMetrics::ended(std::string_view status, std::string_view channel) {
    series_->deliveries.Add({{"channel", std::string{channel}}, {"status", std::string{status}}}).Increment();
}

std::vector<prometheus::MetricFamily> DeliveryMetrics::collect() const {
    return series_->registry.Collect();
}

std::vector<prometheus::MetricFamily> families_of(const notify::PipelineNumbers& numbers) {
    auto enabled =
        gauge_family("carillon_channel_enabled", "1 while the channel has what it needs to be used.");
    auto open = gauge_family("carillon_channel_open", "0 while the channel is left alone: down, or at rest.");
    auto waiting = gauge_family("carillon_channel_waiting", "Deliveries in memory that wait for their turn.");
    auto in_flight = gauge_family("carillon_channel_in_flight", "Calls under way.");
    for (const auto& channel : numbers.channels) {
        add(enabled, channel.name, channel.disabled.empty() ? 1 : 0);
        add(open, channel.name, channel.breaker == "closed" && !channel.paused ? 1 : 0);
        add(waiting, channel.name, static_cast<double>(channel.waiting));
        add(in_flight, channel.name, static_cast<double>(channel.in_flight));
    }
    auto events = gauge_family("carillon_events_waiting", "Events in memory that have yet to be planned.");
    add(events, {}, static_cast<double>(numbers.events_waiting));
    auto size =
        gauge_family("carillon_queue_size", "Deliveries that are not final, as of a few seconds ago.");
    add(size, {}, static_cast<double>(numbers.queue.size));
    auto age =
        gauge_family("carillon_queue_oldest_seconds", "How long the one that is due longest has been due.");
    add(age, {}, numbers.queue.oldest_seconds);
    return {enabled, open, waiting, in_flight, events, size, age};
}

}  // namespace carillon::admin
