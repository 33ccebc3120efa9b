#pragma once
// MyOperator's WhatsApp API.
//
// Threads: the event loop.
#include <string>

#include "http/route.hpp"
#include "sandbox/behaviour.hpp"
#include "sandbox/desk.hpp"
#include "sandbox/phones.hpp"
#include "sandbox/receipts.hpp"

namespace carillon::sandbox {

class MyOperator {
public:
    MyOperator(Desk& desk, Phones& phones, Receipts& receipts, const Behaviour& behaviour)
        : desk_{desk}, phones_{phones}, receipts_{receipts}, behaviour_{behaviour} {}

    [[nodiscard]] http::Routes routes();

    // The customer writes; opens the window.
    ChatNote receive(const std::string& number, const std::string& text);
    // The customer looks at the chat; how many messages that concerned.
    std::size_t read(const std::string& number);

private:
    class Errand;
    class SendErrand;
    class NumbersErrand;

    asio::awaitable<Result<Response>> send(Request& request);
    asio::awaitable<Result<Response>> list_numbers(Request& request);

    Desk& desk_;
    Phones& phones_;
    Receipts& receipts_;
    const Behaviour& behaviour_;
};

}  // namespace carillon::sandbox
