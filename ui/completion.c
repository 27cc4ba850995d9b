/* SPDX-License-Identifier: MIT */
#include "completion.h"

#include <stdio.h>
#include <string.h>

#include "../src/utf8.h"

void completion_start(struct completion *completion, const struct edit *edit, size_t at)
{
    size_t length = edit->cursor - at;

    completion->open = false;
    completion->count = 0;
    completion->chosen = 0;
    completion->at = at;
    snprintf(completion->stem, sizeof(completion->stem), "%.*s", (int)length, edit->text + at);
    if (length >= sizeof(completion->stem))
        completion->at = edit->cursor + 1; /* no word is that long: none will fit */
}

void completion_add(struct completion *completion, const char *word, const char *hint)
{
    size_t length = strlen(word);
    struct completion_item *item;

    if (completion->count == COMPLETION_WORDS || length == 0 || length >= COMPLETION_WORD ||
        strncasecmp(word, completion->stem, strlen(completion->stem)) != 0)
        return;
    for (size_t i = 0; i < completion->count; i++) {
        if (strcmp(completion->items[i].word, word) == 0)
            return;
    }
    item = &completion->items[completion->count++];
    memcpy(item->word, word, length + 1);
    snprintf(item->hint, sizeof(item->hint), "%s", hint);
    completion->chosen = completion->count;
}

/* What stands in the line for the word now. */
static const char *completion_word(const struct completion *completion)
{
    return completion->chosen < completion->count ? completion->items[completion->chosen].word
                                                  : completion->stem;
}

static bool completion_put(const struct completion *completion, struct edit *edit, const char *word)
{
    return edit_replace(edit, completion->at, edit->cursor, word);
}

/* Bytes that all words begin with. */
static size_t completion_common(const struct completion *completion)
{
    const char *first = completion->items[0].word;
    size_t length = strlen(first);

    for (size_t i = 1; i < completion->count; i++) {
        size_t same = 0;

        while (same < length && completion->items[i].word[same] == first[same])
            same++;
        length = same;
    }
    return utf8_begin(first, length);
}

bool completion_finish(struct completion *completion, struct edit *edit)
{
    char *stem = completion->stem;
    size_t common;

    if (completion->count == 0 || completion->at > edit->cursor)
        return false;
    if (completion->count == 1) {
        const char *blank = edit->cursor == edit->length ? " " : "";
        char word[COMPLETION_WORD + 1];

        snprintf(word, sizeof(word), "%s%s", completion->items[0].word, blank);
        completion->open = false;
        return completion_put(completion, edit, word);
    }
    common = completion_common(completion);
    if (common > strlen(stem)) {
        snprintf(stem, COMPLETION_WORD, "%.*s", (int)common, completion->items[0].word);
        completion_put(completion, edit, stem);
    }
    completion->open = true;
    return true;
}

void completion_narrow(struct completion *completion)
{
    completion->open = completion->count > 0;
}

void completion_walk(struct completion *completion, int step, struct edit *edit)
{
    size_t places = completion->count + 1;

    completion->chosen = (completion->chosen + places + (size_t)(step + (int)places)) % places;
    completion_put(completion, edit, completion_word(completion));
}

void completion_choose(struct completion *completion, size_t index, struct edit *edit)
{
    completion->chosen = index;
    completion_put(completion, edit, completion_word(completion));
    completion->open = false;
}

void completion_close(struct completion *completion, struct edit *edit, bool undo)
{
    if (completion->open && undo) {
        completion->chosen = completion->count;
        completion_put(completion, edit, completion->stem);
    }
    completion->open = false;
}
