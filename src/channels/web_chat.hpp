#pragma once
// The web chat: a notification is a row of the conversation, which the page fetches.
// Threads: the event loop. Lifetime: outlives every send(); the database outlives it.
#include <carillon/channel.hpp>
#include <string>

#include "db/batcher.hpp"
#include "db/database.hpp"

namespace carillon::channels {

class WebChat final : public Channel {
public:
    explicit WebChat(db::Database& database);

    [[nodiscard]] std::string_view name() const noexcept override { return "web_chat"; }
    [[nodiscard]] Address address() const noexcept override { return Address::user; }
    [[nodiscard]] bool disturbs() const noexcept override { return false; }
    [[nodiscard]] ChannelLimits limits() const noexcept override { return {2'000, 0}; }
    // A delivery has one row, however often it is written.
    [[nodiscard]] bool repeatable() const noexcept override { return true; }
    // Throws what the database says about the data, which nothing in a rendered message should provoke.
    boost::asio::awaitable<Outcome> send(const Message& message) override;

    struct Row {
        std::string user;
        std::string delivery;
        std::string text;
        std::string language;
    };

private:
    db::Batcher<Row, std::string> rows_;  // answers with the row's id
};

}  // namespace carillon::channels
