#pragma once
#include <atomic>
#include <string_view>

namespace carillon::admin {

enum class Phase { starting, migrating, serving, stopping };

[[nodiscard]] constexpr std::string_view name_of(Phase phase) noexcept {
    switch (phase) {
        case Phase::starting: return "starting";
        case Phase::migrating: return "migrating";
        case Phase::serving: return "serving";
        case Phase::stopping: return "stopping";
    }
    return {};
}

// Where the server is between its start and its end. Threads: any.
class Readiness {
public:
    void enter(Phase phase) noexcept { phase_.store(phase, std::memory_order_relaxed); }
    [[nodiscard]] Phase phase() const noexcept { return phase_.load(std::memory_order_relaxed); }

private:
    std::atomic<Phase> phase_{Phase::starting};
};

}  // namespace carillon::admin
