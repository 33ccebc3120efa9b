// socket_load NAME=VALUE...: holds WebSockets, publishes over HTTP and keeps book of who got what, on one
// thread.
//
//     port=N users=FILE path=/ws/@user@     where to; FILE has a line `id token` for each user
//     size=N                                sockets altogether, dealt out to the users in turn
//     header='Authorization: Bearer @token@'
//     greeted=1 gapless=1 tls=1             see FleetSettings
//     publish_port=N publish_path=/pub/@user@ publish_header=… body=FILE
//                                           FILE's text with @user@, @seq@ and @sent@ (the clock's
//                                           nanoseconds)
//
// Takes commands from its standard input, one a line, and answers each with a line of JSON; a sentence on
// standard error and status 1 when something is not as it must be. It ends with its input.
//
//     open at_once=N                  opens all
//     publish in_flight=N (seconds=S | count=N) [rate=R]
//     begin in_flight=N [rate=R]      publishes until `end`, which answers
//     await each=N                    until every socket has got so many live messages since it was first
//     open return back=N [port=N]          closes all without a farewell; all come at once, asking for the
//     last N again closed                          until the server has closed all
#include <openssl/ssl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "socket_load/fleet.hpp"
#include "socket_load/link.hpp"
#include "socket_load/measure.hpp"
#include "socket_load/publisher.hpp"

