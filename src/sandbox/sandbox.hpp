#pragma once
// Stand-ins for FCM, its token endpoint and MyOperator: the real shapes on the wire, faults on demand, and a
// look at what would have arrived. Everything in memory, everything bounded.
//
// Threads: the event loop. Lifetime: outlives the router its routes are added to.
#include <boost/asio/any_io_executor.hpp>
#include <carillon/time.hpp>
#include <string>

#include "http/route.hpp"
#include "outbound/client.hpp"
#include "sandbox/account.hpp"
#include "sandbox/behaviour.hpp"
#include "sandbox/control.hpp"
#include "sandbox/desk.hpp"
#include "sandbox/fcm.hpp"
#include "sandbox/myoperator.hpp"
#include "sandbox/phones.hpp"
#include "sandbox/receipts.hpp"

namespace carillon::sandbox {

class Sandbox {
public:
    // `behaviour` is what a reset goes back to. The client carries the receipts.
    Sandbox(asio::any_io_executor executor, Clock clock, Behaviour behaviour, Receipts::Post post);

    // Whose assertions are taken, and where this sandbox is reached ("http://127.0.0.1:8001"). Before the
    // first request.
    void open(Account account, const std::string& url) { fcm_.open(std::move(account), url); }
    [[nodiscard]] http::Routes routes();
    // Ends every wait: of late answers, and of receipts.
    void stop() { desk_.pauses().stop(); }

private:
    Behaviour behaviour_;
    Desk desk_;
    Phones phones_;
    Receipts receipts_;
    Fcm fcm_;
    MyOperator myoperator_;
    Control control_;
};

// Receipts over the real client.
[[nodiscard]] Receipts::Post posting_with(outbound::Client& client);

}  // namespace carillon::sandbox
