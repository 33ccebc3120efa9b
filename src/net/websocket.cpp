#include "net/websocket.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <span>
#include <utility>

#include "core/frame.hpp"
#include "net/websockets.hpp"

namespace carillon::net {
namespace {

// One for all connections of the loop: what is read is taken over before anybody else reads.
std::array<char, 64 << 10>& scratch() {
    thread_local std::array<char, 64 << 10> buffer;
    return buffer;
}

// Of the frames that go out in one call.
constexpr std::size_t gathered = 64;
// A queue that was longer once does not keep its memory.
constexpr std::size_t kept_capacity = 8;
// Of more pings than this that wait for their answer only the latest gets one (RFC 6455, 5.5.3).
constexpr std::size_t pongs_queued = 64;
constexpr int pings_missed = 2;
// A queue that is never quite empty gives back the memory of what has gone out.
constexpr std::uint32_t written_kept = 64;
// Of what the kernel holds without having sent it: a reader that takes nothing is noticed the sooner, and
// costs less.
constexpr int unsent_in_kernel = 128 << 10;
// A token may be good for ever; a clock is not.
constexpr std::chrono::hours longest_life{24 * 365};
constexpr std::uint16_t no_code = 1005;
constexpr std::uint16_t vanished = 1006;

Frame control_frame(Opcode opcode, std::string_view payload) {
    std::string frame;
    append_frame_head(frame, opcode, payload.size());
    frame += payload;
    return std::make_shared<const std::string>(std::move(frame));
}

const Frame& ping_frame() {
    static const Frame frame = control_frame(Opcode::ping, {});
    return frame;
}

}  // namespace

WebSocket::WebSocket(WebSockets& all, Stream stream, std::shared_ptr<Speaker> speaker, std::string peer,
                     std::string address_key)
    : all_{all},
      stream_{std::move(stream)},
      deadline_{all.wheel(), [this] { tick(); }},
      speaker_{std::move(speaker)},
      parser_{all.settings().message_bytes},
      peer_{std::move(peer)},
      address_key_{std::move(address_key)} {
    stream_.limit_unsent(unsent_in_kernel);
}

WebSocket::~WebSocket() = default;

void WebSocket::start(std::string received) {
    wind_clock();
    speaker_->opened(*this);
    if (!received.empty() && !take(received.data(), received.size())) return;
    if (stream_.has_pending())
        read();
    else
        wait_for_input(Stream::Wants::read);
}

// ---- In

void WebSocket::wait_for_input(Stream::Wants wants) {
    if (ended_) return;
    reading_ = true;
    stream_.wait(wants, {this, [](void* self, bool ready) {
                             auto& socket = *static_cast<WebSocket*>(self);
                             socket.reading_ = false;
                             if (socket.ended_) return socket.all_.bury(socket);
                             if (ready) return socket.read();
                             socket.end();
                         }});
}

void WebSocket::read() {
    const auto step = stream_.try_read(scratch().data(), scratch().size());
    if (step.wants != Stream::Wants::nothing) return wait_for_input(step.wants);
    if (step.bytes == 0) return end();
    if (!take(scratch().data(), step.bytes)) return;
    if (step.bytes < scratch().size() && !stream_.has_pending()) return wait_for_input(Stream::Wants::read);
    // There may be more, and others have waited long enough.
    reading_ = true;
    boost::asio::post(all_.io(), [this] {
        reading_ = false;
        if (ended_) return all_.bury(*this);
        read();
    });
}

bool WebSocket::take(char* bytes, std::size_t size) {
    if (!discarding_ && !parser_.take(bytes, size, *this)) discarding_ = true;
    return !ended_;
}

bool WebSocket::on_text(std::string_view text) {
    pings_unanswered_ = 0;
    if (state_ != State::open) return true;
    ++all_.count().messages_received;
    speaker_->received(text);
    return !ended_;
}

bool WebSocket::on_ping(std::string_view payload) {
    pings_unanswered_ = 0;
    if (state_ != State::open) return true;
    if (queue_.size() - first_ < pongs_queued) {
        enqueue(control_frame(Opcode::pong, payload));
    } else {
        owes_pong_ = true;
        owed_pong_ = payload;
    }
    return !ended_;
}

bool WebSocket::on_pong() {
    pings_unanswered_ = 0;
    return true;
}

void WebSocket::on_close(std::uint16_t code) {
    const bool first = state_ == State::open;
    leave_speaker(code);
    state_ = State::closed;
    if (first) queue_close(code == no_code ? static_cast<std::uint16_t>(CloseCode::normal) : code, {});
    if (queue_.size() == first_ && !write_waiting_) finish();
}

void WebSocket::on_failure(CloseCode code, std::string_view why) {
    const bool first = state_ == State::open;
    ++all_.count().failed;
    leave_speaker(static_cast<std::uint16_t>(code));
    state_ = State::closed;
    broken_ = true;
    if (first) {
        drop_unwritten();
        queue_close(static_cast<std::uint16_t>(code), why);
    } else if (queue_.size() == first_ && !write_waiting_) {
        finish();
    }
}

// ---- Out

void WebSocket::send(Frame frame) {
    if (state_ == State::open) enqueue(std::move(frame));
}

void WebSocket::enqueue(Frame frame) {
    queue_bytes_ += frame->size();
    all_.count().queued_bytes += frame->size();
    queue_.push_back(std::move(frame));
    if (write_scheduled_ || write_waiting_) return;
    write_scheduled_ = true;
    all_.schedule(*this);
}

Connection::Backlog WebSocket::backlog() const noexcept {
    return {queue_.size() - first_, queue_bytes_, all_.numbers().queued_bytes};
}

void WebSocket::write_out() {
    write_scheduled_ = false;
    if (ended_) return all_.bury(*this);
    while (first_ < queue_.size()) {
        const auto step = write_some();
        drop_written(step.bytes);
        if (step.bytes > 0) continue;
        if (step.wants == Stream::Wants::nothing) return end();
        return wait_for_output(step.wants);
    }
    wrote_all();
}

Stream::Step WebSocket::write_some() {
    std::array<iovec, gathered> pieces;  // left as it is beyond `count`: this runs for every message
    const auto count = std::min(queue_.size() - first_, pieces.size());
    for (std::size_t i = 0; i < count; ++i) {
        const auto& frame = *queue_[first_ + i];
        const auto skipped = i == 0 ? offset_ : 0;
        pieces[i] = {const_cast<char*>(frame.data()) + skipped, frame.size() - skipped};  // it is only read
    }
    return stream_.try_write(std::span{pieces}.first(count));
}

void WebSocket::drop_written(std::size_t bytes) {
    all_.count().bytes_sent += bytes;
    all_.count().queued_bytes -= bytes;
    queue_bytes_ -= bytes;
    for (std::size_t left = bytes; left > 0;) {
        auto& frame = queue_[first_];
        const auto rest = frame->size() - offset_;
        if (left < rest) {
            offset_ += static_cast<std::uint32_t>(left);
            return;
        }
        left -= rest;
        offset_ = 0;
        frame.reset();
        ++first_;
        ++all_.count().frames_sent;
    }
    if (first_ < written_kept || first_ < queue_.size() / 2) return;
    queue_.erase(queue_.begin(), queue_.begin() + first_);
    first_ = 0;
}

// What has begun must be finished, or nothing that follows could be read. Of a record of TLS that waits to be
// written nobody can say how much of the queue it holds.
void WebSocket::drop_unwritten() {
    if (write_waiting_ && stream_.secure()) return;
    const auto kept = first_ + (offset_ > 0 ? 1U : 0U);
    while (queue_.size() > kept) {
        queue_bytes_ -= queue_.back()->size();
        all_.count().queued_bytes -= queue_.back()->size();
        queue_.pop_back();
    }
}

void WebSocket::wrote_all() {
    queue_.clear();
    first_ = 0;
    if (queue_.capacity() > kept_capacity) std::vector<Frame>{}.swap(queue_);
    if (state_ == State::closed) return finish();
    if (state_ != State::open) return;
    if (std::exchange(owes_pong_, false)) enqueue(control_frame(Opcode::pong, owed_pong_));
    if (std::exchange(tell_drained_, false)) speaker_->drained();
}

void WebSocket::wait_for_output(Stream::Wants wants) {
    write_waiting_ = true;
    if (state_ == State::open) wind_clock();
    stream_.wait(wants, {this, [](void* self, bool ready) {
                             auto& socket = *static_cast<WebSocket*>(self);
                             socket.write_waiting_ = false;
                             if (socket.ended_) return socket.all_.bury(socket);
                             if (!ready) return socket.end();
                             if (socket.state_ == State::open) socket.wind_clock();
                             socket.write_out();
                         }});
}

// ---- Ends

void WebSocket::close(CloseCode code, std::string_view reason) {
    if (state_ != State::open) return;
    state_ = State::closing;
    queue_close(static_cast<std::uint16_t>(code), reason);
}

void WebSocket::queue_close(std::uint16_t code, std::string_view reason) {
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
    payload += reason.substr(0, close_reason_limit);
    deadline_.set(all_.patience());
    enqueue(control_frame(Opcode::close, payload));
}

void WebSocket::leave_speaker(std::uint16_t code) {
    if (state_ != State::open) return;
    state_ = State::closing;
    speaker_->closed(code);
}

// Both have said goodbye. A peer that broke the rules may still be sending: hanging up on unread bytes would
// reset the connection, and our reason could be lost on its way.
void WebSocket::finish() {
    stream_.finish_writing();
    if (!broken_) end();
}

void WebSocket::end() {
    if (ended_) return;
    leave_speaker(vanished);
    ended_ = true;
    state_ = State::closed;
    deadline_.clear();
    all_.count().queued_bytes -= std::exchange(queue_bytes_, 0);
    stream_.cancel();
    all_.bury(*this);
}

void WebSocket::going_away() {
    if (state_ == State::open) speaker_->going_away();
}

void WebSocket::tick() {
    if (state_ != State::open) return end();
    if (Clock::now() >= life_ends_) {
        life_ends_ = Clock::time_point::max();
        speaker_->expired();
        if (state_ == State::open) wind_clock();
        return;
    }
    if (write_waiting_) {
        ++all_.count().stalled;
        leave_speaker(static_cast<std::uint16_t>(CloseCode::try_later));
        state_ = State::closed;
        drop_unwritten();
        return queue_close(static_cast<std::uint16_t>(CloseCode::try_later), "nothing was taken");
    }
    if (pings_unanswered_ >= pings_missed) {
        ++all_.count().unanswered;
        return end();
    }
    ++pings_unanswered_;
    enqueue(ping_frame());
    wind_clock();
}

void WebSocket::limit_life(std::chrono::milliseconds from_now) {
    life_ends_ = Clock::now() + std::min<std::chrono::milliseconds>(from_now, longest_life);
    wind_clock();
}

void WebSocket::wind_clock() {
    // Of a socket that takes nothing no answer to a ping can be expected.
    std::chrono::milliseconds next = write_waiting_ ? all_.settings().stall : all_.settings().ping;
    if (life_ends_ != Clock::time_point::max()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(life_ends_ - Clock::now());
        // The wheel may come by a tick early, and nobody's life ends before its time.
        next = std::clamp(left + TimerWheel::tick, TimerWheel::tick, std::max(next, TimerWheel::tick));
    }
    deadline_.set(next);
}

}  // namespace carillon::net
