#include "app/sockets.hpp"

#include <embedded/asyncapi.hpp>
#include <iterator>
#include <memory>
#include <random>
#include <utility>

namespace carillon::app {
namespace {

constexpr std::string_view server_version = CARILLON_VERSION;

std::function<double()> randomness() {
    auto engine = std::make_shared<std::minstd_rand>(std::random_device{}());
    return [engine] { return std::uniform_real_distribution<double>{0.0, 1.0}(*engine); };
}

std::string description() {
    auto document = Json::parse(embedded::asyncapi().front().text);
    document["info"]["version"] = server_version;
    return to_text(document);
}

}  // namespace

asio::awaitable<Result<SocketDevices::Registered>> SocketDevices::enrol(UserId user, Json device) {
    auto registered = co_await users_.enrol_device(std::move(user), std::move(device));
    if (registered.has_error()) co_return registered.error();
    co_return Registered{registered->device.id, registered->device.platform, registered->created};
}

Sockets::Sockets(const Around& around, realtime::HubSettings settings)
    : devices_{around.users},
      hub_{{around.executor, around.replay, around.feed, devices_, around.clock, randomness(),
            [this](std::chrono::nanoseconds time) { metrics_.delivered(time); }},
           std::move(settings)},
      arrivals_{around.executor, hub_.settings().arrivals_per_second},
      doorway_{hub_, arrivals_, around.tickets},
      description_{description(), json_type} {
    around.feed.on_read([this](const notify::ReadNews& news) { hub_.tell_read(news); });
    around.users.on_erased([this](const UserId& user) { hub_.erased(user); });
}

http::Routes Sockets::routes() {
    auto all = doorway_.routes();
    const auto describe = [this](Request& request) -> asio::awaitable<Result<Response>> {
        co_return description_.answer(request);
    };
    all.push_back({Method::get, "/api/asyncapi.json", http::Access::open, http::Takes::nothing, describe});
    return all;
}

std::vector<prometheus::MetricFamily> Sockets::metrics(const net::WebSocketNumbers& wire) const {
    const auto hub = hub_.numbers();
    admin::SocketNumbers numbers;
    numbers.connections = hub.connections;
    numbers.users = hub.users;
    numbers.queued_bytes = wire.queued_bytes;
    numbers.recent_bytes = hub.recent_bytes;
    numbers.arrivals_waiting = arrivals_.waiting();
    numbers.opened = hub.opened;
    numbers.received = wire.messages_received;
    numbers.frames_sent = wire.frames_sent;
    numbers.bytes_sent = wire.bytes_sent;
    numbers.fell_behind = hub.fell_behind;
    numbers.pages = hub.pages;
    numbers.told.assign(hub.told.begin(), hub.told.end());
    for (const auto& [code, count] : hub.closed) numbers.closed.emplace_back(std::to_string(code), count);
    numbers.ended = {{"stalled", wire.stalled},
                     {"ping_unanswered", wire.unanswered},
                     {"protocol", wire.failed},
                     {"too_many_arrivals", arrivals_.turned_away()}};
    auto all = metrics_.collect();
    auto now = admin::families_of(numbers);
    all.insert(all.end(), std::make_move_iterator(now.begin()), std::make_move_iterator(now.end()));
    return all;
}

}  // namespace carillon::app
