// POST requests over connections that stay open: as many at a time as are wanted, or at a rate.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet.hpp"
#include "link.hpp"
#include "measure.hpp"
#include "message.hpp"

namespace load {

struct PublisherSettings {
    std::uint16_t port;
    Template path;
    std::string header;  // one more line, or none
    Template body;
};

// `rate` 0: as fast as it goes, with no more than `in_flight` that have not been answered or not got
// everywhere. At a rate, what cannot go out when it is due goes out later, and the time it lost counts.
struct Run {
    std::size_t in_flight = 1;
    double rate = 0;
    std::uint64_t count = UINT64_MAX;
    std::int64_t until_ns = INT64_MAX;
};

class Publisher {
public:
    Publisher(Loop& loop, Fleet& fleet, PublisherSettings settings)
        : loop_{loop}, fleet_{fleet}, settings_{std::move(settings)} {}

    void begin(const Run& run) {
        fleet_.begin_run();
        answer_.clear();
        run_ = run;
        began_ns = now_ns();
        published = answered_ = 0;
        while (connections_.size() < run.in_flight) {
            connections_.push_back(std::make_unique<Connection>(*this));
            free_.push_back(connections_.back().get());
        }
    }

    // Sends what is due.
    void go_on() {
        const auto now = now_ns();
        while (is_due(now) && !free_.empty()) {
            auto* connection = free_.back();
            free_.pop_back();
            const auto due = run_->rate > 0 ? due_ns() : now;
            connection->send(request(due), now);
            ++published;
        }
        if (run_ && (published >= run_->count || now >= run_->until_ns)) run_.reset();
    }
    // When to be called again if nothing comes.
    std::int64_t next_due_ns() const {
        if (!run_) return INT64_MAX;
        return run_->rate > 0 && !free_.empty() ? std::min(due_ns(), run_->until_ns) : run_->until_ns;
    }
    void end() { run_.reset(); }
    bool is_done() const { return !run_ && answered_ == published && fleet_.completed == published; }

    std::string missing() const {
        return std::to_string(published) + " published, " + std::to_string(answered_) + " answered, " +
               std::to_string(fleet_.completed) + " received by all";
    }

    void add_to(Answer& answer) const {
        answer.add("published", static_cast<double>(published)).add("answer", answer_);
    }

    std::uint64_t published = 0;
    std::int64_t began_ns = 0;

private:
    class Connection final : public Handler {
    public:
        explicit Connection(Publisher& publisher) : publisher_{publisher} {
            link_.connect(publisher.loop_, *this, publisher.settings_.port, 0, nullptr);
        }

        void send(std::string_view request, std::int64_t now) {
            sent_ns_ = now;
            link_.write(request);
        }

        void ready(std::uint32_t events) override {
            link_.flush();
            const auto take = [this](const char* begin, const char* end) -> std::size_t {
                const auto answer = parse_answer(begin, end);
                if (!answer) return 0;
                if (answer->head.status() / 100 != 2)
                    fail("a publish was answered with " + std::string{begin, end});
                publisher_.was_answered(*this, now_ns() - sent_ns_);
                return answer->size;
            };
            if (inbox_.drain(link_, events, take)) fail("a connection for publishing was closed");
        }

    private:
        Publisher& publisher_;
        Link link_;
        Inbox inbox_;
        std::int64_t sent_ns_ = 0;
    };

    void was_answered(Connection& connection, std::int64_t took_ns) {
        answer_.add(took_ns);
        ++answered_;
        free_.push_back(&connection);
    }

    std::int64_t due_ns() const {
        return began_ns + static_cast<std::int64_t>(static_cast<double>(published) / run_->rate * 1e9);
    }
    bool is_due(std::int64_t now) const {
        if (!run_ || published >= run_->count || now >= run_->until_ns) return false;
        return run_->rate > 0 ? due_ns() <= now : published - fleet_.completed < run_->in_flight;
    }

    // Users in one scattered order; lengths that never change, so that all messages of a run have one size.
    std::string request(std::int64_t due) {
        const auto number = total_++;
        const auto& user = fleet_.users[number * 7919 % fleet_.users.size()];
        const auto value = [&user, number, due](std::string_view name) {
            if (name == "seq") return std::to_string(1'000'000'000 + number);
            if (name != "sent") return user.id;
            const auto digits = std::to_string(due);
            return std::string(20 - digits.size(), '0') + digits;
        };
        const auto body = settings_.body.filled(value);
        return "POST " + settings_.path.filled(value) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" +
               settings_.header +
               "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body;
    }

    Loop& loop_;
    Fleet& fleet_;
    PublisherSettings settings_;
    std::optional<Run> run_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<Connection*> free_;
    Histogram answer_;
    std::uint64_t answered_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace load
