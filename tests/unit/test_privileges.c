/* SPDX-License-Identifier: MIT */
/* What a process may still be and hold behind sandbox_enter(), and what it says of it. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../ui/write_filter.h"
#include "../support/confine.h"
#include "../support/skip.h"

static int do_nothing(void)
{
    return 0;
}

#define NO_CAPABILITY "0000000000000000"

static void check_no_privileges(void)
{
    ck_assert_msg(confine_status_has("\nCapInh:", NO_CAPABILITY), "%s", confine.status);
    ck_assert_msg(confine_status_has("\nCapPrm:", NO_CAPABILITY), "%s", confine.status);
    ck_assert_msg(confine_status_has("\nCapEff:", NO_CAPABILITY), "%s", confine.status);
    ck_assert_msg(confine_status_has("\nCapAmb:", NO_CAPABILITY), "%s", confine.status);
    ck_assert_msg(confine_status_has("\nNoNewPrivs:", "1"), "%s", confine.status);
    ck_assert(confine.state.no_capabilities);
    ck_assert(confine.state.no_new_privs);
    if (geteuid() == 0)
        ck_assert_msg(confine_status_has("\nCapBnd:", NO_CAPABILITY), "%s", confine.status);
}

START_TEST(privileges_are_gone)
{
    confine_run(true, do_nothing);
    check_no_privileges();
    if (confine.state.seccomp)
        ck_assert_msg(confine_status_has("\nSeccomp:", "2"), "%s", confine.status);
}
END_TEST

static int open_outside(void)
{
    EXPECT(access("/etc/passwd", R_OK) == 0 &&
           close(open("/etc/passwd", O_RDONLY | O_CLOEXEC)) == 0);
    return 0;
}

START_TEST(left_out)
{
    confine_run(false, open_outside);
    check_no_privileges();
    ck_assert_int_eq(confine.state.landlock_abi, 0);
    ck_assert(!confine.state.seccomp);
}
END_TEST

START_TEST(in_force_where_the_kernel_can)
{
    long version = syscall(444, NULL, 0, 1);
    bool possible = confine_possible();

    confine_run(true, do_nothing);
    ck_assert_int_eq(confine.state.landlock_abi, version > 0 && possible ? version : 0);
    ck_assert_int_eq(confine.state.seccomp,
                     possible && sizeof(void *) == 8 && prctl(PR_GET_SECCOMP) >= 0);
}
END_TEST

/* ---- as root only ---- */

static uid_t wanted_uid;
static gid_t wanted_gid;

static int be_another_user(void)
{
    uid_t real, effective, saved;
    gid_t group;

    EXPECT(getresuid(&real, &effective, &saved) == 0 || errno == EPERM);
    EXPECT(getuid() == wanted_uid && geteuid() == wanted_uid);
    EXPECT(getgid() == wanted_gid && getegid() == wanted_gid);
    EXPECT(getgroups(0, &group) == 0 || errno == EPERM);
    EXPECT(confine_refused(setuid(0)));
    EXPECT(confine_refused(seteuid(0)));
    EXPECT(confine_refused(setgid(0)));
    return 0;
}

static const struct {
    const char *uid, *gid;
    bool good;
} sudo_ids[] = {
    { "1234", "1235", true },
    { "4294967294", "1", true },
    { NULL, NULL, false },
    { "1234", NULL, false },
    { NULL, "1234", false },
    { "0", "1234", false },
    { "1234", "0", false },
    { "", "1", false },
    { "-1", "1", false },
    { "4294967295", "1", false },
    { "1", "4294967295", false },
    { "4294967297", "1", false },
    { "18446744073709551617", "1", false },
    { "12x", "1", false },
    { " 12", "1", false },
    { "+12", "1", false },
    { "0x10", "1", false },
};

