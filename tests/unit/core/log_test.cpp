#include <carillon/log.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <functional>
#include <future>
#include <limits>
#include <sstream>
#include <thread>
#include <vector>

#include <carillon/json.hpp>

using namespace std::string_literals;

namespace carillon {
namespace {

using log::Format;
using log::Level;

TEST(LogLine, IsReadableForPeople) {
    EXPECT_EQ(log::format(Format::human, Level::info, "server_started",
                          {{"address", "127.0.0.1:8000"}, {"threads", 8}, {"tls", false}, {"load", 0.25}}),
              "INFO  server_started address=127.0.0.1:8000 threads=8 tls=false load=0.25");
    EXPECT_EQ(log::format(Format::human, Level::debug, "a", {}), "DEBUG a");
    EXPECT_EQ(log::format(Format::human, Level::warn, "a", {}), "WARN  a");
    EXPECT_EQ(log::format(Format::human, Level::error, "a", {}), "ERROR a");
}

TEST(LogLine, QuotesWhatWouldReadAsSomethingElse) {
    struct Row {
        const char* name;
        std::string value;
        std::string shown;
    };
    for (const auto& [name, value, shown] :
         {Row{"empty", "", R"("")"}, Row{"a space", "a b", R"("a b")"},
          Row{"another field", "a=b", R"("a=b")"}, Row{"a quote", "a\"b", R"("a\"b")"},
          Row{"a second line", "a\nERROR b", R"("a\nERROR b")"},
          Row{"an escape sequence", "\x1b[2J", R"("\u001b[2J")"},
          Row{"a C1 sequence",
              "\xC2\x9B"
              "2J",
              R"("\u009b2J")"},
          Row{"a NUL", "a\0b"s, R"("a\u0000b")"}, Row{"letters beyond ASCII", "é", "\"é\""},
          Row{"not UTF-8", "\xff", "\"\uFFFD\""}})
        EXPECT_EQ(log::format(Format::human, Level::info, "e", {{"v", value}}), "INFO  e v=" + shown) << name;
}

TEST(LogLine, IsOneObjectForPrograms) {
    const auto line = log::format(Format::json, Level::warn, "slow_query",
                                  {{"text", "a \"b\"\n"}, {"count", -3}, {"ms", 1.5}, {"again", true}});

    EXPECT_EQ(line,
              R"({"level":"warn","event":"slow_query","text":"a \"b\"\n","count":-3,"ms":1.5,"again":true})");
    EXPECT_TRUE(Json::accept(line));
}

TEST(LogLine, WritesNumbersShortestAndNoNumberAsNull) {
    struct Row {
        double number;
        const char* shown;
    };
    for (const auto& [number, shown] :
         {Row{0.1, "0.1"}, Row{1.0, "1"}, Row{-0.5, "-0.5"}, Row{1e22, "1e+22"}, Row{std::nan(""), "null"},
          Row{std::numeric_limits<double>::infinity(), "null"},
          Row{-2.2250738585072014e-308, "-2.2250738585072014e-308"}}) {
        const auto line = log::format(Format::json, Level::info, "e", {{"n", number}});
        EXPECT_EQ(line, R"({"level":"info","event":"e","n":)"s + shown + "}");
        EXPECT_TRUE(Json::accept(line));
    }
}

// Standard error goes into a pipe for as long as this lives.
class CapturedStderr {
public:
    CapturedStderr() {
        if (::pipe(pipe_.data()) != 0) throw std::runtime_error{"no pipe"};
        saved_ = ::dup(STDERR_FILENO);
        ::dup2(pipe_[1], STDERR_FILENO);
        ::close(pipe_[1]);
    }
    CapturedStderr(const CapturedStderr&) = delete;
    CapturedStderr& operator=(const CapturedStderr&) = delete;
    ~CapturedStderr() {
        restore();
        ::close(pipe_[0]);
    }

