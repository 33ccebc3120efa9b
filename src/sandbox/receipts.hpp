#pragma once
// MyOperator's side of the webhook (v2): what became of a message, and what the customer writes.
//
// Threads: the event loop. Lifetime: outlives its coroutines, which Pauses::stop() ends.
// Overflow: of more than `limit` messages under way the newest is not followed, but counted.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <carillon/json.hpp>
#include <carillon/time.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "outbound/client.hpp"
#include "sandbox/behaviour.hpp"
#include "sandbox/pauses.hpp"
#include "sandbox/phones.hpp"

namespace carillon::sandbox {

// A message on its way, as its receipts tell of it.
struct Outgoing {
    std::string number;
    Contact contact;
    std::string message_id;
    std::string myop_ref_id;  // empty: null
    std::string type;
    std::optional<int> failure;  // Meta's code; it fails and nothing else becomes of it
};

struct Receipt {
    Json event;
    std::optional<Tick> tick;  // what the sender's phone shows from then on
    std::chrono::milliseconds delay{};
    int copies = 1;  // 0: it is lost on its way
};

class EventMaker {
public:
    // All that a message's receipts will be, in the order in which they go out.
    [[nodiscard]] std::vector<Receipt> script(const Outgoing& message, const ReceiptBehaviour& behaviour,
                                              Time now);
    [[nodiscard]] Receipt read_receipt(const Outgoing& message, const ReceiptBehaviour& behaviour, Time now);
    [[nodiscard]] Json received(const std::string& number, const Contact& contact, const ChatNote& note);

private:
    Json status_event(const Outgoing& message, std::string_view status, const ReceiptBehaviour& behaviour,
                      Time now);
    // The twelve fields around every payload.
    Json envelope(std::string_view type, std::string_view direction, const std::string& number,
                  const Contact& contact, Json payload, Time now);

    std::int64_t sequence_ = 0;
};

class Receipts {
public:
    // Makes the call and gives its status; 0: no answer came.
    using Post = std::function<asio::awaitable<int>(outbound::Call)>;

    Receipts(asio::any_io_executor executor, Pauses& pauses, Clock clock, Phones& phones,
             const Behaviour& behaviour, Post post, std::size_t limit = 10'000);

    void follow(const Outgoing& message);
    void tell_read(const Outgoing& message);
    void tell_received(const std::string& number, const Contact& contact, const ChatNote& note);

    struct Numbers {
        std::size_t under_way = 0;  // messages
        std::uint64_t taken = 0;    // events that the webhook answered with 2xx
        std::uint64_t retried = 0;
        std::uint64_t given_up = 0;
        std::uint64_t dropped = 0;  // messages that were not followed: too many were
    };
    [[nodiscard]] const Numbers& numbers() const noexcept { return numbers_; }

private:
    void start(std::string number, std::string message_id, std::vector<Receipt> script);
    asio::awaitable<void> run(std::string number, std::string message_id, std::vector<Receipt> script);
    asio::awaitable<void> deliver(std::string event);

    asio::any_io_executor executor_;
    Pauses& pauses_;
    Clock clock_;
    Phones& phones_;
    const Behaviour& behaviour_;
    Post post_;
    std::size_t limit_;
    EventMaker maker_;
    Numbers numbers_;
};

}  // namespace carillon::sandbox
