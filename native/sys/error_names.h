// Error numbers by name, one table a platform: adding an error is one line in error_names_*.cc.
#pragma once

namespace fdreactor {

const char* error_name(int error);     // "ECONNRESET"; nullptr for a number that is in no header
const char* error_message(int error);  // "Connection reset by peer"

}  // namespace fdreactor
