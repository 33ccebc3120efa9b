#include "admin/openapi.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

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

}  // namespace carillon::admin
