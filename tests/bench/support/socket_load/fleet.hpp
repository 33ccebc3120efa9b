// WebSockets by the thousand, and the book that is kept of what they get.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "link.hpp"
#include "measure.hpp"
#include "message.hpp"

namespace load {

struct User {
    std::string id;
    std::string token;
};

// Whom a publish reaches: all sockets of one user.
struct Channel {
    std::vector<std::uint32_t> received;  // by how many sockets, for each message since `first`
    std::uint64_t first = 0;
};

struct FleetSettings {
    std::uint16_t port;
    Template path;
    Template header;  // one more line of the handshake, or none
    std::size_t size;
    bool greeted;  // the server speaks first, and only then the socket counts as open
    bool gapless;  // numbers are the server's, one more each time; else only the same for all of a channel
    SSL_CTX* tls = nullptr;
};

class Fleet;

class Socket final : public Handler {
public:
    enum class State : std::uint8_t { idle, waiting, connecting, upgraded, returning, open, ended };

    void begin(Fleet& fleet, std::uint32_t index, std::int64_t back);
    void ready(std::uint32_t events) override;
    void abort();

    State state = State::idle;
    std::uint64_t got = 0;    // live messages
    std::int64_t last = -1;   // the number of the last message
    std::uint64_t order = 0;  // of all numbers in their order

private:
    friend class Fleet;

    std::size_t take(const char* begin, const char* end);
    std::size_t take_answer(const char* begin, const char* end);
    void take_frame(const Frame& frame);
    void take_message(std::string_view text);
    void take_control(std::string_view text);
    void take_number(std::int64_t number);

    Fleet* fleet_ = nullptr;
    std::uint32_t index_ = 0;
    std::uint32_t resumed_ = 0;
    std::int64_t back_ = 0;  // how many messages are asked for again
    std::int64_t began_ns_ = 0;
    std::int64_t arrived_ns_ = 0;
    Link link_;
    Inbox inbox_;
};

class Fleet {
public:
    Fleet(Loop& on, FleetSettings wanted, std::vector<User> whom)
        : loop{on},
          settings{std::move(wanted)},
          users{std::move(whom)},
          sockets{settings.size},
          channels{users.size()} {
        if (users.empty() || settings.size % users.size() != 0)
            fail("each user must have the same number of sockets");
    }

    // All sockets, so many handshakes at a time; or all that were open before, asking for messages again.
    void open(std::size_t at_once, std::int64_t back = 0) {
        at_once_ = at_once;
        back_ = back;
        began_ns = now_ns();
        opened_ns.clear();
        refused = next_ = 0;
        refill();
    }
    void abort_all() {
        for (auto& socket : sockets) socket.abort();
        open_ = 0;
    }

    // Those who were told to come again later do so.
    void retry_due() {
        while (!retries_.empty() && retries_.top().first <= now_ns()) {
            auto& socket = sockets[retries_.top().second];
            retries_.pop();
            if (socket.state == Socket::State::waiting) socket.begin(*this, index_of(socket), back_);
        }
    }
    std::int64_t next_retry_ns() const { return retries_.empty() ? INT64_MAX : retries_.top().first; }

    std::size_t open_count() const { return open_; }
    bool all_open() const { return open_ == sockets.size(); }
    std::size_t sockets_each() const { return sockets.size() / users.size(); }

    Channel& channel_of(std::uint32_t index) { return channels[index % users.size()]; }

    // Messages are counted from here; every socket must have got as many as the others of its channel.
    void begin_run() {
        delivery.clear();
        last_receipt.clear();
        received = completed = bytes = catch_ups = 0;
        for (std::size_t i = 0; i < sockets.size(); ++i) {
            auto& channel = channels[i % users.size()];
            if (i < users.size()) channel = {.received = {}, .first = sockets[i].got};
            if (sockets[i].got != channel.first) fail("a socket has missed a message before");
        }
    }
    void check_order() const {
        for (std::size_t i = users.size(); i < sockets.size(); ++i) {
            if (sockets[i].order != sockets[i % users.size()].order) {
                fail("two sockets of a channel got their messages in different order");
            }
        }
    }
    bool each_got(std::uint64_t wanted) const {
        for (const auto& socket : sockets) {
            if (socket.got < wanted) return false;
        }
        return true;
    }

