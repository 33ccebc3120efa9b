#pragma once
#include <algorithm>
#include <cstddef>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace carillon::sandbox {

// Phones by their address, each with its notes, and no more notes than the limit altogether: the phone that
// was quiet for longest loses its oldest.
template <class Note, class About>
class Shelf {
public:
    static constexpr std::size_t per_phone = 200;
    static constexpr std::size_t altogether = 20'000;

    struct Phone {
        std::string address;
        About about;
        std::deque<Note> notes;
    };

    // Makes it when it is new.
    Phone& touch(const std::string& address) {
        const auto known = places_.find(address);
        if (known != places_.end()) {
            phones_.splice(phones_.end(), phones_, known->second);
            return phones_.back();
        }
        phones_.push_back(Phone{address, {}, {}});
        places_.emplace(address, std::prev(phones_.end()));
        // An empty one counts as a note, or phones alone could fill the memory.
        ++count_;
        trim();
        return phones_.back();
    }

    void add(Phone& phone, Note note) {
        phone.notes.push_back(std::move(note));
        ++count_;
        if (phone.notes.size() > per_phone) remove_first(phone);
        trim();
    }

    template <class Which>
    std::size_t remove(Phone& phone, Which which) {
        const auto removed = std::erase_if(phone.notes, which);
        count_ -= removed;
        return removed;
    }

    [[nodiscard]] Phone* find(const std::string& address) {
        const auto known = places_.find(address);
        return known == places_.end() ? nullptr : &*known->second;
    }

    [[nodiscard]] const std::list<Phone>& phones() const noexcept { return phones_; }

    void clear() {
        places_.clear();
        phones_.clear();
        count_ = 0;
    }

private:
    void remove_first(Phone& phone) {
        phone.notes.pop_front();
        --count_;
    }

    void trim() {
        // The last is the one in use.
        while (count_ > altogether && phones_.size() > 1) {
            auto& quiet = phones_.front();
            if (!quiet.notes.empty()) {
                remove_first(quiet);
                continue;
            }
            places_.erase(quiet.address);
            phones_.pop_front();
            --count_;
        }
    }

    std::list<Phone> phones_;  // the most recently touched last
    std::unordered_map<std::string, typename std::list<Phone>::iterator> places_;
    std::size_t count_ = 0;
};

}  // namespace carillon::sandbox
