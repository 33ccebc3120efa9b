#pragma once
// The templates as people edit them: what is stored, every version of it, and a look before saving.
//
// Threads: called on the event loop; parsing and rendering happen on the database's threads. Throws
// Unavailable when the database is away. Invariants: a change, its version and the raised stamp are one
// transaction; what is stored was parsed before.
#include <boost/asio/awaitable.hpp>
#include <carillon/id.hpp>
#include <carillon/time.hpp>
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "notify/message_template.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

struct StoredTemplate {
    std::string type;
    std::string channel;
    std::string language;
    int version = 0;
    std::string content;
    Json options = Json::object();
    bool active = true;
    std::string category;
    Time updated_at;
    std::string updated_by;
};

struct TemplateVersion {
    std::string channel;
    std::string language;
    int version = 0;
    std::string content;
    Json options = Json::object();
    Time created_at;
    std::string created_by;
};

// What is absent stays as it is, or begins as the members of StoredTemplate do.
struct TemplateChange {
    std::string type;
    std::optional<std::string> channel;  // the one the type has, or WhatsApp
    std::string language = "en";
    std::string content;
    std::optional<Json> options;
    std::optional<bool> active;
    std::optional<std::string> category;
    UserId by;
};

struct TemplatePut {
    StoredTemplate stored;
    bool created = false;
};

// Which of a type's templates is meant.
struct TemplateChoice {
    std::string type;
    std::optional<std::string> channel;
    std::optional<std::string> language;
};

struct PreviewRequest {
    TemplateChoice choice;
    Json context = Json::object();
    std::optional<std::string> content;  // in place of the stored one
    std::optional<Json> options;
};

struct Preview {
    std::string channel;
    std::string language;
    std::optional<int> version;  // of the stored one, when it had a part in this
    MessageTemplate::Output output;
    std::vector<std::string> variables;
};

class TemplateStore {
public:
    explicit TemplateStore(db::Database& database);

    struct Place {
        std::string type, channel, language;
    };
    // In the order of type, channel, language.
    asio::awaitable<std::vector<StoredTemplate>> list(Place after, int limit);
    // Every channel and language of one type, what a caller who names none means first. Empty: no such type.
    asio::awaitable<std::vector<StoredTemplate>> find(std::string type);

    // Failure::invalid with the fields: "template_syntax", or a channel that must be named.
    asio::awaitable<Result<TemplatePut>> put(TemplateChange change);

    // The newest first. Failure::not_found: there is no such template.
    asio::awaitable<Result<std::vector<TemplateVersion>>> versions(TemplateChoice choice, int below,
                                                                   int limit);
    asio::awaitable<Result<TemplateVersion>> version(TemplateChoice choice, int version);

    // Failure::invalid as MessageTemplate::parse() and render() have it; Failure::not_found without a text.
    asio::awaitable<Result<Preview>> preview(PreviewRequest wish);

private:
    db::Database& database_;
};

// Who names no channel means the only one there is, or WhatsApp. Nothing: there are several, and that is not
// among them.
[[nodiscard]] std::optional<std::string> default_channel(const std::vector<StoredTemplate>& all);

// The one that is meant: of that channel, in that language or the one that stands in for it.
[[nodiscard]] Result<StoredTemplate> choose(const std::vector<StoredTemplate>& all,
                                            const TemplateChoice& choice);

}  // namespace carillon::notify
