#include "outbound/answers.hpp"

#include <boost/asio/post.hpp>
#include <algorithm>
#include <utility>

namespace carillon::outbound {

// Runs on the caller's loop. What a coroutine throws there Asio keeps until all of it has run.
struct Answers::Delivery {
    Exchanges exchanges;

    void operator()() {
        for (auto& exchange : exchanges) std::move(exchange->done)(std::move(exchange->reply));
    }
};

void Answers::add(std::unique_ptr<Exchange> exchange) {
    ended_.push_back(std::move(exchange));
}

void Answers::hand_over() {
    while (!ended_.empty()) {
        const auto executor = ended_.front()->executor;
        const auto others = std::stable_partition(
            ended_.begin(), ended_.end(), [&](const auto& each) { return each->executor == executor; });
        Delivery delivery;
        delivery.exchanges.assign(std::move_iterator{ended_.begin()}, std::move_iterator{others});
        ended_.erase(ended_.begin(), others);
        asio::post(executor, std::move(delivery));
    }
}

}  // namespace carillon::outbound
