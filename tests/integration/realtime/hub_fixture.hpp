#pragma once
// A hub over a real database, and connections whose far ends the test holds.
#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "core/frame.hpp"
#include "db/database.hpp"
#include "notify/feed.hpp"
#include "notify/replay.hpp"
#include "realtime/devices.hpp"
#include "realtime/hub.hpp"
#include "realtime/session.hpp"
#include "support/database.hpp"
#include "support/loop.hpp"

namespace carillon::realtime {

// What a client would have received; and it reads only as far as the test wants.
class FarEnd final : public Connection {
public:
    void send(Frame frame) override;
    void close(CloseCode code, std::string_view reason) override;
    [[nodiscard]] Backlog backlog() const noexcept override { return {waiting, bytes, bytes_of_all}; }
    void tell_when_drained() noexcept override { tell_drained = true; }
    void limit_life(std::chrono::milliseconds from_now) override { life = from_now; }
    [[nodiscard]] std::string_view peer() const noexcept override { return "192.0.2.1"; }

    // Takes all that waits; when nothing does any more, the speaker is told so if it asked.
    void read(Speaker& speaker);
    [[nodiscard]] std::vector<std::string> types() const;
    // Of the messages of the feed.
    [[nodiscard]] std::vector<std::int64_t> places() const;
    [[nodiscard]] Json last(std::string_view type) const;
    [[nodiscard]] std::size_t count(std::string_view type) const;

    std::vector<Json> messages;
    bool slow = false;  // what is sent waits until read()
    std::size_t waiting = 0;
    std::size_t bytes = 0;
    std::size_t bytes_of_all = 0;
    bool tell_drained = false;
    std::chrono::milliseconds life{0};
    int closed = 0;
    std::string reason;
};

class Registry final : public DeviceRegistry {
public:
    boost::asio::awaitable<Result<Registered>> enrol(UserId user, Json device) override;
    std::vector<std::string> enrolled;
    bool away = false;
};

class HubTest : public testing::Test {
protected:
    struct Client {
        std::shared_ptr<Session> session;
        FarEnd* end;
        FarEnd* operator->() const { return end; }
    };

    void SetUp() override;
    void TearDown() override;
    // With other bounds; forgets everything, and closes whoever is connected.
    void rebuild();
    Client connect(Session::Start start);

    // Messages as the pipeline would have committed them, without telling the hub.
    std::vector<notify::FeedItem> store(const std::string& user, int count, const std::string& age = "0 s");
    void store_and_tell(const std::string& user, int count);
    Client open(const std::string& user, std::optional<std::int64_t> since = std::nullopt);
    // The same without waiting for it to be level.
    Client knock(const std::string& user, std::optional<std::int64_t> since = std::nullopt);
    static void say(const Client& client, const Json& message) { client.session->received(to_text(message)); }
    void until(const std::function<bool()>& condition);
    void settle();

    static test::TestDatabase& own();
    void close_all();
    boost::asio::io_context io;
    HubSettings settings;
    notify::KeptFeed kept;
    std::unique_ptr<db::Database> database;
    std::unique_ptr<notify::Feed> feed;
    std::unique_ptr<notify::Replay> replay;
    Registry devices;
    std::unique_ptr<Hub> hub;

private:
    // As long as the fixture: what is under way for a connection may still find its end.
    std::vector<std::unique_ptr<FarEnd>> ends_;
    std::vector<std::weak_ptr<Session>> sessions_;
};

}  // namespace carillon::realtime
