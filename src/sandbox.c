/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "output/directory.h"
#include "sandbox_parts.h"

struct identity {
    uid_t uid;
    gid_t gid;
};

/* A number from the environment: neither 0 nor the "leave as it is" of setresuid(). */
static bool parse_id(const char *text, unsigned *id)
{
    unsigned long value;

    if (!text || text[0] < '1' || text[0] > '9' || strlen(text) > 10 ||
        text[strspn(text, "0123456789")] != '\0')
        return false;
    value = strtoul(text, NULL, 10);
    if (value >= UINT_MAX)
        return false;
    *id = (unsigned)value;
    return true;
}

/* Whom root becomes. */
static struct identity choose_identity(void)
{
    struct identity chosen = { .uid = 65534, .gid = 65534 }; /* the kernel's overflow ids */
    const struct passwd *nobody;

    if (getuid() != 0)
        return (struct identity){ .uid = getuid(), .gid = getgid() };
    if (parse_id(getenv("SUDO_UID"), &chosen.uid) && parse_id(getenv("SUDO_GID"), &chosen.gid))
        return chosen;
    nobody = getpwnam("nobody");
    if (nobody && nobody->pw_uid != 0 && nobody->pw_gid != 0)
        return (struct identity){ .uid = nobody->pw_uid, .gid = nobody->pw_gid };
    return (struct identity){ .uid = 65534, .gid = 65534 };
}

/* A root that may not change its user (no capability for it), or whose container knows no other
 * user: it is less than root already. */
static bool is_confined(int reason)
{
    return reason == EPERM || reason == EINVAL;
}

static bool drop_user(struct err *err)
{
    struct identity to;

    if (getuid() != 0 && geteuid() != 0)
        return true;
    to = choose_identity();
    if ((setgroups(0, NULL) == 0 || is_confined(errno)) &&
        (setresgid(to.gid, to.gid, to.gid) == 0 || is_confined(errno)) &&
        (setresuid(to.uid, to.uid, to.uid) == 0 || is_confined(errno)))
        return true;
    return err_set(err, EXIT_RUNTIME, "root cannot become user %u: %s; start it as another user",
                   (unsigned)to.uid, strerror(errno));
}

/* Only with CAP_SETPCAP can the bounding set be emptied; without it no_new_privs must do. */
static void drop_bounding_set(void)
{
    for (unsigned long i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
        prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
}

/* capset() itself is all that is needed here, so no library for it. */
static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { .effective = 0 } };

    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* Linux 4.3 */
    return syscall(SYS_capset, &header, none) == 0;
}

static void name_user(struct sandbox_state *state)
{
    const struct passwd *user = getpwuid(geteuid());

    if (user)
        snprintf(state->user, sizeof(state->user), "%s", user->pw_name);
    else
        snprintf(state->user, sizeof(state->user), "%u", (unsigned)geteuid());
}

/* What the C library loads when it is first needed, and could not any more: the time zone, and the
 * conversion of the locale's character set. */
static void warm_up(void)
{
    mbstate_t fresh = { 0 };
    wchar_t wide;

    tzset();
    mbrtowc(&wide, "a", 1, &fresh);
}

enum { PATHS = 48, HOME_PATH = 256 };

/* Where ncurses looks for terminals (terminfo(5)), and the C library for the time zone. */
static size_t add_library_paths(const char *paths[PATHS], char home[HOME_PATH])
{
    static const char *const fixed[] = { "/etc/terminfo",
                                         "/lib/terminfo",
                                         "/usr/lib/terminfo",
                                         "/usr/share/terminfo",
                                         "/usr/local/share/terminfo",
                                         "/etc/localtime",
                                         "/usr/share/zoneinfo" };
    const size_t count = sizeof(fixed) / sizeof(fixed[0]);

    memcpy(paths, fixed, sizeof(fixed));
    paths[count] = getenv("TERMINFO");
    paths[count + 1] = NULL;
    if (getenv("HOME") && snprintf(home, HOME_PATH, "%s/.terminfo", getenv("HOME")) < HOME_PATH)
        paths[count + 1] = home;
    return count + 2;
}

/* The folders in TERMINFO_DIRS. `list` is a copy of it, which is cut into pieces. */
static size_t add_terminfo_dirs(const char *paths[PATHS], size_t count, char *list)
{
    while (list && count < PATHS) {
        char *end = strchr(list, ':');

        if (end)
            *end++ = '\0';
        paths[count++] = list;
        list = end;
    }
    return count;
}

static bool enter_landlock(const struct sandbox_config *config, struct sandbox_state *state,
                           struct err *err)
{
    const char *paths[PATHS], *dirs = getenv("TERMINFO_DIRS");
    char home[HOME_PATH], *list = dirs ? strdup(dirs) : NULL;
    size_t count = add_library_paths(paths, home);
    bool good;

    for (size_t i = 0; i < config->readable_count && count < PATHS; i++)
        paths[count++] = config->readable[i];
    count = add_terminfo_dirs(paths, count, list);
    good = sandbox_landlock(paths, count, config->exports ? config->exports->fd : -1,
                            &state->landlock_abi, err);
    free(list);
    return good;
}

bool sandbox_enter(const struct sandbox_config *config, struct sandbox_state *state,
                   struct err *err)
{
    *state = (struct sandbox_state){ .landlock_abi = 0 };
    drop_bounding_set(); /* while we still may */
    if (!drop_user(err))
        return false;
    state->no_capabilities = drop_capabilities();
    state->no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0; /* Linux 3.5 */
    if (!state->no_capabilities || !state->no_new_privs)
        return err_set(err, EXIT_RUNTIME, "privileges cannot be dropped: %s", strerror(errno));
    name_user(state);
    warm_up();
    if (config->exports)
        export_directory_settle(config->exports, state->user);
    if (!config->enabled || SANDBOX_LEFT_OUT)
        return true;
    return enter_landlock(config, state, err) && sandbox_seccomp(&state->seccomp, err);
}

size_t sandbox_describe(char *out, size_t size, const struct sandbox_state *state)
{
    char landlock[24] = "no Landlock";
    int length;

    if (state->landlock_abi > 0)
        snprintf(landlock, sizeof(landlock), "Landlock %d", state->landlock_abi);
    length = snprintf(out, size, "user %s, %s, %s, %s, %s", state->user,
                      state->no_capabilities ? "no capabilities" : "capabilities kept",
                      state->no_new_privs ? "no new privileges" : "new privileges possible",
                      landlock, state->seccomp ? "seccomp" : "no seccomp");
    return length > 0 && (size_t)length < size ? (size_t)length : strlen(out);
}
