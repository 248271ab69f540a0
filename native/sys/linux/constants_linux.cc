#include "../constants.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

// It needs a sockaddr before it.
#include <linux/vm_sockets.h>

namespace fdreactor {
namespace {

constexpr int kDetachReuseportBpf = 68;  // Linux 5.3
constexpr int kUdpSegment = 103;         // Linux 4.18
constexpr int kUdpGro = 104;             // Linux 5.0

// `npm run gen` writes the epoll constants that have a comment to lib/queue/epoll/constants.gen.ts.
constexpr Constant kConstants[] = {
    // There is something to read. As all constants here: epoll_ctl(2); 0 where there is no epoll.
    {"epoll", "EPOLLIN", EPOLLIN},
    // There is out-of-band data, or an exceptional condition.
    {"epoll", "EPOLLPRI", EPOLLPRI},
    // There is room to write.
    {"epoll", "EPOLLOUT", EPOLLOUT},
    // As EPOLLIN.
    {"epoll", "EPOLLRDNORM", EPOLLRDNORM},
    // Priority band data to read; unused on Linux.
    {"epoll", "EPOLLRDBAND", EPOLLRDBAND},
    // As EPOLLOUT.
    {"epoll", "EPOLLWRNORM", EPOLLWRNORM},
    // Priority data may be written.
    {"epoll", "EPOLLWRBAND", EPOLLWRBAND},
    // Ignored by Linux.
    {"epoll", "EPOLLMSG", EPOLLMSG},
    // An error is pending, or the reader of a pipe is gone. Always reported.
    {"epoll", "EPOLLERR", EPOLLERR},
    // Hang-up: both directions are closed. Always reported.
    {"epoll", "EPOLLHUP", EPOLLHUP},
    // The peer closed its writing half. Linux 2.6.17.
    {"epoll", "EPOLLRDHUP", EPOLLRDHUP},
    // Wake one of several epoll sets that watch the same file; only with add(). Linux 4.5.
    {"epoll", "EPOLLEXCLUSIVE", EPOLLEXCLUSIVE},
    // Keep the system awake while the event is handled. Linux 3.5.
    {"epoll", "EPOLLWAKEUP", EPOLLWAKEUP},
    // Report once, then nothing until modify().
    {"epoll", "EPOLLONESHOT", EPOLLONESHOT},
    // Edge-triggered.
    {"epoll", "EPOLLET", EPOLLET},
    {"epoll", "EPOLL_CTL_ADD", EPOLL_CTL_ADD},
    {"epoll", "EPOLL_CTL_DEL", EPOLL_CTL_DEL},
    {"epoll", "EPOLL_CTL_MOD", EPOLL_CTL_MOD},
    {"socket", "AF_INET", AF_INET},
    {"socket", "AF_INET6", AF_INET6},
    {"socket", "AF_UNIX", AF_UNIX},
    {"socket", "AF_UNSPEC", AF_UNSPEC},
    {"socket", "AF_NETLINK", AF_NETLINK},
    {"socket", "AF_PACKET", AF_PACKET},
    {"socket", "AF_VSOCK", AF_VSOCK},
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
    {"socket", "SO_ATTACH_REUSEPORT_CBPF", SO_ATTACH_REUSEPORT_CBPF},
    {"socket", "SO_BINDTODEVICE", SO_BINDTODEVICE},
    {"socket", "SO_BROADCAST", SO_BROADCAST},
    {"socket", "SO_BUSY_POLL", SO_BUSY_POLL},
    {"socket", "SO_DETACH_REUSEPORT_BPF", kDetachReuseportBpf},
    {"socket", "SO_DOMAIN", SO_DOMAIN},
    {"socket", "SO_DONTROUTE", SO_DONTROUTE},
    {"socket", "SO_ERROR", SO_ERROR},
    {"socket", "SO_INCOMING_CPU", SO_INCOMING_CPU},
    {"socket", "SO_KEEPALIVE", SO_KEEPALIVE},
    {"socket", "SO_LINGER", SO_LINGER},
    {"socket", "SO_MARK", SO_MARK},
    {"socket", "SO_OOBINLINE", SO_OOBINLINE},
    {"socket", "SO_PASSCRED", SO_PASSCRED},
    {"socket", "SO_PEERCRED", SO_PEERCRED},
    {"socket", "SO_PRIORITY", SO_PRIORITY},
    {"socket", "SO_PROTOCOL", SO_PROTOCOL},
    {"socket", "SO_RCVBUF", SO_RCVBUF},
    {"socket", "SO_RCVBUFFORCE", SO_RCVBUFFORCE},
    {"socket", "SO_RCVLOWAT", SO_RCVLOWAT},
    {"socket", "SO_RCVTIMEO", SO_RCVTIMEO},
    {"socket", "SO_REUSEADDR", SO_REUSEADDR},
    {"socket", "SO_REUSEPORT", SO_REUSEPORT},
    {"socket", "SO_SNDBUF", SO_SNDBUF},
    {"socket", "SO_SNDBUFFORCE", SO_SNDBUFFORCE},
    {"socket", "SO_SNDLOWAT", SO_SNDLOWAT},
    {"socket", "SO_SNDTIMEO", SO_SNDTIMEO},
    {"socket", "SO_TIMESTAMP", SO_TIMESTAMP},
    {"socket", "SO_TIMESTAMPING", SO_TIMESTAMPING},
    {"socket", "SO_TIMESTAMPNS", SO_TIMESTAMPNS},
    {"socket", "SO_TYPE", SO_TYPE},
    {"socket", "TCP_CONGESTION", TCP_CONGESTION},
    {"socket", "TCP_CORK", TCP_CORK},
    {"socket", "TCP_DEFER_ACCEPT", TCP_DEFER_ACCEPT},
    {"socket", "TCP_FASTOPEN", TCP_FASTOPEN},
    {"socket", "TCP_FASTOPEN_CONNECT", TCP_FASTOPEN_CONNECT},
    {"socket", "TCP_INFO", TCP_INFO},
    {"socket", "TCP_KEEPCNT", TCP_KEEPCNT},
    {"socket", "TCP_KEEPIDLE", TCP_KEEPIDLE},
    {"socket", "TCP_KEEPINTVL", TCP_KEEPINTVL},
    {"socket", "TCP_LINGER2", TCP_LINGER2},
    {"socket", "TCP_MAXSEG", TCP_MAXSEG},
    {"socket", "TCP_NODELAY", TCP_NODELAY},
    {"socket", "TCP_NOTSENT_LOWAT", TCP_NOTSENT_LOWAT},
    {"socket", "TCP_QUICKACK", TCP_QUICKACK},
    {"socket", "TCP_SYNCNT", TCP_SYNCNT},
    {"socket", "TCP_USER_TIMEOUT", TCP_USER_TIMEOUT},
    {"socket", "TCP_WINDOW_CLAMP", TCP_WINDOW_CLAMP},
    {"socket", "IP_ADD_MEMBERSHIP", IP_ADD_MEMBERSHIP},
    {"socket", "IP_BIND_ADDRESS_NO_PORT", IP_BIND_ADDRESS_NO_PORT},
    {"socket", "IP_DROP_MEMBERSHIP", IP_DROP_MEMBERSHIP},
    {"socket", "IP_FREEBIND", IP_FREEBIND},
    {"socket", "IP_MTU", IP_MTU},
    {"socket", "IP_MTU_DISCOVER", IP_MTU_DISCOVER},
    {"socket", "IP_MULTICAST_IF", IP_MULTICAST_IF},
    {"socket", "IP_MULTICAST_LOOP", IP_MULTICAST_LOOP},
    {"socket", "IP_MULTICAST_TTL", IP_MULTICAST_TTL},
    {"socket", "IP_PKTINFO", IP_PKTINFO},
    {"socket", "IP_RECVERR", IP_RECVERR},
    {"socket", "IP_RECVTOS", IP_RECVTOS},
    {"socket", "IP_RECVTTL", IP_RECVTTL},
    {"socket", "IP_TOS", IP_TOS},
    {"socket", "IP_TRANSPARENT", IP_TRANSPARENT},
    {"socket", "IP_TTL", IP_TTL},
    {"socket", "IPV6_ADD_MEMBERSHIP", IPV6_ADD_MEMBERSHIP},
    {"socket", "IPV6_DROP_MEMBERSHIP", IPV6_DROP_MEMBERSHIP},
    {"socket", "IPV6_JOIN_GROUP", IPV6_JOIN_GROUP},
    {"socket", "IPV6_LEAVE_GROUP", IPV6_LEAVE_GROUP},
    {"socket", "IPV6_MULTICAST_HOPS", IPV6_MULTICAST_HOPS},
    {"socket", "IPV6_MULTICAST_IF", IPV6_MULTICAST_IF},
    {"socket", "IPV6_MULTICAST_LOOP", IPV6_MULTICAST_LOOP},
    {"socket", "IPV6_RECVERR", IPV6_RECVERR},
    {"socket", "IPV6_RECVHOPLIMIT", IPV6_RECVHOPLIMIT},
    {"socket", "IPV6_RECVPKTINFO", IPV6_RECVPKTINFO},
    {"socket", "IPV6_RECVTCLASS", IPV6_RECVTCLASS},
    {"socket", "IPV6_TCLASS", IPV6_TCLASS},
    {"socket", "IPV6_UNICAST_HOPS", IPV6_UNICAST_HOPS},
    {"socket", "IPV6_V6ONLY", IPV6_V6ONLY},
    {"socket", "UDP_GRO", kUdpGro},
    {"socket", "UDP_SEGMENT", kUdpSegment},
    // <linux/errqueue.h>, which does not compile with every C library
    {"socket", "SO_EE_ORIGIN_ICMP", 2},
    {"socket", "SO_EE_ORIGIN_ICMP6", 3},
    {"socket", "SO_EE_ORIGIN_LOCAL", 1},
    {"socket", "SO_EE_ORIGIN_NONE", 0},
    {"socket", "SO_EE_ORIGIN_TIMESTAMPING", 4},
    {"socket", "SOF_TIMESTAMPING_OPT_ID", SOF_TIMESTAMPING_OPT_ID},
    {"socket", "SOF_TIMESTAMPING_OPT_TSONLY", SOF_TIMESTAMPING_OPT_TSONLY},
    {"socket", "SOF_TIMESTAMPING_RAW_HARDWARE", SOF_TIMESTAMPING_RAW_HARDWARE},
    {"socket", "SOF_TIMESTAMPING_RX_HARDWARE", SOF_TIMESTAMPING_RX_HARDWARE},
    {"socket", "SOF_TIMESTAMPING_RX_SOFTWARE", SOF_TIMESTAMPING_RX_SOFTWARE},
    {"socket", "SOF_TIMESTAMPING_SOFTWARE", SOF_TIMESTAMPING_SOFTWARE},
    {"socket", "SOF_TIMESTAMPING_TX_HARDWARE", SOF_TIMESTAMPING_TX_HARDWARE},
    {"socket", "SOF_TIMESTAMPING_TX_SOFTWARE", SOF_TIMESTAMPING_TX_SOFTWARE},
    {"socket", "MSG_CMSG_CLOEXEC", MSG_CMSG_CLOEXEC},
    {"socket", "MSG_CONFIRM", MSG_CONFIRM},
    {"socket", "MSG_CTRUNC", MSG_CTRUNC},
    {"socket", "MSG_DONTROUTE", MSG_DONTROUTE},
    {"socket", "MSG_DONTWAIT", MSG_DONTWAIT},
    {"socket", "MSG_EOR", MSG_EOR},
    {"socket", "MSG_ERRQUEUE", MSG_ERRQUEUE},
    {"socket", "MSG_MORE", MSG_MORE},
    {"socket", "MSG_NOSIGNAL", MSG_NOSIGNAL},
    {"socket", "MSG_OOB", MSG_OOB},
    {"socket", "MSG_PEEK", MSG_PEEK},
    {"socket", "MSG_TRUNC", MSG_TRUNC},
    {"socket", "MSG_WAITALL", MSG_WAITALL},
    {"socket", "NETLINK_AUDIT", NETLINK_AUDIT},
    {"socket", "NETLINK_CONNECTOR", NETLINK_CONNECTOR},
    {"socket", "NETLINK_CRYPTO", NETLINK_CRYPTO},
    {"socket", "NETLINK_FIB_LOOKUP", NETLINK_FIB_LOOKUP},
    {"socket", "NETLINK_GENERIC", NETLINK_GENERIC},
    {"socket", "NETLINK_KOBJECT_UEVENT", NETLINK_KOBJECT_UEVENT},
    {"socket", "NETLINK_NETFILTER", NETLINK_NETFILTER},
    {"socket", "NETLINK_ROUTE", NETLINK_ROUTE},
    {"socket", "NETLINK_SELINUX", NETLINK_SELINUX},
#ifdef NETLINK_SOCK_DIAG
    {"socket", "NETLINK_SOCK_DIAG", NETLINK_SOCK_DIAG},
#endif
    {"socket", "NETLINK_USERSOCK", NETLINK_USERSOCK},
    {"socket", "NETLINK_XFRM", NETLINK_XFRM},
#ifdef SOL_NETLINK
    {"socket", "SOL_NETLINK", SOL_NETLINK},
#endif
    {"socket", "NETLINK_ADD_MEMBERSHIP", NETLINK_ADD_MEMBERSHIP},
    {"socket", "NETLINK_BROADCAST_ERROR", NETLINK_BROADCAST_ERROR},
#ifdef NETLINK_CAP_ACK
    {"socket", "NETLINK_CAP_ACK", NETLINK_CAP_ACK},
#endif
    {"socket", "NETLINK_DROP_MEMBERSHIP", NETLINK_DROP_MEMBERSHIP},
#ifdef NETLINK_EXT_ACK
    {"socket", "NETLINK_EXT_ACK", NETLINK_EXT_ACK},
#endif
    {"socket", "NETLINK_NO_ENOBUFS", NETLINK_NO_ENOBUFS},
    {"socket", "NETLINK_PKTINFO", NETLINK_PKTINFO},
    {"socket", "RTMGRP_IPV4_IFADDR", RTMGRP_IPV4_IFADDR},
    {"socket", "RTMGRP_IPV4_ROUTE", RTMGRP_IPV4_ROUTE},
    {"socket", "RTMGRP_IPV6_IFADDR", RTMGRP_IPV6_IFADDR},
    {"socket", "RTMGRP_IPV6_ROUTE", RTMGRP_IPV6_ROUTE},
    {"socket", "RTMGRP_LINK", RTMGRP_LINK},
    {"socket", "RTMGRP_NEIGH", RTMGRP_NEIGH},
    {"socket", "VMADDR_CID_ANY", VMADDR_CID_ANY},
    {"socket", "VMADDR_CID_HYPERVISOR", VMADDR_CID_HYPERVISOR},
#ifdef VMADDR_CID_LOCAL
    {"socket", "VMADDR_CID_LOCAL", VMADDR_CID_LOCAL},
#endif
    {"socket", "VMADDR_CID_HOST", VMADDR_CID_HOST},
    {"socket", "VMADDR_PORT_ANY", VMADDR_PORT_ANY},
    {"socket", "SHUT_RD", SHUT_RD},
    {"socket", "SHUT_WR", SHUT_WR},
    {"socket", "SHUT_RDWR", SHUT_RDWR},
    {"socket", "SOMAXCONN", SOMAXCONN},
    {"socket", "IOV_MAX", IOV_MAX},
    {"transfer", "SPLICE_F_MOVE", SPLICE_F_MOVE},
    {"transfer", "SPLICE_F_NONBLOCK", SPLICE_F_NONBLOCK},
    {"transfer", "SPLICE_F_MORE", SPLICE_F_MORE},
    {"transfer", "SPLICE_F_GIFT", SPLICE_F_GIFT},
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
    {"error", "EIO", EIO},
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
