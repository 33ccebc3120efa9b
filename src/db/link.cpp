#include "db/link.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

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

namespace {

// Whatever way a job ends, it waits for no answer any more.
class Timed {
public:
    explicit Timed(Stopwatch& stopwatch) : stopwatch_{stopwatch} { stopwatch_.start(); }
    ~Timed() { stopwatch_.stop(); }
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

private:
    Stopwatch& stopwatch_;
};

}  // namespace

Link::Link(std::unique_ptr<pqxx::connection> connection)
    : connection_{std::move(connection)}, socket_{::fcntl(connection_->sock(), F_DUPFD_CLOEXEC, 0)} {
    // Without it nobody could end a wait on this connection.
    if (socket_ < 0) throw pqxx::broken_connection{"no file descriptor is left for a connection"};
}

Link::~Link() {
    if (socket_ >= 0) ::close(socket_);
}

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
    const Timed timed{stopwatch_};
    pqxx::nontransaction transaction{*connection_};
    Session session{*connection_, transaction, prepared_, stopwatch_};
    try {
        body(session);
    } catch (...) {
        sent = session.sent();
        throw;
    }
}

void Link::run_transaction(const Body& body) {
    const Timed timed{stopwatch_};
    pqxx::work transaction{*connection_};
    Session session{*connection_, transaction, prepared_, stopwatch_};
    body(session);
    if (session.failed())
        throw std::logic_error{"a job went on after a failed statement; nothing was committed"};
    commit(transaction);
}

// Whatever breaks from here on may have happened after the server had committed.
void Link::commit(pqxx::work& transaction) {
    stopwatch_.start();
    try {
        transaction.commit();
    } catch (const pqxx::in_doubt_error&) {
        throw;
    } catch (const pqxx::failure& error) {
        if (classify(std::current_exception(), open()) != Fault::broken) throw;
        throw pqxx::in_doubt_error{error.what()};
    }
}

void Link::hang_up() noexcept {
    ::shutdown(socket_, SHUT_RDWR);
}

}  // namespace carillon::db