namespace load {
namespace {

class Values {
public:
    void add(const std::string& pair) {
        const auto equals = pair.find('=');
        if (equals == std::string::npos) fail("not NAME=VALUE: " + pair);
        values_[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    std::string text(const std::string& name) const {
        const auto found = values_.find(name);
        return found == values_.end() ? std::string{} : found->second;
    }
    double number(const std::string& name, double otherwise = 0) const {
        const auto value = text(name);
        return value.empty() ? otherwise : std::atof(value.c_str());
    }
    std::size_t count(const std::string& name, std::size_t otherwise = 0) const {
        return static_cast<std::size_t>(number(name, static_cast<double>(otherwise)));
    }
    std::uint16_t port(const std::string& name) const { return static_cast<std::uint16_t>(count(name)); }

private:
    std::map<std::string, std::string> values_;
};

std::vector<User> read_users(const std::string& file) {
    std::ifstream in{file};
    std::vector<User> users;
    for (User user; in >> user.id >> user.token;) users.push_back(user);
    return users;
}

std::string read_text(const std::string& file) {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

// The certificate is one made for this run; who it is does not matter here, what it costs does.
SSL_CTX* make_tls() {
    SSL_CTX* tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    return tls;
}

FleetSettings fleet_settings(const Values& given) {
    return {.port = given.port("port"),
            .path = Template{given.text("path")},
            .header = Template{given.text("header")},
            .size = given.count("size"),
            .greeted = given.count("greeted") == 1,
            .gapless = given.count("gapless") == 1,
            .tls = given.count("tls") == 1 ? make_tls() : nullptr};
}

PublisherSettings publisher_settings(const Values& given) {
    const auto header = given.text("publish_header");
    return {.port = given.port("publish_port"),
            .path = Template{given.text("publish_path")},
            .header = header.empty() ? header : header + "\r\n",
            .body = Template{read_text(given.text("body"))}};
}

// One command after the other: what is done, what it waits for, and what is then answered.
class Desk final : public Handler {
public:
    explicit Desk(const Values& given)
        : fleet_{loop_, fleet_settings(given), read_users(given.text("users"))},
          publisher_{loop_, fleet_, publisher_settings(given)} {
        fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
        loop_.add(STDIN_FILENO, EPOLLIN, *this);
    }

    [[noreturn]] void run() {
        for (;;) {
            fleet_.retry_due();
            publisher_.go_on();
            if (is_done_ && is_done_()) answer();
            const auto now = now_ns();
            if (is_done_ && now > limit_ns_) fail("not in time: " + state());
            const auto until =
                std::min({now + 100'000'000, fleet_.next_retry_ns(), publisher_.next_due_ns()});
            loop_.turn(until);
        }
    }

    void ready(std::uint32_t) override {
        char text[4096];
        const auto size = read(STDIN_FILENO, text, sizeof text);
        if (size == 0) std::exit(0);
        if (size > 0) input_.append(text, static_cast<std::size_t>(size));
        for (auto end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
            std::istringstream words{input_.substr(0, end)};
            input_.erase(0, end + 1);
            std::string verb;
            words >> verb;
            Values given;
            for (std::string pair; words >> pair;) given.add(pair);
            begin(verb, given);
        }
    }

private:
    void begin(const std::string& verb, const Values& given) {
        if (is_done_) fail("a command came before the last one was answered");
        began_ns_ = now_ns();
        cpu_ = cpu_seconds();
        limit_ns_ = began_ns_ + static_cast<std::int64_t>(given.number("limit_seconds", 60) * 1e9);
        const bool known = begin_opening(verb, given) || begin_publishing(verb, given);
        if (!known) fail("no such command: " + verb);
    }

    bool begin_opening(const std::string& verb, const Values& given) {
        const auto all_open = [this] { return fleet_.all_open(); };
        if (verb == "open") {
            fleet_.open(given.count("at_once", 256));
            wait_for(all_open, [this](Answer& line) { tell_opened(line); });
        } else if (verb == "return") {
            fleet_.settings.port = given.port("port") ? given.port("port") : fleet_.settings.port;
            fleet_.closing_expected = false;
            fleet_.abort_all();
            began_ns_ = now_ns();
            fleet_.open(fleet_.sockets.size(), static_cast<std::int64_t>(given.count("back")));
            wait_for(all_open, [this](Answer& line) { tell_opened(line); });
        } else if (verb == "closed") {
            fleet_.closing_expected = true;
            fleet_.closed.clear();
            wait_for([this] { return fleet_.open_count() == 0; },
                     [this](Answer& line) {
                         for (const auto& [code, count] : fleet_.closed) {
                             line.add("code_" + std::to_string(code), static_cast<double>(count));
                         }
                     });
        } else {
            return false;
        }
        return true;
    }

    bool begin_publishing(const std::string& verb, const Values& given) {
        const auto done = [this] { return publisher_.is_done(); };
        const auto tell = [this](Answer& line) { tell_published(line); };
        if (verb == "publish" || verb == "begin") {
            Run run{.in_flight = given.count("in_flight", 1), .rate = given.number("rate")};
            const auto seconds = given.number("seconds");
            if (verb == "publish") {
                run.count = given.count("count", static_cast<std::size_t>(seconds * run.rate));
                if (run.count == 0) {
                    run.count = UINT64_MAX;
                    run.until_ns = began_ns_ + static_cast<std::int64_t>(seconds * 1e9);
                }
            }
            publisher_.begin(run);
            if (verb == "begin") {
                Answer{}.add("begun", 1).print();
                return true;
            }
            wait_for(done, tell);
        } else if (verb == "end") {
            publisher_.end();
            began_ns_ = publisher_.began_ns;
            wait_for(done, tell);
        } else if (verb == "await") {
            const auto each = given.count("each");
            wait_for([this, each] { return fleet_.each_got(each); }, [](Answer&) {});
        } else {
            return false;
        }
        return true;
    }

    template <class Done, class Tell>
    void wait_for(Done done, Tell tell) {
        is_done_ = done;
        tell_ = tell;
    }

    void answer() {
        is_done_ = nullptr;
        Answer line;
        line.add("seconds", in_seconds(now_ns() - began_ns_)).add("load_cpu_seconds", cpu_seconds() - cpu_);
        tell_(line);
        line.print();
    }

    void tell_opened(Answer& line) {
        line.add("open", static_cast<double>(fleet_.open_count()))
            .add("refused", static_cast<double>(fleet_.refused))
            .add("opened", fleet_.opened_ns);
    }

    void tell_published(Answer& line) {
        fleet_.check_order();
        publisher_.add_to(line);
        const auto received = static_cast<double>(fleet_.received);
        line.add("received", received)
            .add("message_bytes", static_cast<double>(fleet_.bytes) / std::max(received, 1.0))
            .add("delivery", fleet_.delivery)
            .add("last_receipt", fleet_.last_receipt)
            .add("catch_ups", static_cast<double>(fleet_.catch_ups));
    }

    std::string state() const {
        return std::to_string(fleet_.open_count()) + " of " + std::to_string(fleet_.sockets.size()) +
               " sockets open, " + std::to_string(fleet_.refused) + " refusals, " +
               std::to_string(fleet_.received) + " messages; " + publisher_.missing();
    }

    Loop loop_;
    Fleet fleet_;
    Publisher publisher_;
    std::string input_;
    std::function<bool()> is_done_;
    std::function<void(Answer&)> tell_;
    std::int64_t began_ns_ = 0;
    std::int64_t limit_ns_ = 0;
    double cpu_ = 0;
};

}  // namespace
}  // namespace load

int main(int argc, char** argv) {
    load::Values given;
    for (int i = 1; i < argc; ++i) given.add(argv[i]);
    load::Desk{given}.run();
}
