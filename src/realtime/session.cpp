#include "realtime/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <carillon/log.hpp>
#include <algorithm>
#include <exception>
#include <utility>

#include "realtime/commands.hpp"
#include "realtime/hub.hpp"
#include "realtime/mailbox.hpp"
#include "realtime/messages.hpp"

namespace carillon::realtime {
namespace {

constexpr int errors_forgiven = 20;
constexpr TokenBucket::Rate message_rate{50, 100};
constexpr TokenBucket::Rate resume_rate{2, 5};

constexpr std::size_t early_limit = 100;
constexpr std::size_t early_bytes = 64 << 10;
constexpr std::size_t news_limit = 100;
constexpr std::size_t answers_unread = 32;
constexpr std::size_t large_answer = 4 << 10;
// A token may be shown for a moment after it has run out, because clocks differ; then it holds that long.
constexpr std::chrono::seconds least_time{30};
// A life that is limited ends on time, give or take a tick.
constexpr std::chrono::seconds longest_early{1};

std::chrono::milliseconds time_left(std::chrono::microseconds left) {
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(left);
    return time.count() > 0 ? time : least_time;
}

Error too_fast(const char* what) {
    return {Failure::rate_limited, what};
}

asio::awaitable<notify::Replay::Page> read_page(notify::Replay& replay, UserId user, std::int64_t after) {
    notify::Replay::Place place{std::move(user), after};
    co_return co_await replay.page(std::move(place));
}

}  // namespace

Session::Session(Hub& hub, Start start)
    : hub_{hub}, start_{std::move(start)}, number_{hub.next_number()}, connected_at_{hub.now()} {}

Session::~Session() = default;

std::string Session::id() const {
    return "con_" + hub_.settings().run + "_" + std::to_string(number_);
}

// ---- Coming and going

void Session::opened(Connection& connection) {
    connection_ = &connection;
    mailbox_ = &hub_.attach(*this);
    if (start_.expires) connection.limit_life(time_left(*start_.expires - hub_.now()));
    const auto head = mailbox_->head();
    // A place beyond the end that memory knows may exist all the same.
    if (head && start_.since.value_or(0) <= *head) {
        begin(*head);
        advance();
    } else {
        cursor_ = start_.since.value_or(-1);
        load();
    }
}

void Session::begin(std::int64_t last_seq) {
    starting_ = false;
    const auto& settings = hub_.settings();
    const Json data{{"user_id", user().value()},
                    {"connection_id", id()},
                    {"device", device()},
                    {"node", settings.node},
                    {"last_seq", last_seq},
                    {"expires_at", start_.expires ? Json(to_rfc3339(*start_.expires)) : Json{}},
                    {"ping_seconds", settings.ping.count()},
                    {"message_bytes", settings.message_bytes}};
    tell(text_frame(message("connected", hub_.now(), data)));
    if (start_.since)
        rewind(*start_.since, last_seq);
    else
        cursor_ = last_seq;
}

void Session::expired() {
    const auto left = *start_.expires - hub_.now();
    if (left > longest_early) return connection_->limit_life(time_left(left));
    close(CloseCode::token_expired, "token_expired");
}

void Session::going_away() {
    close(CloseCode::restart, hub_.retry_hint(CloseCode::restart));
}

void Session::close(CloseCode code, std::string_view reason) {
    if (!connection_) return;
    connection_->close(code, reason);
    closed(static_cast<std::uint16_t>(code));
}

void Session::closed(std::uint16_t code) {
    connection_ = nullptr;
    // What is done for somebody who was erased would bring them back.
    if (commands_ && code == static_cast<std::uint16_t>(CloseCode::erased)) commands_->forget();
    hub_.detach(*this, *std::exchange(mailbox_, nullptr), code);
}

// ---- The feed

void Session::advance() {
    if (!connection_ || starting_ || loading_) return;
    while (cursor_ < mailbox_->head().value_or(0)) {
        if (full()) return wait_for_room();
        const auto* next = mailbox_->find(cursor_ + 1);
        if (!next) return has_room_for_a_page() ? load() : wait_for_room();
        put(*next, cursor_ + 1);
    }
    if (catching_up_) arrive();
}

void Session::put(Frame frame, std::int64_t seq) {
    connection_->send(std::move(frame));
    cursor_ = seq;
    if (catching_up_) ++told_again_;
    hub_.count_told();
}

bool Session::full() const {
    const auto& settings = hub_.settings();
    const auto backlog = connection_->backlog();
    if (backlog.frames >= settings.queue_messages || backlog.bytes >= settings.queue_bytes) return true;
    // All together are over their limit: then each may have its share of it, and whoever reads is not held up
    // by those who do not.
    return backlog.bytes_of_all >= settings.queue_total_bytes && backlog.frames > 0 &&
           backlog.bytes >= hub_.fair_share();
}

bool Session::has_room_for_a_page() const {
    const auto& settings = hub_.settings();
    const auto backlog = connection_->backlog();
    if (backlog.frames == 0) return true;
    return backlog.frames + notify::Replay::page_limit <= settings.queue_messages &&
           backlog.bytes <= settings.queue_bytes / 2;
}

// A reader that was level falls behind: from here on nothing is queued for it that it does not take.
void Session::wait_for_room() {
    if (!catching_up_) {
        catching_up_ = true;
        told_again_ = 0;
        gap_ = false;
        hub_.count_behind();
        const Json data{{"from_seq", cursor_ + 1}, {"last_seq", mailbox_->head().value_or(0)}};
        tell(text_frame(message("catch_up", hub_.now(), data)));
    }
    if (connection_) connection_->tell_when_drained();
}

void Session::load() {
    loading_ = true;
    asked_head_ = mailbox_->head().value_or(0);
    auto self = shared_from_this();
    auto asked = read_page(hub_.replay(), user(), cursor_);
    asio::co_spawn(hub_.executor(), std::move(asked),
                   [self](const std::exception_ptr& failed, const notify::Replay::Page& page) {
                       self->loading_ = false;
                       if (!self->connection_) return;
                       if (!failed) {
                           self->take(page);
                           return self->catch_up_with_talk();
                       }
                       // Whoever is told nothing waits for nothing: come back, the cursor is yours.
                       self->tell_of_failure(failed);
                       self->close(CloseCode::try_later, self->hub_.retry_hint(CloseCode::try_later));
                   });
}

void Session::take(const notify::Replay::Page& page) {
    hub_.count_page();
    if (page.last_seq < asked_head_) {
        // What memory knows is of another feed than the database: that one began anew, or lost its end.
        mailbox_->restart(page.last_seq);
        note_gap();
        cursor_ = std::min(cursor_, page.last_seq);
    }
    const bool news = mailbox_->learn(page.last_seq);
    if (starting_) begin(page.last_seq);
    if (!connection_) return;
    if (resume_from_ >= 0) {
        rewind(std::exchange(resume_from_, -1), mailbox_->head().value_or(0));
        return advance();
    }
    for (const auto& [item, read] : page.items) {
        if (item.seq <= cursor_) continue;
        if (full()) return wait_for_room();
        if (item.seq > cursor_ + 1) note_gap();
        put(text_frame(stored_message(item, read)), item.seq);
    }
    if (page.items.empty() && page.last_seq > cursor_) {
        note_gap();  // none of it is kept
        cursor_ = page.last_seq;
    }
    advance();
    // Somebody else may not have been told of it either.
    if (news) hub_.advance(*this);
}

void Session::note_gap() {
    if (!catching_up_) told_again_ = 0;
    gap_ = catching_up_ = true;
}

void Session::look_again() {
    if (connection_ && !starting_ && !loading_) load();
}

// Level again: what comes from here on is live.
void Session::arrive() {
    catching_up_ = false;
    const Json data{{"count", told_again_}, {"gap", gap_}, {"last_seq", cursor_}};
    tell(text_frame(message("resumed", hub_.now(), data)));
}

void Session::resume(std::int64_t from) {
    const auto head = mailbox_->head().value_or(0);
    if (loading_ || from > head) {
        resume_from_ = from;
        if (!loading_) load();
        return;
    }
    rewind(from, head);
    advance();
}

// A place that does not exist is of another feed than this one: nothing can be told of what it missed.
void Session::rewind(std::int64_t from, std::int64_t head) {
    catching_up_ = true;
    told_again_ = 0;
    gap_ = from > head;
    cursor_ = std::min(from, head);
}

// ---- What the client says

void Session::received(std::string_view text) {
    if (!connection_) return;
    if (starting_) return keep_for_later(text);
    if (!messages_.take(message_rate, std::chrono::steady_clock::now()))
        return fail(too_fast("Too many messages; slow down."), {});
    carry_out(parse_client_message(text));
}

// Where the feed ends is still being asked: what the client says meanwhile is answered behind `connected`.
void Session::keep_for_later(std::string_view text) {
    if (!held_) held_ = std::make_unique<Held>();
    held_->bytes += text.size();
    if (held_->said.size() >= early_limit ||
        held_->bytes > std::max(early_bytes, hub_.settings().message_bytes))
        return close(CloseCode::policy, "too much before connected");
    held_->said.emplace_back(text);
}

void Session::tell_news(const Frame& frame) {
    if (!starting_ && !loading_) return tell(frame);
    if (!held_) held_ = std::make_unique<Held>();
    if (held_->news.size() < news_limit) held_->news.push_back(frame);
}

void Session::catch_up_with_talk() {
    if (starting_ || loading_) return;
    const auto held = std::exchange(held_, nullptr);
    if (!held) return;
    for (const auto& frame : held->news) tell(frame);
    for (const auto& text : held->said)
        if (connection_) received(text);
}

void Session::carry_out(Said said) {
    if (said.message.has_error()) return fail(said.message.error(), said.type);
    if (const auto* ping = std::get_if<Ping>(&*said.message)) return answer("pong", ping->data);
    if (const auto* asked = std::get_if<Resume>(&*said.message)) {
        if (!resumes_.take(resume_rate, std::chrono::steady_clock::now()))
            return fail(too_fast("Too many times resumed; slow down."), said.type);
        succeed();
        return resume(asked->last_seq);
    }
    if (!commands_) commands_ = std::make_unique<Commands>(hub_, *this);
    if (!commands_->take(std::move(said)))
        fail(too_fast("Too many messages wait for their turn; slow down."), said.type);
}

void Session::answer(std::string_view type, const Json& data) {
    succeed();
    tell(text_frame(message(type, hub_.now(), data)));
}

void Session::fail(const Error& error, std::string_view about) {
    tell(text_frame(error_message(error, about, hub_.now())));
    if (++errors_in_a_row_ >= errors_forgiven) close(CloseCode::policy, "20 errors in a row");
}

void Session::tell(const Frame& frame) {
    if (!connection_) return;
    const auto& settings = hub_.settings();
    const auto backlog = connection_->backlog();
    // Answers are not held back for slow readers as messages are, so somebody who asks and does not read is
    // let go.
    // A few large messages of the feed are no flood; large answers are what was asked for, and count like
    // messages.
    const bool large = frame->size() > large_answer && backlog.frames > 0 &&
                       backlog.bytes + frame->size() > settings.queue_bytes;
    const bool many = backlog.frames >= answers_unread && backlog.bytes >= 2 * settings.queue_bytes;
    if (large || many || backlog.frames >= 2 * settings.queue_messages)
        return close(CloseCode::try_later, "answers are not read");
    connection_->send(frame);
    hub_.count_control();
}

void Session::tell_of_failure(const std::exception_ptr& failed) const {
    try {
        std::rethrow_exception(failed);
    } catch (const Unavailable&) {
        log::debug("replay_failed", {{"connection", id()}, {"reason", "the database is away"}});
    } catch (const std::exception& surprise) {
        log::error("replay_failed", {{"connection", id()}, {"what", log::without_values(surprise.what())}});
    }
}

Session::Look Session::look() const {
    Look look;
    look.id = id();
    look.device = device();
    if (commands_) {
        look.platform = commands_->platform();
        look.app_version = commands_->app_version();
    }
    look.connected_at = connected_at_;
    look.cursor = cursor_;
    look.state = starting_ ? "starting" : catching_up_ ? "catching_up" : "live";
    if (connection_) {
        look.peer = connection_->peer();
        look.backlog = connection_->backlog();
    }
    return look;
}

}  // namespace carillon::realtime
