/* SPDX-License-Identifier: MIT */
/*
 * driver: runs one kind of screen test.
 *
 * usage: driver case FILE OUT   one script; what it shows goes to OUT
 *        driver sizes           properties at many sizes
 *        driver self            the harness itself
 *   MIRRORTOP     the program           SCREEN_HOME   its home and working directory
 *   SCREEN_TESTS  the folder of tests   SCREEN_TIMEOUT  seconds for one wait (20)
 *   SCREEN_TERMINFO  where the program looks for terminals (as TERMINFO_DIRS)
 *
 * `sizes` and `self` print a line "ok NAME" or "FAILED NAME" a test. Exit status: 0 all passed, 1
 * something failed, 2 the harness cannot work.
 */
#include "script.h"
#include "self.h"
#include "sizes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *need(const char *variable)
{
    const char *value = getenv(variable);

    if (value && value[0])
        return value;
    fprintf(stderr, "driver: set %s\n", variable);
    exit(2);
}

static bool run_case(const char *path, const char *out_path)
{
    FILE *out = fopen(out_path, "we");
    bool good;

    if (!out) {
        perror(out_path);
        exit(2);
    }
    good = script_run(path, need("MIRRORTOP"), need("SCREEN_HOME"), out);
    return fclose(out) == 0 && good;
}

static bool tell(const char *name, bool passed)
{
    printf("%s sizes %s\n", passed ? "ok" : "FAILED", name);
    fflush(stdout);
    return passed;
}

static bool run_sizes(void)
{
    static const struct sizes_view views[] = {
        { "overview", "", NULL, false },
        { "sessions", "1 z", NULL, false },
        { "talkers", "z", NULL, false },
        { "protocols", "3 z", NULL, false },
        { "retransmits", "4 z", NULL, true },
        { "suspicions", "5 z", NULL, false },
        { "flows", "6 z <End>", NULL, false },
        { "help", "?", "Help", false },
        { "rules", "/ accept <Space> tcp <Enter> 8 z", NULL, false },
        { "details", "6 <Enter>", "Flows", false },
        { "counters", "C", "Counters", false },
    };
    static const int last[][2] = { { 24, 80 }, { 60, 200 }, { 10, 40 } };
    const char *program = need("MIRRORTOP"), *home = need("SCREEN_HOME");
    bool good = true;

    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
        good = tell(views[i].name, sizes_check_grid(program, home, &views[i])) && good;
    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++) {
        char name[32];

        snprintf(name, sizeof name, "storm %dx%d", last[i][1], last[i][0]);
        good = tell(name, sizes_check_storm(program, home, last[i][0], last[i][1])) && good;
    }
    return good;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";

    if (strcmp(mode, "case") == 0 && argc == 4)
        return run_case(argv[2], argv[3]) ? 0 : 1;
    if (strcmp(mode, "sizes") == 0 && argc == 2)
        return run_sizes() ? 0 : 1;
    if (strcmp(mode, "self") == 0 && argc == 2)
        return self_check(need("SCREEN_HOME")) ? 0 : 1;
    fprintf(stderr, "usage: driver case FILE OUT | driver sizes | driver self\n");
    return 2;
}
