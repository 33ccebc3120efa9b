#pragma once
// Where the pipeline and the outside world meet: a message goes into a channel, and what came of it comes
// back. A channel knows nothing of rows, retries or users' wishes; the pipeline knows nothing of providers.
#include <boost/asio/awaitable.hpp>
#include <carillon/event.hpp>
#include <carillon/id.hpp>
#include <carillon/json.hpp>
#include <carillon/reason.hpp>
#include <carillon/time.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace carillon {

// What FCM addresses one device by.
struct PushTarget {
    DeviceId device;
    std::string kind;  // "token" or "fid"
    std::string value;
};

// One delivery as its channel sees it.
struct Message {
    DeliveryId id;
    EventId event;
    int attempt = 1;
    UserId user;           // empty: only a phone number is known
    std::string phone;     // E.164, or empty
    std::string type;      // "new_lead": the template's name
    std::string language;  // "en"
    std::string text;      // rendered
    // What the template says beyond its text, rendered too:
    //   push: title, data {string: string}, collapse_key, ttl_seconds, priority ("high" or "normal")
    //   whatsapp: template {name, language, parameters [{name?, text}]}
    Json content = Json::object();
    std::vector<PushTarget> targets;
    std::int64_t feed_seq = 0;             // the message's place in the user's feed; 0: it has none
    std::optional<Time> window_open_till;  // WhatsApp: until then free text may be sent
    std::optional<Time> expires_at;
    std::string progress;  // what an earlier attempt of this channel asked to be told (see Retry)
    std::string traceparent;
};

// The provider has it.
struct Accepted {
    std::string provider_message_id;
    std::string conversation_id;
};
// Try again: nothing reached the reader, or a second copy does no harm.
struct Retry {
    Reason reason = Reason::provider_error;
    std::optional<std::chrono::milliseconds> after;  // the provider's wish; empty: as the policy has it
    bool counts_against_provider = true;             // for the breaker; false: it answered, and is well
    bool spends_attempt = true;  // false: the provider was not even asked, or told us to come back later
};
// Never again: the answer would be the same.
struct Reject {
    Reason reason = Reason::invalid_request;
};
// The provider may have it. Only a receipt or an operator can tell.
struct Unknown {
    Reason reason = Reason::answer_lost;
};
using Verdict = std::variant<Accepted, Retry, Reject, Unknown>;

struct Outcome {
    Verdict verdict;
    // What the provider said, for the timeline: {"status", "code", "message", …}. Never a token, a number or
    // a text of ours.
    Json answer = Json::object();
    std::vector<DeviceId> unregistered;  // devices that are gone for good
    std::vector<DeviceId> unusable;      // kept, but somebody should look
    // Some of the recipient's devices have it already: when nothing more is tried, it counts as sent.
    std::optional<Accepted> partly;
    // The whole channel must rest: its account, its number, its credentials.
    std::optional<std::chrono::seconds> pause;
    // Kept with the delivery and given back with its next attempt.
    std::string progress;
};

// What a channel can stand.
struct ChannelLimits {
    std::size_t in_flight = 100;
    double per_second = 0;  // 0: no limit
};

class Channel {
public:
    // What a person must have to be reached by it.
    enum class Address { user, phone, device };

    virtual ~Channel() = default;
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    [[nodiscard]] virtual Address address() const noexcept = 0;
    // True: it rings. Then quiet hours hold it back, and chatty events are gathered.
    [[nodiscard]] virtual bool disturbs() const noexcept { return true; }
    // True: the provider tells later what became of a message, by its own id.
    [[nodiscard]] virtual bool has_receipts() const noexcept { return false; }
    // Empty: it can be used. Otherwise why not, for people ("no MyOperator credentials").
    [[nodiscard]] virtual std::string_view disabled() const noexcept { return {}; }
    [[nodiscard]] virtual ChannelLimits limits() const noexcept { return {}; }
    // True: a second copy of the same message replaces the first or is dropped, so that an attempt whose end
    // nobody saw is simply made again.
    [[nodiscard]] virtual bool repeatable() const noexcept = 0;
    // How long this message must wait for its turn because of a limit of the provider's that concerns its
    // recipient alone; zero takes the turn.
    [[nodiscard]] virtual std::chrono::milliseconds wait_for_turn(const Message&) {
        return std::chrono::milliseconds::zero();
    }
    // One attempt. Never throws for what a provider may do; what it throws all the same counts as Unknown on
    // a channel that is not repeatable.
    virtual boost::asio::awaitable<Outcome> send(const Message& message) = 0;
};

}  // namespace carillon
