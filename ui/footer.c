/* SPDX-License-Identifier: MIT */
#include "header.h"

#include <stdio.h>

static bool footer_wants(const struct ui *ui, const struct key *key, enum key_context context)
{
    if (key->footer[0] == '\0' || (key->contexts & context) == 0)
        return false;
    return key->action != ACTION_BACK || context != IN_PANES || ui->zoomed;
}

/* One key and its word, if both fit. */
static int footer_draw_key(const struct ui *ui, const struct key *key, int x)
{
    const struct canvas *canvas = &ui->canvas;
    const struct rect *area = &ui->layout.footer;
    int end = area->width - 1;
    char name[16];

    keys_name(name, sizeof(name), key);
    if (x + draw_width(canvas, name) + 1 + draw_width(canvas, key->footer) > end)
        return x;
    x = draw_text(canvas, area->y, x, end, ROLE_KEY, name);
    return draw_text(canvas, area->y, x + 1, end, ROLE_FOOTER, key->footer) + 2;
}

void footer_draw(const struct ui *ui)
{
    enum key_context context = ui->page.kind != PAGE_NONE ? IN_PAGE : IN_PANES;
    const char *message = ui->message[0] != '\0' ? ui->message : ui->failure;
    enum theme_role role = ui->message[0] != '\0' ? ui->message_role : ROLE_ALERT;
    int x = 1;

    if (ui->prompt.open) {
        prompt_draw(&ui->canvas, &ui->prompt, &ui->layout.footer);
        return;
    }
    if (message[0] != '\0') {
        draw_text(&ui->canvas, ui->layout.footer.y, x, ui->layout.footer.width - 1, role, message);
        return;
    }
    /* those of the program first: help and quit are never cut off */
    for (int own = 1; own >= 0; own--) {
        for (size_t i = 0; i < keys_count; i++) {
            const struct key *key = &keys_table[i];

            if ((key->group == GROUP_PROGRAM) == (own == 1) && footer_wants(ui, key, context))
                x = footer_draw_key(ui, key, x);
        }
    }
}
