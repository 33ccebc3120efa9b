#include "notify/claimer.hpp"

#include <algorithm>
#include <utility>

#include "core/kill_point.hpp"
#include "notify/columns.hpp"
#include "notify/digest.hpp"
#include "notify/people.hpp"

namespace carillon::notify {
namespace {

std::vector<std::string> users_in(const std::vector<Claimed>& all) {
    std::vector<std::string> users;
    for (const auto& claimed : all) {
        if (!claimed.delivery.message.user.empty()) users.push_back(claimed.delivery.message.user.value());
    }
    std::sort(users.begin(), users.end());
    users.erase(std::unique(users.begin(), users.end()), users.end());
    return users;
}

// The call was begun by a process that did not live to tell how it ended.
Ending lost_call(const Claimed& claimed, const Channel& channel) {
    auto ending = postponed(claimed.delivery, Reason::process_lost, std::chrono::milliseconds{0});
    ending.attempt = claimed.delivery.calls;
    ending.what = channel.repeatable() ? Ending::What::retry : Ending::What::unknown;
    ending.has_receipts = channel.has_receipts();
    const auto begun = claimed.delivery.begun_at.value_or(claimed.delivery.first_at);
    ending.call = Ending::Call{claimed.delivery.calls, begun, claimed.due, "unknown", R"({"answer":null})"};
    return ending;
}

}  // namespace

Decision decide(const Claimed& claimed, const Channel& channel, const Recipient& who, Time now) {
    const auto& message = claimed.delivery.message;
    if (message.expires_at && *message.expires_at <= now) return Never{Reason::expired};
    if (claimed.seen) return Never{claimed.read ? Reason::already_read : Reason::already_acked};
    if (!channel.disabled().empty()) return Never{Reason::channel_disabled};
    if (who.has_off(channel.name())) return Never{Reason::channel_off};
    if (who.has_muted(claimed.event_type)) return Never{Reason::muted};
    if (channel.address() == Channel::Address::phone && message.phone.empty())
        return Never{Reason::no_address};
    if (channel.address() == Channel::Address::phone && who.opted_out) return Never{Reason::opted_out};
    if (channel.address() == Channel::Address::device && who.targets.empty()) return Never{Reason::no_device};
    if (who.quiet_until && channel.disturbs() && !claimed.urgent)
        return NotNow{Reason::quiet_hours, *who.quiet_until};
    return GoNow{};
}

Claims claim_and_decide(db::Session& session, const std::vector<Wish>& wishes, const ClaimTerms& terms,
                        const Channels& channels, const TemplateBook& book) {
    const auto found = find(session, wishes);
    Claims claims;
    claims.count = found.rows.size();
    claims.due = found.rows;
    claims.now = found.now;
    if (found.rows.empty()) return claims;
    auto all = claim(session, found, terms);
    kill_point("claim.taken");
    const auto now = found.now;
    const auto people = find_people(session, users_in(all));
    close_digests(session, all, book);
    for (auto& claimed : all) {
        auto& delivery = claimed.delivery;
        const auto& channel = *channels.find(delivery.channel);
        if (claimed.call_lost) {
            claims.endings.push_back(lost_call(claimed, channel));
            continue;
        }
        const auto known = people.find(delivery.message.user.value());
        const auto who = known != people.end() ? known->second : find_phone(session, delivery.message.phone);
        delivery.message.targets = who.targets;
        if (channel.address() == Channel::Address::phone && delivery.message.phone.empty())
            delivery.message.phone = who.phone;  // it was sent on its way before the number was known
        delivery.message.window_open_till = who.window_open_till;
        const auto decision = decide(claimed, channel, who, now);
        if (const auto* later = std::get_if<NotNow>(&decision)) {
            const auto wait = std::chrono::ceil<std::chrono::milliseconds>(later->until - now);
            claims.endings.push_back(postponed(delivery, later->reason, wait));
        } else if (const auto* never = std::get_if<Never>(&decision)) {
            claims.endings.push_back(skipped(delivery, never->reason));
        } else {
            claims.to_send.push_back(std::move(delivery));
        }
    }
    return claims;
}

}  // namespace carillon::notify
