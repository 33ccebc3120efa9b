#pragma once
// People, routes, channels and templates for tests of planning.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "notify/plan.hpp"

namespace carillon::notify {

class QuietChannel final : public Channel {
public:
    struct Traits {
        std::string name;
        Address address = Address::user;
        bool repeatable = true;
        bool disturbs = true;
        std::string disabled = {};
    };
    explicit QuietChannel(Traits traits) : traits_{std::move(traits)} {}

    [[nodiscard]] std::string_view name() const noexcept override { return traits_.name; }
    [[nodiscard]] Address address() const noexcept override { return traits_.address; }
    [[nodiscard]] bool disturbs() const noexcept override { return traits_.disturbs; }
    [[nodiscard]] std::string_view disabled() const noexcept override { return traits_.disabled; }
    [[nodiscard]] bool repeatable() const noexcept override { return traits_.repeatable; }
    [[nodiscard]] ChannelLimits limits() const noexcept override { return limits_; }
    boost::asio::awaitable<Outcome> send(const Message&) override { co_return Outcome{}; }

    ChannelLimits limits_{2, 0};

private:
    Traits traits_;
};

struct StoredText {
    std::string type, channel, text;
};
std::shared_ptr<const TemplateBook> a_book(const std::vector<StoredText>& texts);
Channels four_channels();
Event an_event(Json payload = Json::object());
Route a_route(const std::vector<std::string>& channels, Mode mode = Mode::all);
Recipient asha();

class PlanTest : public testing::Test {
protected:
    std::vector<PlannedDelivery> plan_all(const Route& route, const Recipient& who);
    const PlannedDelivery& plan_one(const Route& route, const Recipient& who);

    const Time now{std::chrono::seconds{1'800'000'000}};
    Channels channels = four_channels();
    std::shared_ptr<const TemplateBook> book;
    PlanSettings settings;
    bool room = true;

    PlanTest();

private:
    std::vector<PlannedDelivery> last_;
};

}  // namespace carillon::notify
