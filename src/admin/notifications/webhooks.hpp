#pragma once
// POST /api/webhooks/myoperator: what the WhatsApp provider tells us.
//
// Threads: the event loop. Lifetime: outlives every request.
#include <boost/asio/awaitable.hpp>
#include <carillon/provider_news.hpp>
#include <carillon/secret.hpp>
#include <functional>

#include "http/route.hpp"
#include "notify/inbound.hpp"

namespace carillon::admin {

namespace asio = boost::asio;

class Webhooks {
public:
    // The provider's words into ours; Failure::invalid when they make no sense.
    using Reader = std::function<Result<ProviderNews>(const Json&)>;

    // Without a key every call is refused: anybody could say that a message was read.
    Webhooks(notify::Inbound& inbound, Secret key, Reader reader);

    [[nodiscard]] http::Routes routes();

private:
    asio::awaitable<Result<Response>> myoperator(Request& request);
    [[nodiscard]] bool may(const Request& request) const;

    notify::Inbound& inbound_;
    Secret key_;
    Reader reader_;
};

}  // namespace carillon::admin
