#include "../constants.h"

#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>

// NOTE_REAP and NOTE_EXIT_REPARENTED are there on macOS, and marked as no longer sent.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace fdreactor {
namespace {

constexpr int64_t bits(int64_t value) { return static_cast<uint32_t>(value); }

// Every name that some system has; lib/queue/kqueue/constants.ts has the same.
constexpr Constant kConstants[] = {
#ifdef EVFILT_READ
    {"kqueue", "EVFILT_READ", EVFILT_READ},
#endif
#ifdef EVFILT_WRITE
    {"kqueue", "EVFILT_WRITE", EVFILT_WRITE},
#endif
#ifdef EVFILT_EXCEPT
    {"kqueue", "EVFILT_EXCEPT", EVFILT_EXCEPT},
#endif
#ifdef EVFILT_EMPTY
    {"kqueue", "EVFILT_EMPTY", EVFILT_EMPTY},
#endif
#ifdef EVFILT_AIO
    {"kqueue", "EVFILT_AIO", EVFILT_AIO},
#endif
#ifdef EVFILT_VNODE
    {"kqueue", "EVFILT_VNODE", EVFILT_VNODE},
#endif
#ifdef EVFILT_PROC
    {"kqueue", "EVFILT_PROC", EVFILT_PROC},
#endif
#ifdef EVFILT_PROCDESC
    {"kqueue", "EVFILT_PROCDESC", EVFILT_PROCDESC},
#endif
#ifdef EVFILT_SIGNAL
    {"kqueue", "EVFILT_SIGNAL", EVFILT_SIGNAL},
#endif
#ifdef EVFILT_TIMER
    {"kqueue", "EVFILT_TIMER", EVFILT_TIMER},
#endif
#ifdef EVFILT_USER
    {"kqueue", "EVFILT_USER", EVFILT_USER},
#endif
#ifdef EVFILT_FS
    {"kqueue", "EVFILT_FS", EVFILT_FS},
#endif
#ifdef EVFILT_MACHPORT
    {"kqueue", "EVFILT_MACHPORT", EVFILT_MACHPORT},
#endif
#ifdef EVFILT_VM
    {"kqueue", "EVFILT_VM", EVFILT_VM},
#endif
#ifdef EVFILT_LIO
    {"kqueue", "EVFILT_LIO", EVFILT_LIO},
#endif
#ifdef EVFILT_SENDFILE
    {"kqueue", "EVFILT_SENDFILE", EVFILT_SENDFILE},
#endif
#ifdef EVFILT_DEVICE
    {"kqueue", "EVFILT_DEVICE", EVFILT_DEVICE},
#endif
#ifdef EV_ADD
    {"kqueue", "EV_ADD", bits(EV_ADD)},
#endif
#ifdef EV_DELETE
    {"kqueue", "EV_DELETE", bits(EV_DELETE)},
#endif
#ifdef EV_ENABLE
    {"kqueue", "EV_ENABLE", bits(EV_ENABLE)},
#endif
#ifdef EV_DISABLE
    {"kqueue", "EV_DISABLE", bits(EV_DISABLE)},
#endif
#ifdef EV_ONESHOT
    {"kqueue", "EV_ONESHOT", bits(EV_ONESHOT)},
#endif
#ifdef EV_CLEAR
    {"kqueue", "EV_CLEAR", bits(EV_CLEAR)},
#endif
#ifdef EV_RECEIPT
    {"kqueue", "EV_RECEIPT", bits(EV_RECEIPT)},
#endif
#ifdef EV_DISPATCH
    {"kqueue", "EV_DISPATCH", bits(EV_DISPATCH)},
#endif
#ifdef EV_DISPATCH2
    {"kqueue", "EV_DISPATCH2", bits(EV_DISPATCH2)},
#endif
#ifdef EV_UDATA_SPECIFIC
    {"kqueue", "EV_UDATA_SPECIFIC", bits(EV_UDATA_SPECIFIC)},
#endif
#ifdef EV_VANISHED
    {"kqueue", "EV_VANISHED", bits(EV_VANISHED)},
#endif
#ifdef EV_FORCEONESHOT
    {"kqueue", "EV_FORCEONESHOT", bits(EV_FORCEONESHOT)},
#endif
#ifdef EV_KEEPUDATA
    {"kqueue", "EV_KEEPUDATA", bits(EV_KEEPUDATA)},
#endif
#ifdef EV_FLAG0
    {"kqueue", "EV_FLAG0", bits(EV_FLAG0)},
#endif
#ifdef EV_FLAG1
    {"kqueue", "EV_FLAG1", bits(EV_FLAG1)},
#endif
#ifdef EV_FLAG2
    {"kqueue", "EV_FLAG2", bits(EV_FLAG2)},
#endif
#ifdef EV_OOBAND
    {"kqueue", "EV_OOBAND", bits(EV_OOBAND)},
#endif
#ifdef EV_POLL
    {"kqueue", "EV_POLL", bits(EV_POLL)},
#endif
#ifdef EV_SYSFLAGS
    {"kqueue", "EV_SYSFLAGS", bits(EV_SYSFLAGS)},
#endif
#ifdef EV_EOF
    {"kqueue", "EV_EOF", bits(EV_EOF)},
#endif
#ifdef EV_ERROR
    {"kqueue", "EV_ERROR", bits(EV_ERROR)},
#endif
#ifdef NOTE_TRIGGER
    {"kqueue", "NOTE_TRIGGER", bits(NOTE_TRIGGER)},
#endif
#ifdef NOTE_FFNOP
    {"kqueue", "NOTE_FFNOP", bits(NOTE_FFNOP)},
#endif
#ifdef NOTE_FFAND
    {"kqueue", "NOTE_FFAND", bits(NOTE_FFAND)},
#endif
#ifdef NOTE_FFOR
    {"kqueue", "NOTE_FFOR", bits(NOTE_FFOR)},
#endif
#ifdef NOTE_FFCOPY
    {"kqueue", "NOTE_FFCOPY", bits(NOTE_FFCOPY)},
#endif
#ifdef NOTE_FFCTRLMASK
    {"kqueue", "NOTE_FFCTRLMASK", bits(NOTE_FFCTRLMASK)},
#endif
#ifdef NOTE_FFLAGSMASK
    {"kqueue", "NOTE_FFLAGSMASK", bits(NOTE_FFLAGSMASK)},
#endif
#ifdef NOTE_LOWAT
    {"kqueue", "NOTE_LOWAT", bits(NOTE_LOWAT)},
#endif
#ifdef NOTE_OOB
    {"kqueue", "NOTE_OOB", bits(NOTE_OOB)},
#endif
#ifdef NOTE_EOF
    {"kqueue", "NOTE_EOF", bits(NOTE_EOF)},
#endif
#ifdef NOTE_FILE_POLL
    {"kqueue", "NOTE_FILE_POLL", bits(NOTE_FILE_POLL)},
#endif
#ifdef NOTE_DELETE
    {"kqueue", "NOTE_DELETE", bits(NOTE_DELETE)},
#endif
#ifdef NOTE_WRITE
    {"kqueue", "NOTE_WRITE", bits(NOTE_WRITE)},
#endif
#ifdef NOTE_EXTEND
    {"kqueue", "NOTE_EXTEND", bits(NOTE_EXTEND)},
#endif
#ifdef NOTE_ATTRIB
    {"kqueue", "NOTE_ATTRIB", bits(NOTE_ATTRIB)},
#endif
#ifdef NOTE_LINK
    {"kqueue", "NOTE_LINK", bits(NOTE_LINK)},
#endif
#ifdef NOTE_RENAME
    {"kqueue", "NOTE_RENAME", bits(NOTE_RENAME)},
#endif
#ifdef NOTE_REVOKE
    {"kqueue", "NOTE_REVOKE", bits(NOTE_REVOKE)},
#endif
#ifdef NOTE_TRUNCATE
    {"kqueue", "NOTE_TRUNCATE", bits(NOTE_TRUNCATE)},
#endif
#ifdef NOTE_OPEN
    {"kqueue", "NOTE_OPEN", bits(NOTE_OPEN)},
#endif
#ifdef NOTE_CLOSE
    {"kqueue", "NOTE_CLOSE", bits(NOTE_CLOSE)},
#endif
#ifdef NOTE_CLOSE_WRITE
    {"kqueue", "NOTE_CLOSE_WRITE", bits(NOTE_CLOSE_WRITE)},
#endif
#ifdef NOTE_READ
    {"kqueue", "NOTE_READ", bits(NOTE_READ)},
#endif
#ifdef NOTE_FUNLOCK
    {"kqueue", "NOTE_FUNLOCK", bits(NOTE_FUNLOCK)},
#endif
#ifdef NOTE_NONE
    {"kqueue", "NOTE_NONE", bits(NOTE_NONE)},
#endif
#ifdef NOTE_LEASE_DOWNGRADE
    {"kqueue", "NOTE_LEASE_DOWNGRADE", bits(NOTE_LEASE_DOWNGRADE)},
#endif
#ifdef NOTE_LEASE_RELEASE
    {"kqueue", "NOTE_LEASE_RELEASE", bits(NOTE_LEASE_RELEASE)},
#endif
#ifdef NOTE_EXIT
    {"kqueue", "NOTE_EXIT", bits(NOTE_EXIT)},
#endif
#ifdef NOTE_FORK
    {"kqueue", "NOTE_FORK", bits(NOTE_FORK)},
#endif
#ifdef NOTE_EXEC
    {"kqueue", "NOTE_EXEC", bits(NOTE_EXEC)},
#endif
#ifdef NOTE_SIGNAL
    {"kqueue", "NOTE_SIGNAL", bits(NOTE_SIGNAL)},
#endif
#ifdef NOTE_EXITSTATUS
    {"kqueue", "NOTE_EXITSTATUS", bits(NOTE_EXITSTATUS)},
#endif
#ifdef NOTE_EXIT_DETAIL
    {"kqueue", "NOTE_EXIT_DETAIL", bits(NOTE_EXIT_DETAIL)},
#endif
#ifdef NOTE_EXIT_DETAIL_MASK
    {"kqueue", "NOTE_EXIT_DETAIL_MASK", bits(NOTE_EXIT_DETAIL_MASK)},
#endif
#ifdef NOTE_EXIT_DECRYPTFAIL
    {"kqueue", "NOTE_EXIT_DECRYPTFAIL", bits(NOTE_EXIT_DECRYPTFAIL)},
#endif
#ifdef NOTE_EXIT_MEMORY
    {"kqueue", "NOTE_EXIT_MEMORY", bits(NOTE_EXIT_MEMORY)},
#endif
#ifdef NOTE_EXIT_CSERROR
    {"kqueue", "NOTE_EXIT_CSERROR", bits(NOTE_EXIT_CSERROR)},
#endif
#ifdef NOTE_REAP
    {"kqueue", "NOTE_REAP", bits(NOTE_REAP)},
#endif
#ifdef NOTE_PDATAMASK
    {"kqueue", "NOTE_PDATAMASK", bits(NOTE_PDATAMASK)},
#endif
#ifdef NOTE_PCTRLMASK
    {"kqueue", "NOTE_PCTRLMASK", bits(NOTE_PCTRLMASK)},
#endif
#ifdef NOTE_TRACK
    {"kqueue", "NOTE_TRACK", bits(NOTE_TRACK)},
#endif
#ifdef NOTE_TRACKERR
    {"kqueue", "NOTE_TRACKERR", bits(NOTE_TRACKERR)},
#endif
#ifdef NOTE_CHILD
    {"kqueue", "NOTE_CHILD", bits(NOTE_CHILD)},
#endif
#ifdef NOTE_CHANGE
    {"kqueue", "NOTE_CHANGE", bits(NOTE_CHANGE)},
#endif
#ifdef NOTE_SECONDS
    {"kqueue", "NOTE_SECONDS", bits(NOTE_SECONDS)},
#endif
#ifdef NOTE_MSECONDS
    {"kqueue", "NOTE_MSECONDS", bits(NOTE_MSECONDS)},
#endif
#ifdef NOTE_USECONDS
    {"kqueue", "NOTE_USECONDS", bits(NOTE_USECONDS)},
#endif
#ifdef NOTE_NSECONDS
    {"kqueue", "NOTE_NSECONDS", bits(NOTE_NSECONDS)},
#endif
#ifdef NOTE_ABSOLUTE
    {"kqueue", "NOTE_ABSOLUTE", bits(NOTE_ABSOLUTE)},
#endif
#ifdef NOTE_ABSTIME
    {"kqueue", "NOTE_ABSTIME", bits(NOTE_ABSTIME)},
#endif
#ifdef NOTE_LEEWAY
    {"kqueue", "NOTE_LEEWAY", bits(NOTE_LEEWAY)},
#endif
#ifdef NOTE_CRITICAL
    {"kqueue", "NOTE_CRITICAL", bits(NOTE_CRITICAL)},
#endif
#ifdef NOTE_BACKGROUND
    {"kqueue", "NOTE_BACKGROUND", bits(NOTE_BACKGROUND)},
#endif
#ifdef NOTE_MACHTIME
    {"kqueue", "NOTE_MACHTIME", bits(NOTE_MACHTIME)},
#endif
#ifdef NOTE_MACH_CONTINUOUS_TIME
    {"kqueue", "NOTE_MACH_CONTINUOUS_TIME", bits(NOTE_MACH_CONTINUOUS_TIME)},
#endif
#ifdef NOTE_VM_PRESSURE
    {"kqueue", "NOTE_VM_PRESSURE", bits(NOTE_VM_PRESSURE)},
#endif
#ifdef NOTE_VM_PRESSURE_TERMINATE
    {"kqueue", "NOTE_VM_PRESSURE_TERMINATE", bits(NOTE_VM_PRESSURE_TERMINATE)},
#endif
#ifdef NOTE_VM_PRESSURE_SUDDEN_TERMINATE
    {"kqueue", "NOTE_VM_PRESSURE_SUDDEN_TERMINATE", bits(NOTE_VM_PRESSURE_SUDDEN_TERMINATE)},
#endif
#ifdef NOTE_VM_ERROR
    {"kqueue", "NOTE_VM_ERROR", bits(NOTE_VM_ERROR)},
#endif
};

}  // namespace

ConstantList kqueue_constants() { return {kConstants, sizeof kConstants / sizeof kConstants[0]}; }

}  // namespace fdreactor
