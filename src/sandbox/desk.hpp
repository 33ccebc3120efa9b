#pragma once
// Where every call to a provider passes: it is written down, meets its fault, and is answered.
//
// Threads: the event loop. Lifetime: outlives the calls it serves.
#include <boost/asio/awaitable.hpp>
#include <carillon/response.hpp>
#include <carillon/time.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/calls.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/pauses.hpp"

namespace carillon::sandbox {

// One call, as its provider understands it. Lives in the frame of the coroutine that serves it.
class Errand {
public:
    Errand(Provider to, std::string about) : provider{to}, target{std::move(about)} {}
    virtual ~Errand() = default;
    Errand(const Errand&) = delete;
    Errand& operator=(const Errand&) = delete;

    // Why the call is not in order, in the provider's words.
    virtual std::optional<Response> refuse() = 0;
    // The fault in the provider's words.
    virtual Response fail(const Fault& fault) = 0;
    // Carries it out. The fault is null, or one that strikes a call which is carried out.
    virtual Response accept(const Fault* fault) = 0;

    Provider provider;
    std::string target;
    // Written down with the call.
    std::vector<std::string> message_ids;
    std::string myop_ref_id;
};

class Desk {
public:
    explicit Desk(Clock clock) : clock_{std::move(clock)} {}

    asio::awaitable<Result<Response>> serve(Errand& errand);

    [[nodiscard]] Time now() const { return clock_(); }
    [[nodiscard]] Calls& calls() noexcept { return calls_; }
    [[nodiscard]] Faults& faults() noexcept { return faults_; }
    [[nodiscard]] Pauses& pauses() noexcept { return pauses_; }

private:
    asio::awaitable<Response> answer(Errand& errand, std::string_view& applied);
    asio::awaitable<Response> carry_out(Errand& errand, const Fault& fault);

    Clock clock_;
    Calls calls_;
    Faults faults_;
    Pauses pauses_;
};

}  // namespace carillon::sandbox
