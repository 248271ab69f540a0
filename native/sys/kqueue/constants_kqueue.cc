#include "../constants.h"

#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>

// NOTE_REAP and NOTE_EXIT_REPARENTED are there on macOS, and marked as no longer sent.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace fdreactor {
namespace {

constexpr int64_t bits(int64_t value) { return static_cast<uint32_t>(value); }

// Every name that some system has. `npm run gen` writes them, each with its comment, to
// lib/queue/kqueue/constants.gen.ts.
constexpr Constant kConstants[] = {
#ifdef EVFILT_READ
    // Filter: there is something to read; ident is an fd, data how much.
    {"kqueue", "EVFILT_READ", EVFILT_READ},
#endif
#ifdef EVFILT_WRITE
    // Filter: there is room to write; ident is an fd, data how much.
    {"kqueue", "EVFILT_WRITE", EVFILT_WRITE},
#endif
#ifdef EVFILT_EXCEPT
    // Filter: an exceptional condition, such as out-of-band data (NOTE_OOB). macOS, OpenBSD.
    {"kqueue", "EVFILT_EXCEPT", EVFILT_EXCEPT},
#endif
#ifdef EVFILT_EMPTY
    // Filter: the socket has sent all. FreeBSD, NetBSD.
    {"kqueue", "EVFILT_EMPTY", EVFILT_EMPTY},
#endif
#ifdef EVFILT_AIO
    // Filter: asynchronous I/O; armed by aio_read(2) and its like.
    {"kqueue", "EVFILT_AIO", EVFILT_AIO},
#endif
#ifdef EVFILT_VNODE
    // Filter: changes of a file, see the NOTE_ bits of vnodes; ident is its fd.
    {"kqueue", "EVFILT_VNODE", EVFILT_VNODE},
#endif
#ifdef EVFILT_PROC
    // Filter: what a process does; ident is its pid.
    {"kqueue", "EVFILT_PROC", EVFILT_PROC},
#endif
#ifdef EVFILT_PROCDESC
    // Filter: as EVFILT_PROC for a process descriptor. FreeBSD.
    {"kqueue", "EVFILT_PROCDESC", EVFILT_PROCDESC},
#endif
#ifdef EVFILT_SIGNAL
    // Filter: a signal came, whatever is done with it; ident is its number, data how often.
    {"kqueue", "EVFILT_SIGNAL", EVFILT_SIGNAL},
#endif
#ifdef EVFILT_TIMER
    // Filter: a timer; ident is any number, data its period in milliseconds or in the unit of a NOTE_.
    {"kqueue", "EVFILT_TIMER", EVFILT_TIMER},
#endif
#ifdef EVFILT_USER
    // Filter: triggered by NOTE_TRIGGER; ident is any number. Not on OpenBSD.
    {"kqueue", "EVFILT_USER", EVFILT_USER},
#endif
#ifdef EVFILT_FS
    // Filter: mounted and unmounted file systems.
    {"kqueue", "EVFILT_FS", EVFILT_FS},
#endif
#ifdef EVFILT_MACHPORT
    // Filter: messages of a Mach port set. macOS.
    {"kqueue", "EVFILT_MACHPORT", EVFILT_MACHPORT},
#endif
#ifdef EVFILT_VM
    // Filter: pressure on memory. macOS.
    {"kqueue", "EVFILT_VM", EVFILT_VM},
#endif
#ifdef EVFILT_LIO
    // Filter: lio_listio(2). FreeBSD.
    {"kqueue", "EVFILT_LIO", EVFILT_LIO},
#endif
#ifdef EVFILT_SENDFILE
    // Filter: sendfile(2) of the kernel itself. FreeBSD.
    {"kqueue", "EVFILT_SENDFILE", EVFILT_SENDFILE},
#endif
#ifdef EVFILT_DEVICE
    // Filter: changes of a device. OpenBSD.
    {"kqueue", "EVFILT_DEVICE", EVFILT_DEVICE},
#endif
#ifdef EV_ADD
    // Add the event, or change the one that is there. Enables it unless EV_DISABLE is given.
    {"kqueue", "EV_ADD", bits(EV_ADD)},
#endif
#ifdef EV_DELETE
    // Take it out. Closing its fd does so too.
    {"kqueue", "EV_DELETE", bits(EV_DELETE)},
#endif
#ifdef EV_ENABLE
    // Report it again, after EV_DISABLE or EV_DISPATCH.
    {"kqueue", "EV_ENABLE", bits(EV_ENABLE)},
#endif
#ifdef EV_DISABLE
    // Keep it, but do not report it.
    {"kqueue", "EV_DISABLE", bits(EV_DISABLE)},
#endif
#ifdef EV_ONESHOT
    // Report it once, then take it out.
    {"kqueue", "EV_ONESHOT", bits(EV_ONESHOT)},
#endif
#ifdef EV_CLEAR
    // Report it when it changes, not as long as it is so.
    {"kqueue", "EV_CLEAR", bits(EV_CLEAR)},
#endif
#ifdef EV_RECEIPT
    // Answer this change with an event of its own: EV_ERROR, and the errno or 0 in data.
    {"kqueue", "EV_RECEIPT", bits(EV_RECEIPT)},
#endif
#ifdef EV_DISPATCH
    // Report it once, then disable it.
    {"kqueue", "EV_DISPATCH", bits(EV_DISPATCH)},
#endif
#ifdef EV_DISPATCH2
    // EV_DISPATCH with EV_UDATA_SPECIFIC. macOS.
    {"kqueue", "EV_DISPATCH2", bits(EV_DISPATCH2)},
#endif
#ifdef EV_UDATA_SPECIFIC
    // Different udata makes a different event. macOS.
    {"kqueue", "EV_UDATA_SPECIFIC", bits(EV_UDATA_SPECIFIC)},
#endif
#ifdef EV_VANISHED
    // Report that the source of the event is gone. macOS.
    {"kqueue", "EV_VANISHED", bits(EV_VANISHED)},
#endif
#ifdef EV_FORCEONESHOT
    // Report it although its condition does not hold. FreeBSD.
    {"kqueue", "EV_FORCEONESHOT", bits(EV_FORCEONESHOT)},
#endif
#ifdef EV_KEEPUDATA
    // A change leaves udata as it is. FreeBSD.
    {"kqueue", "EV_KEEPUDATA", bits(EV_KEEPUDATA)},
#endif
#ifdef EV_FLAG0
    // For the filter.
    {"kqueue", "EV_FLAG0", bits(EV_FLAG0)},
#endif
#ifdef EV_FLAG1
    // For the filter.
    {"kqueue", "EV_FLAG1", bits(EV_FLAG1)},
#endif
#ifdef EV_FLAG2
    // For the filter.
    {"kqueue", "EV_FLAG2", bits(EV_FLAG2)},
#endif
#ifdef EV_OOBAND
    // There is out-of-band data. macOS.
    {"kqueue", "EV_OOBAND", bits(EV_OOBAND)},
#endif
#ifdef EV_POLL
    // For poll(2). macOS.
    {"kqueue", "EV_POLL", bits(EV_POLL)},
#endif
#ifdef EV_SYSFLAGS
    // The bits that the system keeps to itself.
    {"kqueue", "EV_SYSFLAGS", bits(EV_SYSFLAGS)},
#endif
#ifdef EV_EOF
    // Reported: the end; of a socket, fflags is then its error.
    {"kqueue", "EV_EOF", bits(EV_EOF)},
#endif
#ifdef EV_ERROR
    // Reported: this change has failed, data is the errno.
    {"kqueue", "EV_ERROR", bits(EV_ERROR)},
#endif
#ifdef NOTE_TRIGGER
    // EVFILT_USER: trigger it.
    {"kqueue", "NOTE_TRIGGER", bits(NOTE_TRIGGER)},
#endif
#ifdef NOTE_FFNOP
    // EVFILT_USER: leave its bits as they are.
    {"kqueue", "NOTE_FFNOP", bits(NOTE_FFNOP)},
#endif
#ifdef NOTE_FFAND
    // EVFILT_USER: AND the given bits with its own.
    {"kqueue", "NOTE_FFAND", bits(NOTE_FFAND)},
#endif
#ifdef NOTE_FFOR
    // EVFILT_USER: OR the given bits with its own.
    {"kqueue", "NOTE_FFOR", bits(NOTE_FFOR)},
#endif
#ifdef NOTE_FFCOPY
    // EVFILT_USER: take the given bits.
    {"kqueue", "NOTE_FFCOPY", bits(NOTE_FFCOPY)},
#endif
#ifdef NOTE_FFCTRLMASK
    // EVFILT_USER: which bits say what to do.
    {"kqueue", "NOTE_FFCTRLMASK", bits(NOTE_FFCTRLMASK)},
#endif
#ifdef NOTE_FFLAGSMASK
    // EVFILT_USER: which bits are the user's own.
    {"kqueue", "NOTE_FFLAGSMASK", bits(NOTE_FFLAGSMASK)},
#endif
#ifdef NOTE_LOWAT
    // EVFILT_READ, EVFILT_WRITE: data is the low-water mark.
    {"kqueue", "NOTE_LOWAT", bits(NOTE_LOWAT)},
#endif
#ifdef NOTE_OOB
    // EVFILT_EXCEPT: out-of-band data.
    {"kqueue", "NOTE_OOB", bits(NOTE_OOB)},
#endif
#ifdef NOTE_EOF
    // EVFILT_READ: report the end of a file. OpenBSD.
    {"kqueue", "NOTE_EOF", bits(NOTE_EOF)},
#endif
#ifdef NOTE_FILE_POLL
    // EVFILT_READ: files are always ready, as with poll(2). FreeBSD.
    {"kqueue", "NOTE_FILE_POLL", bits(NOTE_FILE_POLL)},
#endif
#ifdef NOTE_DELETE
    // EVFILT_VNODE: it was unlinked.
    {"kqueue", "NOTE_DELETE", bits(NOTE_DELETE)},
#endif
#ifdef NOTE_WRITE
    // EVFILT_VNODE: it was written to.
    {"kqueue", "NOTE_WRITE", bits(NOTE_WRITE)},
#endif
#ifdef NOTE_EXTEND
    // EVFILT_VNODE: it has grown; of a directory, an entry came or went.
    {"kqueue", "NOTE_EXTEND", bits(NOTE_EXTEND)},
#endif
#ifdef NOTE_ATTRIB
    // EVFILT_VNODE: its attributes have changed.
    {"kqueue", "NOTE_ATTRIB", bits(NOTE_ATTRIB)},
#endif
#ifdef NOTE_LINK
    // EVFILT_VNODE: its number of links has changed.
    {"kqueue", "NOTE_LINK", bits(NOTE_LINK)},
#endif
#ifdef NOTE_RENAME
    // EVFILT_VNODE: it was renamed.
    {"kqueue", "NOTE_RENAME", bits(NOTE_RENAME)},
#endif
#ifdef NOTE_REVOKE
    // EVFILT_VNODE: access was revoked, or its file system unmounted.
    {"kqueue", "NOTE_REVOKE", bits(NOTE_REVOKE)},
#endif
#ifdef NOTE_TRUNCATE
    // EVFILT_VNODE: it was truncated. OpenBSD.
    {"kqueue", "NOTE_TRUNCATE", bits(NOTE_TRUNCATE)},
#endif
#ifdef NOTE_OPEN
    // EVFILT_VNODE: it was opened. FreeBSD, NetBSD.
    {"kqueue", "NOTE_OPEN", bits(NOTE_OPEN)},
#endif
#ifdef NOTE_CLOSE
    // EVFILT_VNODE: it was closed, and was not open for writing. FreeBSD, NetBSD.
    {"kqueue", "NOTE_CLOSE", bits(NOTE_CLOSE)},
#endif
#ifdef NOTE_CLOSE_WRITE
    // EVFILT_VNODE: it was closed, and was open for writing. FreeBSD, NetBSD.
    {"kqueue", "NOTE_CLOSE_WRITE", bits(NOTE_CLOSE_WRITE)},
#endif
#ifdef NOTE_READ
    // EVFILT_VNODE: it was read. FreeBSD, NetBSD.
    {"kqueue", "NOTE_READ", bits(NOTE_READ)},
#endif
#ifdef NOTE_FUNLOCK
    // EVFILT_VNODE: it was unlocked by flock(2). macOS.
    {"kqueue", "NOTE_FUNLOCK", bits(NOTE_FUNLOCK)},
#endif
#ifdef NOTE_NONE
    // EVFILT_VNODE: for testing. macOS.
    {"kqueue", "NOTE_NONE", bits(NOTE_NONE)},
#endif
#ifdef NOTE_LEASE_DOWNGRADE
    // EVFILT_VNODE: a lease is to be downgraded. macOS.
    {"kqueue", "NOTE_LEASE_DOWNGRADE", bits(NOTE_LEASE_DOWNGRADE)},
#endif
#ifdef NOTE_LEASE_RELEASE
    // EVFILT_VNODE: a lease is to be released. macOS.
    {"kqueue", "NOTE_LEASE_RELEASE", bits(NOTE_LEASE_RELEASE)},
#endif
#ifdef NOTE_EXIT
    // EVFILT_PROC: it has ended; data is its status where the system gives it.
    {"kqueue", "NOTE_EXIT", bits(NOTE_EXIT)},
#endif
#ifdef NOTE_FORK
    // EVFILT_PROC: it has forked.
    {"kqueue", "NOTE_FORK", bits(NOTE_FORK)},
#endif
#ifdef NOTE_EXEC
    // EVFILT_PROC: it has called exec.
    {"kqueue", "NOTE_EXEC", bits(NOTE_EXEC)},
#endif
#ifdef NOTE_SIGNAL
    // EVFILT_PROC: it got a signal. macOS.
    {"kqueue", "NOTE_SIGNAL", bits(NOTE_SIGNAL)},
#endif
#ifdef NOTE_EXITSTATUS
    // EVFILT_PROC: with NOTE_EXIT, give its status. macOS.
    {"kqueue", "NOTE_EXITSTATUS", bits(NOTE_EXITSTATUS)},
#endif
#ifdef NOTE_EXIT_DETAIL
    // EVFILT_PROC: with NOTE_EXIT, say why. macOS.
    {"kqueue", "NOTE_EXIT_DETAIL", bits(NOTE_EXIT_DETAIL)},
#endif
#ifdef NOTE_EXIT_DETAIL_MASK
    // EVFILT_PROC: where NOTE_EXIT_DETAIL says why. macOS.
    {"kqueue", "NOTE_EXIT_DETAIL_MASK", bits(NOTE_EXIT_DETAIL_MASK)},
#endif
#ifdef NOTE_EXIT_DECRYPTFAIL
    // EVFILT_PROC: its pages could not be decrypted. macOS.
    {"kqueue", "NOTE_EXIT_DECRYPTFAIL", bits(NOTE_EXIT_DECRYPTFAIL)},
#endif
#ifdef NOTE_EXIT_MEMORY
    // EVFILT_PROC: it was ended for the want of memory. macOS.
    {"kqueue", "NOTE_EXIT_MEMORY", bits(NOTE_EXIT_MEMORY)},
#endif
#ifdef NOTE_EXIT_CSERROR
    // EVFILT_PROC: its code signature was not valid. macOS.
    {"kqueue", "NOTE_EXIT_CSERROR", bits(NOTE_EXIT_CSERROR)},
#endif
#ifdef NOTE_REAP
    // EVFILT_PROC: it was reaped. Deprecated. macOS.
    {"kqueue", "NOTE_REAP", bits(NOTE_REAP)},
#endif
#ifdef NOTE_PDATAMASK
    // EVFILT_PROC: which bits hold a pid or a status.
    {"kqueue", "NOTE_PDATAMASK", bits(NOTE_PDATAMASK)},
#endif
#ifdef NOTE_PCTRLMASK
    // EVFILT_PROC: which bits say what is watched.
    {"kqueue", "NOTE_PCTRLMASK", bits(NOTE_PCTRLMASK)},
#endif
#ifdef NOTE_TRACK
    // EVFILT_PROC: follow it across fork.
    {"kqueue", "NOTE_TRACK", bits(NOTE_TRACK)},
#endif
#ifdef NOTE_TRACKERR
    // EVFILT_PROC: a child could not be followed.
    {"kqueue", "NOTE_TRACKERR", bits(NOTE_TRACKERR)},
#endif
#ifdef NOTE_CHILD
    // EVFILT_PROC: the first event of a child that is followed.
    {"kqueue", "NOTE_CHILD", bits(NOTE_CHILD)},
#endif
#ifdef NOTE_CHANGE
    // EVFILT_DEVICE: the device has changed. OpenBSD.
    {"kqueue", "NOTE_CHANGE", bits(NOTE_CHANGE)},
#endif
#ifdef NOTE_SECONDS
    // EVFILT_TIMER: data is in seconds.
    {"kqueue", "NOTE_SECONDS", bits(NOTE_SECONDS)},
#endif
#ifdef NOTE_MSECONDS
    // EVFILT_TIMER: data is in milliseconds. FreeBSD, NetBSD, OpenBSD.
    {"kqueue", "NOTE_MSECONDS", bits(NOTE_MSECONDS)},
#endif
#ifdef NOTE_USECONDS
    // EVFILT_TIMER: data is in microseconds.
    {"kqueue", "NOTE_USECONDS", bits(NOTE_USECONDS)},
#endif
#ifdef NOTE_NSECONDS
    // EVFILT_TIMER: data is in nanoseconds.
    {"kqueue", "NOTE_NSECONDS", bits(NOTE_NSECONDS)},
#endif
#ifdef NOTE_ABSOLUTE
    // EVFILT_TIMER: data is a moment, not a period. macOS.
    {"kqueue", "NOTE_ABSOLUTE", bits(NOTE_ABSOLUTE)},
#endif
#ifdef NOTE_ABSTIME
    // EVFILT_TIMER: data is a moment, not a period. FreeBSD, NetBSD, OpenBSD.
    {"kqueue", "NOTE_ABSTIME", bits(NOTE_ABSTIME)},
#endif
#ifdef NOTE_LEEWAY
    // EVFILT_TIMER: how late it may be. macOS.
    {"kqueue", "NOTE_LEEWAY", bits(NOTE_LEEWAY)},
#endif
#ifdef NOTE_CRITICAL
    // EVFILT_TIMER: as precise as possible. macOS.
    {"kqueue", "NOTE_CRITICAL", bits(NOTE_CRITICAL)},
#endif
#ifdef NOTE_BACKGROUND
    // EVFILT_TIMER: may be late. macOS.
    {"kqueue", "NOTE_BACKGROUND", bits(NOTE_BACKGROUND)},
#endif
#ifdef NOTE_MACHTIME
    // EVFILT_TIMER: data is in Mach's units. macOS.
    {"kqueue", "NOTE_MACHTIME", bits(NOTE_MACHTIME)},
#endif
#ifdef NOTE_MACH_CONTINUOUS_TIME
    // EVFILT_TIMER: goes on while the machine sleeps. macOS.
    {"kqueue", "NOTE_MACH_CONTINUOUS_TIME", bits(NOTE_MACH_CONTINUOUS_TIME)},
#endif
#ifdef NOTE_VM_PRESSURE
    // EVFILT_VM: there is pressure on memory. macOS.
    {"kqueue", "NOTE_VM_PRESSURE", bits(NOTE_VM_PRESSURE)},
#endif
#ifdef NOTE_VM_PRESSURE_TERMINATE
    // EVFILT_VM: ends under pressure. macOS.
    {"kqueue", "NOTE_VM_PRESSURE_TERMINATE", bits(NOTE_VM_PRESSURE_TERMINATE)},
#endif
#ifdef NOTE_VM_PRESSURE_SUDDEN_TERMINATE
    // EVFILT_VM: ends at once under pressure. macOS.
    {"kqueue", "NOTE_VM_PRESSURE_SUDDEN_TERMINATE", bits(NOTE_VM_PRESSURE_SUDDEN_TERMINATE)},
#endif
#ifdef NOTE_VM_ERROR
    // EVFILT_VM: there was an error. macOS.
    {"kqueue", "NOTE_VM_ERROR", bits(NOTE_VM_ERROR)},
#endif
};

}  // namespace

ConstantList kqueue_constants() { return {kConstants, sizeof kConstants / sizeof kConstants[0]}; }

}  // namespace fdreactor
