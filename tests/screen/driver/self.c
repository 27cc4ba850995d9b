/* SPDX-License-Identifier: MIT */
#include "self.h"

#include "frame.h"

#include <string.h>
#include <sys/wait.h>

enum { WAIT_MS = 10000, SCREEN_TEXT = 4096 };

/* A shell script on a terminal of 20 x 6. */
static struct vt *run_shell(const char *directory, const char *script)
{
    const char *argv[] = { "/bin/sh", "-c", script, NULL };
    static const char *const env[] = { "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL };
    struct vt_config config = {
        .rows = 6, .cols = 20, .argv = argv, .env = env, .directory = directory, .utf8 = true
    };

    return vt_start(&config);
}

static bool row_is(const struct vt *vt, int row, const char *expected)
{
    char text[VT_TEXT];

    vt_row(vt, row, text);
    if (strcmp(text, expected) == 0)
        return true;
    fprintf(stderr, "row %d is '%s' instead of '%s'\n", row, text, expected);
    return false;
}

/* Text, wide characters, line drawing, repetition (also up to the last column), erasing. */
static bool check_text(const char *directory)
{
    struct vt *vt =
        run_shell(directory, "printf 'x\\033[3by-\\033[13b+'; printf '\\346\\227\\245z\\n';"
                             "printf '\\033(0lqk\\033(B\\n'; printf 'abcdef\\033[4D\\033[2Xg'");
    bool good = vt_wait_run(vt, VT_ENDED, WAIT_MS) && row_is(vt, 0, "$ mirrortop") &&
                row_is(vt, 1, "xxxxy--------------+") && row_is(vt, 2, "\xe6\x97\xa5z") &&
                row_is(vt, 3, "\u250c\u2500\u2510") && row_is(vt, 4, "abg ef") &&
                vt_char(vt, 2, 1) == 0 && vt->non_ascii && vt->unknown[0] == '\0';

    vt_free(vt);
    return good;
}

static bool check_styles(const char *directory)
{
    static const char expected[] = "\n.ab..cccd\n\n\n\n\n"
                                   "a fg=208 bg=17 bold\nb reverse\nc bg=4\nd fg=#010203\n";
    struct vt *vt =
        run_shell(directory, "printf '.\\033[1;38;5;208;48;5;17mX\\033[0;7mR\\033[m'"
                             "'\\033[31m  \\033[44m   \\033[m\\033[38:2:1:2:3mC\\033[m'");
    char text[SCREEN_TEXT] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    bool good = vt_wait_run(vt, VT_ENDED, WAIT_MS) && out;

    if (out) {
        vt_dump_styles(vt, out);
        fclose(out);
    }
    if (good && strcmp(text, expected) != 0) {
        fprintf(stderr, "styles are\n%sinstead of\n%s", text, expected);
        good = false;
    }
    if (good && vt_highest_color(vt) != 256) {
        fprintf(stderr, "the highest colour is %d\n", vt_highest_color(vt));
        good = false;
    }
    vt_free(vt);
    return good;
}

/* A key arrives, a size arrives, and the exit status comes back. */
static bool check_keys(const char *directory)
{
    struct vt *vt = run_shell(directory, "trap 'stty size' WINCH; stty -icanon -echo; echo ready;"
                                         "k=$(head -c1); echo got $k; stty size; exit 3");
    bool good = vt_wait_for(vt, "ready", true, WAIT_MS) && vt_settle(vt, 30, WAIT_MS);

    vt_resize(vt, 8, 30);
    vt_key(vt, "x");
    good = good && vt_wait_for(vt, "got x", true, WAIT_MS) && vt_wait_run(vt, VT_ENDED, WAIT_MS) &&
           vt_wait_for(vt, "8 30", true, 0) && WIFEXITED(vt->status) &&
           WEXITSTATUS(vt->status) == 3;
    vt_free(vt);
    return good;
}

/* Whatever is left behind is noticed, and nothing else. */
static bool check_restored(const char *directory)
{
    static const struct {
        const char *script;
        int flaws;
    } cases[] = {
        { "true", 0 },
        { "printf '\\033[?1049h\\033[?25l\\033[2Jhere\\033[?25h\\033[?1049l'", 0 },
        { "printf '\\033[?1049h'", 2 }, /* and the line from before is not to be seen */
        { "printf '\\033[?25l'", 1 },
        { "printf '\\033[?1000h'", 1 },
        { "stty -echo", 1 },
        { "stty raw", 1 },
        { "stty intr ^X", 1 },
        { "kill -SEGV $$", 0 },
    };
    bool good = true;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vt *vt = run_shell(directory, cases[i].script);
        char text[SCREEN_TEXT] = "";
        FILE *out = fmemopen(text, sizeof text, "w");
        int lines = 0;

        good = vt_wait_run(vt, VT_ENDED, WAIT_MS) && out && good;
        if (out) {
            vt_check_restored(vt, out);
            fclose(out);
        }
        for (const char *p = strchr(text, '\n'); p; p = strchr(p + 1, '\n'))
            lines++;
        if (lines != cases[i].flaws) {
            fprintf(stderr, "%s: %d flaws instead of %d\n%s", cases[i].script, lines,
                    cases[i].flaws, text);
            good = false;
        }
        vt_free(vt);
    }
    return good;
}

