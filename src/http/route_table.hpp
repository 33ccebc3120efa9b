#pragma once
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "http/route.hpp"

namespace carillon::http {

// Finds the route of a path: a tree of segments, literal before parameter.
class RouteTable {
public:
    RouteTable();
    ~RouteTable();

    // Throws std::logic_error when two rows name the same method and shape, a path is malformed, or a row
    // lets in the user the path names and the path names none: it would let in everybody who is signed in.
    void add(Route route);

    struct Match {
        const Route* route = nullptr;  // nothing: no such method, or no such path at all
        std::vector<Method> allowed;   // what the path takes instead; empty: no such path
        bool undecodable = false;      // a parameter that is no valid text
    };
    // Fills request.parameters. HEAD finds a GET route.
    [[nodiscard]] Match find(Request& request) const;
    [[nodiscard]] std::vector<Method> methods_of(std::string_view path) const;
    [[nodiscard]] std::vector<const Route*> all() const;

private:
    struct Node;
    using Enough = std::function<bool(const Node&)>;
    const Node* walk(std::string_view path, const Enough& enough,
                     std::vector<std::string_view>& values) const;
    std::unique_ptr<Node> root_;
    std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace carillon::http
