/* SPDX-License-Identifier: MIT */
/*
 * frame: what is true of every whole screen of mirrortop, whatever its size and contents.
 */
#ifndef MIRRORTOP_TESTS_SCREEN_FRAME_H
#define MIRRORTOP_TESTS_SCREEN_FRAME_H

#include "vt.h"

enum { FRAME_MIN_ROWS = 10, FRAME_MIN_COLS = 40, FRAME_WHY = 256 };

/* In UTF-8: every box closes, boxes leave no row of the body out and do not overlap; the first
 * line is the header, the last one the footer; nothing unprintable. Below the least size: a
 * message and nothing else. `page` not NULL: a page of that title lies over the boxes.
 * false: what is wrong, in `why`. */
bool frame_check(const struct vt *vt, const char *page, char why[FRAME_WHY]);

/* Whether `ascii` shows what `utf8` shows with only ASCII: the same boxes in the same places, and
 * all ASCII characters of the one in the other (`boxes_only`: not these). */
bool frame_twins(const struct vt *utf8, const struct vt *ascii, bool boxes_only,
                 char why[FRAME_WHY]);

#endif
