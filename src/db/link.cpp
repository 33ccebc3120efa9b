#include "db/link.hpp"

#include <poll.h>
#include <stdexcept>

#include "db/fault.hpp"

#ifdef __SANITIZE_ADDRESS__
// libpqxx 6.4.5 forgets the result (216 bytes) of the statement during which a connection breaks. Nothing can
// be done about it from here, and it must not hide the leaks that are ours.
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libpqxx-6\n";
}
extern "C" const char* __lsan_default_options() {
    return "print_suppressions=0";
}
#endif

namespace carillon::db {

bool Link::fit() {
    if (!open()) return false;
    pollfd socket{connection_->sock(), POLLIN, 0};
    if (poll(&socket, 1, 0) == 0) return true;
    // Something came unasked: a farewell, or only a notice. Reading it tells which.
    try {
        connection_->get_notifs();
        connection_->get_notifs();  // the farewell is read by the first, the end of the stream by the second
    } catch (const pqxx::failure&) {
        return false;
    }
    return open();
}

void Link::run_plain(const Body& body, bool& sent) {
    pqxx::nontransaction transaction{*connection_};
    Session session{*connection_, transaction, prepared_};
    try {
        body(session);
    } catch (...) {
        sent = session.sent();
        throw;
    }
}

void Link::run_transaction(const Body& body) {
    pqxx::work transaction{*connection_};
    Session session{*connection_, transaction, prepared_};
    body(session);
    if (session.failed())
        throw std::logic_error{"a job went on after a failed statement; nothing was committed"};
    commit(transaction);
}

// Whatever breaks from here on may have happened after the server had committed.
void Link::commit(pqxx::work& transaction) {
    try {
        transaction.commit();
    } catch (const pqxx::in_doubt_error&) {
        throw;
    } catch (const pqxx::failure& error) {
        if (classify(std::current_exception(), open()) != Fault::broken) throw;
        throw pqxx::in_doubt_error{error.what()};
    }
}

void Link::cancel() noexcept {
    try {
        connection_->cancel_query();
    } catch (const std::exception&) {
        // It ended by itself, or the server is gone; either way nothing is left to interrupt.
    }
}

}  // namespace carillon::db
