/* SPDX-License-Identifier: MIT */
#include "script.h"

#include "frame.h"
#include "launch.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { QUIET_MS = 160 };

struct script {
    const char *path;
    int line;
    struct launch launch;
    struct vt *vt;
    FILE *out;
};

struct step {
    const char *name;
    bool before; /* only before the start */
    bool (*run)(struct script *script, char *rest);
};

static bool complain(const struct script *script, const char *text, const char *detail)
{
    fprintf(stderr, "%s:%d: %s%s\n", script->path, script->line, text, detail);
    if (script->vt) {
        fprintf(stderr, "the screen then, %d x %d:\n", script->vt->cols, script->vt->rows);
        vt_dump(script->vt, stderr);
    }
    return false;
}

static bool settle(struct script *script)
{
    return vt_settle(script->vt, QUIET_MS, launch_timeout_ms()) ||
           complain(script, "the program does not come to rest", "");
}

static bool parse_size(const char *text, int *rows, int *cols)
{
    char end;

    return sscanf(text, "%dx%d%c", cols, rows, &end) == 2 && *rows > 0 && *cols > 0;
}

static bool parse_signal(const char *name, int *number)
{
    static const struct {
        const char *name;
        int number;
    } known[] = { { "TERM", SIGTERM }, { "HUP", SIGHUP },   { "INT", SIGINT },
                  { "QUIT", SIGQUIT }, { "SEGV", SIGSEGV }, { "ABRT", SIGABRT },
                  { "TSTP", SIGTSTP }, { "CONT", SIGCONT }, { "BUS", SIGBUS } };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i].name) == 0) {
            *number = known[i].number;
            return true;
        }
    }
    return false;
}

/* ---- before the start ----------------------------------------------------------------------- */

static bool step_size(struct script *script, char *rest)
{
    return parse_size(rest, &script->launch.rows, &script->launch.cols) ||
           complain(script, "not COLSxROWS: ", rest);
}

static bool step_term(struct script *script, char *rest)
{
    return launch_set(&script->launch, "TERM", rest);
}

static bool step_locale(struct script *script, char *rest)
{
    return launch_set(&script->launch, "LC_ALL", rest);
}

static bool step_env(struct script *script, char *rest)
{
    char *value = strchr(rest, '=');

    if (!value)
        return complain(script, "not NAME=VALUE: ", rest);
    *value = '\0';
    return launch_set(&script->launch, rest, value + 1);
}

static bool step_args(struct script *script, char *rest)
{
    return launch_add_words(&script->launch, rest) || complain(script, "too many words: ", rest);
}

/* ---- doing and waiting ---------------------------------------------------------------------- */

static bool step_wait(struct script *script, char *rest)
{
    return vt_wait_for(script->vt, rest, true, launch_timeout_ms()) ||
           complain(script, "never shown: ", rest);
}

static bool step_gone(struct script *script, char *rest)
{
    return vt_wait_for(script->vt, rest, false, launch_timeout_ms()) ||
           complain(script, "still shown: ", rest);
}

static bool step_keys(struct script *script, char *rest)
{
    char *at = NULL;

    for (char *word = strtok_r(rest, " ", &at); word; word = strtok_r(NULL, " ", &at)) {
        if (!vt_key(script->vt, word))
            return complain(script, "no such key: ", word);
    }
    return true;
}

/* In one piece, as a terminal sends what is pasted. */
static bool step_burst(struct script *script, char *rest)
{
    char bytes[1024], *at = NULL;
    size_t n = 0;

    for (char *word = strtok_r(rest, " ", &at); word; word = strtok_r(NULL, " ", &at)) {
        bool is_end = strcmp(word, "<C-m>") == 0;
        const char *before = n > 0 && bytes[n - 1] != '\r' && !is_end ? " " : "";
        int more = snprintf(bytes + n, sizeof(bytes) - n, "%s%s", before, is_end ? "\r" : word);

        if (more < 0 || (size_t)more >= sizeof(bytes) - n)
            return complain(script, "too long: ", word);
        n += (size_t)more;
    }
    vt_send(script->vt, bytes, n);
    return true;
}

static bool step_click(struct script *script, char *rest)
{
    int row, col;

    if (sscanf(rest, "%d %d", &row, &col) != 2)
        return complain(script, "not LINE COL: ", rest);
    vt_click(script->vt, row, col);
    return true;
}

static bool step_resize(struct script *script, char *rest)
{
    int rows, cols;

    if (!parse_size(rest, &rows, &cols))
        return complain(script, "not COLSxROWS: ", rest);
    vt_resize(script->vt, rows, cols);
    return true;
}

static bool step_settle(struct script *script, char *rest)
{
    (void)rest;
    return settle(script);
}

static bool step_signal(struct script *script, char *rest)
{
    int number;

    if (!parse_signal(rest, &number))
        return complain(script, "no such signal: ", rest);
    vt_signal(script->vt, number);
    return true;
}

static bool step_stopped(struct script *script, char *rest)
{
    (void)rest;
    return vt_wait_run(script->vt, VT_STOPPED, launch_timeout_ms()) ||
           complain(script, "the program is not stopped", "");
}

static bool step_fg(struct script *script, char *rest)
{
    (void)rest;
    vt_foreground(script->vt);
    return true;
}

/* ---- looking -------------------------------------------------------------------------------- */

