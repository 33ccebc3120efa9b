#include "admin/scraper.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <thread>

#include "support/loop.hpp"

namespace carillon::admin {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Time started{std::chrono::seconds{1'795'262'400}};

std::string text_of(const auto& numbers) {
    Families families;
    append_families(families, numbers);
    return exposition(families);
}

TEST(Families, OfTheDatabase) {
    const auto text = text_of(DatabaseNumbers{true, 8, 3, 2, 1'000'000'000'007, 5, 6});

    EXPECT_THAT(text, HasSubstr("# TYPE carillon_database_up gauge\ncarillon_database_up 1\n"));
    EXPECT_THAT(text, HasSubstr("carillon_database_connections 8\n"));
    EXPECT_THAT(text, HasSubstr("carillon_database_busy 3\n"));
    EXPECT_THAT(text, HasSubstr("carillon_database_waiting 2\n"));
    EXPECT_THAT(text, HasSubstr("# TYPE carillon_database_jobs_total counter\n"
                                "carillon_database_jobs_total 1000000000007\n"));
    EXPECT_THAT(text, HasSubstr("carillon_database_retries_total 5\n"));
    EXPECT_THAT(text, HasSubstr("carillon_database_reconnects_total 6\n"));
}

TEST(Families, OfADatabaseThatIsAway) {
    EXPECT_THAT(text_of(DatabaseNumbers{}), HasSubstr("carillon_database_up 0\n"));
}

TEST(Families, OfConnections) {
    const auto text = text_of(ConnectionNumbers{{{"plain", 12}, {"tls", 3}}, {{"limit", 4}}});

    EXPECT_THAT(text, HasSubstr("# TYPE carillon_connections gauge\n"
                                "carillon_connections{kind=\"plain\"} 12\n"
                                "carillon_connections{kind=\"tls\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("# TYPE carillon_connections_refused_total counter\n"
                                "carillon_connections_refused_total{reason=\"limit\"} 4\n"));
}

TEST(Families, OfTheProcess) {
    Families families;
    append_families(families, ProcessNumbers{1.5, 4096, 7, 1024}, started);
    const auto text = exposition(families);

    EXPECT_THAT(text, HasSubstr("process_cpu_seconds_total 1.5\n"));
    EXPECT_THAT(text, HasSubstr("process_resident_memory_bytes 4096\n"));
    EXPECT_THAT(text, HasSubstr("process_open_fds 7\n"));
    EXPECT_THAT(text, HasSubstr("process_max_fds 1024\n"));
    EXPECT_THAT(text, HasSubstr("process_start_time_seconds 1795262400\n"));
}

TEST(Process, CountsAFileThatIsOpened) {
    const auto before = read_process();
    const int opened = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const auto after = read_process();
    close(opened);

    EXPECT_EQ(after.open_files, before.open_files + 1);
    EXPECT_GT(before.open_files, 2U);
    EXPECT_GE(before.files_limit, before.open_files);
}

TEST(Process, KnowsItsMemoryAndItsTime) {
    const auto before = read_process();
    const auto after = read_process();

    EXPECT_GT(before.resident_bytes, 100'000U);
    EXPECT_GT(before.cpu_seconds, 0);
    EXPECT_GT(after.cpu_seconds, before.cpu_seconds);
}

TEST(Scraper, AsksItsSourcesOnTheLoopAndShowsAll) {
    Metrics metrics{"1"};
    metrics.observe("/", Method::get, 200, 1ms);
    std::vector<std::thread::id> asked_on;
    Sources sources;
    sources.database = [&] {
        asked_on.push_back(std::this_thread::get_id());
        return DatabaseNumbers{true, 1, 0, 0, 0, 0, 0};
    };
    sources.connections = [&] {
        asked_on.push_back(std::this_thread::get_id());
        return ConnectionNumbers{{{"plain", 1}}, {}};
    };
    boost::asio::io_context loop;
    Scraper scraper{metrics, sources, started};

    const auto text = test::run_on_loop(loop, scraper.text());

    const auto here = std::this_thread::get_id();
    EXPECT_THAT(asked_on, testing::ElementsAre(here, here));
    for (const auto* family : {"carillon_http_requests_total{", "carillon_database_up 1\n",
                               "carillon_connections{kind=\"plain\"} 1\n", "process_open_fds "})
        EXPECT_THAT(text, HasSubstr(family));
    EXPECT_EQ(text.back(), '\n');
}

}  // namespace
}  // namespace carillon::admin
