#include "db/migrations.hpp"

#include "app/commands/commands.hpp"

namespace carillon::app {
namespace {

std::string file_of(const db::MigrationStep& step) {
    constexpr std::size_t digits = 4;
    const auto number = std::to_string(step.version);
    return std::string(number.size() < digits ? digits - number.size() : 0, '0') + number + "_" + step.name;
}

int print_sql(Shell& shell, const std::string& url, const MigrateArguments& arguments) {
    const auto sql = db::pending_sql(url, db::known_migrations(), arguments.up_to);
    if (!sql) return shell.fail(sql.error());
    if (shell.json) {
        shell.print({{"sql", *sql}});
    } else {
        shell.out << *sql;
    }
    return exit_ok;
}

}  // namespace

int migrate(Shell& shell, const MigrateArguments& arguments) {
    const auto url = database_url(shell);
    if (!url) return shell.fail(url.error());
    if (arguments.print_sql) return print_sql(shell, *url, arguments);

    db::MigrateOptions options;
    options.up_to = arguments.up_to;
    // Told as they happen: a long one should not look like a program that hangs.
    options.on_step = [&shell](const db::MigrationStep& step) {
        if (!shell.json) shell.out << file_of(step) << "  " << step.took.count() << " ms" << std::endl;
    };
    const auto steps = db::migrate(*url, db::known_migrations(), options);
    if (!steps) return shell.fail(steps.error());

    if (shell.json) {
        auto list = Json::array();
        for (const auto& step : *steps) {
            list.push_back({{"version", step.version}, {"name", step.name}, {"took_ms", step.took.count()}});
        }
        shell.print(list);
    } else if (steps->empty()) {
        shell.out << "nothing to do\n";
    }
    return exit_ok;
}

}  // namespace carillon::app