static void set_or_not(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

START_TEST(root_becomes_somebody)
{
    set_or_not("SUDO_UID", sudo_ids[_i].uid);
    set_or_not("SUDO_GID", sudo_ids[_i].gid);
    wanted_uid = sudo_ids[_i].good ? (uid_t)strtoul(sudo_ids[_i].uid, NULL, 10) : 65534;
    wanted_gid = sudo_ids[_i].good ? (gid_t)strtoul(sudo_ids[_i].gid, NULL, 10) : 65534;
    confine_run(_i % 2 == 0, be_another_user);
    check_no_privileges();
    if (!sudo_ids[_i].good)
        ck_assert_str_eq(confine.state.user, "nobody");
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
}
END_TEST

static int find_directory_moved(void)
{
    EXPECT(confine.directory.moved && strcmp(confine.directory.path, confine.outside) == 0);
    return 0;
}

START_TEST(folder_of_root_is_given_up)
{
    ck_assert_int_eq(chmod(confine.exports, 0700), 0);
    setenv("TMPDIR", confine.outside, 1);
    confine_run(_i == 0, find_directory_moved);
    unsetenv("TMPDIR");
}
END_TEST

/* Below the folder of exports, in one that is root's, and outside. */
static int write_filters(void)
{
    struct filter filter;
    struct err err;
    char path[128];

    filter_init(&filter);
    EXPECT(write_filter(&filter, &confine.directory, "a.rules", &err));
    EXPECT(!write_filter(&filter, &confine.directory, "roots/a.rules", &err));
    EXPECT(strcmp(err.text, "cannot make roots/a.rules: mirrortop runs as user nobody, who may not "
                            "make files there") == 0);
    snprintf(path, sizeof(path), "%s/roots/a.rules", confine.exports);
    EXPECT(!write_filter(&filter, &confine.directory, path, &err) &&
           strstr(err.text, "as user nobody"));
    snprintf(path, sizeof(path), "%s/old/a.rules", confine.outside);
    EXPECT(!write_filter(&filter, &confine.directory, path, &err) &&
           strstr(err.text, "new files can be made below "));
    return 0;
}

START_TEST(filter_in_a_folder_of_root)
{
    char roots[CONFINE_PATH + 8];

    snprintf(roots, sizeof(roots), "%s/roots", confine.exports);
    ck_assert_int_eq(mkdir(roots, 0755), 0);
    confine_run(_i == 0, write_filters);
}
END_TEST

START_TEST(described)
{
    struct sandbox_state in_force = {
        .user = "nobody",
        .no_capabilities = true,
        .no_new_privs = true,
        .landlock_abi = 7,
        .seccomp = true,
    };
    char text[160], cut[12];

    ck_assert_uint_eq(sandbox_describe(text, sizeof(text), &in_force), strlen(text));
    ck_assert_str_eq(text, "user nobody, no capabilities, no new privileges, Landlock 7, seccomp");
    in_force.landlock_abi = 0;
    in_force.seccomp = false;
    sandbox_describe(text, sizeof(text), &in_force);
    ck_assert_str_eq(text,
                     "user nobody, no capabilities, no new privileges, no Landlock, no seccomp");
    ck_assert_uint_eq(sandbox_describe(cut, sizeof(cut), &in_force), 11);
}
END_TEST

Suite *make_privileges_suite(void);

Suite *make_privileges_suite(void)
{
    Suite *suite = suite_create("privileges");
    TCase *tests = tcase_create("privileges");

    tcase_add_checked_fixture(tests, confine_setup, confine_teardown);
    tcase_add_test(tests, privileges_are_gone);
    tcase_add_test(tests, left_out);
    tcase_add_test(tests, in_force_where_the_kernel_can);
    tcase_add_test(tests, described);
    if (geteuid() == 0) {
        tcase_add_loop_test(tests, root_becomes_somebody, 0,
                            sizeof(sudo_ids) / sizeof(sudo_ids[0]));
        tcase_add_loop_test(tests, folder_of_root_is_given_up, 0, 2);
        tcase_add_loop_test(tests, filter_in_a_folder_of_root, 0, 2);
    } else {
        skip_test("privileges root_becomes_somebody", "not root");
        skip_test("privileges folder_of_root_is_given_up", "not root");
        skip_test("privileges filter_in_a_folder_of_root", "not root");
    }
    suite_add_tcase(suite, tests);
    return suite;
}
