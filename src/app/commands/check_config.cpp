#include "app/commands/commands.hpp"
#include "app/notifications.hpp"

namespace carillon::app {

int check_config(Shell& shell) {
    const auto loaded = shell.load(config::Scope::serving);
    if (!loaded) return shell.fail(loaded.error());
    if (const auto policy = load_policy(loaded->config); policy.has_error())
        return shell.fail(policy.error());

    if (shell.json) {
        auto list = Json::array();
        for (const auto& setting : loaded->settings) {
            list.push_back({{"key", setting.key}, {"value", setting.json}, {"origin", setting.origin}});
        }
        shell.print(list);
        return exit_ok;
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& setting : loaded->settings) rows.push_back({setting.key, setting.value, setting.origin});
    shell.print_table(rows);
    return exit_ok;
}

}  // namespace carillon::app
