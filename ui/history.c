/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <stdlib.h>
#include <string.h>

static void history_remove(struct history *history, size_t i)
{
    free(history->lines[i]);
    history->count--;
    memmove(&history->lines[i], &history->lines[i + 1],
            (history->count - i) * sizeof(history->lines[0]));
}

void history_add(struct history *history, const char *text)
{
    char *line;

    if (text[strspn(text, " ")] == '\0')
        return;
    line = strdup(text);
    if (!line)
        return; /* a line less to go back to */
    for (size_t i = 0; i < history->count; i++) {
        if (strcmp(history->lines[i], text) == 0)
            history_remove(history, i);
    }
    if (history->count == HISTORY_LINES)
        history_remove(history, 0);
    history->lines[history->count++] = line;
    history_start(history);
}

void history_start(struct history *history)
{
    history->at = history->count;
}

bool history_step(struct history *history, int step, struct edit *edit)
{
    if (step < 0 ? history->at == 0 : history->at >= history->count)
        return false;
    if (history->at == history->count)
        memcpy(history->draft, edit->text, sizeof(history->draft));
    history->at += (size_t)step;
    edit_set(edit, history->at == history->count ? history->draft : history->lines[history->at]);
    return true;
}

void history_free(struct history *history)
{
    for (size_t i = 0; i < history->count; i++)
        free(history->lines[i]);
    history->count = 0;
}
