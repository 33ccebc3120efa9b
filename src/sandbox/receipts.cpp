#include "sandbox/receipts.hpp"

#include <boost/asio/co_spawn.hpp>
#include <carillon/log.hpp>
#include <exception>
#include <utility>

namespace carillon::sandbox {
namespace {

constexpr int tries = 5;
constexpr std::chrono::seconds patience{10};

void tell_surprise(std::exception_ptr surprise) {
    if (!surprise) return;
    try {
        std::rethrow_exception(surprise);
    } catch (const std::exception& what) {
        log::error("receipt_lost", {{"what", what.what()}});
    }
}

}  // namespace

Receipts::Receipts(asio::any_io_executor executor, Pauses& pauses, Clock clock, Phones& phones,
                   const Behaviour& behaviour, Post post, std::size_t limit)
    : executor_{std::move(executor)},
      pauses_{pauses},
      clock_{std::move(clock)},
      phones_{phones},
      behaviour_{behaviour},
      post_{std::move(post)},
      limit_{limit} {}

void Receipts::follow(const Outgoing& message) {
    start(message.number, message.message_id, maker_.script(message, behaviour_.receipts, clock_()));
}

void Receipts::tell_read(const Outgoing& message) {
    std::vector<Receipt> script;
    script.push_back(maker_.read_receipt(message, behaviour_.receipts, clock_()));
    start(message.number, message.message_id, std::move(script));
}

void Receipts::tell_received(const std::string& number, const Contact& contact, const ChatNote& note) {
    std::vector<Receipt> script;
    const int copies = behaviour_.receipts.duplicates ? 2 : 1;
    script.push_back({maker_.received(number, contact, note), std::nullopt, {}, copies});
    start(number, note.id, std::move(script));
}

void Receipts::start(std::string number, std::string message_id, std::vector<Receipt> script) {
    if (script.empty()) return;
    if (numbers_.under_way >= limit_) {
        ++numbers_.dropped;
        return;
    }
    ++numbers_.under_way;
    asio::co_spawn(executor_, run(std::move(number), std::move(message_id), std::move(script)),
                   [this](std::exception_ptr surprise) {
                       --numbers_.under_way;
                       tell_surprise(surprise);
                   });
}

asio::awaitable<void> Receipts::run(std::string number, std::string message_id, std::vector<Receipt> script) {
    for (const auto& receipt : script) {
        const bool waited = co_await pauses_.wait(receipt.delay);
        if (!waited) co_return;
        if (receipt.tick) phones_.tick(number, message_id, *receipt.tick, clock_());
        for (int copy = 0; copy < receipt.copies; ++copy) co_await deliver(to_text(receipt.event));
    }
}

asio::awaitable<void> Receipts::deliver(std::string event) {
    auto pause = behaviour_.receipts.retry;
    for (int attempt = 1; attempt <= tries; ++attempt) {
        // Asked anew each time: the webhook may be set while a message waits.
        const auto& receipts = behaviour_.receipts;
        if (receipts.url.empty()) co_return;
        outbound::Call call;
        call.url = receipts.url;
        call.headers = {{"Content-Type", "application/json"}};
        if (!receipts.key.empty()) call.headers.emplace_back("X-API-Key", receipts.key);
        call.body = event;
        call.timeout = patience;
        const int status = co_await post_(std::move(call));
        if (status >= 200 && status < 300) {
            ++numbers_.taken;
            co_return;
        }
        if (attempt == tries) break;
        ++numbers_.retried;
        const bool waited = co_await pauses_.wait(pause);
        if (!waited) co_return;
        pause *= 2;
    }
    ++numbers_.given_up;
    log::warn("receipt_given_up", {{"tries", tries}});
}

}  // namespace carillon::sandbox
