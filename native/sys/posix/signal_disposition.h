// What the kernel does with a signal, kept while the host's libuv watches that signal for the add-on. libuv installs
// one handler for the process with its first watcher of a signal. It sets the default with the last one, whatever the
// disposition was before: Node's own handler for SIGINT, that of its inspector for SIGUSR1, SIG_IGN for SIGPIPE.
#pragma once

#include <functional>

#include "../../core/result.h"

namespace fdreactor {

// Calls `start`, which starts one watcher of the host. The first start of a signal keeps the disposition of before.
// Answers what `start` answers.
Result disposition_start(int number, const std::function<Result()>& start);

// Calls `stop`, which stops one watcher. The last stop puts the kept disposition back, unless the signal is still
// watched: by the host for process.on(), or by a handler that other code installed over that of the host.
void disposition_stop(int number, const std::function<void()>& stop);

}  // namespace fdreactor
