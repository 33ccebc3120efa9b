#pragma once
// The end of an attempt, written down: queue, log, attempts, counts and what hangs on it, many at a time in
// one transaction. Guarded by the fence: what was taken from us in the meantime we do not touch.
//
// Threads: the event loop. Lifetime: outlives every coroutine that awaits it.
#include <boost/asio/awaitable.hpp>
#include <carillon/channel.hpp>
#include <carillon/reason.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "db/batcher.hpp"
#include "notify/delivery.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

// What becomes of a delivery now.
struct Ending {
    enum class What {
        sent,
        retry,     // a call was made, another will be
        postpone,  // no call was made
        dead,
        unknown,
        skipped,
    };

    DeliveryId id;
    std::int64_t fence = 0;
    What what = What::postpone;
    Reason reason = Reason::none;
    std::string detail;
    std::chrono::milliseconds again_in{0};  // of retry and postpone
    int attempt = 0;                        // calls that count, with which the next one starts
    std::string progress;
    std::string provider_message_id;
    std::string conversation_id;
    bool has_receipts = false;
    // The call, if one was made.
    struct Call {
        int number = 1;
        Time begun;
        Time ended;
        std::string verdict;
        std::string answer;  // JSON
    };
    std::optional<Call> call;
    std::vector<DeviceId> unregistered;
    std::vector<DeviceId> unusable;

    [[nodiscard]] bool is_final() const noexcept { return what != What::retry && what != What::postpone; }
};

struct Settled {
    bool ours = false;  // false: somebody else has it, or it is gone
    std::string status;
    std::string channel;
    std::optional<Time> sent_at;
    bool woke_another = false;  // a channel that waited for this one is due now
};

class Settler {
public:
    struct Settings {
        std::size_t lanes = 2;
        std::string node;
    };
    Settler(db::Database& database, Settings settings);

    // Throws Unavailable when the database is away.
    asio::awaitable<Settled> write(Ending ending);

private:
    db::Batcher<Ending, Settled> endings_;
};

// Of one batch, inside a transaction.
[[nodiscard]] std::vector<Settled> write_endings(db::Session& session, std::span<const Ending> endings,
                                                 const std::string& node);
[[nodiscard]] std::string_view status_of(Ending::What what) noexcept;

}  // namespace carillon::notify
