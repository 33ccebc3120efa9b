#pragma once
// The sandbox's own routes: faults, what the phones show, what was called.
//
//   GET, POST, DELETE  /sandbox/faults, and GET, DELETE /sandbox/faults/{fault}
//   GET    /sandbox/phones, /sandbox/phones/{phone}
//   POST   /sandbox/phones/{phone}/reply {text}, /sandbox/phones/{phone}/read
//   GET    /sandbox/calls ?provider= &target= &myop_ref_id= &limit=
//   GET    /sandbox/receipts    how many were posted, taken, given up
//   GET, PATCH  /sandbox/settings
//   POST   /sandbox/reset
//
// Threads: the event loop.
#include <functional>

#include "http/route.hpp"
#include "sandbox/behaviour.hpp"
#include "sandbox/desk.hpp"
#include "sandbox/myoperator.hpp"
#include "sandbox/phones.hpp"
#include "sandbox/receipts.hpp"

namespace carillon::sandbox {

class Control {
public:
    Control(Desk& desk, Phones& phones, MyOperator& myoperator, const Receipts& receipts,
            Behaviour& behaviour)
        : desk_{desk},
          phones_{phones},
          myoperator_{myoperator},
          receipts_{receipts},
          behaviour_{behaviour},
          at_start_{behaviour} {}

    [[nodiscard]] http::Routes routes();

private:
    using Handled = Result<Response>;
    using Handler = Handled (Control::*)(const Request&);
    [[nodiscard]] http::Handler calling(Handler handler);

    Handled list_faults(const Request& request);
    Handled add_fault(const Request& request);
    Handled clear_faults(const Request& request);
    Handled show_fault(const Request& request);
    Handled remove_fault(const Request& request);
    Handled list_phones(const Request& request);
    Handled show_phone(const Request& request);
    Handled reply(const Request& request);
    Handled read(const Request& request);
    Handled list_calls(const Request& request);
    Handled show_receipts(const Request& request);
    Handled show_settings(const Request& request);
    Handled change_settings(const Request& request);
    Handled reset(const Request& request);

    Desk& desk_;
    Phones& phones_;
    MyOperator& myoperator_;
    const Receipts& receipts_;
    Behaviour& behaviour_;
    Behaviour at_start_;
};

}  // namespace carillon::sandbox