    void restore() {
        if (saved_ < 0) return;
        ::dup2(saved_, STDERR_FILENO);
        ::close(saved_);
        saved_ = -1;
    }
    // All lines until the writing end is closed, that is until restore().
    std::vector<std::string> read_lines() const {
        std::string text;
        std::array<char, 4096> buffer{};
        for (ssize_t size = 0; (size = ::read(pipe_[0], buffer.data(), buffer.size())) > 0;)
            text.append(buffer.data(), static_cast<std::size_t>(size));
        std::vector<std::string> lines;
        std::istringstream in{text};
        for (std::string line; std::getline(in, line);) lines.push_back(line);
        return lines;
    }

private:
    std::array<int, 2> pipe_{};
    int saved_ = -1;
};

std::vector<std::string> lines_written_by(const std::function<void()>& action) {
    CapturedStderr captured;
    auto lines = std::async(std::launch::async, [&captured] { return captured.read_lines(); });
    action();
    log::stop();
    captured.restore();
    return lines.get();
}

TEST(Log, IsQuietUntilStartedAndAfterStop) {
    const auto lines = lines_written_by([] {
        EXPECT_FALSE(log::enabled(Level::error));
        log::error("before");
        log::set_level(Level::debug);
        log::error("still_before");
        log::start(Level::info, Format::human);
        log::info("between");
        log::stop();
        EXPECT_FALSE(log::enabled(Level::error));
        log::error("after");
    });

    EXPECT_THAT(lines, testing::ElementsAre(testing::HasSubstr("between")));
}

TEST(Log, WritesTheLevelAndAboveWithItsTime) {
    const auto lines = lines_written_by([] {
        log::start(Level::warn, Format::human);
        log::info("too_low");
        log::warn("a", {{"x", 1}});
        log::set_level(Level::debug);
        EXPECT_TRUE(log::enabled(Level::debug));
        EXPECT_FALSE(log::enabled(Level::off));
        log::debug("b");
        log::set_level(Level::off);
        log::error("silenced");
    });

    constexpr auto time = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z ";
    EXPECT_THAT(lines, testing::ElementsAre(testing::MatchesRegex(time + "WARN  a x=1"s),
                                            testing::MatchesRegex(time + "DEBUG b"s)));
}

TEST(Log, WritesJsonLinesThatBeginWithTheTime) {
    const auto lines = lines_written_by([] {
        log::start(Level::info, Format::json);
        log::info("a", {{"text", "x\ny"}});
    });

    ASSERT_EQ(lines.size(), 1U);
    EXPECT_THAT(lines[0], testing::StartsWith("{\"time\":\"20"));
    EXPECT_THAT(lines[0], testing::EndsWith(R"(Z","level":"info","event":"a","text":"x\ny"})"));
}

TEST(Log, KeepsEveryLineOfManyThreadsWhole) {
    const auto lines = lines_written_by([] {
        log::start(Level::info, Format::human);
        std::vector<std::jthread> writers;
        for (int writer = 0; writer < 4; ++writer)
            writers.emplace_back([writer] {
                for (int i = 0; i < 500; ++i) log::info("line", {{"writer", writer}, {"i", i}});
            });
    });

    EXPECT_EQ(lines.size(), 2000U);
    EXPECT_THAT(lines, testing::Each(testing::ContainsRegex("Z INFO  line writer=[0-3] i=[0-9]+$")));
}

TEST(Log, DropsTheOldestAndCountsThemWhenNobodyReads) {
    constexpr int written = 20'000;  // more than the queue and the pipe hold together
    CapturedStderr captured;
    log::start(Level::info, Format::human);
    for (int i = 0; i < written; ++i) log::info("line", {{"i", i}});
    auto reading = std::async(std::launch::async, [&captured] { return captured.read_lines(); });
    log::stop();
    captured.restore();
    const auto lines = reading.get();

    const auto arrived = static_cast<int>(lines.size()) - 1;
    ASSERT_GE(arrived, 8192);
    EXPECT_LT(arrived, written);
    EXPECT_THAT(lines.back(),
                testing::EndsWith("WARN  log_lines_dropped count=" + std::to_string(written - arrived)));
    EXPECT_THAT(lines[lines.size() - 2], testing::EndsWith("i=" + std::to_string(written - 1)));
}

}  // namespace
}  // namespace carillon
