#include "outbound/loop.hpp"

#include <algorithm>
#include <csignal>
#include <new>
#include <stdexcept>
#include <utility>

namespace carillon::outbound {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Without a deadline there is nothing to do until somebody calls; curl's own timers wake it all the same.
constexpr milliseconds idle_sleep{60'000};
// Beyond what anybody means; a sum with any moment stays a moment.
constexpr milliseconds longest_call = std::chrono::hours{24};

// Curl 7.88 can forget to try again a call that waits inside it for a connection; a turn tries them all. It
// should come at once when a call has ended, and otherwise now and then.
constexpr milliseconds nudge{20};

ClientSettings sensible(ClientSettings settings) {
    settings.connections_per_host = std::max<std::size_t>(settings.connections_per_host, 1);
    settings.streams_per_connection = std::max<std::size_t>(settings.streams_per_connection, 1);
    return settings;
}

// Once for the program, and never undone: other threads may still look up names.
void initialise_curl() {
    static const auto code = curl_global_init(CURL_GLOBAL_ALL);
    if (code != CURLE_OK) throw std::runtime_error{"libcurl cannot be initialised"};
}

CURLM* new_multi(const ClientSettings& settings) {
    initialise_curl();
    auto* multi = curl_multi_init();
    if (multi == nullptr) throw std::bad_alloc{};
    const auto connections = static_cast<long>(settings.connections_per_host);
    // Some of an older generation may still be finishing. Never as many as there are
    // generations, so that each begins with connections of its own.
    const auto finishing = std::min(connections, 7L);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, connections + finishing);
    curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS,
                      static_cast<long>(settings.streams_per_connection));
    // Otherwise curl keeps four for each call under way, and a quiet moment would close nearly all of them.
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, std::max(64L, 16 * connections));
    return multi;
}

// Signals belong to the main thread, and SIGPIPE to nobody; threads that look up names inherit this.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Client::Loop::Loop(ClientSettings settings)
    : settings_{sensible(std::move(settings))},
      multi_{new_multi(settings_)},
      origins_{settings_.connections_per_host, settings_.streams_per_connection} {
    // Options that are refused show here and not at the first call.
    spare_.push_back(std::make_unique<Transfer>(settings_, unbegun_));
    thread_ = std::thread{[this] { run(); }};
}

Client::Loop::~Loop() {
    stop();
}

void Client::Loop::submit(std::unique_ptr<Exchange> exchange) {
    bool wake = false;
    {
        const std::lock_guard lock{mutex_};
        if (!stopping_ && waiting_ < settings_.waiting_limit) {
            ++waiting_;
            ++in_flight_;
            ++calls_;
            inbox_.push_back(std::move(exchange));
            wake = std::exchange(asleep_, false);
        }
    }
    if (wake) curl_multi_wakeup(multi_.get());
    if (!exchange) return;
    exchange->reply.failure = Failure::refused;
    exchange->reply.error = "too many calls wait, or the client has stopped";
    Answers refusal;
    refusal.add(std::move(exchange));
    refusal.hand_over();
}

void Client::Loop::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    curl_multi_wakeup(multi_.get());
    std::call_once(joined_, [this] { thread_.join(); });
}

ClientNumbers Client::Loop::numbers() const {
    return {in_flight_, calls_, connections_};
}

void Client::Loop::run() {
    block_signals();
    Inbox fresh;
    while (take(fresh)) {
        for (auto& exchange : fresh) admit(std::move(exchange));
        fresh.clear();
        int running = 0;
        some_ended_ = false;
        curl_multi_perform(multi_.get(), &running);
        collect();
        expire();
        answers_.hand_over();
        sleep();
    }
    abandon(std::move(fresh));
}

bool Client::Loop::take(Inbox& fresh) {
    const std::lock_guard lock{mutex_};
    asleep_ = false;
    fresh.swap(inbox_);
    return !stopping_;
}

void Client::Loop::admit(std::unique_ptr<Exchange> exchange) {
    auto& admitted = *exchange;
    admitted.origin = &origins_.of(admitted.call.url);
    admitted.origin->waiting.push_back(&admitted);
    const auto deadline = admitted.asked + std::min(admitted.call.timeout, longest_call);
    admitted.place = schedule_.emplace_hint(schedule_.end(), deadline, std::move(exchange));
    start_waiting(*admitted.origin);
}

