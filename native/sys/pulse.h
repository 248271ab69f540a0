// A pulse: an fd that becomes readable again and again. In an epoll set, edge-triggered, it ends each wait without limit after
// a while, at no cost for a wait that ends sooner: a time-out makes the kernel read its clock in each call.
#pragma once

#include "../core/result.h"

namespace fdreactor {

Result pulse_open(double period_ms);  // an fd, which is never read

}  // namespace fdreactor
