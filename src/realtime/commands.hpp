#pragma once
// What a client asks that takes the database: one after the other, so that a socket never has more than one
// of them under way, and few waiting.
//
// Threads: the event loop. Lifetime: its session's, which everything under way keeps alive.
#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>
#include <string>

#include "realtime/client_message.hpp"

namespace carillon::realtime {

namespace asio = boost::asio;

class Hub;
class Session;

class Commands {
public:
    Commands(Hub& hub, Session& session) : hub_{hub}, session_{session} {}

    // False when too many wait; the message is then still its owner's.
    [[nodiscard]] bool take(Said&& said);
    void forget() { waiting_.clear(); }
    [[nodiscard]] const std::string& platform() const noexcept { return platform_; }
    [[nodiscard]] const std::string& app_version() const noexcept { return app_version_; }

private:
    using Answer = asio::awaitable<void>;
    asio::awaitable<void> run(std::shared_ptr<Session> session);
    asio::awaitable<void> carry_out(const Said& said);
    Answer carry_out(const FcmToken& token);
    Answer carry_out(const DeviceInfo& info);
    Answer carry_out(const MarkRead& read);
    Answer carry_out(const Ack& ack);
    Answer carry_out(const Ping&);
    Answer carry_out(const Resume&);
    [[nodiscard]] bool joins_last(const Said& said);

    Hub& hub_;
    Session& session_;
    std::deque<Said> waiting_;
    bool running_ = false;
    std::string platform_;
    std::string app_version_;
};

}  // namespace carillon::realtime
