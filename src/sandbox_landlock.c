/* SPDX-License-Identifier: MIT */
/*
 * Landlock (Linux 5.13), see Documentation/userspace-api/landlock.rst of the kernel. Numbers and
 * layouts are written down here, because the headers of a distribution are often older than the
 * kernel that runs; what the kernel does not know yet is masked out by its version.
 */
#include "sandbox_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same on all architectures but Alpha. */
enum { SYS_CREATE_RULESET = 444, SYS_ADD_RULE = 445, SYS_RESTRICT_SELF = 446 };

enum { CREATE_RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };

#define ACCESS(bit) (UINT64_C(1) << (bit))

static const uint64_t access_write_file = ACCESS(1), access_read_file = ACCESS(2),
                      access_read_dir = ACCESS(3), access_make_reg = ACCESS(8),
                      access_ioctl_dev = ACCESS(15);

struct ruleset {
    uint64_t files;   /* what is refused unless a rule allows it */
    uint64_t network; /* version 4: bind and connect TCP */
    uint64_t scoped;  /* version 6: abstract Unix sockets, signals */
};

struct __attribute__((packed)) path_rule {
    uint64_t allowed;
    int32_t parent;
};

/* How many kinds of file access a version can refuse: bits 0 to n - 1. */
static unsigned landlock_file_accesses(int abi)
{
    return abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;
}

static bool landlock_allow(int ruleset, int parent, uint64_t allowed, uint64_t handled)
{
    /* All that a rule on something that is no folder may speak of. */
    const uint64_t of_files = access_write_file | access_read_file | access_ioctl_dev;
    struct path_rule rule = { .allowed = allowed & handled, .parent = parent };
    struct stat status;

    if (fstat(parent, &status) != 0)
        return false;
    if (!S_ISDIR(status.st_mode))
        rule.allowed &= of_files;
    return syscall(SYS_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0;
}

/* What is not there, or not ours to look at, needs no rule. */
static bool landlock_allow_path(int ruleset, const char *path, uint64_t allowed, uint64_t handled)
{
    int fd = path ? open(path, O_PATH | O_CLOEXEC) : -1;
    bool good;

    if (fd < 0)
        return true;
    good = landlock_allow(ruleset, fd, allowed, handled);
    close(fd);
    return good;
}

bool sandbox_landlock(const char *const *readable, size_t count, int exports, int *abi,
                      struct err *err)
{
    struct ruleset rules = { .files = 0 };
    long version = syscall(SYS_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
    int ruleset;
    bool good;

    *abi = 0;
    if (version <= 0) /* not built in, or not switched on */
        return true;
    rules.files = ACCESS(landlock_file_accesses((int)version)) - 1;
    rules.network = version >= 4 ? 3 : 0;
    /* Signals stay as they are: suspending stops the whole job, and seccomp knows which signal. */
    rules.scoped = version >= 6 ? 1 : 0;
    ruleset = (int)syscall(SYS_CREATE_RULESET, &rules, sizeof(rules), 0);
    good = ruleset >= 0;
    /* Keys come from the terminal when the capture comes from standard input. */
    good = good && landlock_allow_path(ruleset, "/dev/tty", access_read_file | access_ioctl_dev,
                                       rules.files);
    for (size_t i = 0; good && i < count; i++)
        good = landlock_allow_path(ruleset, readable[i], access_read_file | access_read_dir,
                                   rules.files);
    if (good && exports >= 0)
        good = landlock_allow(ruleset, exports, access_write_file | access_make_reg, rules.files);
    good = good && syscall(SYS_RESTRICT_SELF, ruleset, 0) == 0;
    if (good)
        *abi = (int)version;
    else
        err_set(err, EXIT_RUNTIME, "Landlock cannot be set up: %s; --no-sandbox leaves it out",
                strerror(errno));
    if (ruleset >= 0)
        close(ruleset);
    return good;
}
