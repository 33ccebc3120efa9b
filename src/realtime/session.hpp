#pragma once
// One native connection (carillon.v1): what its reader has, and what the client says.
//
// Threads: the event loop. Lifetime: its connection's; what it has asked of the database keeps it a little
//   longer, and then finds that nobody listens any more.
// Invariants: every message of the feed goes out in the order of its place, through advance() and take() and
//   nowhere else: what is told live, what is told again after a pause and what a slow reader has yet to get
//   differ only in where the next message comes from. The cursor is the last place handed to the socket.
#include <carillon/connection.hpp>
#include <carillon/id.hpp>
#include <carillon/time.hpp>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notify/replay.hpp"
#include "realtime/client_message.hpp"
#include "realtime/token_bucket.hpp"

namespace carillon::realtime {

class Commands;
class Hub;
class Mailbox;

class Session final : public Speaker, public std::enable_shared_from_this<Session> {
public:
    struct Start {
        UserId user;
        std::string device;                 // empty: it has not said
        std::optional<std::int64_t> since;  // what comes after that place was missed
        std::optional<Time> expires;        // of the token
    };
    Session(Hub& hub, Start start);
    ~Session() override;

    void opened(Connection& connection) override;
    void received(std::string_view text) override;
    void drained() override { advance(); }
    void expired() override;
    void going_away() override;
    void closed(std::uint16_t code) override;

    // The feed may hold more than this reader has.
    void advance();
    // It may hold more than memory knows.
    void look_again();
    // News about messages, behind a page that is on its way and may not know it yet.
    void tell_news(const Frame& frame);
    // Something that is no message of the feed. `connected` is the first that is told.
    void tell(const Frame& frame);
    // The answer to a message of the client's.
    void answer(std::string_view type, const Json& data);
    void fail(const Error& error, std::string_view about);
    void succeed() noexcept { errors_in_a_row_ = 0; }
    void close(CloseCode code, std::string_view reason);

    [[nodiscard]] bool is_open() const noexcept { return connection_ != nullptr; }
    [[nodiscard]] const UserId& user() const noexcept { return start_.user; }
    [[nodiscard]] const std::string& device() const noexcept { return start_.device; }
    void name_device(std::string device) { start_.device = std::move(device); }
    [[nodiscard]] std::int64_t cursor() const noexcept { return cursor_; }

    // For whoever shows it.
    struct Look {
        std::string id, device, platform, app_version, peer;
        Time connected_at;
        std::int64_t cursor = 0;
        std::string_view state;  // "starting", "catching_up" or "live"
        Connection::Backlog backlog;
    };
    [[nodiscard]] Look look() const;

private:
    void begin(std::int64_t last_seq);
    void resume(std::int64_t from);
    void rewind(std::int64_t from, std::int64_t head);
    [[nodiscard]] bool full() const;
    [[nodiscard]] bool has_room_for_a_page() const;
    void wait_for_room();
    void load();
    void take(const notify::Replay::Page& page);
    void put(Frame frame, std::int64_t seq);
    void arrive();
    void carry_out(Said said);
    void note_gap();
    void keep_for_later(std::string_view text);
    void catch_up_with_talk();
    [[nodiscard]] std::string id() const;
    void tell_of_failure(const std::exception_ptr& failed) const;

    Hub& hub_;
    Connection* connection_ = nullptr;  // null: closed
    Mailbox* mailbox_ = nullptr;
    Start start_;
    std::uint64_t number_;
    Time connected_at_;
    std::int64_t cursor_ = 0;
    std::int64_t told_again_ = 0;    // of what was missed, since it began
    std::int64_t resume_from_ = -1;  // asked for while a page was on its way
    TokenBucket messages_;
    TokenBucket resumes_;
    std::unique_ptr<Commands> commands_;  // none before the first
    // What has to wait for a page that is on its way.
    struct Held {
        std::vector<std::string> said;  // by the client, before the start
        std::size_t bytes = 0;
        std::vector<Frame> news;
    };
    std::unique_ptr<Held> held_;
    std::int64_t asked_head_ = 0;  // as memory knew it when the page was asked for
    std::uint8_t errors_in_a_row_ = 0;
    bool starting_ = true;      // where the feed ends is not known yet
    bool loading_ = false;      // a page is on its way
    bool catching_up_ = false;  // `resumed` is owed
    bool gap_ = false;          // something that was missed is not kept any more
};

}  // namespace carillon::realtime