void Client::Loop::start_waiting(Origin& origin) {
    while (!origin.waiting.empty() && origins_.has_room(origin)) {
        auto& first = *origin.waiting.front();
        if (first.place->first <= steady_clock::now()) return;  // expire() ends it, and comes back here
        origin.waiting.pop_front();
        start(first);
    }
}

void Client::Loop::start(Exchange& exchange) {
    --waiting_;
    auto& origin = *exchange.origin;
    ++origin.active;
    if (origin.multiplexes)
        exchange.connection = origin.generations.next(origin.active, settings_.streams_per_connection);
    if (spare_.empty()) {
        exchange.transfer = std::make_unique<Transfer>(settings_, unbegun_);
    } else {
        exchange.transfer = std::move(spare_.back());
        spare_.pop_back();
    }
    auto& transfer = *exchange.transfer;
    if (!transfer.prepare(exchange)) return end(exchange);
    curl_multi_add_handle(multi_.get(), transfer.easy());
}

void Client::Loop::collect() {
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        auto& transfer = Transfer::of(message->easy_handle);
        transfer.conclude(message->data.result);
        auto& exchange = transfer.exchange();
        auto& origin = *exchange.origin;
        if (exchange.reply.answered()) origin.multiplexes = exchange.reply.http_version == 20;
        end(exchange);
        start_waiting(origin);
    }
}

void Client::Loop::expire() {
    const auto now = steady_clock::now();
    while (!schedule_.empty() && schedule_.begin()->first <= now) {
        auto& exchange = *schedule_.begin()->second;
        auto& origin = *exchange.origin;
        const bool sent = exchange.transfer && exchange.transfer->begun();
        exchange.reply = Reply{};
        exchange.reply.failure = sent ? Failure::timed_out_sent : Failure::timed_out_unsent;
        exchange.reply.error = "no answer in time";
        if (!exchange.transfer) {
            // The one that expires first is nearly always the one that waits longest.
            origin.waiting.erase(std::find(origin.waiting.begin(), origin.waiting.end(), &exchange));
            --waiting_;
        }
        end(exchange);
        start_waiting(origin);
    }
}

// The reply is complete. Whoever waits behind it is the caller's affair, so that many that fail at once do
// not nest.
void Client::Loop::end(Exchange& exchange) {
    if (exchange.transfer) {
        curl_multi_remove_handle(multi_.get(), exchange.transfer->easy());
        exchange.transfer->release();
        connections_ += exchange.transfer->opened();
        --exchange.origin->active;
        if (exchange.connection.ahead) exchange.origin->generations.went_ahead(exchange.reply.answered());
        spare_.push_back(std::move(exchange.transfer));
    }
    exchange.reply.took =
        std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - exchange.asked);
    --in_flight_;
    some_ended_ = true;
    answers_.add(std::move(schedule_.extract(exchange.place).mapped()));
}

void Client::Loop::abandon(Inbox fresh) {
    for (auto& exchange : fresh) {
        auto& late = *exchange;
        late.place = schedule_.emplace(late.asked, std::move(exchange));
    }
    while (!schedule_.empty()) {
        auto& exchange = *schedule_.begin()->second;
        auto& reply = exchange.reply;
        reply = Reply{};
        reply.error = "the client was stopped";
        if (!exchange.transfer) {
            reply.failure = Failure::refused;
        } else {
            reply.failure = exchange.transfer->begun() ? Failure::lost : Failure::not_connected;
        }
        end(exchange);
    }
    answers_.hand_over();
}

void Client::Loop::sleep() {
    {
        const std::lock_guard lock{mutex_};
        if (stopping_ || !inbox_.empty()) return;
        asleep_ = true;
    }
    curl_multi_poll(multi_.get(), nullptr, 0, longest_sleep(), nullptr);
}

int Client::Loop::longest_sleep() const {
    auto left = idle_sleep;
    if (!schedule_.empty())
        left = std::chrono::ceil<milliseconds>(schedule_.begin()->first - steady_clock::now());
    if (unbegun_ > 0) left = std::min(left, some_ended_ ? milliseconds{0} : nudge);
    return static_cast<int>(std::clamp(left, milliseconds{0}, idle_sleep).count());
}

}  // namespace carillon::outbound
