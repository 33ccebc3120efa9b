#include "http/route_table.hpp"

#include <algorithm>
#include <carillon/bytes.hpp>
#include <map>
#include <stdexcept>
#include <utility>

namespace carillon::http {

struct RouteTable::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literal;
    std::unique_ptr<Node> parameter;
    std::vector<std::pair<Method, const Route*>> routes;
};

namespace {

// The next segment of a path that starts with '/', which is cut off.
std::string_view cut_segment(std::string_view& path) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    const auto segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

bool is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// The name of the next parameter in a route's path, which is cut off up to behind it.
std::string_view cut_name(std::string_view& path) {
    for (;;) {
        const auto segment = cut_segment(path);
        if (is_parameter(segment)) return segment.substr(1, segment.size() - 2);
    }
}

void check_path(const Route& route) {
    if (route.path.empty() || route.path.front() != '/')
        throw std::logic_error{"a route's path starts with '/': " + route.path};
    bool names_user = false;
    for (std::string_view rest = route.path; !rest.empty();) {
        const auto segment = cut_segment(rest);
        names_user |= segment == "{user_id}";
        if (!is_parameter(segment) && segment.find_first_of("{}") != std::string_view::npos)
            throw std::logic_error{"a parameter is a whole segment: " + route.path};
    }
    if (route.access == Access::self && !names_user)
        throw std::logic_error{"a route for the user it names, and it names none: " + route.path};
}

const Route* route_for(const std::vector<std::pair<Method, const Route*>>& routes, Method method) {
    for (const auto& [known, route] : routes)
        if (known == method) return route;
    return nullptr;
}

}  // namespace

RouteTable::RouteTable() : root_{std::make_unique<Node>()} {}
RouteTable::~RouteTable() = default;

void RouteTable::add(Route route) {
    check_path(route);
    auto* node = root_.get();
    std::string_view rest = route.path;
    while (!rest.empty()) {
        const auto segment = cut_segment(rest);
        auto& next = is_parameter(segment) ? node->parameter : node->literal[std::string{segment}];
        if (!next) next = std::make_unique<Node>();
        node = next.get();
    }
    if (route_for(node->routes, route.method))
        throw std::logic_error{"two routes for " + std::string{name_of(route.method)} + " " + route.path};
    routes_.push_back(std::make_unique<Route>(std::move(route)));
    node->routes.emplace_back(routes_.back()->method, routes_.back().get());
}

// Every place the path can lead to, literals first, until one is enough. A literal that leads nowhere, or
// that takes another method, hides nothing: "/users/bulk" may be a route of its own and a user called "bulk"
// too.
const RouteTable::Node* RouteTable::walk(std::string_view path, const Enough& enough,
                                         std::vector<std::string_view>& values) const {
    struct Search {
        const Enough& enough;
        std::vector<std::string_view>& values;
        const Node* from(const Node& node, std::string_view rest) {
            if (rest.empty()) return enough(node) ? &node : nullptr;
            const auto segment = cut_segment(rest);
            if (const auto next = node.literal.find(segment); next != node.literal.end())
                if (const auto* found = from(*next->second, rest)) return found;
            if (!node.parameter || segment.empty()) return nullptr;
            values.push_back(segment);
            if (const auto* found = from(*node.parameter, rest)) return found;
            values.pop_back();
            return nullptr;
        }
    };
    if (path.empty() || path.front() != '/') return nullptr;
    return Search{enough, values}.from(*root_, path);
}

RouteTable::Match RouteTable::find(Request& request) const {
    Match match;
    std::vector<std::string_view> values;
    const auto wanted = request.method == Method::head ? Method::get : request.method;
    const auto* node = walk(
        request.path, [wanted](const Node& place) { return route_for(place.routes, wanted) != nullptr; },
        values);
    if (!node) {
        match.allowed = methods_of(request.path);
        return match;
    }
    match.route = route_for(node->routes, wanted);
    std::string_view shape = match.route->path;
    for (const auto encoded : values) {
        auto value = percent_decode(encoded, PlusIs::plus);
        if (!value) match.undecodable = true;
        request.parameters.push_back({cut_name(shape), std::move(value).value_or("")});
    }
    return match;
}

std::vector<Method> RouteTable::methods_of(std::string_view path) const {
    std::vector<Method> methods;
    const auto note = [&methods](Method method) {
        if (std::find(methods.begin(), methods.end(), method) == methods.end()) methods.push_back(method);
    };
    const auto gather = [&note](const Node& place) {
        for (const auto& [method, route] : place.routes) {
            note(method);
            if (method == Method::get) note(Method::head);
        }
        return false;
    };
    std::vector<std::string_view> values;
    walk(path, gather, values);
    if (!methods.empty()) note(Method::options);
    return methods;
}

std::vector<const Route*> RouteTable::all() const {
    std::vector<const Route*> routes;
    routes.reserve(routes_.size());
    for (const auto& route : routes_) routes.push_back(route.get());
    return routes;
}

}  // namespace carillon::http
