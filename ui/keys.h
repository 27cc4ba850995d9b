/* SPDX-License-Identifier: MIT */
/*
 * keys: what each key does, from the table keys.def.
 *
 * Constant tables; needs no running screen.
 */
#ifndef MIRRORTOP_UI_KEYS_H
#define MIRRORTOP_UI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum key_context {
    IN_PANES = 1,  /* the panes have the keyboard */
    IN_PAGE = 2,   /* a page lies over them: help, details, counters */
    IN_PROMPT = 4, /* a line is being typed */
};

/* X(id, name): the sections of the help page. */
#define KEY_GROUPS(X)                                                                              \
    X(MOVE, "Move")                                                                                \
    X(PANE, "Panes")                                                                               \
    X(SORT, "Sort")                                                                                \
    X(VIEW, "View")                                                                                \
    X(FILTER, "Mirror filter")                                                                     \
    X(REPLAY, "Replay")                                                                            \
    X(DATA, "Data")                                                                                \
    X(PROGRAM, "Program")                                                                          \
    X(PROMPT, "While typing")

enum key_group {
#define X(id, name) GROUP_##id,
    KEY_GROUPS(X)
#undef X
        GROUP_COUNT
};

/* X(id, name): what can be done. The name is that of --list-keys. */
#define KEY_ACTIONS(X)                                                                             \
    X(DOWN, "down")                                                                                \
    X(UP, "up")                                                                                    \
    X(PAGE_DOWN, "page-down")                                                                      \
    X(PAGE_UP, "page-up")                                                                          \
    X(HOME, "home")                                                                                \
    X(END, "end")                                                                                  \
    X(LEFT, "left")                                                                                \
    X(RIGHT, "right")                                                                              \
    X(FOLLOW, "follow")                                                                            \
    X(FIND, "find")                                                                                \
    X(FIND_NEXT, "find-next")                                                                      \
    X(FIND_PREVIOUS, "find-previous")                                                              \
    X(PANE_NEXT, "pane-next")                                                                      \
    X(PANE_PREVIOUS, "pane-previous")                                                              \
    X(PANE_1, "pane-sessions")                                                                     \
    X(PANE_2, "pane-talkers")                                                                      \
    X(PANE_3, "pane-protocols")                                                                    \
    X(PANE_4, "pane-retransmits")                                                                  \
    X(PANE_5, "pane-suspicions")                                                                   \
    X(PANE_6, "pane-flows")                                                                        \
    X(PANE_7, "pane-doctor")                                                                       \
    X(PANE_8, "pane-rules")                                                                        \
    X(ZOOM, "zoom")                                                                                \
    X(OPEN, "open")                                                                                \
    X(BACK, "back")                                                                                \
    X(SORT_NEXT, "sort-next")                                                                      \
    X(SORT_PREVIOUS, "sort-previous")                                                              \
    X(REVERSE, "reverse")                                                                          \
    X(HOLD, "hold")                                                                                \
    X(PAUSE, "pause")                                                                              \
    X(STEP, "step")                                                                                \
    X(UNITS, "units")                                                                              \
    X(THEME, "theme")                                                                              \
    X(COUNTERS, "counters")                                                                        \
    X(VIEW_BY, "view-by")                                                                          \
    X(FILTER, "filter")                                                                            \
    X(INVERT, "invert")                                                                            \
    X(RULE_ACCEPT, "rule-accept")                                                                  \
    X(RULE_REJECT, "rule-reject")                                                                  \
    X(UNDO, "undo")                                                                                \
    X(BASELINE, "baseline")                                                                        \
    X(COMMAND, "command")                                                                          \
    X(SLOWER, "slower")                                                                            \
    X(FASTER, "faster")                                                                            \
    X(RESTART, "restart")                                                                          \
    X(EXPORT, "export")                                                                            \
    X(RESET, "reset")                                                                              \
    X(HELP, "help")                                                                                \
    X(REDRAW, "redraw")                                                                            \
    X(SUSPEND, "suspend")                                                                          \
    X(QUIT, "quit")                                                                                \
    X(ACCEPT, "accept")                                                                            \
    X(CANCEL, "cancel")                                                                            \
    X(COMPLETE, "complete")                                                                        \
    X(COMPLETE_BACK, "complete-back")                                                              \
    X(OLDER, "older")                                                                              \
    X(NEWER, "newer")                                                                              \
    X(CURSOR_LEFT, "cursor-left")                                                                  \
    X(CURSOR_RIGHT, "cursor-right")                                                                \
    X(WORD_LEFT, "word-left")                                                                      \
    X(WORD_RIGHT, "word-right")                                                                    \
    X(LINE_START, "line-start")                                                                    \
    X(LINE_END, "line-end")                                                                        \
    X(ERASE_NEXT, "erase-next")                                                                    \
    X(ERASE_WORD, "erase-word")                                                                    \
    X(ERASE_REST, "erase-rest")                                                                    \
    X(ERASE, "erase")                                                                              \
    X(ERASE_ALL, "erase-all")

enum action {
#define X(id, name) ACTION_##id,
    KEY_ACTIONS(X)
#undef X
        ACTION_COUNT /* also: no action */
};

struct key {
    int code;   /* a Unicode character, or curses' KEY_ number */
    bool named; /* the latter */
    unsigned contexts;
    enum key_group group;
    enum action action;
    const char *footer, *help;
};

extern const struct key keys_table[];
extern const size_t keys_count;

/* The action of a key in a context, or ACTION_COUNT. */
enum action keys_find(enum key_context context, int code, bool named);

enum { KEYS_NAMES = 64 };

/* What a key is called on paper: "q", "Ctrl-C", "PgDn". */
size_t keys_name(char *out, size_t size, const struct key *key);

/* All keys of an action in these contexts, "Down j". */
size_t keys_names(char out[KEYS_NAMES], enum action action, unsigned contexts);

/* The i-th row that the help page shows: the first of its action (and context) with a help text.
 * NULL behind the last. */
const struct key *keys_help(size_t i);

const char *keys_group_name(enum key_group group);
const char *keys_action_name(enum action action);

void keys_print(FILE *out);

#endif
