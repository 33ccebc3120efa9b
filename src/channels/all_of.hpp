#pragma once
// Several coroutines at once, and their answers in their order.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace carillon::channels {

namespace asio = boost::asio;

// The works may borrow from the caller's frame: this returns when all have ended, and cannot be cancelled
// before. Throws what the first that failed threw, after the last has ended.
template <class Answer>
asio::awaitable<std::vector<Answer>> all_of(std::vector<asio::awaitable<Answer>> works) {
    const asio::disable_cancellation none;
    co_await asio::this_coro::reset_cancellation_state(none);
    const auto executor = co_await asio::this_coro::executor;

    struct Gathering {
        asio::steady_timer bell;
        std::vector<Answer> answers;
        std::exception_ptr error;
        std::size_t left;
    };
    const auto gathering = std::make_shared<Gathering>(
        Gathering{asio::steady_timer{executor, asio::steady_timer::time_point::max()},
                  std::vector<Answer>(works.size()), nullptr, works.size()});

    for (std::size_t i = 0; i < works.size(); ++i) {
        const auto take = [gathering, i](const std::exception_ptr& error, Answer answer) {
            if (error && !gathering->error) gathering->error = error;
            gathering->answers[i] = std::move(answer);
            if (--gathering->left == 0) gathering->bell.cancel();
        };
        asio::co_spawn(executor, std::move(works[i]), take);
    }
    while (gathering->left > 0) co_await gathering->bell.async_wait(asio::as_tuple(asio::use_awaitable));
    if (gathering->error) std::rethrow_exception(gathering->error);
    co_return std::move(gathering->answers);
}

}  // namespace carillon::channels
