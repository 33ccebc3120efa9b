#include "admin/openapi.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <carillon/bytes.hpp>

namespace carillon::admin {
namespace {

[[noreturn]] void refuse(std::string_view file, const std::string& why) {
    throw std::logic_error{std::string{file} + ": " + why};
}

Json read(const embedded::File& file) {
    auto document = parse_json(file.text);
    if (!document) refuse(file.name, document.error().detail);
    if (!document->is_object()) refuse(file.name, "not an object");
    return std::move(*document);
}

// Adds every member of one object to another. At the last level a name may be given once only; above it the
// objects of the same name become one.
void add(std::string_view file, Json& into, const Json& from, int levels, const std::string& where) {
    for (const auto& [name, value] : from.items()) {
        const auto here = where + "/" + name;
        if (!into.contains(name))
            into[name] = value;
        else if (levels > 1)
            add(file, into[name], value, levels - 1, here);
        else
            refuse(file, here + " is described twice");
    }
}

void add_tags(std::string_view file, Json& into, const Json& from) {
    for (const auto& tag : from) {
        const auto same = [&tag](const Json& known) { return known.at("name") == tag.at("name"); };
        if (std::any_of(into.begin(), into.end(), same))
            refuse(file, "tag " + tag.at("name").get<std::string>() + " is described twice");
        into.push_back(tag);
    }
}

void add_fragment(Json& document, const embedded::File& file) {
    const auto fragment = read(file);
    for (const auto& [name, value] : fragment.items()) {
        if (name == "paths" || name == "components")
            add(file.name, document[name], value, 2, name);
        else if (name == "tags")
            add_tags(file.name, document[name], value);
        else
            refuse(file.name, "a fragment has no " + name);
    }
}

// RFC 9110: a list of tags or "*", compared weakly.
bool names_tag(std::string_view list, std::string_view tag) {
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        auto one = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
        one = one.substr(0, one.find_last_not_of(" \t") + 1);
        if (one.starts_with("W/")) one.remove_prefix(2);
        if (one == tag || one == "*") return true;
    }
    return false;
}

}  // namespace

Json merge_documents(std::span<const embedded::File> files, std::string_view version) {
    const auto is_base = [](const embedded::File& file) { return file.name == base_document; };
    const auto base = std::find_if(files.begin(), files.end(), is_base);
    if (base == files.end()) refuse(base_document, "missing");

    auto document = read(*base);
    document["info"]["version"] = version;
    for (const auto& file : files)
        if (!is_base(file)) add_fragment(document, file);
    return document;
}

OpenApi::OpenApi(const Json& document)
    : text_{to_text(document)}, etag_{'"' + to_hex(sha256(text_)).substr(0, 32) + '"'} {}

Response OpenApi::answer(const Request& request) const {
    const auto known = request.header("If-None-Match");
    Response response;
    if (known && names_tag(*known, etag_)) {
        response = no_content();
        response.status = 304;
    } else {
        response.body = text_;
    }
    // It changes only with the program, but then at once.
    response.with("ETag", etag_).with("Cache-Control", "public, no-cache");
    return response;
}

}  // namespace carillon::admin
