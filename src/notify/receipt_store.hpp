#pragma once
// Receipts in their tables. Called inside transactions, on a pool thread.
//
// A receipt may come before its message's own answer, twice, or out of order. So each is stored once, and a
// message only ever moves up: sent, delivered, read; "failed" counts only below delivered. While the queue
// still holds the delivery, nothing is applied: the end of the attempt does that, so that two never write the
// same row at once.
#include <carillon/provider_news.hpp>
#include <string>
#include <vector>

#include "db/session.hpp"
#include "notify/counts.hpp"

namespace carillon::notify {

enum class Receiving { applied, repeated, unknown_message, early };
[[nodiscard]] Receiving store_receipt(db::Session& session, const Receipt& receipt);

// WhatsApp says that these messages' readers have opted out: it counts as their STOP.
void record_stops(db::Session& session, const std::vector<std::string>& delivery_ids);

// A retry was decided on, and a receipt that was quicker says that the message had gone out all the same:
// then it is applied, and the retry taken out of the queue. True if so.
bool arrived_after_all(db::Session& session, const std::string& delivery_id, Counts& counts);

// The attempt is over and its message has the provider's id now: receipts that were quicker are applied.
void remember_provider_id(db::Session& session, const std::string& delivery_id,
                          const std::string& provider_message_id, Counts& counts);

}  // namespace carillon::notify
