#pragma once
// Many ask, one goes: whoever asks while an answer is on its way waits for that answer.
// Threads: the event loop. Lifetime: what the work touches must live until it has landed, this need not.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace carillon::channels {

namespace asio = boost::asio;

template <class Answer>
class SingleFlight {
public:
    using Work = std::function<asio::awaitable<Answer>()>;

    // The answer of the work that is under way, or of this work. Throws what it threw.
    asio::awaitable<Answer> join(Work work) {
        const auto executor = co_await asio::this_coro::executor;
        const auto flight = begin(executor, std::move(work));
        while (!flight->landed) co_await flight->bell.async_wait(asio::as_tuple(asio::use_awaitable));
        if (flight->error) std::rethrow_exception(flight->error);
        co_return *flight->answer;
    }

    // Sets it off, if none is under way, for those who will ask later.
    void set_off(const asio::any_io_executor& executor, Work work) { begin(executor, std::move(work)); }

private:
    struct Flight {
        explicit Flight(const asio::any_io_executor& executor)
            : bell{executor, asio::steady_timer::time_point::max()} {}

        asio::steady_timer bell;  // rings for all who wait
        std::optional<Answer> answer;
        std::exception_ptr error;
        bool landed = false;
    };

    std::shared_ptr<Flight> begin(const asio::any_io_executor& executor, Work work) {
        if (flight_ && !flight_->landed) return flight_;
        flight_ = std::make_shared<Flight>(executor);
        asio::co_spawn(executor, fly(flight_, std::move(work)), [flight = flight_](std::exception_ptr error) {
            flight->error = std::move(error);
            flight->landed = true;
            flight->bell.cancel();
        });
        return flight_;
    }

    // Owns the work: its coroutine may refer to what it captured.
    static asio::awaitable<void> fly(std::shared_ptr<Flight> flight, Work work) {
        auto under_way = work();
        flight->answer = co_await std::move(under_way);
    }

    std::shared_ptr<Flight> flight_;
};

}  // namespace carillon::channels
