#pragma once
// The channels there are, by name.
#include <carillon/channel.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::notify {

class Channels {
public:
    void add(std::unique_ptr<Channel> channel) {
        auto name = std::string{channel->name()};
        channels_.emplace(std::move(name), std::move(channel));
    }
    [[nodiscard]] Channel* find(std::string_view name) const {
        const auto found = channels_.find(name);
        return found == channels_.end() ? nullptr : found->second.get();
    }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& [name, channel] : channels_) all.push_back(name);
        return all;
    }
    [[nodiscard]] auto begin() const { return channels_.begin(); }
    [[nodiscard]] auto end() const { return channels_.end(); }

private:
    std::map<std::string, std::unique_ptr<Channel>, std::less<>> channels_;
};

}  // namespace carillon::notify
