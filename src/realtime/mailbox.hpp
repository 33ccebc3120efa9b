#pragma once
// One reader, as far as memory knows them: where their feed ends, its last messages, and who is connected.
//
// Threads: the event loop. Lifetime: in the hub's map while somebody is connected, and some minutes longer,
//   so that whoever comes back soon is served from here.
// Invariants: what is kept is a run of the feed without a gap, its last message the newest that was told. The
//   feed may end further on: a message that is committed and not told yet, or told to another server.
#include <carillon/connection.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace carillon::realtime {

class Session;
class RecentMessages;

// A message in memory, in its mailbox and in the order of all.
struct Recent {
    Frame frame;
    std::int64_t seq = 0;
    class Mailbox* mailbox = nullptr;
    std::size_t bytes = 0;
    Recent* older = nullptr;
    Recent* newer = nullptr;
};

// All messages in memory, oldest first, within a limit of bytes.
class RecentMessages {
public:
    explicit RecentMessages(std::size_t limit) : limit_{limit} {}
    RecentMessages(const RecentMessages&) = delete;
    RecentMessages& operator=(const RecentMessages&) = delete;

    void add(Recent& message);
    void remove(Recent& message);
    void resize(Recent& message, std::size_t bytes);
    [[nodiscard]] Recent* oldest() const noexcept { return oldest_; }
    [[nodiscard]] bool full() const noexcept { return bytes_ > limit_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    std::size_t limit_;
    std::size_t bytes_ = 0;
    Recent* oldest_ = nullptr;
    Recent* newest_ = nullptr;
};

class Mailbox {
public:
    using Clock = std::chrono::steady_clock;

    explicit Mailbox(RecentMessages& recent) : all_recent_{recent} {}
    ~Mailbox();
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    // Where the feed ends; nothing while nobody has looked.
    [[nodiscard]] std::optional<std::int64_t> head() const noexcept {
        return head_ < 0 ? std::nullopt : std::optional{head_};
    }
    // Somebody has seen it end there; true when it was not known to go so far.
    bool learn(std::int64_t head) noexcept {
        const bool news = head > head_;
        head_ = std::max(head_, head);
        return news;
    }

    // Keeps the message; false when it is an old one.
    bool add(std::int64_t seq, Frame frame);
    // Null when it is not in memory.
    [[nodiscard]] const Frame* find(std::int64_t seq) const;
    // The messages from one place to another have been read.
    void mark_read(std::int64_t from, std::int64_t to);
    void forget_oldest();
    // What was known is of another feed: this one ends there.
    void restart(std::int64_t head);

    [[nodiscard]] std::vector<Session*>& sessions() noexcept { return sessions_; }
    [[nodiscard]] const std::vector<Session*>& sessions() const noexcept { return sessions_; }

    Clock::time_point left_at;  // when the last one went

private:
    [[nodiscard]] std::int64_t first() const noexcept {
        return tail_ - static_cast<std::int64_t>(recent_.size()) + 1;
    }
    void forget_all();

    RecentMessages& all_recent_;
    std::int64_t head_ = -1;
    std::int64_t tail_ = 0;  // the last in memory
    std::vector<std::unique_ptr<Recent>> recent_;
    std::vector<Session*> sessions_;  // in the order they came
};

}  // namespace carillon::realtime
