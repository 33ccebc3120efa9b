#pragma once
// All templates, parsed: a snapshot that planning renders with. Immutable, shared, safe on any thread.
#include <carillon/error.hpp>
#include <carillon/json.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "db/session.hpp"
#include "notify/template.hpp"

namespace carillon::notify {

struct Rendered {
    std::string language;  // the one that was found
    int version = 0;
    std::string text;
    Json content = Json::object();  // the template's options, every text in them rendered
};

class TemplateBook {
public:
    struct Source {
        std::string type, channel, language;
        int version = 1;
        std::string content;
        Json options = Json::object();
    };
    // Those that cannot be parsed are left out and logged.
    static std::shared_ptr<const TemplateBook> make(std::int64_t stamp, std::vector<Source> sources);
    static std::shared_ptr<const TemplateBook> load(db::Session& session);
    // One cheap statement: what load() would have as its stamp().
    static std::int64_t current_stamp(db::Session& session);

    [[nodiscard]] std::int64_t stamp() const noexcept { return stamp_; }
    // Looks for "fr-CM", then "fr", then "en". Failure::not_found "template_missing" without any of them, and
    // otherwise what Template::render() says.
    [[nodiscard]] Result<Rendered> render(std::string_view type, std::string_view channel,
                                          std::string_view language, const Json& context) const;
    [[nodiscard]] bool has(std::string_view type, std::string_view channel) const;
    [[nodiscard]] bool knows(std::string_view type) const;

private:
    struct Entry;
    using Key = std::tuple<std::string, std::string, std::string>;
    std::int64_t stamp_ = 0;
    std::map<Key, std::shared_ptr<const Entry>, std::less<>> entries_;
};

}  // namespace carillon::notify
