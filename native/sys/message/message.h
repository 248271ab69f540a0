// recvmsg(2) and sendmsg(2): a message in several buffers, with an address and control data (cmsg(3)).
//
// Control data is plain fields here. What was received is parsed into them, and what is sent is built from them, by the
// system's own file (control_linux.cc, control_bsd.cc, message_windows.cc). So no byte and no length of a
// control buffer comes from JavaScript, which keeps the fields in a buffer of sizeof(Message).
#pragma once

#include <cstddef>
#include <cstdint>

#include "../../core/event_layout.h"
#include "../../core/result.h"
#include "../address.h"
#include "../fd.h"

namespace fdreactor {

constexpr uint32_t kMaxPassedFds = 253;  // SCM_MAX_FD of Linux
constexpr int kNotSet = -1;

struct PassedFds {
  uint32_t count;  // at most kMaxPassedFds, which is checked before use
  int32_t fds[kMaxPassedFds];
};

struct Message {
  Address name;  // received: who sent it; to send: whom it is for, of length 0 if the socket is connected

  // Received. An address has the length 0, a number is kNotSet and a time 0 if the message has none.
  Address destination;            // IP_PKTINFO: what the packet says, which may be a group or a broadcast address
  Address local_address;          // IP_PKTINFO: the socket's address, from which an answer can be sent
  Address offender;               // IP_RECVERR: which host reports the error
  int64_t timestamp_ns;           // SO_TIMESTAMPNS, SO_TIMESTAMPING (software): since 1970
  int64_t hardware_timestamp_ns;  // SO_TIMESTAMPING: by the clock of the device
  int32_t flags;                  // MSG_TRUNC, MSG_CTRUNC, MSG_EOR ...
  int32_t interface_index;        // IP_PKTINFO: 0 for none
  int32_t ttl;                    // IP_TTL, IPV6_HOPLIMIT
  int32_t tos;                    // IP_TOS, IPV6_TCLASS
  int32_t segment_bytes;          // UDP_GRO: 0 for none
  int32_t pid;                    // SCM_CREDENTIALS
  uint32_t uid;
  uint32_t gid;
  int32_t pidfd;      // SCM_PIDFD: open, and not taken yet
  int32_t has_error;  // IP_RECVERR: 1 if there is one, then sock_extended_err
  int32_t error;
  int32_t error_origin;
  int32_t error_type;
  int32_t error_code;
  uint32_t error_info;
  uint32_t error_data;
  uint32_t max_fds;        // how many the program asks for
  PassedFds received_fds;  // SCM_RIGHTS: open, and not taken yet

  // To send. The same values stand for none.
  Address source;  // IP_PKTINFO: from which the message is sent
  int32_t source_interface;
  int32_t send_ttl;
  int32_t send_tos;
  int32_t send_segment_bytes;  // UDP_SEGMENT
  int32_t send_pid;            // SCM_CREDENTIALS
  uint32_t send_uid;
  uint32_t send_gid;
  PassedFds send_fds;  // SCM_RIGHTS
};

// Where JavaScript finds the fields, in words.
extern const EventLayout kMessageLayout;

bool message_passes_fds();

// Whether fds and credentials pass this socket. Those of the internet pass over them without a word, and send the rest:
// ask before message_send().
Result message_check_passing(int fd);

// Returns how many bytes were received. Closes fds of the message that are more than max_fds, and then, as for any
// control data that was cut off, all of them: `flags` has MSG_CTRUNC. The message is changed only on success.
Result message_receive(int fd, Bytes* buffers, size_t count, int flags, Message* message);

// kBadArgument: a field holds what no control message can. EOPNOTSUPP: the system cannot send such a field.
Result message_send(int fd, Bytes* buffers, size_t count, int flags, const Message& message);

bool message_was_cut(const Message& message);  // MSG_CTRUNC

// Forgets what was received before, but for the name and open fds.
void message_clear_received(Message* message);

}  // namespace fdreactor
