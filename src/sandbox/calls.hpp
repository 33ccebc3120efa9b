#pragma once
// Every call to a provider, so that a test can say "exactly once".
#include <carillon/json.hpp>
#include <carillon/time.hpp>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::sandbox {

enum class Provider { fcm, token, myoperator };

inline constexpr std::array<std::string_view, 3> provider_names{"fcm", "token", "myoperator"};
[[nodiscard]] constexpr std::string_view name_of(Provider provider) noexcept {
    return provider_names[static_cast<std::size_t>(provider)];
}

struct Call {
    std::uint64_t id = 0;
    Provider provider{};
    Time at;
    std::string target;         // the device's token, the customer's number; empty when the call names none
    std::optional<int> status;  // empty: not answered, or not yet
    std::string_view fault;     // a literal; empty: none
    std::vector<std::string> message_ids;
    std::string myop_ref_id;
};

class Calls {
public:
    static constexpr std::size_t limit = 10'000;

    // Numbers the call; beyond the limit the oldest is forgotten.
    Call& begin(Provider provider, std::string target, Time now);
    // Null when it has been forgotten.
    [[nodiscard]] Call* find(std::uint64_t id);
    void clear();

    // Empty matches every call.
    struct Filter {
        std::string provider, target, myop_ref_id;
    };
    // {"calls": the last of those that match, oldest first, "count": how many of those kept match,
    //  "totals": {provider: all there were, forgotten ones too}, "by_ref": {myop_ref_id: count}}
    [[nodiscard]] Json list(const Filter& filter, std::size_t most) const;

private:
    std::deque<Call> calls_;
    std::uint64_t next_ = 1;
    std::array<std::uint64_t, provider_names.size()> totals_{};
};

}  // namespace carillon::sandbox
