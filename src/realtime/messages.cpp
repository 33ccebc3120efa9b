#include "realtime/messages.hpp"

#include <carillon/id.hpp>

#include "core/frame.hpp"

namespace carillon::realtime {
namespace {

constexpr std::string_view id_prefix = "srv_";
constexpr std::size_t envelope = 160;
constexpr std::string_view read_tail = R"(,"read":true})";

void append_head(std::string& out, std::string_view type, std::string_view id) {
    out += R"({"type":)";
    append_quoted(out, type);
    out += R"(,"id":)";
    append_quoted(out, id);
}

void append_tail(std::string& out, Time at, std::string_view data) {
    out += R"(,"timestamp":")";
    out += to_rfc3339(at);
    out += R"(","data":)";
    out += data;
}

}  // namespace

std::string stored_message(const notify::FeedItem& item, bool read) {
    std::string out;
    out.reserve(envelope + item.body->size());
    append_head(out, item.type, item.event.value());
    out += R"(,"seq":)";
    out += std::to_string(item.seq);
    append_tail(out, item.at, *item.body);
    if (read)
        out += read_tail;
    else
        out += '}';
    return out;
}

Frame marked_read(const Frame& stored) {
    auto text = payload_of(*stored);
    if (text.ends_with(read_tail)) return nullptr;
    text.remove_suffix(1);
    return text_frame(std::string{text}.append(read_tail));
}

std::string message(std::string_view type, Time now, std::string_view data) {
    std::string out;
    out.reserve(envelope + data.size());
    append_head(out, type, make_id(id_prefix));
    out += R"(,"seq":null)";
    append_tail(out, now, data);
    out += '}';
    return out;
}

std::string message(std::string_view type, Time now, const Json& data) {
    return message(type, now, std::string_view{to_text(data)});
}

std::string error_message(const Error& error, std::string_view about, Time now) {
    const auto& info = describe(error.failure);
    Json data{{"code", error.code.empty() ? std::string{info.code} : error.code},
              {"message", error.detail.empty() ? std::string{info.title} : error.detail},
              {"about", about.empty() ? Json{} : Json(about)}};
    if (!error.fields.empty()) {
        auto& errors = data["errors"] = Json::array();
        for (const auto& [field, why] : error.fields) errors.push_back({{"field", field}, {"message", why}});
    }
    return message("error", now, data);
}

}  // namespace carillon::realtime
