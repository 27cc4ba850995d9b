/* SPDX-License-Identifier: MIT */
#include "sizes.h"

#include "frame.h"
#include "launch.h"

#include <stdlib.h>
#include <string.h>

enum { QUIET_MS = 160, STORM = 60, SCREEN_TEXT = 1 << 20 };

static const char end_of_replay[] = "end";

/* The replayed sample, all of it read. */
static struct vt *start(const char *program, const char *directory, int rows, int cols, bool ascii)
{
    char args[] = "--demo --speed=max --utc", more[] = "--ascii";
    struct launch launch;
    struct vt *vt;

    launch_init(&launch, program, directory);
    launch.rows = rows;
    launch.cols = cols;
    launch_add_words(&launch, args);
    if (ascii)
        launch_add_words(&launch, more);
    vt = launch_start(&launch);
    if (!vt_wait_for(vt, end_of_replay, true, launch_timeout_ms()))
        fprintf(stderr, "%dx%d: no end of the replay is shown\n", cols, rows);
    return vt;
}

static void type(struct vt *vt, const char *keys)
{
    char words[128];
    char *at = NULL;

    snprintf(words, sizeof words, "%s", keys);
    for (char *word = strtok_r(words, " ", &at); word; word = strtok_r(NULL, " ", &at))
        vt_key(vt, word);
}

/* The properties at the present size; asked again until they hold, because the screen is drawn
 * while we look. */
static bool wait_for_frame(struct vt *utf8, struct vt *ascii, const struct sizes_view *view,
                           char why[FRAME_WHY])
{
    int64_t end = vt_now_ms() + 3000;

    for (;;) {
        if (frame_check(utf8, view->page, why) && frame_twins(utf8, ascii, view->graph, why))
            return true;
        if (vt_now_ms() >= end)
            return false;
        vt_pump(utf8, 5);
        vt_pump(ascii, 5);
    }
}

static bool check_size(struct vt *utf8, struct vt *ascii, const struct sizes_view *view, int rows,
                       int cols)
{
    char why[FRAME_WHY];

    vt_resize(utf8, rows, cols);
    vt_resize(ascii, rows, cols);
    if (wait_for_frame(utf8, ascii, view, why))
        return true;
    fprintf(stderr, "at %dx%d: %s\n", cols, rows, why);
    vt_dump(utf8, stderr);
    fprintf(stderr, "and in ASCII\n");
    vt_dump(ascii, stderr);
    return false;
}

bool sizes_check_grid(const char *program, const char *directory, const struct sizes_view *view)
{
    struct vt *utf8 = start(program, directory, 24, 80, false);
    struct vt *ascii = start(program, directory, 24, 80, true);
    bool good;

    type(utf8, view->keys);
    type(ascii, view->keys);
    good = vt_settle(utf8, QUIET_MS, launch_timeout_ms()) &&
           vt_settle(ascii, QUIET_MS, launch_timeout_ms());
    for (int rows = 10; good && rows <= 100; rows += 7) {
        /* there and back: growing and shrinking leave different things behind */
        for (int cols = 40; good && cols <= 300; cols += 26)
            good = check_size(utf8, ascii, view, rows, cols);
        for (int cols = 287; good && cols >= 40; cols -= 26)
            good = check_size(utf8, ascii, view, rows, cols);
    }
    vt_free(utf8);
    vt_free(ascii);
    return good;
}

static bool dump_text(const struct vt *vt, char *out)
{
    FILE *file = fmemopen(out, SCREEN_TEXT, "w");

    if (!file)
        return false;
    vt_dump(vt, file);
    return fclose(file) == 0;
}

/* Sizes without an order, but always the same. */
static void storm(struct vt *vt)
{
    static const int tiny[][2] = {
        { 1, 1 }, { 2, 5 }, { 9, 40 }, { 10, 39 }, { 100, 1 }, { 1, 300 }
    };
    uint32_t random = 20260101;

    for (size_t i = 0; i < STORM; i++) {
        random = random * 1664525 + 1013904223;
        if (i % 9 == 4)
            vt_resize(vt, tiny[i / 9 % 6][0], tiny[i / 9 % 6][1]);
        else
            vt_resize(vt, 10 + (int)(random >> 8) % 91, 40 + (int)(random >> 16) % 261);
        if (i % 4 == 0)
            vt_pump(vt, 20);
    }
}

bool sizes_check_storm(const char *program, const char *directory, int rows, int cols)
{
    char *after = malloc(SCREEN_TEXT), *fresh = malloc(SCREEN_TEXT);
    struct vt *stormy = start(program, directory, 24, 80, false);
    struct vt *calm = start(program, directory, rows, cols, false);
    bool good = after && fresh;

    storm(stormy);
    vt_resize(stormy, rows, cols);
    good = good && vt_settle(stormy, QUIET_MS, launch_timeout_ms()) &&
           vt_settle(calm, QUIET_MS, launch_timeout_ms()) && dump_text(stormy, after) &&
           dump_text(calm, fresh);
    if (!good)
        fprintf(stderr, "the program does not come to rest\n");
    if (good && strcmp(after, fresh) != 0) {
        fprintf(stderr, "after many sizes, %dx%d is\n%sinstead of\n%s", cols, rows, after, fresh);
        good = false;
    }
    vt_free(stormy);
    vt_free(calm);
    free(after);
    free(fresh);
    return good;
}
