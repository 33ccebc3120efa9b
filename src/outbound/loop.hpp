#pragma once
// The thread behind Client. Calls come in through the inbox, a batch at a time; everything else is the
// thread's own. A turn: take what came in, let curl work, gather what has ended, hand it over, sleep.
#include <curl/curl.h>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "outbound/answers.hpp"
#include "outbound/client.hpp"
#include "outbound/exchange.hpp"
#include "outbound/origins.hpp"
#include "outbound/transfer.hpp"

namespace carillon::outbound {

class Client::Loop {
public:
    explicit Loop(ClientSettings settings);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // Always ends in the exchange's handler, refusals too.
    void submit(std::unique_ptr<Exchange> exchange);
    void stop();
    [[nodiscard]] ClientNumbers numbers() const;

private:
    struct CleanUp {
        void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
    };
    using Inbox = std::vector<std::unique_ptr<Exchange>>;

    void run();
    [[nodiscard]] bool take(Inbox& fresh);
    void admit(std::unique_ptr<Exchange> exchange);
    void start_waiting(Origin& origin);
    void start(Exchange& exchange);
    void collect();
    void expire();
    void end(Exchange& exchange);
    void abandon(Inbox fresh);
    void sleep();
    [[nodiscard]] int longest_sleep() const;

    ClientSettings settings_;
    std::unique_ptr<CURLM, CleanUp> multi_;

    // Under the mutex.
    std::mutex mutex_;
    Inbox inbox_;
    bool asleep_ = false;
    bool stopping_ = false;
    // Read by anyone.
    std::atomic<std::size_t> waiting_ = 0;  // raised under the mutex, so that the limit holds
    std::atomic<std::size_t> in_flight_ = 0;
    std::atomic<std::uint64_t> calls_ = 0;
    std::atomic<std::uint64_t> connections_ = 0;

    // The thread's own.
    Origins origins_;
    std::size_t unbegun_ = 0;  // curl has them, and has no connection for them yet
    bool some_ended_ = false;  // in this turn
    Schedule schedule_;
    std::vector<std::unique_ptr<Transfer>> spare_;
    Answers answers_;

    std::once_flag joined_;
    std::thread thread_;
};

}  // namespace carillon::outbound
