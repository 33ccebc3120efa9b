#pragma once
// One WebSocket: frames in and out of a socket, for a Speaker. No coroutine, no timer and no buffer of its
// own while it rests.
//
// Threads: the event loop. Lifetime: belongs to its WebSockets, which bury it once it has ended and nothing
//   waits for its socket any more; its speaker goes with it.
// Invariants: what is queued goes out whole and in order, in one gathered write per turn of the loop; a close
//   frame is the last. A speaker is told nothing after closed() or its own close().
#include <carillon/connection.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/frame_parser.hpp"
#include "net/stream.hpp"
#include "net/timer_wheel.hpp"

namespace carillon::net {

class WebSockets;

class WebSocket final : public Connection, private FrameParser::Listener {
public:
    WebSocket(WebSockets& all, Stream stream, std::shared_ptr<Speaker> speaker, std::string peer,
              std::string address_key);
    ~WebSocket();

    // `received`: what came behind the handshake already.
    void start(std::string received);
    void write_out();
    void going_away();
    // At once, whatever is queued.
    void end();
    // Nothing of asio's refers to it any more.
    [[nodiscard]] bool buried() const noexcept {
        return ended_ && !reading_ && !write_waiting_ && !write_scheduled_;
    }
    [[nodiscard]] const std::string& address_key() const noexcept { return address_key_; }

    void send(Frame frame) override;
    void close(CloseCode code, std::string_view reason) override;
    [[nodiscard]] Backlog backlog() const noexcept override;
    void tell_when_drained() noexcept override { tell_drained_ = true; }
    void limit_life(std::chrono::milliseconds from_now) override;
    [[nodiscard]] std::string_view peer() const noexcept override { return peer_; }

private:
    friend class WebSockets;
    using Clock = std::chrono::steady_clock;

    bool on_text(std::string_view text) override;
    bool on_ping(std::string_view payload) override;
    bool on_pong() override;
    void on_close(std::uint16_t code) override;
    void on_failure(CloseCode code, std::string_view why) override;

    void wait_for_input(Stream::Wants wants);
    void read();
    // False: it has ended.
    bool take(char* bytes, std::size_t size);
    void enqueue(Frame frame);
    void queue_close(std::uint16_t code, std::string_view reason);
    void leave_speaker(std::uint16_t code);
    [[nodiscard]] Stream::Step write_some();
    void drop_written(std::size_t bytes);
    void drop_unwritten();
    void wrote_all();
    void wait_for_output(Stream::Wants wants);
    void finish();
    void tick();
    void wind_clock();

    enum class State : std::uint8_t {
        open,
        closing,  // our close frame is queued or sent; theirs is waited for
        closed,   // both sides have said goodbye, or theirs is worth nothing: ours goes out, then it ends
    };

    WebSockets& all_;
    Stream stream_;
    TimerWheel::Deadline deadline_;
    std::shared_ptr<Speaker> speaker_;
    FrameParser parser_;
    std::vector<Frame> queue_;
    std::string owed_pong_;  // what the latest of many pings carried, for when the queue has gone out
    std::size_t queue_bytes_ = 0;
    std::uint32_t first_ = 0;   // of the queue, the first that is not written
    std::uint32_t offset_ = 0;  // bytes of it that are
    Clock::time_point life_ends_ = Clock::time_point::max();
    std::string peer_;
    std::string address_key_;
    WebSocket* previous_ = nullptr;  // in the list of all
    WebSocket* next_ = nullptr;
    State state_ = State::open;
    std::uint8_t pings_unanswered_ = 0;
    bool reading_ = false;        // asio holds a wait, or a post, of ours
    bool write_waiting_ = false;  // the socket takes nothing at the moment
    bool write_scheduled_ = false;
    bool tell_drained_ = false;
    bool owes_pong_ = false;
    bool broken_ = false;      // by the other side: it may still be sending
    bool discarding_ = false;  // what still comes in is not looked at
    bool ended_ = false;
};

}  // namespace carillon::net
