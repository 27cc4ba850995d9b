/* SPDX-License-Identifier: MIT */
/* The sandbox, tried out from inside: what must be refused, and what must go on working. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "../../src/output/output.h"
#include "../support/confine.h"
#include "../support/skip.h"

static int datagrams, listener, pair[2];

static void open_sockets(void)
{
    struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };

    confine_setup();
    datagrams = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (const struct sockaddr *)&any, sizeof(any)), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
}

static void close_sockets(void)
{
    close(datagrams);
    close(listener);
    close(pair[0]);
    close(pair[1]);
    confine_teardown();
}

static int try_open(const char *folder, const char *name, int flags)
{
    char path[160];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd;
}

static int use_files(void)
{
    struct err err;
    DIR *folder;

    EXPECT(confine_refused(try_open("/etc", "passwd", O_RDONLY)));
    EXPECT(confine_refused(try_open("/proc/self", "status", O_RDONLY)));
    EXPECT(confine_refused(try_open("/", ".", O_RDONLY)));
    EXPECT(confine_refused(try_open(confine.outside, "old", O_RDONLY)));
    EXPECT(try_open(confine.readable, "old", O_RDONLY) >= 0);
    folder = opendir(confine.readable);
    EXPECT(folder && readdir(folder) != NULL);
    closedir(folder);
    EXPECT(confine_refused(try_open(confine.exports, "old", O_RDONLY)));
    EXPECT(confine_refused(try_open(confine.readable, "new", O_WRONLY | O_CREAT | O_EXCL)));
    EXPECT(confine_refused(try_open(confine.outside, "new", O_WRONLY | O_CREAT | O_EXCL)));
    EXPECT(export_open("csv:../outside/new", &confine.directory, &err) == NULL);
    EXPECT(confine_refused(try_open("/tmp", "mirrortop-test-new", O_WRONLY | O_CREAT | O_EXCL)));
    return 0;
}

static int use_export_directory(void)
{
    struct err err;
    struct export *export;

    export = export_open("csv:new", &confine.directory, &err);
    EXPECT(export && export_close(export, &err));
    EXPECT(export_open("csv:new", &confine.directory, &err) == NULL);
    return 0;
}

START_TEST(files)
{
    confine_run(true, use_files);
}
END_TEST

START_TEST(exports_are_made)
{
    char path[128];
    struct stat status;

    confine_run(true, use_export_directory);
    snprintf(path, sizeof(path), "%s/new", confine.exports);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
}
END_TEST

/* What seccomp refuses also where Landlock would allow it. */
static int change_files(void)
{
    char path[128], other[128];

    snprintf(path, sizeof(path), "%s/old", confine.exports);
    snprintf(other, sizeof(other), "%s/other", confine.exports);
    EXPECT(confine_refused(try_open(confine.exports, "old", O_WRONLY)));
    EXPECT(confine_refused(try_open(confine.exports, "old", O_RDWR)));
    EXPECT(confine_refused(try_open(confine.exports, "old", O_WRONLY | O_CREAT | O_TRUNC)));
    EXPECT(confine_refused(try_open(confine.exports, "old", O_RDONLY | O_TRUNC)));
    EXPECT(confine_refused(unlink(path)));
    EXPECT(confine_refused(rename(path, other)));
    EXPECT(confine_refused(link(path, other)));
    EXPECT(confine_refused(symlink("/etc/passwd", other)));
    EXPECT(confine_refused(chmod(path, 0)));
    EXPECT(confine_refused(truncate(path, 0)));
    EXPECT(confine_refused(mkdir(other, 0700)));
    EXPECT(confine_refused(chdir("/")));
    return 0;
}

START_TEST(files_stay_as_they_are)
{
    confine_run(true, change_files);
}
END_TEST

static int use_sockets(void)
{
    struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
    int two[2];
    char byte = 'x';

    EXPECT(confine_refused(socket(AF_INET, SOCK_STREAM, 0)));
    EXPECT(confine_refused(socket(AF_INET6, SOCK_DGRAM, 0)));
    EXPECT(confine_refused(socket(AF_PACKET, SOCK_RAW, 0)));
    EXPECT(confine_refused(socket(AF_UNIX, SOCK_STREAM, 0)));
    EXPECT(confine_refused(socketpair(AF_UNIX, SOCK_STREAM, 0, two)));
    to.sin6_addr = in6addr_loopback;
    EXPECT(confine_refused(sendto(datagrams, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to))));
    EXPECT(confine_refused(connect(datagrams, (const struct sockaddr *)&to, sizeof(to))));
    EXPECT(send(pair[0], &byte, 1, MSG_NOSIGNAL) == 1);
    EXPECT(recv(pair[1], &byte, 1, 0) == 1);
    EXPECT(fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
    EXPECT(accept4(listener, NULL, NULL, SOCK_CLOEXEC) < 0 && errno == EAGAIN);
    return 0;
}

START_TEST(sockets)
{
    confine_run(true, use_sockets);
}
END_TEST

static int run_programs(void)
{
    char name[] = "/bin/true";
    char *const words[] = { name, NULL };
    void *page;

    EXPECT(confine_refused(execv("/bin/true", words)));
    EXPECT(confine_refused(fork()));
    EXPECT(confine_refused(ptrace(PTRACE_TRACEME, 0, NULL, NULL)));
    EXPECT(confine_refused(syscall(SYS_seccomp, 1, 0, NULL)));
    EXPECT(confine_refused(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)));
    EXPECT(confine_refused(ioctl(STDIN_FILENO, TIOCSTI, "x")));
    page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(page == MAP_FAILED && errno == EPERM);
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(page != MAP_FAILED);
    EXPECT(confine_refused(mprotect(page, 4096, PROT_READ | PROT_EXEC)));
    return 0;
}