    Loop& loop;
    FleetSettings settings;
    std::vector<User> users;
    std::vector<Socket> sockets;
    std::vector<Channel> channels;
    Member seq{"seq"};
    Member sent{"sent"};
    Member type{"type"};
    Member last_seq{"last_seq"};
    Member count{"count"};

    Histogram delivery;      // from the publish to one socket
    Histogram last_receipt;  // to the last one
    Histogram opened_ns;     // from when all began until this socket was open
    std::uint64_t received = 0;
    std::uint64_t completed = 0;  // messages that all sockets of their channel got
    std::uint64_t bytes = 0;
    std::uint64_t catch_ups = 0;
    std::uint64_t refused = 0;
    std::int64_t began_ns = 0;
    std::map<int, std::uint64_t> closed;  // by the code of the closing frame; 0 without one
    bool closing_expected = false;

private:
    friend class Socket;

    std::uint32_t index_of(const Socket& socket) const {
        return static_cast<std::uint32_t>(&socket - sockets.data());
    }
    void refill() {
        for (; next_ < sockets.size() && next_ < open_ + at_once_; ++next_) {
            sockets[next_].begin(*this, static_cast<std::uint32_t>(next_), back_);
        }
    }
    void has_opened(std::int64_t since_ns) {
        opened_ns.add(now_ns() - since_ns);
        ++open_;
        refill();
    }
    void was_refused(Socket& socket, std::size_t seconds) {
        ++refused;
        socket.state = Socket::State::waiting;
        // A little apart, as clients do that were told the same.
        const auto apart_ns = std::uniform_int_distribution<std::int64_t>{0, 250'000'000}(random_);
        const auto pause_ns = static_cast<std::int64_t>(std::max<std::size_t>(seconds, 1)) * 1'000'000'000;
        retries_.emplace(now_ns() + pause_ns + apart_ns, index_of(socket));
    }
    void was_closed(int code) {
        if (!closing_expected) fail("a socket was closed, code " + std::to_string(code));
        ++closed[code];
        --open_;
    }
    std::uint16_t source_of(std::uint32_t index) const {
        constexpr std::size_t each = 5'000;
        const auto sources = (sockets.size() + each - 1) / each;
        return sources == 1 ? std::uint16_t{0} : static_cast<std::uint16_t>(2 + index % sources);
    }

    using Retry = std::pair<std::int64_t, std::uint32_t>;

