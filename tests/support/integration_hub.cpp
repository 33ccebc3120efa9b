#include <stdexcept>

#include "integration/realtime/hub_fixture.hpp"

namespace carillon::realtime {

void FarEnd::send(Frame frame) {
    messages.push_back(Json::parse(payload_of(*frame)));
    if (!slow) return;
    ++waiting;
    bytes += frame->size();
}

void FarEnd::close(CloseCode code, std::string_view why) {
    closed = static_cast<int>(code);
    reason = why;
}

void FarEnd::read(Speaker& speaker) {
    waiting = bytes = 0;
    if (std::exchange(tell_drained, false)) speaker.drained();
}

std::vector<std::string> FarEnd::types() const {
    std::vector<std::string> all;
    for (const auto& message : messages) all.push_back(message.at("type"));
    return all;
}

std::vector<std::int64_t> FarEnd::places() const {
    std::vector<std::int64_t> all;
    for (const auto& message : messages)
        if (!message.at("seq").is_null()) all.push_back(message.at("seq"));
    return all;
}

Json FarEnd::last(std::string_view type) const {
    for (auto it = messages.rbegin(); it != messages.rend(); ++it)
        if (it->at("type") == type) return it->at("data");
    return nullptr;
}

std::size_t FarEnd::count(std::string_view type) const {
    return static_cast<std::size_t>(
        std::count_if(messages.begin(), messages.end(),
                      [type](const Json& message) { return message.at("type") == type; }));
}

boost::asio::awaitable<Result<DeviceRegistry::Registered>> Registry::enrol(UserId user, Json device) {
    if (away) throw Unavailable{"database_unavailable", "away"};
    if (!device.contains("fcm_token"))
        co_return Error{Failure::invalid, "invalid", {{"fcm_token", "is required"}}};
    enrolled.push_back(user.value());
    co_return Registered{DeviceId{"dev_1"}, std::nullopt, true};
}

test::TestDatabase& HubTest::own() {
    static test::TestDatabase database;
    return database;
}

void HubTest::SetUp() {
    own().query("TRUNCATE feed, feed_heads, feed_readers");
    db::Settings pool;
    pool.url = Secret{own().url()};
    pool.connections = 2;
    database = std::make_unique<db::Database>(pool);
    database->start();
    settings.node = "here";
    settings.run = "r";
    rebuild();
}

void HubTest::close_all() {
    for (const auto& each : sessions_) {
        const auto session = each.lock();
        if (session && session->is_open()) session->closed(1006);
    }
    sessions_.clear();
}

void HubTest::rebuild() {
    if (hub) {
        close_all();
        settle();
        hub->stop();
        io.restart();
        io.poll();
    }
    hub.reset();
    replay = std::make_unique<notify::Replay>(*database, kept);
    feed = std::make_unique<notify::Feed>(*database);
    hub = std::make_unique<Hub>(
        Hub::Around{io.get_executor(), *replay, *feed, devices, system_now, [] { return 0.5; }, {}},
        settings);
    feed->on_read([this](const notify::ReadNews& news) { hub->tell_read(news); });
}

void HubTest::TearDown() {
    close_all();
    hub->stop();
    database->stop(std::chrono::seconds{5});
    io.restart();
    io.poll();
}

std::vector<notify::FeedItem> HubTest::store(const std::string& user, int count, const std::string& age) {
    std::vector<notify::FeedItem> items;
    const auto rows = own().query(
        "WITH head AS (INSERT INTO feed_heads AS h (user_id, last_seq) VALUES ('" + user + "', " +
        std::to_string(count) +
        ") ON CONFLICT (user_id) DO UPDATE SET last_seq = h.last_seq + EXCLUDED.last_seq RETURNING last_seq)"
        " INSERT INTO feed (user_id, seq, event_id, type, body, created_at)"
        " SELECT '" +
        user + "', last_seq - " + std::to_string(count) + " + n, 'evt_' || (last_seq - " +
        std::to_string(count) + " + n), 'notification', jsonb_build_object('n', n), now() - interval '" +
        age + "' FROM head, generate_series(1, " + std::to_string(count) + ") n RETURNING seq");
    for (const auto& row : rows) {
        const auto seq = row[0].as<std::int64_t>();
        items.push_back({EventId{"evt_" + std::to_string(seq)}, UserId{user}, "notification",
                         std::make_shared<const std::string>(R"({"n":1})"), seq, system_now()});
    }
    return items;
}

void HubTest::store_and_tell(const std::string& user, int count) {
    hub->tell(store(user, count));
}

HubTest::Client HubTest::knock(const std::string& user, std::optional<std::int64_t> since) {
    Session::Start start;
    start.user = UserId{user};
    start.since = since;
    return connect(std::move(start));
}

HubTest::Client HubTest::connect(Session::Start start) {
    ends_.push_back(std::make_unique<FarEnd>());
    Client client{std::make_shared<Session>(*hub, std::move(start)), ends_.back().get()};
    sessions_.push_back(client.session);
    client.session->opened(*client.end);
    return client;
}

HubTest::Client HubTest::open(const std::string& user, std::optional<std::int64_t> since) {
    auto client = knock(user, since);
    until([&client, since] { return client->count(since ? "resumed" : "connected") > 0; });
    return client;
}

void HubTest::until(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > limit) throw std::runtime_error{"it never came to be"};
        if (io.stopped()) io.restart();
        io.run_one_for(std::chrono::milliseconds{50});
    }
}

// Everything that is under way comes to its end.
void HubTest::settle() {
    auto nothing = [](db::Session&) {};
    for (int i = 0; i < 2; ++i) test::run_on_loop(io, database->read(nothing));
    io.restart();
    io.poll();
}

}  // namespace carillon::realtime
