#pragma once
// A digest whose window is over: closes it, and makes one message of what came together.
#include <vector>

#include "db/session.hpp"
#include "notify/queue_store.hpp"
#include "notify/template_book.hpp"

namespace carillon::notify {

// Of these claimed rows, those that head a digest. Once closed it takes nobody in any more, so what it says
// is the same however often it is attempted, and nothing is said twice.
void close_digests(db::Session& session, std::vector<Claimed>& claimed, const TemplateBook& book);

}  // namespace carillon::notify