START_TEST(programs)
{
    confine_run(true, run_programs);
}
END_TEST

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int arrived, confined;

static void *thread_body(void *context)
{
    (void)context;
    prctl(PR_SET_NAME, "mirrortop-test");
    pthread_mutex_lock(&mutex);
    arrived++;
    confined += confine_refused(socket(AF_INET, SOCK_STREAM, 0));
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
    return malloc(1 << 20);
}

static int use_threads(void)
{
    pthread_t threads[8];
    struct timespec until;
    void *memory;

    for (int i = 0; i < 8; i++)
        EXPECT(pthread_create(&threads[i], NULL, thread_body, NULL) == 0);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    pthread_mutex_lock(&mutex);
    while (arrived < 8)
        EXPECT(pthread_cond_timedwait(&changed, &mutex, &until) == 0);
    until.tv_sec -= 61;
    EXPECT(pthread_cond_timedwait(&changed, &mutex, &until) == ETIMEDOUT);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 8; i++) {
        EXPECT(pthread_join(threads[i], &memory) == 0 && memory);
        free(memory);
    }
    return 0;
}

static int use_confined_threads(void)
{
    EXPECT(use_threads() == 0);
    EXPECT(confined == 8);
    return 0;
}

START_TEST(threads)
{
    confine_run(true, use_threads);
}
END_TEST

START_TEST(threads_are_confined_too)
{
    confine_run(true, use_confined_threads);
}
END_TEST

static int use_clocks(void)
{
    const struct itimerspec soon = { .it_value = { .tv_nsec = 1000000 } };
    const struct timespec moment = { .tv_nsec = 1000000 };
    struct epoll_event event = { .events = EPOLLIN };
    sigset_t none;
    uint64_t count;
    int timer, poller, counter, signals;

    sigemptyset(&none);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    poller = epoll_create1(EPOLL_CLOEXEC);
    counter = eventfd(1, EFD_CLOEXEC);
    signals = signalfd(-1, &none, SFD_CLOEXEC);
    EXPECT(timer >= 0 && poller >= 0 && counter >= 0 && signals >= 0);
    EXPECT(timerfd_settime(timer, 0, &soon, NULL) == 0);
    EXPECT(epoll_ctl(poller, EPOLL_CTL_ADD, timer, &event) == 0);
    EXPECT(epoll_wait(poller, &event, 1, 60000) == 1);
    EXPECT(read(timer, &count, sizeof(count)) == sizeof(count) && count >= 1);
    EXPECT(nanosleep(&moment, NULL) == 0);
    return 0;
}

START_TEST(clocks)
{
    confine_run(true, use_clocks);
}
END_TEST

static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
    caught = number;
}

static int use_signals(void)
{
    struct sigaction action = { .sa_handler = catch_signal };

    EXPECT(sigaction(SIGUSR1, &action, NULL) == 0);
    EXPECT(kill(getpid(), SIGUSR1) == 0 && caught == SIGUSR1);
    caught = 0;
    EXPECT(raise(SIGUSR1) == 0 && caught == SIGUSR1);
    EXPECT(confine_refused(kill(getppid(), 0)));
    EXPECT(confine_refused(kill(-1, 0)));
    EXPECT(confine_refused(kill(0, SIGTERM)));
    return 0;
}

START_TEST(signals)
{
    confine_run(true, use_signals);
}
END_TEST

static int suspend_job(void)
{
    struct sigaction action = { .sa_handler = catch_signal };

    EXPECT(sigaction(SIGTSTP, &action, NULL) == 0);
    EXPECT(kill(0, SIGTSTP) == 0 && caught == SIGTSTP);
    return 0;
}

START_TEST(suspending)
{
    confine_run(true, suspend_job);
}
END_TEST

static int do_nothing(void)
{
    return 0;
}

static void crash(void)
{
    signal(SIGSEGV, SIG_DFL); /* no sanitizer's */
    raise(SIGSEGV);
}

static void crash_in_abort(void)
{
    abort();
}

static const struct {
    void (*how)(void);
    int number;
} crashes[] = { { crash, SIGSEGV }, { crash_in_abort, SIGABRT } };

START_TEST(ends_by_its_signal)
{
    confine.last_words = crashes[_i].how;
    confine_run(true, do_nothing);
    confine.last_words = NULL;
    ck_assert(WIFSIGNALED(confine.ended));
    ck_assert_int_eq(WTERMSIG(confine.ended), crashes[_i].number);
}
END_TEST

Suite *make_sandbox_suite(void);

Suite *make_sandbox_suite(void)
{
    const struct sandbox_state found = confine_find_out();
    Suite *suite = suite_create("sandbox");
    TCase *tests = tcase_create("sandbox");

    tcase_add_checked_fixture(tests, open_sockets, close_sockets);
    tcase_add_test(tests, exports_are_made);
    tcase_add_test(tests, threads);
    tcase_add_test(tests, clocks);
    tcase_add_loop_test(tests, ends_by_its_signal, 0, sizeof(crashes) / sizeof(crashes[0]));
    if (found.landlock_abi > 0)
        tcase_add_test(tests, files);
    else
        skip_test("sandbox files", "no Landlock here");
    if (found.seccomp) {
        tcase_add_test(tests, files_stay_as_they_are);
        tcase_add_test(tests, sockets);
        tcase_add_test(tests, programs);
        tcase_add_test(tests, threads_are_confined_too);
        tcase_add_test(tests, signals);
        tcase_add_test(tests, suspending);
    } else {
        skip_test("sandbox all tests of system calls", "no seccomp here");
    }
    suite_add_tcase(suite, tests);
    return suite;
}
