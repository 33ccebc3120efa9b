#include <algorithm>

#include "app/commands/commands.hpp"
#include "db/migrations.hpp"

namespace carillon::app {
namespace {

using Kind = db::MigrationState::Kind;

struct Word {
    const char* name;
    const char* meaning;
};

Word describe(Kind kind) {
    switch (kind) {
        case Kind::applied: return {"applied", ""};
        case Kind::pending: return {"pending", "`carillon migrate` applies it"};
        case Kind::edited: return {"edited", "its text is no longer the one that was applied"};
        case Kind::unknown_here: return {"unknown", "this program is older than the database"};
    }
    return {"", ""};
}

}  // namespace

int verify_migrations(Shell& shell) {
    const auto url = database_url(shell);
    if (!url) return shell.fail(url.error());
    const auto states = db::verify_migrations(*url, db::known_migrations());

    auto list = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const auto& state : states) {
        const auto word = describe(state.kind);
        const auto at = state.applied_at ? to_rfc3339(*state.applied_at) : std::string{};
        list.push_back({{"version", state.version},
                        {"name", state.name},
                        {"state", word.name},
                        {"applied_at", at.empty() ? Json{} : Json(at)}});
        rows.push_back(
            {std::to_string(state.version), state.name, word.name, at.empty() ? "-" : at, word.meaning});
    }
    if (shell.json) {
        shell.print(list);
    } else {
        shell.print_table(rows);
    }
    const bool all_applied = std::all_of(states.begin(), states.end(),
                                         [](const auto& state) { return state.kind == Kind::applied; });
    return all_applied ? exit_ok : exit_failed;
}

}  // namespace carillon::app
