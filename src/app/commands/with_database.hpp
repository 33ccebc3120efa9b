#pragma once
// For a command that asks the database one thing and ends.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <functional>
#include <pqxx/pqxx>

#include "app/commands/commands.hpp"
#include "db/database.hpp"

namespace carillon::app {

// Failure::invalid without a database's address, or without its tables; Failure::unavailable, with the reason
// that a person at a terminal needs, when it cannot be reached.
template <class Answer>
[[nodiscard]] Result<Answer> with_database(
    const Shell& shell, std::chrono::milliseconds statement_timeout,
    const std::function<boost::asio::awaitable<Answer>(db::Database&)>& ask) {
    const auto url = database_url(shell);
    if (!url) return url.error();
    db::Settings settings;
    settings.url = Secret{*url};
    settings.application_name = "carillon command";
    settings.connections = 1;
    settings.statement_timeout = statement_timeout;
    db::Database database{settings};
    database.start();

    boost::asio::io_context loop;
    auto answer = boost::asio::co_spawn(loop, ask(database), boost::asio::use_future);
    loop.run();
    const auto away = database.state().reason;
    database.stop(std::chrono::seconds{1});
    try {
        return answer.get();
    } catch (const Unavailable& error) {
        return Error{Failure::unavailable, away.empty() ? std::string{error.what()} : away};
    } catch (const pqxx::undefined_table&) {
        return Error{Failure::invalid,
                     "the database's tables are missing or old; `carillon migrate` brings them up"};
    }
}

}  // namespace carillon::app
