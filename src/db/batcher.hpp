#pragma once
// Many callers, one statement. Whoever asks while every lane is busy joins the next batch: under load round
// trips and commits are shared, and an idle server adds no delay at all.
//
// Threads: submit() is called on the event loop. The work runs on the database's pool.
// Lifetime: outlives every coroutine that awaits it.
// Invariants: answers come back in the order of the items. A batch that fails on its data is tried again in
//   halves, down to single items, so that one caller's bad value costs nobody else; one that fails because
//   the database is away fails for all. The queue is bounded: beyond it Unavailable("database_overloaded").
//   In a transaction batch each caller is answered after the commit that holds its item.
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <algorithm>
#include <deque>
#include <exception>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "db/database.hpp"

namespace carillon::db {

// statement: one writing statement a batch, its own transaction in a single round trip.
enum class BatchMode { read, statement, transaction };

struct BatchSettings {
    BatchMode mode = BatchMode::read;
    std::size_t lanes = 2;          // batches in flight
    std::size_t batch_limit = 500;  // items in one
    std::size_t waiting_limit = 20'000;
};

template <class Item, class Answer>
class Batcher {
public:
    // Answers as many as there were items, in their order.
    using Work = std::function<std::vector<Answer>(Session&, std::span<const Item>)>;
    using Settings = BatchSettings;

    Batcher(Database& database, Settings settings, Work work)
        : database_{database}, settings_{settings}, work_{std::move(work)} {}
    Batcher(const Batcher&) = delete;
    Batcher& operator=(const Batcher&) = delete;

    asio::awaitable<Answer> submit(Item item) {
        if (waiting_.size() >= settings_.waiting_limit) {
            throw Unavailable{"database_overloaded", "Too many requests wait for the database."};
        }
        const auto executor = co_await asio::this_coro::executor;
        Slot slot{std::move(item), std::nullopt, nullptr};
        auto join = [this, &slot, &executor](auto handler) {
            waiting_.push_back(Waiter{&slot, std::move(handler), executor});
            open_lane(executor);
        };
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(join, asio::use_awaitable);
        if (slot.error) std::rethrow_exception(slot.error);
        co_return std::move(*slot.answer);
    }

private:
    // Lives in the frame of its submit().
    struct Slot {
        Item item;
        std::optional<Answer> answer;
        std::exception_ptr error;
    };
    struct Waiter {
        Slot* slot;
        asio::any_completion_handler<void()> done;
        asio::any_io_executor executor;
    };
    using Answers = std::vector<Answer>;

    // Posted, so that everything that is submitted in this turn of the loop travels together.
    void open_lane(const asio::any_io_executor& executor) {
        if (lanes_open_ >= settings_.lanes || lane_coming_) return;
        lane_coming_ = true;
        asio::post(executor, [this, executor] {
            lane_coming_ = false;
            if (waiting_.empty()) return;
            ++lanes_open_;
            asio::co_spawn(executor, run_lane(), [this](const std::exception_ptr& error) {
                --lanes_open_;
                if (error) std::rethrow_exception(error);  // a defect of this file; it must not pass unseen
            });
        });
    }

    asio::awaitable<void> run_lane() {
        while (!waiting_.empty()) {
            auto batch = take_batch();
            std::vector<Item> items;
            items.reserve(batch.size());
            for (const auto& waiter : batch) items.push_back(std::move(waiter.slot->item));
            const std::span<const Item> all{items};
            const std::span<Waiter> waiters{batch};
            co_await carry_out(all, waiters);
        }
    }

    std::vector<Waiter> take_batch() {
        const auto count = std::min(waiting_.size(), settings_.batch_limit);
        const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
        std::vector<Waiter> batch{std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end)};
        waiting_.erase(waiting_.begin(), end);
        // What does not fit into this batch need not wait for its end.
        if (!waiting_.empty()) open_lane(waiting_.front().executor);
        return batch;
    }

    // Never throws: every waiter is answered.
    asio::awaitable<void> carry_out(std::span<const Item> items, std::span<Waiter> waiters) {
        std::exception_ptr error;
        try {
            auto answers = co_await ask_database(items);
            for (std::size_t i = 0; i < waiters.size(); ++i) waiters[i].slot->answer = std::move(answers[i]);
        } catch (...) {
            error = std::current_exception();
        }
        if (error && items.size() > 1 && is_about_data(error)) {
            const auto half = items.size() / 2;
            co_await carry_out(items.first(half), waiters.first(half));
            co_await carry_out(items.subspan(half), waiters.subspan(half));
            co_return;
        }
        for (auto& waiter : waiters) {
            waiter.slot->error = error;
            asio::post(waiter.executor, [done = std::move(waiter.done)]() mutable { std::move(done)(); });
        }
    }

    asio::awaitable<Answers> ask_database(std::span<const Item> items) {
        auto job = [this, items](Session& session) {
            auto answers = work_(session, items);
            if (answers.size() != items.size()) throw std::logic_error{"a batch must answer every item"};
            return answers;
        };
        if (settings_.mode == BatchMode::read) co_return co_await database_.read(std::move(job));
        if (settings_.mode == BatchMode::statement) co_return co_await database_.statement(std::move(job));
        co_return co_await database_.transact(std::move(job));
    }

    static bool is_about_data(const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const Unavailable&) {
            return false;
        } catch (...) {
            return true;
        }
    }

    Database& database_;
    const Settings settings_;
    const Work work_;
    std::deque<Waiter> waiting_;
    std::size_t lanes_open_ = 0;
    bool lane_coming_ = false;
};

}  // namespace carillon::db
