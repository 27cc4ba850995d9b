/* SPDX-License-Identifier: MIT */
/*
 * The system calls that remain: those of a screen, of threads, of reading open sockets and pipes,
 * of answering health checks, and of making a new file. None of them starts a program, opens a
 * socket, makes code executable, or writes to a file that was there before.
 */
#include "sandbox_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a call of the C library becomes differs between its versions and processors: `poll` may be
 * ppoll, `open` openat. Calls that a processor does not have are passed over. */
static const int allowed_calls[] = {
    /* open files, pipes and the terminal */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fcntl),
    SCMP_SYS(pipe2),
    SCMP_SYS(getdents64),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(stat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    /* waiting */
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(eventfd2),
    SCMP_SYS(signalfd4),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_gettime),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(restart_syscall),
    /* open sockets */
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(getsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(bind),
    SCMP_SYS(accept4),
    SCMP_SYS(shutdown),
    /* memory and threads */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    /* signals, and who we are */
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
};

/* Of the terminal; of network interfaces, which may vanish and come back. */
static const unsigned long allowed_ioctls[] = {
    TCGETS,   TCSETS,       TCSETSW,     TCSETSF,      TCFLSH,        TIOCGWINSZ,
    FIONREAD, SIOCGIFINDEX, SIOCGIFNAME, SIOCGIFFLAGS, SIOCGIFHWADDR,
};

/* int and unsigned arguments: the kernel does not look at the upper half of the register. */
#define LOW UINT64_C(0xffffffff)

/* Adds a call whose arguments have to meet one or two conditions. */
static bool seccomp_allow_if(scmp_filter_ctx filter, int call, unsigned count,
                             struct scmp_arg_cmp first, struct scmp_arg_cmp second)
{
    const struct scmp_arg_cmp conditions[] = { first, second };

    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, count, conditions) == 0;
}

static bool seccomp_allow_when(scmp_filter_ctx filter, int call, struct scmp_arg_cmp condition)
{
    return seccomp_allow_if(filter, call, 1, condition, condition);
}

/* Argument `n`, of which the bits in `mask` must be `value`. */
static struct scmp_arg_cmp bits(unsigned n, uint64_t mask, uint64_t value)
{
    return SCMP_CMP64(n, SCMP_CMP_MASKED_EQ, mask, value);
}

/* For reading, or a file that is a new one. `flags`: which argument they are. */
static bool seccomp_allow_open(scmp_filter_ctx filter, int call, unsigned flags)
{
    const uint64_t changes = O_ACCMODE | O_CREAT | O_TRUNC, fresh = O_CREAT | O_EXCL;

    return seccomp_allow_when(filter, call, bits(flags, changes, O_RDONLY)) &&
           seccomp_allow_when(filter, call, bits(flags, fresh, fresh));
}

/* Signals to this process, and the stop of its whole job that Ctrl-Z asks for. */
static bool seccomp_allow_signals(scmp_filter_ctx filter)
{
    struct scmp_arg_cmp self = bits(0, LOW, (uint64_t)getpid());

    return seccomp_allow_when(filter, SCMP_SYS(tgkill), self) &&
           seccomp_allow_when(filter, SCMP_SYS(kill), self) &&
           seccomp_allow_if(filter, SCMP_SYS(kill), 2, bits(0, LOW, 0), bits(1, LOW, SIGTSTP));
}

/* An interface that came back is listened to anew, in promiscuous mode if that was asked for. To
 * the other end of a connection may be sent, never to an address: a datagram socket stays mute. */
static bool seccomp_allow_sockets(scmp_filter_ctx filter)
{
    return seccomp_allow_if(filter, SCMP_SYS(setsockopt), 2, bits(1, LOW, SOL_PACKET),
                            bits(2, LOW, PACKET_ADD_MEMBERSHIP)) &&
           seccomp_allow_when(filter, SCMP_SYS(sendto), bits(4, UINT64_MAX, 0));
}

/* Memory that is not executable; threads, but no processes. The flags of clone3() lie in memory,
 * where a filter cannot see them: told that there is none, the C library takes clone(). */
static bool seccomp_allow_threads(scmp_filter_ctx filter)
{
    return seccomp_allow_when(filter, SCMP_SYS(mmap), bits(2, PROT_EXEC, 0)) &&
           seccomp_allow_when(filter, SCMP_SYS(mprotect), bits(2, PROT_EXEC, 0)) &&
           seccomp_allow_when(filter, SCMP_SYS(clone), bits(0, CLONE_THREAD, CLONE_THREAD)) &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
           seccomp_allow_when(filter, SCMP_SYS(prctl), bits(0, LOW, PR_SET_NAME)) &&
           seccomp_allow_when(filter, SCMP_SYS(prlimit64), bits(2, UINT64_MAX, 0));
}

static bool seccomp_fill(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < sizeof(allowed_calls) / sizeof(allowed_calls[0]); i++) {
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0) != 0)
            return false;
    }
    for (size_t i = 0; i < sizeof(allowed_ioctls) / sizeof(allowed_ioctls[0]); i++) {
        if (!seccomp_allow_when(filter, SCMP_SYS(ioctl), bits(1, LOW, allowed_ioctls[i])))
            return false;
    }
    return seccomp_allow_sockets(filter) && seccomp_allow_open(filter, SCMP_SYS(open), 1) &&
           seccomp_allow_open(filter, SCMP_SYS(openat), 2) && seccomp_allow_signals(filter) &&
           seccomp_allow_threads(filter);
}

bool sandbox_seccomp(bool *active, struct err *err)
{
    scmp_filter_ctx filter;

    *active = false;
    /* The list is complete for 64-bit calls only: 32-bit systems have others for times and
     * files. */
    if (sizeof(void *) < 8 || prctl(PR_GET_SECCOMP) < 0)
        return true;
    filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    *active = filter && seccomp_fill(filter) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return *active || err_set(err, EXIT_RUNTIME,
                              "the filter of system calls (seccomp) cannot be set up; "
                              "--no-sandbox leaves it out");
}
