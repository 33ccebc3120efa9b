#include "realtime/mailbox.hpp"

#include <algorithm>
#include <utility>

#include "realtime/messages.hpp"

namespace carillon::realtime {
namespace {

// Of one reader; a busy one must not push all others out.
constexpr std::size_t kept_of_one = 200;
// What a message costs beside its text.
constexpr std::size_t overhead = sizeof(Recent) + 64;

std::size_t cost_of(const Frame& frame) {
    return frame->size() + overhead;
}

}  // namespace

void RecentMessages::add(Recent& message) {
    bytes_ += message.bytes;
    message.older = newest_;
    if (newest_)
        newest_->newer = &message;
    else
        oldest_ = &message;
    newest_ = &message;
}

void RecentMessages::remove(Recent& message) {
    bytes_ -= message.bytes;
    (message.older ? message.older->newer : oldest_) = message.newer;
    (message.newer ? message.newer->older : newest_) = message.older;
}

void RecentMessages::resize(Recent& message, std::size_t bytes) {
    bytes_ = bytes_ - message.bytes + bytes;
    message.bytes = bytes;
}

Mailbox::~Mailbox() {
    forget_all();
}

bool Mailbox::add(std::int64_t seq, Frame frame) {
    if (seq <= tail_) return false;
    // What lies between is in the database.
    if (!recent_.empty() && seq != tail_ + 1) forget_all();
    learn(seq);
    tail_ = seq;
    auto message = std::make_unique<Recent>();
    message->bytes = cost_of(frame);
    message->frame = std::move(frame);
    message->seq = seq;
    message->mailbox = this;
    all_recent_.add(*message);
    recent_.push_back(std::move(message));
    if (recent_.size() > kept_of_one) forget_oldest();
    return true;
}

const Frame* Mailbox::find(std::int64_t seq) const {
    if (recent_.empty() || seq < first() || seq > tail_) return nullptr;
    return &recent_[static_cast<std::size_t>(seq - first())]->frame;
}

void Mailbox::mark_read(std::int64_t from, std::int64_t to) {
    for (auto seq = std::max(from, first()); seq <= std::min(to, tail_); ++seq) {
        auto& message = *recent_[static_cast<std::size_t>(seq - first())];
        if (auto marked = marked_read(message.frame)) {
            all_recent_.resize(message, cost_of(marked));
            message.frame = std::move(marked);
        }
    }
}

void Mailbox::forget_oldest() {
    all_recent_.remove(*recent_.front());
    recent_.erase(recent_.begin());
    if (recent_.empty()) recent_.shrink_to_fit();
}

void Mailbox::restart(std::int64_t head) {
    forget_all();
    head_ = tail_ = head;
}

void Mailbox::forget_all() {
    for (const auto& message : recent_) all_recent_.remove(*message);
    recent_.clear();
}

}  // namespace carillon::realtime