    std::size_t at_once_ = 0;
    std::size_t next_ = 0;
    std::size_t open_ = 0;
    std::int64_t back_ = 0;
    std::priority_queue<Retry, std::vector<Retry>, std::greater<>> retries_;
    std::minstd_rand random_{1};
};

inline void Socket::begin(Fleet& fleet, std::uint32_t index, std::int64_t back) {
    if (state == State::idle || state == State::ended) began_ns_ = now_ns();
    fleet_ = &fleet;
    index_ = index;
    state = State::connecting;
    resumed_ = 0;
    back_ = back;
    inbox_.clear();
    link_.abort();
    const auto& user = fleet.users[index % fleet.users.size()];
    const auto value = [&user](std::string_view name) { return name == "token" ? user.token : user.id; };
    auto path = fleet.settings.path.filled(value);
    if (back > 0) {
        if (last < back) fail("a socket cannot ask for messages that it never got");
        last -= back;
        path += "?since=" + std::to_string(last);
        back_ = back;
    }
    link_.connect(fleet.loop, *this, fleet.settings.port, fleet.source_of(index), fleet.settings.tls);
    link_.write(
        "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(fleet.settings.port) +
        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
        std::string{handshake_key} + "\r\n" +
        (fleet.settings.header.empty() ? "" : fleet.settings.header.filled(value) + "\r\n") + "\r\n");
}

inline void Socket::ready(std::uint32_t events) {
    if (!link_.is_open()) return;  // it was closed by what came just before
    link_.flush();
    const auto take_all = [this](const char* begin, const char* end) { return take(begin, end); };
    if (!inbox_.drain(link_, events, take_all)) return;
    if (state == State::connecting) fail("a socket was closed before it was open");
    link_.abort();
    if (state != State::ended) fleet_->was_closed(0);
    state = State::ended;
}

inline void Socket::abort() {
    link_.abort();
    inbox_.clear();
    state = State::ended;
}

inline std::size_t Socket::take(const char* begin, const char* end) {
    arrived_ns_ = now_ns();
    const char* at = begin;
    if (state == State::connecting) at += take_answer(at, end);
    while (state != State::connecting && link_.is_open()) {
        const auto frame = parse_frame(at, end);
        if (!frame) break;
        take_frame(*frame);
        at += frame->size;
    }
    return static_cast<std::size_t>(at - begin);
}

inline std::size_t Socket::take_answer(const char* begin, const char* end) {
    const auto answer = parse_answer(begin, end);
    if (!answer) return 0;
    const auto& head = answer->head;
    if (head.status() == 503) {
        link_.abort();
        if (back_ > 0) last += back_;
        fleet_->was_refused(*this, head.number("Retry-After"));
        return 0;
    }
    if (head.status() != 101 || head.header("Sec-WebSocket-Accept") != handshake_accept) {
        fail("a handshake was answered with " + std::string{head.text.substr(0, head.text.find("\r\n"))} +
             "\n" + std::string{begin, end});
    }
    state = back_ > 0 ? State::returning : fleet_->settings.greeted ? State::upgraded : State::open;
    if (state == State::open) fleet_->has_opened(began_ns_);
    return answer->size;
}

inline void Socket::take_frame(const Frame& frame) {
    switch (frame.kind) {
        case Frame::text: return take_message(frame.payload);
        case Frame::ping: return link_.write(control_frame(Frame::pong, frame.payload));
        case Frame::pong: return;
        case Frame::close: {
            const auto& text = frame.payload;
            const auto byte = [&text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
            link_.write(control_frame(Frame::close, text.substr(0, 2)));
            state = State::ended;
            return fleet_->was_closed(text.size() < 2 ? 0 : byte(0) << 8 | byte(1));
        }
        default: fail("a frame of kind " + std::to_string(frame.kind) + " is not understood here");
    }
}

inline void Socket::take_message(std::string_view text) {
    const auto number = fleet_->seq.number(text);
    if (!number) return take_control(text);
    take_number(*number);
    if (state == State::returning) {
        ++resumed_;
        return;
    }
    fleet_->bytes += text.size();
    ++fleet_->received;
    const auto sent_ns = fleet_->sent.number(text);
    const auto took_ns = sent_ns ? arrived_ns_ - *sent_ns : 0;
    if (sent_ns) fleet_->delivery.add(took_ns);
    const auto each = fleet_->sockets_each();
    auto& channel = fleet_->channel_of(index_);
    const auto place = got++ - channel.first;
    if (each > 1) {
        if (channel.received.size() <= place) channel.received.resize(place + 1);
        if (++channel.received[place] < each) return;
    }
    ++fleet_->completed;
    if (sent_ns) fleet_->last_receipt.add(took_ns);
}

inline void Socket::take_number(std::int64_t number) {
    if (fleet_->settings.gapless && last >= 0 && number != last + 1) {
        fail("message " + std::to_string(number) + " came after " + std::to_string(last));
    }
    last = number;
    order = order * 1'000'003 + static_cast<std::uint64_t>(number);
}

// A message without a number: the server speaks of the connection.
inline void Socket::take_control(std::string_view text) {
    const auto kind = fleet_->type.word(text);
    if (kind == "connected") {
        if (state != State::upgraded) return;
        last = fleet_->last_seq.number(text).value_or(0);
        state = State::open;
        fleet_->has_opened(began_ns_);
    } else if (kind == "resumed") {
        if (state != State::returning) return;
        if (resumed_ != static_cast<std::uint64_t>(back_) || fleet_->count.number(text) != back_) {
            fail("asked for " + std::to_string(back_) + " messages again and got " +
                 std::to_string(resumed_) + ": " + std::string{text});
        }
        state = State::open;
        fleet_->has_opened(fleet_->began_ns);
    } else if (kind == "catch_up") {
        ++fleet_->catch_ups;
    } else if (kind == "error") {
        fail("the server says: " + std::string{text});
    }
}

}  // namespace load
