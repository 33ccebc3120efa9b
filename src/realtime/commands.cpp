#include "realtime/commands.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <carillon/log.hpp>
#include <algorithm>
#include <exception>
#include <utility>

#include "realtime/devices.hpp"
#include "realtime/hub.hpp"
#include "realtime/session.hpp"

namespace carillon::realtime {
namespace {

constexpr std::size_t waiting_limit = 32;
// Of a client that has not named its device: all of these count as one.
constexpr const char* nameless_device = "socket";
// A little longer than the pause after which clients say it again.
constexpr std::chrono::seconds foreground_lasts{90};

std::string device_of(const Session& session) {
    return session.device().empty() ? nameless_device : session.device();
}

Error away() {
    return {Failure::unavailable, "The database is away; try again soon."};
}

}  // namespace

// Of places acknowledged one after the other only the last counts.
bool Commands::joins_last(const Said& said) {
    const auto* next = std::get_if<Ack>(&*said.message);
    auto* last = next && !waiting_.empty() ? std::get_if<Ack>(&*waiting_.back().message) : nullptr;
    if (!last) return false;
    last->seq = std::max(last->seq, next->seq);
    return true;
}

bool Commands::take(Said&& said) {
    if (joins_last(said)) return true;
    if (waiting_.size() >= waiting_limit) return false;
    waiting_.push_back(std::move(said));
    if (running_) return true;
    running_ = true;
    asio::co_spawn(hub_.executor(), run(session_.shared_from_this()), [](const std::exception_ptr& surprise) {
        if (surprise) std::rethrow_exception(surprise);
    });
    return true;
}

asio::awaitable<void> Commands::run(std::shared_ptr<Session> session) {
    // Also behind a goodbye: what was said before it was meant.
    while (!waiting_.empty()) {
        const auto said = std::move(waiting_.front());
        waiting_.pop_front();
        try {
            co_await carry_out(said);
        } catch (const Unavailable&) {
            session->fail(away(), said.type);
        } catch (const std::exception& surprise) {
            log::error("socket_command_failed",
                       {{"type", said.type}, {"what", log::without_values(surprise.what())}});
            const Error internal{Failure::internal, "Something went wrong here."};
            session->fail(internal, said.type);
        }
    }
    running_ = false;
}

asio::awaitable<void> Commands::carry_out(const Said& said) {
    const auto run = [this](const auto& message) { return carry_out(message); };
    co_await std::visit(run, *said.message);
}

Commands::Answer Commands::carry_out(const FcmToken& token) {
    auto user = session_.user();
    auto device = token.data;
    const auto registered = co_await hub_.devices().enrol(std::move(user), std::move(device));
    if (registered.has_error()) {
        auto error = registered.error();
        if (!error.fields.empty()) error.code = "invalid_field";
        co_return session_.fail(error, "fcm_token");
    }
    session_.answer("fcm_token_registered",
                    {{"device_id", registered->id.value()},
                     {"platform", registered->platform ? Json(*registered->platform) : Json{}},
                     {"created", registered->created}});
}

Commands::Answer Commands::carry_out(const DeviceInfo& info) {
    if (info.device) session_.name_device(*info.device);
    if (info.platform) platform_ = *info.platform;
    if (info.app_version) app_version_ = *info.app_version;
    if (info.foreground) {
        const auto time = *info.foreground ? foreground_lasts : std::chrono::seconds::zero();
        auto user = session_.user();
        auto device = device_of(session_);
        co_await hub_.feed().show(std::move(user), std::move(device), time);
    }
    session_.answer("device_info_received", {{"device", session_.device()}});
}

Commands::Answer Commands::carry_out(const MarkRead& read) {
    auto user = session_.user();
    std::optional<notify::Feed::Read> done;
    if (read.all) {
        // As far as this client has been told: nobody has read what comes meanwhile.
        done = co_await hub_.feed().mark_all_read(std::move(user), session_.cursor());
    } else {
        auto event = read.event;
        done = co_await hub_.feed().mark_event_read(std::move(user), std::move(event));
    }
    const Error unknown{Failure::not_found, "There is no such message in the feed."};
    if (!done) co_return session_.fail(unknown, "mark_read");
    // What changed is told to all of the user's connections, this one among them.
    if (done->marked > 0) co_return session_.succeed();
    session_.answer("read", {{"notification_id", read.all ? Json{} : Json(read.event.value())},
                             {"from_seq", done->from},
                             {"to_seq", done->to},
                             {"marked", 0}});
}

Commands::Answer Commands::carry_out(const Ack& ack) {
    auto user = session_.user();
    auto device = device_of(session_);
    const auto acked = co_await hub_.feed().acknowledge(std::move(user), std::move(device), ack.seq);
    session_.answer("acked", {{"seq", acked}, {"device", session_.device()}});
}

// These are answered where they are heard.
Commands::Answer Commands::carry_out(const Ping&) {
    co_return;
}
Commands::Answer Commands::carry_out(const Resume&) {
    co_return;
}

}  // namespace carillon::realtime
