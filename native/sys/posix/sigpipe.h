// SIGPIPE must never reach the process from a call of this package. send() has MSG_NOSIGNAL; write, writev, sendfile,
// splice, tee and vmsplice have nothing of the kind. The signal is raised for the very thread that made the call, so
// blocking it in each thread that loads the add-on stops it at no cost per call, whatever its handler is set to;
// a SIGPIPE that someone sends to the process still finds another thread. Children are not affected: libuv clears the
// signal mask between fork and exec.
#pragma once

namespace fdreactor {

void sigpipe_block_in_this_thread();

}  // namespace fdreactor
