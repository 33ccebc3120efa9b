#pragma once
// What providers tell us by themselves: receipts, and what people write.
//
// Threads: called on the event loop. Throws Unavailable when the database is away; the provider then tries
// again.
#include <boost/asio/awaitable.hpp>
#include <carillon/provider_news.hpp>

#include "db/database.hpp"
#include "notify/receipt_store.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

class Inbound {
public:
    explicit Inbound(db::Database& database) : database_{database} {}

    // Once, however often it is told.
    asio::awaitable<Receiving> take(ProviderNews news);

private:
    db::Database& database_;
};

enum class Consent { unchanged, withdrawn, given };
// "STOP", "stop.", "Arrêt" and the like, when that is all that was said.
[[nodiscard]] Consent consent_in(std::string_view text);

}  // namespace carillon::notify
