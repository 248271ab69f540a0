#include "message.h"

namespace fdreactor {
namespace {

static_assert(alignof(Message) == 8, "JavaScript reads it by words");

constexpr LayoutWord kWords[] = {
    {"words", in_words(sizeof(Message))},
    {"addressWords", in_words(sizeof(Address))},
    {"name", in_words(offsetof(Message, name))},
    {"destination", in_words(offsetof(Message, destination))},
    {"localAddress", in_words(offsetof(Message, local_address))},
    {"offender", in_words(offsetof(Message, offender))},
    {"timestampNs", in_words(offsetof(Message, timestamp_ns))},
    {"hardwareTimestampNs", in_words(offsetof(Message, hardware_timestamp_ns))},
    {"flags", in_words(offsetof(Message, flags))},
    {"interfaceIndex", in_words(offsetof(Message, interface_index))},
    {"ttl", in_words(offsetof(Message, ttl))},
    {"tos", in_words(offsetof(Message, tos))},
    {"segmentBytes", in_words(offsetof(Message, segment_bytes))},
    {"pid", in_words(offsetof(Message, pid))},
    {"uid", in_words(offsetof(Message, uid))},
    {"gid", in_words(offsetof(Message, gid))},
    {"pidfd", in_words(offsetof(Message, pidfd))},
    {"hasError", in_words(offsetof(Message, has_error))},
    {"error", in_words(offsetof(Message, error))},
    {"errorOrigin", in_words(offsetof(Message, error_origin))},
    {"errorType", in_words(offsetof(Message, error_type))},
    {"errorCode", in_words(offsetof(Message, error_code))},
    {"errorInfo", in_words(offsetof(Message, error_info))},
    {"errorData", in_words(offsetof(Message, error_data))},
    {"maxFds", in_words(offsetof(Message, max_fds))},
    {"fdCount", in_words(offsetof(Message, received_fds.count))},
    {"fds", in_words(offsetof(Message, received_fds.fds))},
    {"source", in_words(offsetof(Message, source))},
    {"sourceInterface", in_words(offsetof(Message, source_interface))},
    {"sendTtl", in_words(offsetof(Message, send_ttl))},
    {"sendTos", in_words(offsetof(Message, send_tos))},
    {"sendSegmentBytes", in_words(offsetof(Message, send_segment_bytes))},
    {"sendPid", in_words(offsetof(Message, send_pid))},
    {"sendUid", in_words(offsetof(Message, send_uid))},
    {"sendGid", in_words(offsetof(Message, send_gid))},
    {"sendFdCount", in_words(offsetof(Message, send_fds.count))},
    {"sendFds", in_words(offsetof(Message, send_fds.fds))},
};

}  // namespace

const EventLayout kMessageLayout = {kWords, sizeof kWords / sizeof kWords[0]};

void message_clear_received(Message* message) {
  message->destination.length = 0;
  message->local_address.length = 0;
  message->offender.length = 0;
  message->timestamp_ns = 0;
  message->hardware_timestamp_ns = 0;
  message->flags = 0;
  message->interface_index = 0;
  message->ttl = kNotSet;
  message->tos = kNotSet;
  message->segment_bytes = 0;
  message->pid = kNotSet;
  message->has_error = 0;
}

}  // namespace fdreactor
