/* SPDX-License-Identifier: MIT */
#include "frame.h"

#include <stdarg.h>
#include <string.h>

enum {
    HORIZONTAL = 0x2500,
    VERTICAL = 0x2502,
    THUMB = 0x2503, /* of a scroll bar, on the right border */
    TOP_LEFT = 0x256d,
    TOP_RIGHT = 0x256e,
    BOTTOM_LEFT = 0x2570,
    BOTTOM_RIGHT = 0x256f,
};

struct box {
    int top, left, bottom, right;
};

static bool wrong(char why[FRAME_WHY], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool wrong(char why[FRAME_WHY], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, FRAME_WHY, format, args);
    va_end(args);
    return false;
}

static bool is_corner(uint32_t c)
{
    return c == TOP_LEFT || c == TOP_RIGHT || c == BOTTOM_LEFT || c == BOTTOM_RIGHT;
}

/* The box of which (row, col) is the upper left corner, with unbroken sides. */
static bool box_follow(const struct vt *vt, int row, int col, struct box *box, char why[FRAME_WHY])
{
    int right = col + 1, bottom = row + 1;

    while (right < vt->cols && !is_corner(vt_char(vt, row, right)))
        right++;
    if (right == vt->cols || vt_char(vt, row, right) != TOP_RIGHT)
        return wrong(why, "the box at line %d column %d has no upper right corner", row, col);
    while (bottom < vt->rows && vt_char(vt, bottom, col) == VERTICAL)
        bottom++;
    if (bottom == vt->rows || vt_char(vt, bottom, col) != BOTTOM_LEFT)
        return wrong(why, "the left side of the box at line %d column %d ends at line %d", row, col,
                     bottom);
    if (vt_char(vt, bottom, right) != BOTTOM_RIGHT)
        return wrong(why, "the box at line %d column %d has no lower right corner", row, col);
    for (int r = row + 1; r < bottom; r++) {
        uint32_t c = vt_char(vt, r, right);

        if (c != VERTICAL && c != THUMB)
            return wrong(why, "the right side of the box at line %d column %d is open at line %d",
                         row, col, r);
    }
    for (int c = col + 1; c < right; c++) {
        if (is_corner(vt_char(vt, bottom, c)))
            return wrong(why, "a corner in the lower side of the box at line %d column %d", row,
                         col);
    }
    *box = (struct box){ .top = row, .left = col, .bottom = bottom, .right = right };
    return true;
}

/* Every corner belongs to a box, and boxes cover the body's lines from edge to edge. */
static bool check_boxes(const struct vt *vt, char why[FRAME_WHY])
{
    int corners = 0, boxes = 0, area = 0, first = vt->rows;

    for (int r = 0; r < vt->rows; r++) {
        for (int c = 0; c < vt->cols; c++) {
            struct box box = { 0 };

            corners += is_corner(vt_char(vt, r, c));
            if (vt_char(vt, r, c) != TOP_LEFT)
                continue;
            if (!box_follow(vt, r, c, &box, why))
                return false;
            boxes++;
            area += (box.bottom - box.top + 1) * (box.right - box.left + 1);
            first = r < first ? r : first;
        }
    }
    if (corners != 4 * boxes)
        return wrong(why, "%d corners for %d boxes", corners, boxes);
    /* The body reaches from the first box to the line above the footer. */
    if (boxes > 0 && area != (vt->rows - 1 - first) * vt->cols)
        return wrong(why, "the boxes cover %d cells of %d", area,
                     (vt->rows - 1 - first) * vt->cols);
    return true;
}

static bool check_characters(const struct vt *vt, char why[FRAME_WHY])
{
    for (int r = 0; r < vt->rows; r++) {
        for (int c = 0; c < vt->cols; c++) {
            uint32_t ch = vt_char(vt, r, c);

            if ((ch < ' ' && ch != 0) || (ch >= 0x7f && ch < 0xa0) || ch == 0xfffd)
                return wrong(why, "U+%04X at line %d column %d", (unsigned)ch, r, c);
            if (ch == 0 && (c == 0 || vt_cell(vt, r, c - 1).width != 2))
                return wrong(why, "half a wide character at line %d column %d", r, c);
        }
    }
    return true;
}

/* The page lies over everything else, so its own box is whole; of the others that is not asked. */
static bool check_page(const struct vt *vt, const char *title, char why[FRAME_WHY])
{
    for (int r = 0; r < vt->rows; r++) {
        for (int c = 0; c < vt->cols; c++) {
            struct box box;
            size_t i = 0;

            if (vt_char(vt, r, c) != TOP_LEFT)
                continue;
            while (title[i] && vt_char(vt, r, c + 2 + (int)i) == (unsigned char)title[i])
                i++;
            if (title[i] == '\0')
                return box_follow(vt, r, c, &box, why);
        }
    }
    return wrong(why, "no page %s", title);
}

bool frame_check(const struct vt *vt, const char *page, char why[FRAME_WHY])
{
    char text[VT_TEXT];
    bool small = vt->rows < FRAME_MIN_ROWS || vt->cols < FRAME_MIN_COLS;

    if (vt->cursor_visible)
        return wrong(why, "the cursor is visible");
    if (vt->unknown[0])
        return wrong(why, "the terminal does not know the sequence %s", vt->unknown);
    if (!check_characters(vt, why))
        return false;
    if (small) {
        for (int r = 0; r < vt->rows; r++) {
            vt_row(vt, r, text);
            if (text[0])
                return true;
        }
        return wrong(why, "nothing is said about the size");
    }
    vt_row(vt, 0, text);
    if (!text[0])
        return wrong(why, "no header in the first line");
    vt_row(vt, vt->rows - 1, text);
    if (!strstr(text, "quit"))
        return wrong(why, "no footer in the last line: %s", text);
    return page ? check_page(vt, page, why) : check_boxes(vt, why);
}

/* The twin of a corner, side or ASCII character; 0 for what may look different. */
static uint32_t twin_of(uint32_t c, bool boxes_only)
{
    if (is_corner(c))
        return '+';
    if (c == VERTICAL)
        return '|';
    return c < 0x7f && !boxes_only ? c : 0;
}

bool frame_twins(const struct vt *utf8, const struct vt *ascii, bool boxes_only,
                 char why[FRAME_WHY])
{
    if (ascii->non_ascii)
        return wrong(why, "the ASCII screen was sent bytes beyond ASCII");
    for (int r = 0; r < utf8->rows; r++) {
        for (int c = 0; c < utf8->cols; c++) {
            uint32_t twin = twin_of(vt_char(utf8, r, c), boxes_only), is = vt_char(ascii, r, c);

            /* 0 here is also the right half of a wide character, "?" there */
            if (twin != 0 && is != twin)
                return wrong(why, "line %d column %d: '%c' instead of '%c' in ASCII", r, c, (int)is,
                             (int)twin);
        }
    }
    return true;
}
