#include "../constants.h"

#include "../fd.h"
#include "windows_headers.h"

namespace fdreactor {
namespace {

// Of ws2ipdef.h, but not of every edition of it (mingw-w64 has none of them). Windows 10 from 1709 has all.
constexpr int kTcpKeepIdle = 3;  // TCP_KEEPALIVE is another name of it
constexpr int kTcpMaxSeg = 4;
constexpr int kTcpMaxRt = 5;
constexpr int kTcpTimestamps = 10;
constexpr int kTcpFastOpen = 15;
constexpr int kTcpKeepCnt = 16;
constexpr int kTcpKeepIntvl = 17;

#ifdef TCP_KEEPINTVL
static_assert(kTcpKeepIdle == TCP_KEEPIDLE && kTcpMaxSeg == TCP_MAXSEG && kTcpMaxRt == TCP_MAXRT &&
                  kTcpTimestamps == TCP_TIMESTAMPS && kTcpFastOpen == TCP_FASTOPEN && kTcpKeepCnt == TCP_KEEPCNT &&
                  kTcpKeepIntvl == TCP_KEEPINTVL,
              "the header's numbers");
#endif

constexpr Constant kConstants[] = {
    {"socket", "AF_INET", AF_INET},
    {"socket", "AF_INET6", AF_INET6},
    {"socket", "AF_UNIX", AF_UNIX},
    {"socket", "AF_UNSPEC", AF_UNSPEC},
    {"socket", "SOCK_STREAM", SOCK_STREAM},
    {"socket", "SOCK_DGRAM", SOCK_DGRAM},
    {"socket", "SOCK_SEQPACKET", SOCK_SEQPACKET},
    {"socket", "SOCK_RAW", SOCK_RAW},
    {"socket", "IPPROTO_IP", IPPROTO_IP},
    {"socket", "IPPROTO_IPV6", IPPROTO_IPV6},
    {"socket", "IPPROTO_TCP", IPPROTO_TCP},
    {"socket", "IPPROTO_UDP", IPPROTO_UDP},
    {"socket", "IPPROTO_ICMP", IPPROTO_ICMP},
    {"socket", "SOL_SOCKET", SOL_SOCKET},
    {"socket", "SO_ACCEPTCONN", SO_ACCEPTCONN},
    {"socket", "SO_BROADCAST", SO_BROADCAST},
    {"socket", "SO_CONDITIONAL_ACCEPT", SO_CONDITIONAL_ACCEPT},
    {"socket", "SO_CONNECT_TIME", SO_CONNECT_TIME},
    {"socket", "SO_DONTROUTE", SO_DONTROUTE},
    {"socket", "SO_ERROR", SO_ERROR},
    {"socket", "SO_EXCLUSIVEADDRUSE", SO_EXCLUSIVEADDRUSE},
    {"socket", "SO_KEEPALIVE", SO_KEEPALIVE},
    {"socket", "SO_LINGER", SO_LINGER},
    {"socket", "SO_MAX_MSG_SIZE", SO_MAX_MSG_SIZE},
    {"socket", "SO_OOBINLINE", SO_OOBINLINE},
    {"socket", "SO_PROTOCOL_INFOW", SO_PROTOCOL_INFOW},
    {"socket", "SO_RCVBUF", SO_RCVBUF},
    {"socket", "SO_RCVLOWAT", SO_RCVLOWAT},
    {"socket", "SO_RCVTIMEO", SO_RCVTIMEO},
    {"socket", "SO_REUSEADDR", SO_REUSEADDR},
    {"socket", "SO_SNDBUF", SO_SNDBUF},
    {"socket", "SO_SNDLOWAT", SO_SNDLOWAT},
    {"socket", "SO_SNDTIMEO", SO_SNDTIMEO},
    {"socket", "SO_TYPE", SO_TYPE},
    {"socket", "SO_UPDATE_ACCEPT_CONTEXT", SO_UPDATE_ACCEPT_CONTEXT},
    {"socket", "SO_UPDATE_CONNECT_CONTEXT", SO_UPDATE_CONNECT_CONTEXT},
    {"socket", "TCP_FASTOPEN", kTcpFastOpen},
    {"socket", "TCP_KEEPCNT", kTcpKeepCnt},
    {"socket", "TCP_KEEPIDLE", kTcpKeepIdle},
    {"socket", "TCP_KEEPINTVL", kTcpKeepIntvl},
    {"socket", "TCP_MAXRT", kTcpMaxRt},
    {"socket", "TCP_MAXSEG", kTcpMaxSeg},
    {"socket", "TCP_NODELAY", TCP_NODELAY},
    {"socket", "TCP_TIMESTAMPS", kTcpTimestamps},
    {"socket", "IP_ADD_MEMBERSHIP", IP_ADD_MEMBERSHIP},
    {"socket", "IP_DONTFRAGMENT", IP_DONTFRAGMENT},
    {"socket", "IP_DROP_MEMBERSHIP", IP_DROP_MEMBERSHIP},
    {"socket", "IP_MTU", IP_MTU},
    {"socket", "IP_MTU_DISCOVER", IP_MTU_DISCOVER},
    {"socket", "IP_MULTICAST_IF", IP_MULTICAST_IF},
    {"socket", "IP_MULTICAST_LOOP", IP_MULTICAST_LOOP},
    {"socket", "IP_MULTICAST_TTL", IP_MULTICAST_TTL},
    {"socket", "IP_PKTINFO", IP_PKTINFO},
    {"socket", "IP_RECVTTL", IP_RECVTTL},
    {"socket", "IP_TOS", IP_TOS},
    {"socket", "IP_TTL", IP_TTL},
    {"socket", "IP_UNICAST_IF", IP_UNICAST_IF},
    {"socket", "IPV6_ADD_MEMBERSHIP", IPV6_ADD_MEMBERSHIP},
    {"socket", "IPV6_DROP_MEMBERSHIP", IPV6_DROP_MEMBERSHIP},
    {"socket", "IPV6_MULTICAST_HOPS", IPV6_MULTICAST_HOPS},
    {"socket", "IPV6_MULTICAST_IF", IPV6_MULTICAST_IF},
    {"socket", "IPV6_MULTICAST_LOOP", IPV6_MULTICAST_LOOP},
    {"socket", "IPV6_PKTINFO", IPV6_PKTINFO},
    {"socket", "IPV6_TCLASS", IPV6_TCLASS},
    {"socket", "IPV6_UNICAST_HOPS", IPV6_UNICAST_HOPS},
    {"socket", "IPV6_V6ONLY", IPV6_V6ONLY},
    {"socket", "MSG_CTRUNC", MSG_CTRUNC},
    {"socket", "MSG_DONTROUTE", MSG_DONTROUTE},
    {"socket", "MSG_OOB", MSG_OOB},
    {"socket", "MSG_PARTIAL", MSG_PARTIAL},
    {"socket", "MSG_PEEK", MSG_PEEK},
    {"socket", "MSG_TRUNC", MSG_TRUNC},
    {"socket", "MSG_WAITALL", MSG_WAITALL},
    {"socket", "SHUT_RD", SD_RECEIVE},
    {"socket", "SHUT_WR", SD_SEND},
    {"socket", "SHUT_RDWR", SD_BOTH},
    {"socket", "SOMAXCONN", SOMAXCONN},
    {"socket", "IOV_MAX", kMaxBuffers},  // Winsock names no limit
    // Of several numbers with one name (error_names_windows.cc), the one that the calls of this package give.
    {"error", "EACCES", WSAEACCES},
    {"error", "EADDRINUSE", WSAEADDRINUSE},
    {"error", "EADDRNOTAVAIL", WSAEADDRNOTAVAIL},
    {"error", "EAFNOSUPPORT", WSAEAFNOSUPPORT},
    {"error", "EAGAIN", WSAEWOULDBLOCK},
    {"error", "EBADF", ERROR_INVALID_HANDLE},
    {"error", "ECANCELED", ERROR_OPERATION_ABORTED},
    {"error", "ECONNABORTED", WSAECONNABORTED},
    {"error", "ECONNREFUSED", WSAECONNREFUSED},
    {"error", "ECONNRESET", WSAECONNRESET},
    {"error", "EEXIST", ERROR_ALREADY_EXISTS},
    {"error", "EINPROGRESS", WSAEINPROGRESS},
    {"error", "EINVAL", WSAEINVAL},
    {"error", "EISDIR", ERROR_INVALID_FUNCTION},
    {"error", "EMFILE", WSAEMFILE},
    {"error", "EMSGSIZE", WSAEMSGSIZE},
    {"error", "ENOBUFS", WSAENOBUFS},
    {"error", "ENOENT", ERROR_NOT_FOUND},
    {"error", "ENOMEM", ERROR_NOT_ENOUGH_MEMORY},
    {"error", "ENOTCONN", WSAENOTCONN},
    {"error", "ENOTSOCK", WSAENOTSOCK},
    {"error", "EPERM", ERROR_ACCESS_DENIED},
    {"error", "EPIPE", WSAESHUTDOWN},
};

}  // namespace

ConstantList platform_constants() { return {kConstants, sizeof kConstants / sizeof kConstants[0]}; }

}  // namespace fdreactor
