#include "outbound/client.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "outbound/loop.hpp"

namespace carillon::outbound {

Client::Client(ClientSettings settings) : loop_{std::make_unique<Loop>(std::move(settings))} {}

Client::~Client() = default;

asio::awaitable<Reply> Client::send(Call call) {
    auto hand_over = [loop = loop_.get(), call = std::move(call)](auto handler) mutable {
        const asio::any_io_executor executor = asio::get_associated_executor(handler);
        auto kept_alive = asio::prefer(executor, asio::execution::outstanding_work.tracked);
        loop->submit(std::make_unique<Exchange>(std::move(call), std::move(handler), std::move(kept_alive)));
    };
    return asio::async_initiate<const asio::use_awaitable_t<>, void(Reply)>(std::move(hand_over),
                                                                            asio::use_awaitable);
}

void Client::stop() {
    loop_->stop();
}

ClientNumbers Client::numbers() const {
    return loop_->numbers();
}

std::string url_encode(std::string_view text) {
    constexpr std::string_view kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (kept.find(c) != kept.npos) {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += '%';
        encoded += digits[byte >> 4];
        encoded += digits[byte & 15];
    }
    return encoded;
}

}  // namespace carillon::outbound
