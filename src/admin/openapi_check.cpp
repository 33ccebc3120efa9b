#include "admin/openapi_check.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>
#include <utility>

namespace carillon::admin {
namespace {

using Names = std::set<std::string, std::less<>>;

std::string operation_key(Method method) {
    std::string key{name_of(method)};
    std::transform(key.begin(), key.end(), key.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return key;
}

const Json& member(const Json& object, const std::string& name) {
    static const Json nothing;
    const auto found = object.is_object() ? object.find(name) : object.end();
    return object.is_object() && found != object.end() ? *found : nothing;
}

const Json& resolved(const Json& document, const Json& value) {
    const auto& reference = member(value, "$ref");
    if (!reference.is_string()) return value;
    const auto text = reference.get<std::string>();
    static const Json nothing;
    if (!text.starts_with("#/")) return nothing;
    const Json::json_pointer pointer{text.substr(1)};
    return document.contains(pointer) ? document.at(pointer) : nothing;
}

Names names_in(std::string_view path) {
    Names names;
    for (auto open = path.find('{'); open != path.npos; open = path.find('{', open + 1))
        names.emplace(path.substr(open + 1, path.find('}', open) - open - 1));
    return names;
}

// One route beside the operation that describes it.
class Comparison {
public:
    Comparison(const Json& document, const http::Route& route, std::vector<std::string>& found)
        : document_{document},
          route_{route},
          found_{found},
          path_item_{member(member(document, "paths"), route.path)},
          operation_{member(path_item_, operation_key(route.method))} {}

    void run() {
        if (operation_.is_null()) return say("has no operation in the document");
        check_path_parameters();
        check_access();
        check_body();
        check_idempotency();
        // The router's own refusals: too fast, and not yet or no longer serving. Probes get neither.
        if (!route_.probe) must_answer({"429", "503"}, "is no probe");
        if (route_.upgrades) must_answer({"101", "400", "403", "426"}, "is a WebSocket");
        if (!member(operation_, "operationId").is_string()) say("has no operationId");
    }

private:
    void say(const std::string& what) {
        found_.push_back(std::string{name_of(route_.method)} + " " + route_.path + " " + what);
    }

    void must_answer(std::initializer_list<const char*> statuses, const std::string& because) {
        for (const auto* status : statuses)
            if (member(member(operation_, "responses"), status).is_null())
                say(because + " but the document knows no " + status);
    }

    // Of the operation and of its path, those in one place ("path", "header").
    [[nodiscard]] Names parameters_in(std::string_view place) const {
        Names names;
        for (const auto* holder : {&path_item_, &operation_})
            for (const auto& given : member(*holder, "parameters")) {
                const auto& parameter = resolved(document_, given);
                if (member(parameter, "in") == place)
                    names.insert(member(parameter, "name").get<std::string>());
            }
        return names;
    }

    void check_path_parameters() {
        const auto described = parameters_in("path");
        const auto real = names_in(route_.path);
        for (const auto& name : real)
            if (!described.contains(name)) say("has a path parameter " + name + " that is not described");
        for (const auto& name : described)
            if (!real.contains(name)) say("has no path parameter " + name);
    }

    void check_access() {
        const auto& own = member(operation_, "security");
        const auto& security = own.is_null() ? member(document_, "security") : own;
        const bool asks = !security.empty();
        if (route_.access == http::Access::open) {
            if (asks) say("is open, but the document asks for a token");
            return;
        }
        if (route_.access == http::Access::optional) {
            const auto is_nobody = [](const Json& way) { return way.is_object() && way.empty(); };
            if (std::none_of(security.begin(), security.end(), is_nobody) || security.size() < 2)
                say("takes a token or none, but the document does not say so");
            return must_answer({"401"}, "looks at a token");
        }
        if (!asks) say("asks for a token, but the document does not");
        must_answer({"401"}, "asks for a token");
        if (route_.access != http::Access::signed_in) must_answer({"403"}, "is not for everyone");
    }

    void check_body() {
        const auto& body = resolved(document_, member(operation_, "requestBody"));
        if (route_.takes == http::Takes::nothing) {
            if (!body.is_null()) say("takes no body, but the document describes one");
            return;
        }
        if (member(member(body, "content"), "application/json").is_null())
            say("takes a JSON body, but the document describes none");
        const bool optional = route_.takes == http::Takes::maybe_json;
        if (!body.is_null() && (member(body, "required") == true) == optional)
            say(optional ? "can do without a body, but the document cannot"
                         : "must have a body, but the document does not say so");
        must_answer({"400", "413"}, "takes a body");
        if (route_.takes != http::Takes::raw) must_answer({"415"}, "takes JSON only");
        // What is wrong with one line of a stream stands in the answer, beside what became of the others.
        if (route_.takes != http::Takes::stream) must_answer({"422"}, "takes a body");
    }

    void check_idempotency() {
        const bool described = parameters_in("header").contains("Idempotency-Key");
        if (route_.creates && !described) say("honours Idempotency-Key, but the document does not say so");
        if (!route_.creates && described) say("does not honour Idempotency-Key, but the document says so");
        if (route_.creates) must_answer({"409", "422"}, "honours Idempotency-Key");
    }

    const Json& document_;
    const http::Route& route_;
    std::vector<std::string>& found_;
    const Json& path_item_;
    const Json& operation_;
};

// What the document describes: "get /api/health" and so on.
constexpr std::array operation_keys{"get", "put", "post", "delete", "options", "head", "patch", "trace"};

void check_operations(const Json& document, const Names& served, std::vector<std::string>& found) {
    Names ids;
    for (const auto& [path, item] : member(document, "paths").items())
        for (const auto* key : operation_keys) {
            const auto& operation = member(item, key);
            if (operation.is_null()) continue;
            const auto name = std::string{key} + " " + path;
            if (!served.contains(name)) found.push_back(name + " is described but not served");
            const auto& id = member(operation, "operationId");
            if (id.is_string() && !ids.insert(id.get<std::string>()).second)
                found.push_back(name + " has an operationId that another has: " + id.get<std::string>());
        }
}

}  // namespace

std::vector<std::string> differences(const Json& document, const std::vector<const http::Route*>& routes) {
    std::vector<std::string> found;
    Names served;
    for (const auto* route : routes) {
        served.insert(operation_key(route->method) + " " + route->path);
        Comparison{document, *route, found}.run();
    }
    check_operations(document, served, found);
    return found;
}

}  // namespace carillon::admin
