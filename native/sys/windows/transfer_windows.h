// A sendfile in flight on Windows, seen from the port that watches its socket. See transfer_windows.cc.
#pragma once

namespace fdreactor {

// Whether a TransmitFile of transfer_sendfile() is in flight on the socket. If so, and port_handle is not null, a
// packet (kTransferKey, the socket as its OVERLAPPED pointer) is posted to that port once it has finished: until then
// the socket is not writable, so that a sender that waits to go on with sendfile() is not woken.
bool transfer_in_flight(int socket, void* port_handle);

// The port is about to be closed: nothing is posted to it any more.
void transfer_forget_port(void* port_handle);

// The socket is about to be closed by this package.
void transfer_forget_socket(int socket);

}  // namespace fdreactor
