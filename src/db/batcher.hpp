#pragma once
// Many callers, one statement. Whoever asks while every lane is busy joins the next batch: under load round
// trips and commits are shared, and an idle server adds no delay at all.
//
// Threads: submit() is called on the event loop. The work runs on the database's pool.
// Invariants: answers come back in the order of the items. A batch that fails on its data is tried again item
//   by item, so that one caller's bad value costs nobody else; one that fails because the database is away
//   fails for all. The queue is bounded: beyond it Unavailable("database_overloaded").
#include <functional>
#include <span>
#include <vector>

#include "db/database.hpp"

namespace carillon::db {

enum class BatchMode { read, transaction };

template <class Item, class Answer>
class Batcher {
public:
    // Answers as many as there were items, in their order.
    using Work = std::function<std::vector<Answer>(Session&, std::span<const Item>)>;

    struct Settings {
        BatchMode mode = BatchMode::read;
        std::size_t lanes = 2;          // batches in flight
        std::size_t batch_limit = 500;  // items in one
        std::size_t waiting_limit = 20'000;
    };

    Batcher(Database& database, Settings settings, Work work);

    asio::awaitable<Answer> submit(Item item);
};

}  // namespace carillon::db