/* Stopped by the terminal's own key, and brought back. */
static bool check_jobs(const char *directory)
{
    struct vt *vt = run_shell(directory, "echo ready; read line; echo again $line");
    bool good = vt_wait_for(vt, "ready", true, WAIT_MS);

    vt_key(vt, "<C-z>");
    good = good && vt_wait_run(vt, VT_STOPPED, WAIT_MS);
    vt_foreground(vt);
    vt_send(vt, "word\n", 5);
    good =
        good && vt_wait_for(vt, "again word", true, WAIT_MS) && vt_wait_run(vt, VT_ENDED, WAIT_MS);
    vt_free(vt);
    return good;
}

/* Rest means: no output and nothing unread, however long the pauses of a busy program are. */
static bool check_settle(const char *directory)
{
    struct vt *vt =
        run_shell(directory, "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done;"
                             "read line");
    bool good = vt_settle(vt, 40, WAIT_MS) && vt_wait_for(vt, "done", true, 0);

    vt_free(vt);
    return good;
}

/* A frame of boxes, and what can be wrong with one. */
static bool check_frame(const char *directory)
{
    static const struct {
        const char *body, *flaw;
    } cases[] = {
        { "\u256d a \u2500\u2500\u256e\u256d\u2500\u2500\u2500\u256e\\r\\n"
          "\u2502     \u2502\u2502   \u2503\\r\\n\u2570\u2500\u2500\u2500\u2500\u2500\u256f"
          "\u2570\u2500\u2500\u2500\u256f",
          "the boxes cover" }, /* but not the whole line */
        { "\u256d\u2500\u2500\\r\\n\u2570\u2500\u256f", "no upper right corner" },
        { "\u256d\u2500\u256e\\r\\n\u2502 x\\r\\n\u2570\u2500\u256f", "the right side" },
        { "\u256d\u2500\u256e\\r\\nx \u2502\\r\\n\u2570\u2500\u256f", "the left side" },
        { "\u256f", "corners for" },
    };
    char script[1024], why[FRAME_WHY];
    bool good = true;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vt *vt;

        snprintf(script, sizeof script,
                 "printf '\\033[?1049h\\033[?25l\\033[10;40Hheader\\033[24;1Hquit\\033[1;1Hhead"
                 "\\033[2;1H%s'; read line",
                 cases[i].body);
        vt = run_shell(directory, "true");
        vt_wait_run(vt, VT_ENDED, WAIT_MS);
        vt_free(vt);
        vt = run_shell(directory, script);
        vt_resize(vt, 24, 40);
        if (!vt_settle(vt, 60, WAIT_MS) || frame_check(vt, NULL, why) ||
            !strstr(why, cases[i].flaw)) {
            fprintf(stderr, "frame %zu: '%s' instead of '%s'\n", i, why, cases[i].flaw);
            good = false;
        }
        vt_free(vt);
    }
    return good;
}

bool self_check(const char *directory)
{
    static const struct {
        const char *name;
        bool (*check)(const char *directory);
    } checks[] = {
        { "text", check_text },         { "styles", check_styles }, { "keys", check_keys },
        { "restored", check_restored }, { "jobs", check_jobs },     { "settle", check_settle },
        { "frame", check_frame },
    };
    bool good = true;

    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        bool passed = checks[i].check(directory);

        printf("%s harness %s\n", passed ? "ok" : "FAILED", checks[i].name);
        fflush(stdout);
        good = good && passed;
    }
    return good;
}
