#include "db/database.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "db/pool.hpp"

namespace carillon::db {

Database::Database(Settings settings) : pool_{std::make_unique<Pool>(std::move(settings))} {}

Database::~Database() = default;

void Database::start() {
    pool_->start();
}

void Database::stop(std::chrono::milliseconds limit) {
    pool_->stop(limit);
}

State Database::state() const {
    return pool_->state();
}

const Settings& Database::settings() const noexcept {
    return pool_->settings();
}

// The body lives in the caller's frame, which stays where it is until the handler is called.
asio::awaitable<void> Database::run(Mode mode, const std::function<void(Session&)>& body) {
    auto hand_over = [pool = pool_.get(), mode, body = &body](auto handler) {
        const asio::any_io_executor executor = asio::get_associated_executor(handler);
        auto kept_alive = asio::prefer(executor, asio::execution::outstanding_work.tracked);
        pool->submit(Pool::Task{mode, body, std::move(handler), std::move(kept_alive)});
    };
    return asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(hand_over,
                                                                                         asio::use_awaitable);
}

}  // namespace carillon::db
