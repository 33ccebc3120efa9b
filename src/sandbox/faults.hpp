#pragma once
#include <carillon/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/fault.hpp"

namespace carillon::sandbox {

// The faults that were asked for, in the order in which they were.
class Faults {
public:
    static constexpr std::size_t limit = 1'000;

    // Gives it an id; Failure::conflict when there are too many.
    Result<Json> add(Fault fault);
    [[nodiscard]] Json list() const;
    [[nodiscard]] std::optional<Json> show(std::string_view id) const;
    bool remove(std::string_view id);
    void clear() { faults_.clear(); }

    // What a call to this target would meet: the first that fits, or else a trigger.
    [[nodiscard]] std::optional<Fault> meeting(Provider provider, std::string_view target) const;
    // It struck; the last time removes it.
    void spend(const Fault& fault);

private:
    std::vector<Fault> faults_;
    std::uint64_t next_ = 1;
};

}  // namespace carillon::sandbox
