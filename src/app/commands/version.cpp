#include <boost/version.hpp>
#include <openssl/crypto.h>
#include <pqxx/version>

#include "app/commands/commands.hpp"
#include "db/migrations.hpp"

namespace carillon::app {
namespace {

std::string boost_version() {
    return std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000) + "." +
           std::to_string(BOOST_VERSION % 100);
}

}  // namespace

int version(Shell& shell) {
    const auto schema = db::known_migrations().size();
    if (shell.json) {
        shell.print({{"name", "carillon"},
                     {"version", CARILLON_VERSION},
                     {"compiler", "g++ " __VERSION__},
                     {"boost", boost_version()},
                     {"pqxx", PQXX_VERSION},
                     {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
                     {"schema", schema}});
        return exit_ok;
    }
    shell.print_table({{"carillon", CARILLON_VERSION},
                       {"compiler", "g++ " __VERSION__},
                       {"boost", boost_version()},
                       {"pqxx", PQXX_VERSION},
                       {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
                       {"schema", std::to_string(schema)}});
    return exit_ok;
}

}  // namespace carillon::app
