#pragma once
// What has ended in a turn of the client's loop, handed over together: one wake-up of the caller's loop for
// all of it, not one for each.
#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <vector>

#include "outbound/exchange.hpp"

namespace carillon::outbound {

class Answers {
public:
    void add(std::unique_ptr<Exchange> exchange);
    void hand_over();

private:
    using Exchanges = std::vector<std::unique_ptr<Exchange>>;
    struct Delivery;

    Exchanges ended_;
};

}  // namespace carillon::outbound
