#include "app/commands/commands.hpp"

namespace carillon::app {

Result<std::string> database_url(const Shell& shell) {
    const auto loaded = shell.load(config::Scope::values);
    if (!loaded) return loaded.error();
    const auto& url = loaded->config.database.url;
    if (url.empty()) {
        return Error{Failure::invalid,
                     "database.url is not set; set DATABASE_URL, as "
                     "postgres://user:password@host:5432/name"};
    }
    return url.reveal();
}

}  // namespace carillon::app
