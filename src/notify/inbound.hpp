#pragma once
// What providers tell us by themselves: receipts, and what people write.
//
// Threads: called on the event loop. Throws Unavailable when the database is away; the provider then tries
// again.
#include <boost/asio/awaitable.hpp>
#include <carillon/provider_news.hpp>
#include <functional>
#include <string_view>
#include <utility>

#include "db/database.hpp"
#include "notify/receipt_store.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

class Inbound {
public:
    // `woken`: a message that failed after all may have made another channel's turn come.
    Inbound(db::Database& database, std::function<void()> woken)
        : database_{database}, woken_{std::move(woken)} {}

    // Once, however often it is told.
    asio::awaitable<Receiving> take(ProviderNews news);

private:
    db::Database& database_;
    std::function<void()> woken_;
};

enum class Consent { unchanged, withdrawn, given };
// "STOP", "stop.", "Arrêt" and the like, when that is all that was said.
[[nodiscard]] Consent consent_in(std::string_view text);

}  // namespace carillon::notify
