#pragma once
// What is claimed and waits for a free hand, in an order that is fair to events and to users: a campaign of
// ten thousand messages does not delay a lead, nor does a user with a thousand events delay another.
//
// Start-time fair queuing over two dimensions. Every message gets a tag, one more than the last of its event
// and one more than the last of its user, whichever is later; the smallest tag goes first, and equal ones in
// the order they came. Virtual time is the tag that went last: who comes anew starts there and owes nothing
// for the past.
//
// The two dimensions count apart. Were the last tag of a user the one his message got, then a customer who
// stands at the end of a campaign would have his order's confirmation put behind the whole of it.
//
// One thread. Memory: what is queued, and nothing besides; a key is forgotten with the last of its messages.
#include <carillon/id.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace carillon::notify {

template <class Item>
class FairQueue {
public:
    struct Entry {
        DeliveryId id;
        // What a campaign has in common. That is the event's type: ten thousand bills are as many events.
        std::string event;
        std::string user;  // a user id, or the phone number where only that is known
        Item item;
    };

    // False, and nothing happens, if the delivery is queued already.
    bool push(Entry entry) {
        if (places_.contains(entry.id)) return false;
        const Place place{tag_for(entry), ++arrivals_};
        places_.emplace(entry.id, place);
        entries_.emplace(place, std::move(entry));
        return true;
    }

    std::optional<Entry> pop() {
        if (entries_.empty()) return std::nullopt;
        const auto next = entries_.begin();
        virtual_time_ = next->first.tag;
        return take(next);
    }

    std::optional<Entry> remove(const DeliveryId& id) {
        const auto place = places_.find(id);
        if (place == places_.end()) return std::nullopt;
        return take(entries_.find(place->second));
    }

    // How many there were. Looks at all.
    template <class Predicate>
    std::size_t remove_if(Predicate is_unwanted) {
        const auto before = size();
        for (auto it = entries_.begin(); it != entries_.end();) {
            const auto here = it++;
            if (is_unwanted(std::as_const(here->second))) take(here);
        }
        return before - size();
    }

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    // How many events and users are remembered.
    [[nodiscard]] std::size_t keys() const noexcept { return events_.size() + users_.size(); }

private:
    struct Place {
        std::uint64_t tag;
        std::uint64_t arrival;
        auto operator<=>(const Place&) const = default;
    };
    struct Account {
        std::uint64_t last_tag = 0;
        std::size_t queued = 0;
    };
    using Accounts = std::unordered_map<std::string, Account>;

    std::uint64_t tag_for(const Entry& entry) {
        return std::max(charge(events_[entry.event]), charge(users_[entry.user]));
    }
    std::uint64_t charge(Account& account) {
        ++account.queued;
        account.last_tag = std::max(virtual_time_, account.last_tag) + 1;
        return account.last_tag;
    }
    // With nothing queued the last tag is at or behind virtual time, or belongs to what was removed unserved:
    // in both cases the key may start anew.
    static void settle(Accounts& accounts, const std::string& key) {
        const auto account = accounts.find(key);
        if (--account->second.queued == 0) accounts.erase(account);
    }

    std::optional<Entry> take(typename std::map<Place, Entry>::iterator which) {
        auto entry = std::move(which->second);
        entries_.erase(which);
        places_.erase(entry.id);
        settle(events_, entry.event);
        settle(users_, entry.user);
        return entry;
    }

    std::uint64_t virtual_time_ = 0;
    std::uint64_t arrivals_ = 0;
    std::map<Place, Entry> entries_;
    std::unordered_map<DeliveryId, Place> places_;
    Accounts events_;
    Accounts users_;
};

}  // namespace carillon::notify
