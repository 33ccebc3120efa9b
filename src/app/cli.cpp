#include "app/cli.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "app/commands/commands.hpp"
#include "config/suggestion.hpp"

namespace carillon::app {
namespace {

// Everything that the command line can say, before anything of it is done.
struct Said {
    std::string config;
    bool json = false;
    MigrateArguments migrate;
    TokenArguments token;
    WhyArguments why;
    bool audit = false;
    int days = 30;
    SandboxArguments sandbox;
};

struct Verb {
    const char* name;
    const char* about;
    const char* json;  // what --json changes
    const char* example;
    void (*add_options)(CLI::App& app, Said& said);
    int (*run)(Shell& shell, const Said& said);
};

void no_options(CLI::App&, Said&) {}

void add_migrate_options(CLI::App& app, Said& said) {
    app.add_option("--to", said.migrate.up_to, "Stop after the migration of this number")->type_name("N");
    app.add_flag("--print-sql", said.migrate.print_sql,
                 "Print the SQL that would run, for psql, and change nothing");
}

void add_token_options(CLI::App& app, Said& said) {
    app.add_option("--user", said.token.user, "Whom the token is for, 1 to 128 characters")
        ->required()
        ->type_name("ID");
    app.add_option("--role", said.token.role,
                   "admin, service, salesperson, property_manager, customer, provider or delivery_agent")
        ->required()
        ->type_name("ROLE");
    app.add_option("--ttl", said.token.ttl, "How long it is good for: 30s, 15m, 1h, 7d (1h when not given)")
        ->type_name("TIME");
}

void add_sandbox_options(CLI::App& app, Said& said) {
    app.add_option("--listen", said.sandbox.listen,
                   "Where, on loopback (127.0.0.1:8001); port 0 is any free one")
        ->type_name("ADDRESS");
    app.add_option("--account", said.sandbox.account,
                   "Google service account; made when there is no such file. The server takes it as "
                   "FIREBASE_SERVICE_ACCOUNT_KEY")
        ->required()
        ->type_name("FILE");
    app.add_option("--webhook", said.sandbox.webhook,
                   "Where WhatsApp receipts go: the server's /api/webhooks/myoperator")
        ->type_name("URL");
    app.add_option("--webhook-key", said.sandbox.webhook_key, "Sent to the webhook as X-API-Key")
        ->type_name("KEY");
    app.add_option("--origin", said.sandbox.origins,
                   "A page's origin that may drive the sandbox; several may be given")
        ->type_name("URL");
}

void add_doctor_options(CLI::App& app, Said& said) {
    auto* audit =
        app.add_flag("--audit", said.audit,
                     "Prove instead that every event came to an end for everybody, and list what did not");
    app.add_option("--days", said.days, "How far back the audit looks (30)")
        ->needs(audit)
        ->check(CLI::Range(1, 3660))
        ->type_name("N");
}

void add_why_options(CLI::App& app, Said& said) {
    app.add_option("user", said.why.user, "User id or phone number")->required()->type_name("USER");
    app.add_option("event", said.why.event, "Event id")->required()->type_name("EVENT");
}

constexpr Verb verbs[] = {
    {"serve", "Run the server until SIGTERM or SIGINT; SIGHUP reads certificates and log level again.",
     "Log as JSON, whatever log.format says", "carillon serve --config /etc/carillon/carillon.toml",
     no_options, [](Shell& shell, const Said&) { return serve(shell); }},
    {"migrate", "Bring the database's schema up to what this program needs.", "Print what was done as JSON",
     "carillon migrate\n  carillon migrate --to 3 --print-sql | less", add_migrate_options,
     [](Shell& shell, const Said& said) { return migrate(shell, said.migrate); }},
    {"verify-migrations", "Tell whether every migration was applied, and as it stands in this program.",
     "Print the list as JSON", "carillon verify-migrations", no_options,
     [](Shell& shell, const Said&) { return verify_migrations(shell); }},
    {"token", "Print a token signed with auth.jwt_secret, to call the API with.",
     "Print it with its particulars as JSON", "carillon token --user alice --role admin --ttl 1h",
     add_token_options, [](Shell& shell, const Said& said) { return print_token(shell, said.token); }},
    {"check-config", "Check the configuration and show each value with where it comes from; never a secret.",
     "Print the list as JSON", "carillon check-config --config /etc/carillon/carillon.toml", no_options,
     [](Shell& shell, const Said&) { return check_config(shell); }},
    {"doctor", "Look for what keeps the server from working well, and say how to mend it.",
     "Print the list as JSON", "carillon doctor\n  carillon doctor --audit --days 7", add_doctor_options,
     [](Shell& shell, const Said& said) {
         return said.audit ? run_audit(shell, said.days) : run_doctor(shell);
     }},
    {"why", "Tell why a user heard of an event, or did not.", "Print it with what it rests on as JSON",
     "carillon why usr_ada evt_019aa0c1b2c3d4e5f60718293a4b5c6d", add_why_options,
     [](Shell& shell, const Said& said) { return why(shell, said.why); }},
    {"sandbox", "Stand in for FCM and MyOperator, with faults on demand, so that no account is needed.",
     "Print where it listens, and log, as JSON",
     "carillon sandbox --account .data/account.json --webhook http://127.0.0.1:8000/api/webhooks/myoperator",
     add_sandbox_options, [](Shell& shell, const Said& said) { return run_sandbox(shell, said.sandbox); }},
    {"version", "Print the versions of the program, of what it was built with, and of its schema.",
     "Print them as JSON", "carillon version --json", no_options,
     [](Shell& shell, const Said&) { return version(shell); }},
};

void add_common_options(CLI::App& app, Said& said, const char* json) {
    app.set_help_flag("-h,--help", "Print this help and stop");
    app.add_option("--config", said.config, "Configuration file (config/carillon.toml when it exists)")
        ->type_name("PATH");
    app.add_flag("--json", said.json, json);
}

void build(CLI::App& app, Said& said) {
    add_common_options(app, said, "Print JSON");
    app.footer(
        "Each command has its own --help.\nExit codes: 0 done, 1 failed, 2 command line not understood.");
    for (const auto& verb : verbs) {
        auto* command = app.add_subcommand(verb.name, verb.about);
        add_common_options(*command, said, verb.json);
        verb.add_options(*command, said);
        command->footer(std::string{"Example:\n  "} + verb.example);
    }
}

const Verb* chosen_verb(const CLI::App& app) {
    for (const auto& verb : verbs) {
        if (app.got_subcommand(verb.name)) return &verb;
    }
    return nullptr;
}

std::string explain(const CLI::App& app, const CLI::ParseError& error) {
    const auto* verb = chosen_verb(app);
    const std::string hint = "; see `carillon " + (verb ? std::string{verb->name} + " " : "") + "--help`";
    const auto unknown = app.remaining(true);
    if (!dynamic_cast<const CLI::ExtrasError*>(&error) || unknown.empty()) return error.what() + hint;

    const auto& word = unknown.front();
    const bool is_option = word.starts_with('-');
    std::vector<std::string> known;
    if (is_option) {
        const auto* from = verb ? app.get_subcommand(verb->name) : &app;
        for (const auto* option : from->get_options()) known.push_back("--" + option->get_single_name());
    } else if (!verb) {
        for (const auto& each : verbs) known.emplace_back(each.name);
    }
    const auto* kind = is_option ? "unknown option " : verb ? "unexpected argument " : "unknown command ";
    return kind + word + config::suggestion(word, known) + hint;
}

// The exit code when there is nothing left to run: help was asked for, or the line makes no sense.
std::optional<int> parse(CLI::App& app, const std::vector<std::string>& arguments, Shell& shell) {
    try {
        app.parse(std::vector<std::string>{arguments.rbegin(),
                                           arguments.rend()});  // CLI11 takes them from the back
        return std::nullopt;
    } catch (const CLI::CallForHelp&) {
        const auto* verb = chosen_verb(app);
        shell.out << (verb ? app.get_subcommand(verb->name)->help("carillon") : app.help());
        return exit_ok;
    } catch (const CLI::ParseError& error) {
        // The flag itself may not have been reached.
        shell.json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
        return shell.fail({Failure::invalid, explain(app, error)}, exit_usage);
    }
}

}  // namespace

int run_cli(const std::vector<std::string>& arguments, Shell& shell) {
    Said said;
    CLI::App app{"Carillon tells people what just happened: over WebSocket, push, WhatsApp and web chat.",
                 "carillon"};
    build(app, said);
    if (const auto code = parse(app, arguments, shell)) return *code;
    const auto* verb = chosen_verb(app);
    if (!verb) {
        shell.err << app.help();
        return exit_usage;
    }
    shell.json = said.json;
    if (!said.config.empty()) {
        shell.sources.file = said.config;
        shell.sources.file_required = true;
    }
    try {
        return verb->run(shell, said);
    } catch (const Unavailable& error) {
        return shell.fail({Failure::unavailable, error.what()});
    } catch (const std::exception& error) {
        return shell.fail({Failure::internal, std::string{"unexpected: "} + error.what()});
    }
}

}  // namespace carillon::app
