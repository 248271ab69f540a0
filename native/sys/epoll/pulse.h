// A pulse: an fd that becomes readable once a period, if it was read since (timerfd_create(2)). In an epoll set it ends
// each wait without limit after a while, at no cost for a wait that ends sooner: a time-out makes the kernel read its
// clock in each call.
#pragma once

#include "../../core/result.h"

namespace fdreactor {

Result pulse_open(double period_ms);  // an fd; reading 8 bytes begins the next period

}  // namespace fdreactor