static bool step_show(struct script *script, char *rest)
{
    (void)rest;
    if (!settle(script))
        return false;
    fprintf(script->out, "---- line %d: %dx%d\n", script->line, script->vt->cols, script->vt->rows);
    vt_dump(script->vt, script->out);
    return true;
}

static bool step_styles(struct script *script, char *rest)
{
    (void)rest;
    if (!settle(script))
        return false;
    fprintf(script->out, "---- line %d: styles\n", script->line);
    vt_dump_styles(script->vt, script->out);
    return true;
}

static bool step_row(struct script *script, char *rest)
{
    char text[VT_TEXT];

    if (!settle(script))
        return false;
    fprintf(script->out, "---- line %d: %s\n", script->line, rest);
    for (int r = 0; r < script->vt->rows; r++) {
        vt_row(script->vt, r, text);
        if (!strstr(text, rest))
            continue;
        launch_mask(text);
        fprintf(script->out, "%s\n", text);
    }
    return true;
}

static bool step_frame(struct script *script, char *rest)
{
    char why[FRAME_WHY];

    return settle(script) &&
           (frame_check(script->vt, rest[0] ? rest : NULL, why) || complain(script, why, ""));
}

static bool step_missing(struct script *script, char *rest)
{
    return settle(script) && (vt_wait_for(script->vt, rest, false, 0) ||
                              complain(script, "should not be there: ", rest));
}

static bool step_colors(struct script *script, char *rest)
{
    int highest;

    if (!settle(script))
        return false;
    highest = vt_highest_color(script->vt);
    if (highest < (int)strtol(rest, NULL, 10))
        return true;
    fprintf(stderr, "colour %d is on the screen\n", highest);
    return complain(script, "too many colours for ", rest);
}

static bool step_ascii(struct script *script, char *rest)
{
    (void)rest;
    return !script->vt->non_ascii || complain(script, "bytes beyond ASCII were written", "");
}

static bool step_silent(struct script *script, char *rest)
{
    int64_t end = vt_now_ms() + strtol(rest, NULL, 10);
    uint64_t before;

    if (!settle(script))
        return false;
    before = script->vt->output_bytes;
    while (vt_now_ms() < end)
        vt_pump(script->vt, 50);
    return script->vt->output_bytes == before || complain(script, "something was written", "");
}

static bool step_exit(struct script *script, char *rest)
{
    int number = 0, status;
    char text[48];

    if (!vt_wait_run(script->vt, VT_ENDED, launch_timeout_ms()))
        return complain(script, "the program does not end", "");
    status = script->vt->status;
    if (parse_signal(rest, &number)
            ? WIFSIGNALED(status) && WTERMSIG(status) == number
            : WIFEXITED(status) && WEXITSTATUS(status) == (int)strtol(rest, NULL, 10))
        return true;
    snprintf(text, sizeof text, "%s %d instead of ", WIFSIGNALED(status) ? "signal" : "status",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return complain(script, text, rest);
}

static bool step_restored(struct script *script, char *rest)
{
    (void)rest;
    return vt_check_restored(script->vt, stderr) == 0 ||
           complain(script, "the terminal is not as it was", "");
}

static bool step_files(struct script *script, char *rest)
{
    (void)rest;
    if (!settle(script))
        return false;
    fprintf(script->out, "---- line %d: files\n", script->line);
    return launch_list_files(&script->launch, script->out);
}

/* ---- running -------------------------------------------------------------------------------- */

static const struct step steps[] = {
    { "size", true, step_size },        { "term", true, step_term },
    { "locale", true, step_locale },    { "env", true, step_env },
    { "args", true, step_args },        { "wait", false, step_wait },
    { "gone", false, step_gone },       { "keys", false, step_keys },
    { "click", false, step_click },     { "resize", false, step_resize },
    { "settle", false, step_settle },   { "show", false, step_show },
    { "styles", false, step_styles },   { "row", false, step_row },
    { "frame", false, step_frame },     { "missing", false, step_missing },
    { "colors", false, step_colors },   { "ascii", false, step_ascii },
    { "silent", false, step_silent },   { "signal", false, step_signal },
    { "stopped", false, step_stopped }, { "fg", false, step_fg },
    { "exit", false, step_exit },       { "restored", false, step_restored },
    { "files", false, step_files },     { "burst", false, step_burst },
};

static bool run_line(struct script *script, char *line)
{
    char *rest = strchr(line, ' ');

    if (rest)
        *rest++ = '\0';
    else
        rest = line + strlen(line);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (strcmp(line, steps[i].name) != 0)
            continue;
        if (steps[i].before && script->vt)
            return complain(script, "the program runs already: ", line);
        if (!steps[i].before && !script->vt)
            script->vt = launch_start(&script->launch);
        return steps[i].run(script, rest);
    }
    return complain(script, "no such step: ", line);
}

bool script_run(const char *path, const char *program, const char *directory, FILE *out)
{
    struct script script = { .path = path, .out = out };
    FILE *file = fopen(path, "re");
    char line[1024];
    bool good = true;

    if (!file) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return false;
    }
    launch_init(&script.launch, program, directory);
    while (good && fgets(line, sizeof line, file)) {
        script.line++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0' && line[0] != '#')
            good = run_line(&script, line);
    }
    if (good && !script.vt)
        good = complain(&script, "nothing was run", "");
    fclose(file);
    vt_free(script.vt);
    return good;
}
