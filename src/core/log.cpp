#include <carillon/log.hpp>

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "core/log_line.hpp"

namespace carillon::log {
namespace {

constexpr std::size_t waiting_lines = 8192;

// Standard error: what a command answers goes to standard output, and the two must not mix.
struct Writer {
    std::shared_ptr<spdlog::sinks::sink> sink;
    std::shared_ptr<spdlog::details::thread_pool> thread;
    std::shared_ptr<spdlog::async_logger> logger;
    Format format = Format::human;
};

struct State {
    std::atomic<Level> level{Level::off};
    std::shared_mutex mutex;  // shared by those who write, alone by start and stop
    std::unique_ptr<Writer> writer;
};

// Never destroyed: a thread that outlives main may still ask whether it should log.
State& state() {
    static auto* const the_state = new State;
    return *the_state;
}

std::unique_ptr<Writer> make_writer(Format format) {
    auto writer = std::make_unique<Writer>();
    writer->format = format;
    writer->sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    writer->sink->set_pattern("%v");
    writer->thread = std::make_shared<spdlog::details::thread_pool>(waiting_lines, 1);
    writer->logger = std::make_shared<spdlog::async_logger>("carillon", writer->sink, writer->thread,
                                                            spdlog::async_overflow_policy::overrun_oldest);
    writer->logger->set_level(spdlog::level::trace);  // the level is ours to check, before a line is made
    return writer;
}

void finish(Writer& writer) {
    const auto dropped = writer.thread->overrun_counter();
    writer.thread.reset();  // waits until every line is out
    writer.logger.reset();
    if (dropped > 0) {
        const auto line =
            format_line(writer.format, system_now(), Level::warn, "log_lines_dropped", {{"count", dropped}});
        writer.sink->log(spdlog::details::log_msg{"carillon", spdlog::level::warn, line});
    }
    writer.sink->flush();
}

}  // namespace

void start(Level level, Format format) {
    stop();
    const std::unique_lock lock{state().mutex};
    state().writer = make_writer(format);
    state().level.store(level, std::memory_order_relaxed);
}

void set_level(Level level) {
    const std::unique_lock lock{state().mutex};
    if (state().writer) state().level.store(level, std::memory_order_relaxed);
}

bool enabled(Level level) noexcept {
    return level != Level::off && level >= state().level.load(std::memory_order_relaxed);
}

void stop() {
    const std::unique_lock lock{state().mutex};
    state().level.store(Level::off, std::memory_order_relaxed);
    if (const auto writer = std::move(state().writer)) finish(*writer);
}

void write(Level level, std::string_view event, Fields fields) {
    if (!enabled(level)) return;
    const std::shared_lock lock{state().mutex};
    const auto& writer = state().writer;
    if (!writer) return;
    writer->logger->log(spdlog::level::info, format_line(writer->format, system_now(), level, event, fields));
}

std::string without_values(std::string_view what) {
    std::string text;
    bool quoted = false;
    for (const char c : what.substr(0, what.find('\n'))) {
        if (c == '"') quoted = !quoted;
        if (!quoted || c == '"') text += c;
    }
    return text;
}

}  // namespace carillon::log
