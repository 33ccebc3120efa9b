#pragma once
// Stands in for a provider: answers as it was told, and remembers what it was asked.
//
//   imposter.when("/hook").reply(503).reply(200, "{}");   // the last one stays
//   imposter.requests("/hook");
#include <carillon/json.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace carillon::test {

class Imposter {
public:
    struct Request {
        std::string method;
        std::string target;                          // with the query
        std::map<std::string, std::string> headers;  // names in lower case
        std::string body;

        // "" without it; the name in lower case.
        [[nodiscard]] std::string header(const std::string& name) const;
        [[nodiscard]] Json json() const { return Json::parse(body); }
    };
    using Headers = std::vector<std::pair<std::string, std::string>>;

    // What one path does, request by request.
    class Script {
    public:
        Script& reply(int status, std::string body = "", Headers headers = {});
        // Takes the request and never says anything.
        Script& hangs();
        // Takes the request and closes the connection.
        Script& hangs_up();

    private:
        friend class Imposter;
        struct Steps;
        explicit Script(std::shared_ptr<Steps> steps) : steps_{std::move(steps)} {}
        std::shared_ptr<Steps> steps_;
    };

    Imposter();
    ~Imposter();
    Imposter(const Imposter&) = delete;
    Imposter& operator=(const Imposter&) = delete;

    [[nodiscard]] std::string url() const;
    // Begins the script of a path anew; with a fragment, only of requests whose body holds it.
    Script when(const std::string& path, const std::string& fragment = "");
    // Of a path, in their order.
    [[nodiscard]] std::vector<Request> requests(const std::string& path) const;

private:
    class Server;
    std::unique_ptr<Server> server_;
};

// A loopback address where nobody listens.
[[nodiscard]] std::string refusing_address();

}  // namespace carillon::test
