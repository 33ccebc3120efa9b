#pragma once
// In a route of the mode "first" a channel waits for what becomes of the one before it.
#include <string>
#include <vector>

#include "db/session.hpp"
#include "notify/counts.hpp"
#include "notify/settler.hpp"

namespace carillon::notify {

struct Handover {
    std::string event;
    std::string user;
    int step = 0;
    Ending::What what = Ending::What::sent;
};

// Sent: those that waited are no longer needed. Failed: the next one goes. Unknown: it goes too, unless a
// receipt comes within ten minutes that says it is not needed.
// True when one is due now.
bool pass_on(db::Session& session, const std::vector<Handover>& handovers, Counts& counts);

}  // namespace carillon::notify
