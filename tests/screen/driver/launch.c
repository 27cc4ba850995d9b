/* SPDX-License-Identifier: MIT */
#include "launch.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In the program's directory: what it shows of a path does not depend on where the project is. */
#define TESTS_LINK ".tests"

/* Keeps a text; NULL when there is no more room. */
static const char *launch_keep(struct launch *launch, const char *a, const char *b, const char *c)
{
    char *at = launch->text + launch->used;
    size_t room = sizeof launch->text - launch->used;
    int n = snprintf(at, room, "%s%s%s", a, b, c);

    if (n < 0 || (size_t)n >= room)
        return NULL;
    launch->used += (size_t)n + 1;
    return at;
}

void launch_init(struct launch *launch, const char *program, const char *directory)
{
    /* What the sanitizers are told concerns the program too. */
    static const char *const passed[] = { "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
                                          "TSAN_OPTIONS", "LLVM_PROFILE_FILE" };

    memset(launch, 0, sizeof *launch);
    launch->rows = 24;
    launch->cols = 80;
    launch->directory = directory;
    launch->argv[launch->argc++] = program;
    launch_set(launch, "TERM", "xterm-256color");
    launch_set(launch, "LC_ALL", "C.UTF-8");
    launch_set(launch, "TZ", "UTC");
    launch_set(launch, "PATH", "/usr/bin:/bin");
    launch_set(launch, "HOME", directory);
    launch_set(launch, "XDG_CONFIG_HOME", directory);
    if (getenv("SCREEN_TERMINFO"))
        launch_set(launch, "TERMINFO_DIRS", getenv("SCREEN_TERMINFO"));
    for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) {
        const char *value = getenv(passed[i]);

        if (value)
            launch_set(launch, passed[i], value);
    }
}

bool launch_set(struct launch *launch, const char *name, const char *value)
{
    const char *text = launch_keep(launch, name, "=", value);
    size_t n = strlen(name) + 1;
    size_t i = 0;

    if (!text)
        return false;
    while (i < launch->variables && strncmp(launch->env[i], text, n) != 0)
        i++;
    if (i == LAUNCH_VARIABLES)
        return false;
    launch->env[i] = text;
    if (i == launch->variables)
        launch->variables++;
    return true;
}

bool launch_add_words(struct launch *launch, char *words)
{
    char *at = NULL;

    for (char *word = strtok_r(words, " ", &at); word; word = strtok_r(NULL, " ", &at)) {
        char *folder = strstr(word, "{}");

        if (launch->argc == LAUNCH_WORDS)
            return false;
        if (folder) {
            *folder = '\0';
            launch->argv[launch->argc] = launch_keep(launch, word, TESTS_LINK, folder + 2);
        } else {
            launch->argv[launch->argc] = launch_keep(launch, word, "", "");
        }
        if (!launch->argv[launch->argc++])
            return false;
    }
    return true;
}

static void launch_link_tests(const struct launch *launch)
{
    const char *tests = getenv("SCREEN_TESTS");
    char path[LAUNCH_TEXT];

    snprintf(path, sizeof path, "%s/" TESTS_LINK, launch->directory);
    if (tests && symlink(tests, path) != 0 && errno != EEXIST)
        err(2, "%s", path);
}

struct vt *launch_start(const struct launch *launch)
{
    const char *locale = "";
    struct vt_config config = {
        .rows = launch->rows,
        .cols = launch->cols,
        .argv = launch->argv,
        .env = launch->env,
        .directory = launch->directory,
    };

    for (size_t i = 0; i < launch->variables; i++) {
        if (strncmp(launch->env[i], "LC_ALL=", 7) == 0)
            locale = launch->env[i] + 7;
    }
    launch_link_tests(launch);
    config.utf8 = strstr(locale, "UTF-8") != NULL;
    return vt_start(&config);
}

void launch_mask(char *text)
{
    static const char start[] = "mirrortop-2", mask[] = "mirrortop-TIME";

    for (char *at = strstr(text, start); at; at = strstr(at + 1, start)) {
        const char *end = at + strlen(start);
        char *to = at;
        bool utc;

        end += strspn(end, "0123456789-");
        if (end - at < (long)(sizeof mask - 1))
            continue;
        utc = *end == 'Z';
        if (utc)
            end += 1 + strspn(end + 1, "0123456789-");
        memcpy(to, mask, sizeof mask - 1);
        to += sizeof mask - 1;
        if (utc)
            *to++ = 'Z';
        memmove(to, end, strlen(end) + 1);
    }
}

static long count_lines(const char *directory, const char *name)
{
    char path[LAUNCH_TEXT];
    long lines = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    file = fopen(path, "re");
    if (!file)
        return -1;
    for (int c = getc(file); c != EOF; c = getc(file))
        lines += c == '\n';
    fclose(file);
    return lines;
}

bool launch_list_files(const struct launch *launch, FILE *out)
{
    struct dirent **entries;
    int count = scandir(launch->directory, &entries, NULL, alphasort);

    if (count < 0)
        return false;
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.') {
            long lines = count_lines(launch->directory, entries[i]->d_name);

            launch_mask(entries[i]->d_name);
            fprintf(out, "%s: %ld lines\n", entries[i]->d_name, lines);
        }
        free(entries[i]);
    }
    free(entries);
    return true;
}

int launch_timeout_ms(void)
{
    const char *text = getenv("SCREEN_TIMEOUT");
    long seconds = text ? strtol(text, NULL, 10) : 0;

    return (int)(seconds > 0 && seconds < 3600 ? seconds : 20) * 1000;
}
