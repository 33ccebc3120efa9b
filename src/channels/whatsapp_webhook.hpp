#pragma once
// What MyOperator posts to our webhook ("Webhook v2"), as news. Pure.
#include <carillon/error.hpp>
#include <carillon/json.hpp>
#include <carillon/provider_news.hpp>

namespace carillon::channels {

// Failure::invalid when what every event must have is not there. Kinds that nobody knows become receipts that
// change nothing, so that they are kept and can be looked at.
[[nodiscard]] Result<ProviderNews> read_myoperator_event(const Json& body);

}  // namespace carillon::channels
