#include "db/fault.hpp"

#include <pqxx/pqxx>
#include <string_view>

namespace carillon::db {

namespace {

// The server ended the session: shutdown, crash of another backend, an idle transaction, a dropped database.
bool ends_session(std::string_view sqlstate) {
    return sqlstate.starts_with("57P") || sqlstate.starts_with("08") || sqlstate == "25P03";
}

// Nothing to do with what was asked: disk full, too many of something, a standby, trouble inside the server.
bool is_the_servers_trouble(std::string_view sqlstate) {
    return sqlstate.starts_with("53") || sqlstate.starts_with("58") || sqlstate.starts_with("XX") ||
           sqlstate == "25006" || sqlstate == "55P03";
}

Fault classify_sql(const pqxx::sql_error& error, bool connection_open) {
    const std::string_view sqlstate = error.sqlstate();
    if (sqlstate == "57014") return Fault::timeout;
    if (!connection_open || ends_session(sqlstate)) return Fault::broken;
    // The code alone says only "feature not supported"; the text is all that tells this case from the others.
    const std::string_view text = error.what();
    if (sqlstate == "0A000" && text.find("cached plan must not change") != text.npos)
        return Fault::stale_plan;
    if (sqlstate == "26000") return Fault::stale_plan;
    if (is_the_servers_trouble(sqlstate)) return Fault::refused;
    return Fault::theirs;
}

}  // namespace

Fault classify(const std::exception_ptr& error, bool connection_open) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const pqxx::in_doubt_error&) {
        return Fault::in_doubt;
    } catch (const pqxx::statement_completion_unknown&) {
        return Fault::in_doubt;
    } catch (const pqxx::serialization_failure&) {
        return Fault::conflict;
    } catch (const pqxx::deadlock_detected&) {
        return Fault::conflict;
    } catch (const pqxx::broken_connection&) {
        return Fault::broken;
    } catch (const pqxx::sql_error& sql) {
        return classify_sql(sql, connection_open);
    } catch (const pqxx::failure&) {
        return connection_open ? Fault::theirs : Fault::broken;
    } catch (...) {
        return Fault::theirs;
    }
}

}  // namespace carillon::db
