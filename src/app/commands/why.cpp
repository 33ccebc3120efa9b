#include "admin/notifications/present.hpp"
#include "app/commands/commands.hpp"
#include "app/commands/with_database.hpp"
#include "notify/journal.hpp"

namespace carillon::app {

int why(Shell& shell, const WhyArguments& arguments) {
    const std::function<boost::asio::awaitable<notify::Why>(db::Database&)> ask =
        [&arguments](db::Database& database) -> boost::asio::awaitable<notify::Why> {
        notify::Journal journal{database};
        co_return co_await journal.why(arguments.user, arguments.event);
    };
    const auto answer = with_database(shell, std::chrono::seconds{30}, ask);
    if (!answer) return shell.fail(answer.error());
    if (shell.json) {
        shell.print(admin::to_json(*answer));
    } else {
        for (const auto& sentence : answer->sentences) shell.out << sentence << '\n';
    }
    return answer->unknown() ? exit_failed : exit_ok;
}

}  // namespace carillon::app
