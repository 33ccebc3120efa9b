#include "net/websockets.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace carillon::net {
namespace {

// Sockets that write before everybody else has a turn: about a millisecond.
constexpr std::size_t written_in_a_turn = 512;
constexpr std::chrono::seconds patience_when_leaving{1};

}  // namespace

WebSockets::WebSockets(boost::asio::io_context& io, TimerWheel& wheel, WebSocketSettings settings,
                       std::function<void(const std::string&)> gone)
    : io_{io}, wheel_{wheel}, settings_{settings}, gone_{std::move(gone)} {}

WebSockets::~WebSockets() {
    while (first_) {
        auto* socket = first_;
        first_ = socket->next_;
        delete socket;
    }
}

void WebSockets::adopt(Stream stream, std::shared_ptr<Speaker> speaker, std::string peer,
                       std::string address_key, std::string received) {
    auto socket = std::make_unique<WebSocket>(*this, std::move(stream), std::move(speaker), std::move(peer),
                                              std::move(address_key));
    // From here on it belongs to the list.
    auto* adopted = socket.release();
    adopted->next_ = first_;
    if (first_) first_->previous_ = adopted;
    first_ = adopted;
    ++numbers_.open;
    ++numbers_.opened;
    adopted->start(std::move(received));
    if (leaving_) adopted->going_away();
}

std::chrono::milliseconds WebSockets::patience() const noexcept {
    return leaving_ ? patience_when_leaving : settings_.close;
}

void WebSockets::going_away() {
    leaving_ = true;
    for (auto* socket = first_; socket; socket = socket->next_) socket->going_away();
}

void WebSockets::abort() {
    for (auto* socket = first_; socket; socket = socket->next_) socket->end();
}

// Posted, so that everything that is sent in this turn of the loop goes out in one call.
void WebSockets::schedule(WebSocket& socket) {
    to_write_.push_back(&socket);
    if (turn_comes_) return;
    turn_comes_ = true;
    boost::asio::post(io_, [this] { write_turn(); });
}

void WebSockets::write_turn() {
    for (std::size_t i = 0; i < written_in_a_turn && writing_ < to_write_.size(); ++i)
        to_write_[writing_++]->write_out();
    if (writing_ < to_write_.size()) {
        // Under lasting load it is never empty.
        to_write_.erase(to_write_.begin(), to_write_.begin() + static_cast<std::ptrdiff_t>(writing_));
        writing_ = 0;
        boost::asio::post(io_, [this] { write_turn(); });
        return;
    }
    turn_comes_ = false;
    to_write_.clear();
    writing_ = 0;
}

// Later, because it is called from within the socket.
void WebSockets::bury(WebSocket& socket) {
    if (!socket.buried()) return;
    dead_.push_back(&socket);
    if (dead_.size() > 1) return;
    boost::asio::post(io_, [this] {
        const auto dead = std::exchange(dead_, {});
        for (auto* each : dead) remove(*each);
    });
}

void WebSockets::remove(WebSocket& socket) {
    if (socket.previous_) socket.previous_->next_ = socket.next_;
    if (socket.next_) socket.next_->previous_ = socket.previous_;
    if (first_ == &socket) first_ = socket.next_;
    --numbers_.open;
    const std::unique_ptr<WebSocket> last{&socket};
    if (gone_) gone_(socket.address_key());
}

}  // namespace carillon::net
