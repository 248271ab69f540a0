#include "../constants.h"

#define __APPLE_USE_RFC_3542 1  // asks macOS' headers for IPV6_PKTINFO and its like

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

namespace fdreactor {
namespace {

// macOS, FreeBSD, OpenBSD and NetBSD: what all of them have, and each name that only some have.
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
#ifdef SOL_LOCAL
    {"socket", "SOL_LOCAL", SOL_LOCAL},
#endif
    {"socket", "SOL_SOCKET", SOL_SOCKET},
#ifdef SO_ACCEPTCONN
    {"socket", "SO_ACCEPTCONN", SO_ACCEPTCONN},
#endif
#ifdef SO_ACCEPTFILTER
    {"socket", "SO_ACCEPTFILTER", SO_ACCEPTFILTER},
#endif
#ifdef SO_BINDANY
    {"socket", "SO_BINDANY", SO_BINDANY},
#endif
#ifdef SO_BINDTODEVICE
    {"socket", "SO_BINDTODEVICE", SO_BINDTODEVICE},
#endif
    {"socket", "SO_BROADCAST", SO_BROADCAST},
    {"socket", "SO_DEBUG", SO_DEBUG},
#ifdef SO_DOMAIN
    {"socket", "SO_DOMAIN", SO_DOMAIN},
#endif
    {"socket", "SO_DONTROUTE", SO_DONTROUTE},
#ifdef SO_DONTTRUNC
    {"socket", "SO_DONTTRUNC", SO_DONTTRUNC},
#endif
    {"socket", "SO_ERROR", SO_ERROR},
    {"socket", "SO_KEEPALIVE", SO_KEEPALIVE},
    {"socket", "SO_LINGER", SO_LINGER},
#ifdef SO_LINGER_SEC
    {"socket", "SO_LINGER_SEC", SO_LINGER_SEC},
#endif
#ifdef SO_LISTENINCQLEN
    {"socket", "SO_LISTENINCQLEN", SO_LISTENINCQLEN},
#endif
#ifdef SO_LISTENQLEN
    {"socket", "SO_LISTENQLEN", SO_LISTENQLEN},
#endif
#ifdef SO_LISTENQLIMIT
    {"socket", "SO_LISTENQLIMIT", SO_LISTENQLIMIT},
#endif
#ifdef SO_NOSIGPIPE
    {"socket", "SO_NOSIGPIPE", SO_NOSIGPIPE},
#endif
#ifdef SO_NREAD
    {"socket", "SO_NREAD", SO_NREAD},
#endif
#ifdef SO_NWRITE
    {"socket", "SO_NWRITE", SO_NWRITE},
#endif
    {"socket", "SO_OOBINLINE", SO_OOBINLINE},
#ifdef SO_PEERCRED
    {"socket", "SO_PEERCRED", SO_PEERCRED},
#endif
#ifdef SO_PROTOCOL
    {"socket", "SO_PROTOCOL", SO_PROTOCOL},
#endif
#ifdef SO_RANDOMPORT
    {"socket", "SO_RANDOMPORT", SO_RANDOMPORT},
#endif
    {"socket", "SO_RCVBUF", SO_RCVBUF},
    {"socket", "SO_RCVLOWAT", SO_RCVLOWAT},
    {"socket", "SO_RCVTIMEO", SO_RCVTIMEO},
    {"socket", "SO_REUSEADDR", SO_REUSEADDR},
    {"socket", "SO_REUSEPORT", SO_REUSEPORT},
#ifdef SO_REUSEPORT_LB
    {"socket", "SO_REUSEPORT_LB", SO_REUSEPORT_LB},
#endif
#ifdef SO_RTABLE
    {"socket", "SO_RTABLE", SO_RTABLE},
#endif
#ifdef SO_SETFIB
    {"socket", "SO_SETFIB", SO_SETFIB},
#endif
    {"socket", "SO_SNDBUF", SO_SNDBUF},
    {"socket", "SO_SNDLOWAT", SO_SNDLOWAT},
    {"socket", "SO_SNDTIMEO", SO_SNDTIMEO},
#ifdef SO_SPLICE
    {"socket", "SO_SPLICE", SO_SPLICE},
#endif
    {"socket", "SO_TIMESTAMP", SO_TIMESTAMP},
#ifdef SO_TIMESTAMP_MONOTONIC
    {"socket", "SO_TIMESTAMP_MONOTONIC", SO_TIMESTAMP_MONOTONIC},
#endif
#ifdef SO_TS_CLOCK
    {"socket", "SO_TS_CLOCK", SO_TS_CLOCK},
#endif
    {"socket", "SO_TYPE", SO_TYPE},
#ifdef SO_USELOOPBACK
    {"socket", "SO_USELOOPBACK", SO_USELOOPBACK},
#endif
#ifdef SO_USER_COOKIE
    {"socket", "SO_USER_COOKIE", SO_USER_COOKIE},
#endif
#ifdef LOCAL_CONNWAIT
    {"socket", "LOCAL_CONNWAIT", LOCAL_CONNWAIT},
#endif
#ifdef LOCAL_CREDS
    {"socket", "LOCAL_CREDS", LOCAL_CREDS},
#endif
#ifdef LOCAL_CREDS_PERSISTENT
    {"socket", "LOCAL_CREDS_PERSISTENT", LOCAL_CREDS_PERSISTENT},
#endif
#ifdef LOCAL_PEERCRED
    {"socket", "LOCAL_PEERCRED", LOCAL_PEERCRED},
#endif
#ifdef LOCAL_PEEREID
    {"socket", "LOCAL_PEEREID", LOCAL_PEEREID},
#endif
#ifdef LOCAL_PEEREPID
    {"socket", "LOCAL_PEEREPID", LOCAL_PEEREPID},
#endif
#ifdef LOCAL_PEERPID
    {"socket", "LOCAL_PEERPID", LOCAL_PEERPID},
#endif
#ifdef TCP_CONGESTION
    {"socket", "TCP_CONGESTION", TCP_CONGESTION},
#endif
#ifdef TCP_CONNECTIONTIMEOUT
    {"socket", "TCP_CONNECTIONTIMEOUT", TCP_CONNECTIONTIMEOUT},
#endif
#ifdef TCP_CONNECTION_INFO
    {"socket", "TCP_CONNECTION_INFO", TCP_CONNECTION_INFO},
#endif
#ifdef TCP_ENABLE_ECN
    {"socket", "TCP_ENABLE_ECN", TCP_ENABLE_ECN},
#endif
#ifdef TCP_FASTOPEN
    {"socket", "TCP_FASTOPEN", TCP_FASTOPEN},
#endif
#ifdef TCP_INFO
    {"socket", "TCP_INFO", TCP_INFO},
#endif
#ifdef TCP_KEEPALIVE
    {"socket", "TCP_KEEPALIVE", TCP_KEEPALIVE},
#endif
#ifdef TCP_KEEPCNT
    {"socket", "TCP_KEEPCNT", TCP_KEEPCNT},
#endif
#ifdef TCP_KEEPIDLE
    {"socket", "TCP_KEEPIDLE", TCP_KEEPIDLE},
#endif
#ifdef TCP_KEEPINIT
    {"socket", "TCP_KEEPINIT", TCP_KEEPINIT},
#endif
#ifdef TCP_KEEPINTVL
    {"socket", "TCP_KEEPINTVL", TCP_KEEPINTVL},
#endif
    {"socket", "TCP_MAXSEG", TCP_MAXSEG},
#ifdef TCP_MD5SIG
    {"socket", "TCP_MD5SIG", TCP_MD5SIG},
#endif
    {"socket", "TCP_NODELAY", TCP_NODELAY},
#ifdef TCP_NOOPT
    {"socket", "TCP_NOOPT", TCP_NOOPT},
#endif
#ifdef TCP_NOPUSH
    {"socket", "TCP_NOPUSH", TCP_NOPUSH},
#endif
#ifdef TCP_NOTSENT_LOWAT
    {"socket", "TCP_NOTSENT_LOWAT", TCP_NOTSENT_LOWAT},
#endif
#ifdef TCP_RXT_CONNDROPTIME
    {"socket", "TCP_RXT_CONNDROPTIME", TCP_RXT_CONNDROPTIME},
#endif
#ifdef TCP_RXT_FINDROP
    {"socket", "TCP_RXT_FINDROP", TCP_RXT_FINDROP},
#endif
#ifdef TCP_SACK_ENABLE
    {"socket", "TCP_SACK_ENABLE", TCP_SACK_ENABLE},
#endif
#ifdef TCP_SENDMOREACKS
    {"socket", "TCP_SENDMOREACKS", TCP_SENDMOREACKS},
#endif
    {"socket", "IP_ADD_MEMBERSHIP", IP_ADD_MEMBERSHIP},
#ifdef IP_BINDANY
    {"socket", "IP_BINDANY", IP_BINDANY},
#endif
#ifdef IP_BOUND_IF
    {"socket", "IP_BOUND_IF", IP_BOUND_IF},
#endif
#ifdef IP_DONTFRAG
    {"socket", "IP_DONTFRAG", IP_DONTFRAG},
#endif
    {"socket", "IP_DROP_MEMBERSHIP", IP_DROP_MEMBERSHIP},
#ifdef IP_HDRINCL
    {"socket", "IP_HDRINCL", IP_HDRINCL},
#endif
#ifdef IP_MINTTL
    {"socket", "IP_MINTTL", IP_MINTTL},
#endif
    {"socket", "IP_MULTICAST_IF", IP_MULTICAST_IF},
    {"socket", "IP_MULTICAST_LOOP", IP_MULTICAST_LOOP},
    {"socket", "IP_MULTICAST_TTL", IP_MULTICAST_TTL},
#ifdef IP_PKTINFO
    {"socket", "IP_PKTINFO", IP_PKTINFO},
#endif
#ifdef IP_PORTRANGE
    {"socket", "IP_PORTRANGE", IP_PORTRANGE},
#endif
#ifdef IP_RECVDSTADDR
    {"socket", "IP_RECVDSTADDR", IP_RECVDSTADDR},
#endif
#ifdef IP_RECVIF
    {"socket", "IP_RECVIF", IP_RECVIF},
#endif
#ifdef IP_RECVPKTINFO
    {"socket", "IP_RECVPKTINFO", IP_RECVPKTINFO},
#endif
#ifdef IP_RECVTOS
    {"socket", "IP_RECVTOS", IP_RECVTOS},
#endif
#ifdef IP_RECVTTL
    {"socket", "IP_RECVTTL", IP_RECVTTL},
#endif
    {"socket", "IP_TOS", IP_TOS},
    {"socket", "IP_TTL", IP_TTL},
    {"socket", "IPV6_ADD_MEMBERSHIP", IPV6_JOIN_GROUP},  // the same by its name elsewhere
#ifdef IPV6_BINDANY
    {"socket", "IPV6_BINDANY", IPV6_BINDANY},
#endif
#ifdef IPV6_BOUND_IF
    {"socket", "IPV6_BOUND_IF", IPV6_BOUND_IF},
#endif
#ifdef IPV6_DONTFRAG
    {"socket", "IPV6_DONTFRAG", IPV6_DONTFRAG},
#endif
    {"socket", "IPV6_DROP_MEMBERSHIP", IPV6_LEAVE_GROUP},  // the same by its name elsewhere
    {"socket", "IPV6_JOIN_GROUP", IPV6_JOIN_GROUP},
    {"socket", "IPV6_LEAVE_GROUP", IPV6_LEAVE_GROUP},
    {"socket", "IPV6_MULTICAST_HOPS", IPV6_MULTICAST_HOPS},
    {"socket", "IPV6_MULTICAST_IF", IPV6_MULTICAST_IF},
    {"socket", "IPV6_MULTICAST_LOOP", IPV6_MULTICAST_LOOP},
#ifdef IPV6_PKTINFO
    {"socket", "IPV6_PKTINFO", IPV6_PKTINFO},
#endif
#ifdef IPV6_PORTRANGE
    {"socket", "IPV6_PORTRANGE", IPV6_PORTRANGE},
#endif
#ifdef IPV6_RECVHOPLIMIT
    {"socket", "IPV6_RECVHOPLIMIT", IPV6_RECVHOPLIMIT},
#endif
#ifdef IPV6_RECVPKTINFO
    {"socket", "IPV6_RECVPKTINFO", IPV6_RECVPKTINFO},
#endif
#ifdef IPV6_RECVTCLASS
    {"socket", "IPV6_RECVTCLASS", IPV6_RECVTCLASS},
#endif
#ifdef IPV6_TCLASS
    {"socket", "IPV6_TCLASS", IPV6_TCLASS},
#endif
    {"socket", "IPV6_UNICAST_HOPS", IPV6_UNICAST_HOPS},
    {"socket", "IPV6_V6ONLY", IPV6_V6ONLY},
#ifdef MSG_BCAST
    {"socket", "MSG_BCAST", MSG_BCAST},
#endif
#ifdef MSG_CMSG_CLOEXEC
    {"socket", "MSG_CMSG_CLOEXEC", MSG_CMSG_CLOEXEC},
#endif
    {"socket", "MSG_CTRUNC", MSG_CTRUNC},
    {"socket", "MSG_DONTROUTE", MSG_DONTROUTE},
    {"socket", "MSG_DONTWAIT", MSG_DONTWAIT},
#ifdef MSG_EOF
    {"socket", "MSG_EOF", MSG_EOF},
#endif
    {"socket", "MSG_EOR", MSG_EOR},
#ifdef MSG_HAVEMORE
    {"socket", "MSG_HAVEMORE", MSG_HAVEMORE},
#endif
#ifdef MSG_MCAST
    {"socket", "MSG_MCAST", MSG_MCAST},
#endif
#ifdef MSG_NBIO
    {"socket", "MSG_NBIO", MSG_NBIO},
#endif
#ifdef MSG_NOSIGNAL
    {"socket", "MSG_NOSIGNAL", MSG_NOSIGNAL},
#endif
    {"socket", "MSG_OOB", MSG_OOB},
    {"socket", "MSG_PEEK", MSG_PEEK},
#ifdef MSG_RCVMORE
    {"socket", "MSG_RCVMORE", MSG_RCVMORE},
#endif
#ifdef MSG_SYNC
    {"socket", "MSG_SYNC", MSG_SYNC},
#endif
    {"socket", "MSG_TRUNC", MSG_TRUNC},
    {"socket", "MSG_WAITALL", MSG_WAITALL},
#ifdef MSG_WAITFORONE
    {"socket", "MSG_WAITFORONE", MSG_WAITFORONE},
#endif
    {"socket", "SHUT_RD", SHUT_RD},
    {"socket", "SHUT_WR", SHUT_WR},
    {"socket", "SHUT_RDWR", SHUT_RDWR},
    {"socket", "SOMAXCONN", SOMAXCONN},
    {"socket", "IOV_MAX", IOV_MAX},
    {"error", "EACCES", EACCES},
    {"error", "EADDRINUSE", EADDRINUSE},
    {"error", "EADDRNOTAVAIL", EADDRNOTAVAIL},
    {"error", "EAFNOSUPPORT", EAFNOSUPPORT},
    {"error", "EAGAIN", EAGAIN},
    {"error", "EBADF", EBADF},
    {"error", "EBUSY", EBUSY},
    {"error", "ECANCELED", ECANCELED},
    {"error", "ECONNABORTED", ECONNABORTED},
    {"error", "ECONNREFUSED", ECONNREFUSED},
    {"error", "ECONNRESET", ECONNRESET},
    {"error", "EEXIST", EEXIST},
    {"error", "EINPROGRESS", EINPROGRESS},
    {"error", "EINTR", EINTR},
    {"error", "EINVAL", EINVAL},
    {"error", "EISDIR", EISDIR},
    {"error", "EMFILE", EMFILE},
    {"error", "EMSGSIZE", EMSGSIZE},
    {"error", "ENFILE", ENFILE},
    {"error", "ENOBUFS", ENOBUFS},
    {"error", "ENOENT", ENOENT},
    {"error", "ENOMEM", ENOMEM},
    {"error", "ENOTCONN", ENOTCONN},
    {"error", "ENOTSOCK", ENOTSOCK},
    {"error", "EPERM", EPERM},
    {"error", "EPIPE", EPIPE},
};

}  // namespace

ConstantList platform_constants() { return {kConstants, sizeof kConstants / sizeof kConstants[0]}; }

}  // namespace fdreactor
