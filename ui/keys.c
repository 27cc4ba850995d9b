/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include <curses.h>
#include <string.h>

#include "screen.h"

#define CTRL(c) ((c)&0x1f)

/* curses numbers its keys from here on; characters of the table are all below. */
#define IS_NAMED(code) ((code) >= KEY_MIN)

const struct key keys_table[] = {
#define KEY(group_, contexts_, code_, action_, footer_, help_)                                     \
    { .code = (code_),                                                                             \
      .named = IS_NAMED(code_),                                                                    \
      .contexts = (contexts_),                                                                     \
      .group = GROUP_##group_,                                                                     \
      .action = ACTION_##action_,                                                                  \
      .footer = (footer_),                                                                         \
      .help = (help_) },
#include "keys.def"
#undef KEY
};

const size_t keys_count = sizeof(keys_table) / sizeof(keys_table[0]);

/* Several codes can be the same key: terminals differ about Enter and Backspace. */
static const struct {
    int code;
    const char *name;
} key_names[] = {
    { KEY_DOWN, "Down" },
    { KEY_UP, "Up" },
    { KEY_LEFT, "Left" },
    { KEY_RIGHT, "Right" },
    { KEY_NPAGE, "PgDn" },
    { KEY_PPAGE, "PgUp" },
    { KEY_HOME, "Home" },
    { KEY_END, "End" },
    { KEY_BTAB, "Shift-Tab" },
    { KEY_DC, "Del" },
    { SCREEN_KEY_WORD_LEFT, "Ctrl-Left" },
    { SCREEN_KEY_WORD_RIGHT, "Ctrl-Right" },
    { KEY_F(1), "F1" },
    { '\t', "Tab" },
    { '\n', "Enter" },
    { '\r', "Enter" },
    { KEY_ENTER, "Enter" },
    { ' ', "Space" },
    { CTRL('['), "Esc" },
    { CTRL('H'), "Backspace" },
    { 0x7f, "Backspace" },
    { KEY_BACKSPACE, "Backspace" },
};

const char *keys_group_name(enum key_group group)
{
    static const char *const names[] = {
#define X(id, name) [GROUP_##id] = (name),
        KEY_GROUPS(X)
#undef X
    };

    return names[group];
}

const char *keys_action_name(enum action action)
{
    static const char *const names[] = {
#define X(id, name) [ACTION_##id] = (name),
        KEY_ACTIONS(X)
#undef X
    };

    return names[action];
}

enum action keys_find(enum key_context context, int code, bool named)
{
    for (size_t i = 0; i < keys_count; i++) {
        const struct key *key = &keys_table[i];

        if (key->code == code && key->named == named && (key->contexts & context) != 0)
            return key->action;
    }
    return ACTION_COUNT;
}

size_t keys_name(char *out, size_t size, const struct key *key)
{
    int n;

    for (size_t i = 0; i < sizeof(key_names) / sizeof(key_names[0]); i++) {
        if (key_names[i].code == key->code)
            return (size_t)snprintf(out, size, "%s", key_names[i].name);
    }
    if (key->code < ' ')
        n = snprintf(out, size, "Ctrl-%c", key->code + '@');
    else
        n = snprintf(out, size, "%c", key->code);
    return (size_t)n;
}

/* Whether an earlier row of the action is the same key by another code. */
static bool keys_named_before(size_t row, const char *name, unsigned contexts)
{
    for (size_t i = 0; i < row; i++) {
        char other[16];

        if (keys_table[i].action != keys_table[row].action ||
            (keys_table[i].contexts & contexts) == 0)
            continue;
        keys_name(other, sizeof(other), &keys_table[i]);
        if (strcmp(other, name) == 0)
            return true;
    }
    return false;
}

size_t keys_names(char out[KEYS_NAMES], enum action action, unsigned contexts)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < keys_count; i++) {
        const struct key *key = &keys_table[i];
        char name[16];

        if (key->action != action || (key->contexts & contexts) == 0)
            continue;
        keys_name(name, sizeof(name), key);
        if (keys_named_before(i, name, contexts) || used + sizeof(name) >= KEYS_NAMES)
            continue;
        used += (size_t)snprintf(out + used, KEYS_NAMES - used, "%s%s", used > 0 ? " " : "", name);
    }
    return used;
}

const struct key *keys_help(size_t i)
{
    for (size_t k = 0; k < keys_count; k++) {
        if (keys_table[k].help[0] != '\0' && i-- == 0)
            return &keys_table[k];
    }
    return NULL;
}

static void keys_print_contexts(FILE *out, unsigned contexts)
{
    static const struct {
        unsigned context;
        const char *name;
    } names[] = { { IN_PANES, "panes" }, { IN_PAGE, "page" }, { IN_PROMPT, "prompt" } };
    char text[24] = "";
    size_t used = 0;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (contexts & names[i].context)
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used > 0 ? "," : "",
                                     names[i].name);
    }
    fprintf(out, "%-18s", text);
}

void keys_print(FILE *out)
{
    const struct key *key;

    fprintf(out, "%-14s%-20s%-18s%s\n", "keys", "action", "where", "what it does");
    for (size_t i = 0; (key = keys_help(i)) != NULL; i++) {
        char names[KEYS_NAMES];

        keys_names(names, key->action, key->contexts);
        fprintf(out, "%-14s%-20s", names, keys_action_name(key->action));
        keys_print_contexts(out, key->contexts);
        fprintf(out, "%s\n", key->help);
    }
}
