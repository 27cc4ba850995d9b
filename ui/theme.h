/* SPDX-License-Identifier: MIT */
/*
 * theme: which colour each role has; and where themes are found.
 *
 * A theme is a text file of lines "role = COLOUR [on COLOUR] [bold dim underline reverse italic]";
 * # starts a comment line. Roles that a theme does not name look like "text". Themes are looked
 * for in $XDG_CONFIG_HOME/mirrortop/themes (else ~/.config/...), then in the installed directory,
 * then in the program itself, which carries a copy of the default set and so runs uninstalled.
 */
#ifndef MIRRORTOP_UI_THEME_H
#define MIRRORTOP_UI_THEME_H

#include <limits.h>

#include "../src/err.h"
#include "color.h"

/* X(id, name): what a piece of the screen means. Drawing names roles, never colours. */
#define THEME_ROLES(X)                                                                             \
    X(TEXT, "text")                                                                                \
    X(DIM, "dim")                                                                                  \
    X(BORDER, "border")                                                                            \
    X(BORDER_FOCUS, "border-focus")                                                                \
    X(TITLE, "title")                                                                              \
    X(TITLE_FOCUS, "title-focus")                                                                  \
    X(HEADING, "heading")                                                                          \
    X(HEADING_SORT, "heading-sort")                                                                \
    X(SELECTION, "selection")                                                                      \
    X(SELECTION_IDLE, "selection-idle")                                                            \
    X(NAME, "name")                                                                                \
    X(ADDRESS, "address")                                                                          \
    X(NUMBER, "number")                                                                            \
    X(RATE, "rate")                                                                                \
    X(BAR, "bar")                                                                                  \
    X(GRAPH, "graph")                                                                              \
    X(GRAPH_ALERT, "graph-alert")                                                                  \
    X(GOOD, "good")                                                                                \
    X(WARNING, "warning")                                                                          \
    X(ALERT, "alert")                                                                              \
    X(PAUSED, "paused")                                                                            \
    X(BRAND, "brand")                                                                              \
    X(KEY, "key")                                                                                  \
    X(FOOTER, "footer")                                                                            \
    X(MESSAGE, "message")

enum theme_role {
#define X(id, name) ROLE_##id,
    THEME_ROLES(X)
#undef X
        ROLE_COUNT
};

enum theme_attribute {
    THEME_BOLD = 1,
    THEME_DIM = 2,
    THEME_UNDERLINE = 4,
    THEME_REVERSE = 8,
    THEME_ITALIC = 16,
};

struct theme_style {
    struct color fg, bg;
    uint8_t attributes; /* enum theme_attribute, OR */
};

enum { THEME_NAME_MAX = 32, THEME_MAX = 64, THEME_SIZE_MAX = 65536 };

struct theme {
    char name[THEME_NAME_MAX];
    struct theme_style styles[ROLE_COUNT];
};

/* Parses `size` bytes. `source` is what errors call the text. false and *err (EXIT_USAGE): the
 * source, the line and what was expected; *theme is then undefined. theme->name is left alone. */
bool theme_parse(struct theme *theme, const char *text, size_t size, const char *source,
                 struct err *err);

const char *theme_role_name(enum theme_role role);

enum theme_origin { THEME_FROM_USER, THEME_FROM_INSTALLED, THEME_FROM_PROGRAM };

/* The names of all themes in reach, sorted, each once, with where the first one in the order of
 * the search lies. */
struct theme_list {
    size_t count;
    struct {
        char name[THEME_NAME_MAX];
        enum theme_origin origin;
    } entries[THEME_MAX];
};

void theme_list_all(struct theme_list *list);

/* The folder of one's own or of the installed themes, whether it is there or not. false: there can
 * be none. Whoever confines the program must let it be read. */
bool theme_directory(enum theme_origin origin, char out[PATH_MAX]);

/* By name. false and *err (EXIT_USAGE): no such theme (the error lists those that there are), or
 * its file is wrong or cannot be read. */
bool theme_load(struct theme *theme, const char *name, struct err *err);

/* The copy in the program, or NULL. `*size` is its length. */
const char *theme_builtin_find(const char *name, size_t *size);

/* The i-th name of those copies, or NULL behind the last. */
const char *theme_builtin_name(size_t i);

#endif
