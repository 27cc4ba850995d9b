/* SPDX-License-Identifier: MIT */
#include "vt.h"

#include <string.h>

#include "../../../src/utf8.h"

VTermScreenCell vt_cell(const struct vt *vt, int row, int col)
{
    VTermScreenCell cell = { .width = 1 };

    vterm_screen_get_cell(vt->screen, (VTermPos){ .row = row, .col = col }, &cell);
    return cell;
}

uint32_t vt_char(const struct vt *vt, int row, int col)
{
    VTermScreenCell cell = vt_cell(vt, row, col);

    if (cell.chars[0] == UINT32_MAX)
        return 0;
    return cell.chars[0] ? cell.chars[0] : ' ';
}

void vt_row(const struct vt *vt, int row, char out[VT_TEXT])
{
    size_t n = 0, end = 0;

    for (int col = 0; col < vt->cols; col++) {
        VTermScreenCell cell = vt_cell(vt, row, col);

        if (cell.chars[0] == UINT32_MAX)
            continue;
        if (n + UTF8_MAX * VTERM_MAX_CHARS_PER_CELL >= VT_TEXT)
            break;
        if (cell.chars[0] == 0 || cell.chars[0] == ' ') {
            out[n++] = ' ';
            continue;
        }
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
            n += utf8_write(out + n, cell.chars[i]);
        end = n;
    }
    out[end] = '\0';
}

void vt_dump(const struct vt *vt, FILE *out)
{
    char text[VT_TEXT];

    for (int row = 0; row < vt->rows; row++) {
        vt_row(vt, row, text);
        fprintf(out, "%s\n", text);
    }
}

/* ---- styles --------------------------------------------------------------------------------- */

enum { STYLES = 52, STYLE_TEXT = 96 };

static const char style_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static void color_name(const VTermColor *color, bool foreground, char out[16])
{
    uint8_t plain = foreground ? VTERM_COLOR_DEFAULT_FG : VTERM_COLOR_DEFAULT_BG;

    /* Never libvterm's own conversion from an index: its table is wrong. */
    if (color->type & plain)
        out[0] = '\0';
    else if (VTERM_COLOR_IS_INDEXED(color))
        snprintf(out, 16, "%u", color->indexed.idx);
    else
        snprintf(out, 16, "#%02x%02x%02x", color->rgb.red, color->rgb.green, color->rgb.blue);
}

/* What can be seen of a cell's look, as text; "" for the plain one. */
static void cell_style(const VTermScreenCell *cell, char out[STYLE_TEXT])
{
    bool blank = cell->chars[0] == 0 || cell->chars[0] == ' ';
    bool ink = !blank || cell->attrs.reverse || cell->attrs.underline; /* the foreground shows */
    char fg[16], bg[16];

    color_name(&cell->fg, true, fg);
    color_name(&cell->bg, false, bg);
    snprintf(out, STYLE_TEXT, "%s%s%s%s%s%s%s%s", ink && fg[0] ? " fg=" : "", ink ? fg : "",
             bg[0] ? " bg=" : "", bg, ink && cell->attrs.bold ? " bold" : "",
             cell->attrs.underline ? " underline" : "", cell->attrs.reverse ? " reverse" : "",
             ink && cell->attrs.italic ? " italic" : "");
}

void vt_dump_styles(const struct vt *vt, FILE *out)
{
    char names[STYLES][STYLE_TEXT];
    size_t count = 0;

    for (int row = 0; row < vt->rows; row++) {
        char line[VT_TEXT];
        int end = 0;

        for (int col = 0; col < vt->cols; col++) {
            VTermScreenCell cell = vt_cell(vt, row, col);
            char style[STYLE_TEXT];
            size_t i = 0;

            cell_style(&cell, style);
            if (style[0] == '\0') {
                line[col] = '.';
                continue;
            }
            while (i < count && strcmp(names[i], style) != 0)
                i++;
            if (i == count && count < STYLES)
                snprintf(names[count++], sizeof names[0], "%s", style);
            line[col] = i < STYLES ? style_letters[i] : '?';
            end = col + 1;
        }
        line[end] = '\0';
        fprintf(out, "%s\n", line);
    }
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%c%s\n", style_letters[i], names[i]);
}

static int color_index(const VTermColor *color, bool foreground)
{
    uint8_t plain = foreground ? VTERM_COLOR_DEFAULT_FG : VTERM_COLOR_DEFAULT_BG;

    if (color->type & plain)
        return -1;
    return VTERM_COLOR_IS_INDEXED(color) ? color->indexed.idx : 256;
}

int vt_highest_color(const struct vt *vt)
{
    int highest = -1;

    for (int row = 0; row < vt->rows; row++) {
        for (int col = 0; col < vt->cols; col++) {
            VTermScreenCell cell = vt_cell(vt, row, col);
            int fg = color_index(&cell.fg, true), bg = color_index(&cell.bg, false);

            highest = fg > highest ? fg : highest;
            highest = bg > highest ? bg : highest;
        }
    }
    return highest;
}

/* ---- the terminal after the program --------------------------------------------------------- */

int vt_check_restored(const struct vt *vt, FILE *out)
{
    struct termios now;
    int wrong = 0;
    char first[VT_TEXT];

    if (vt->alternate)
        wrong += fprintf(out, "the alternate screen is still there\n");
    if (!vt->cursor_visible)
        wrong += fprintf(out, "the cursor is still hidden\n");
    if (vt->mouse != VTERM_PROP_MOUSE_NONE)
        wrong += fprintf(out, "the mouse is still reported\n");
    if (tcgetattr(vt->master, &now) != 0)
        return wrong + fprintf(out, "the terminal's settings cannot be read\n");
    if (now.c_iflag != vt->before.c_iflag || now.c_oflag != vt->before.c_oflag ||
        now.c_cflag != vt->before.c_cflag || now.c_lflag != vt->before.c_lflag)
        wrong += fprintf(out, "the terminal's modes: %x %x %x %x instead of %x %x %x %x\n",
                         now.c_iflag, now.c_oflag, now.c_cflag, now.c_lflag, vt->before.c_iflag,
                         vt->before.c_oflag, vt->before.c_cflag, vt->before.c_lflag);
    if (memcmp(now.c_cc, vt->before.c_cc, sizeof now.c_cc) != 0)
        wrong += fprintf(out, "the terminal's special characters have changed\n");
    vt_row(vt, 0, first);
    if (strcmp(first, "$ mirrortop") != 0)
        wrong +=
            fprintf(out, "what stood on the screen before is gone; its first line: %s\n", first);
    return wrong;
}
