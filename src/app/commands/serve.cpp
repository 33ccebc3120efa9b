#include "app/commands/commands.hpp"
#include "app/server.hpp"

namespace carillon::app {

int serve(Shell& shell) {
    const auto load = [&shell]() -> Result<config::Loaded> {
        auto loaded = shell.load(config::Scope::serving);
        if (loaded && shell.json) loaded->config.log.format = log::Format::json;
        return loaded;
    };
    const auto loaded = load();
    if (!loaded) return shell.fail(loaded.error());
    return run_server(*loaded, load);
}

}  // namespace carillon::app
