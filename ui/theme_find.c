/* SPDX-License-Identifier: MIT */
/* Where themes are found: the user's directory, the installed one, the program's own copies. */
#include "theme.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The Makefile says where `make install` puts them. */
#ifndef THEME_DIR
#define THEME_DIR "/usr/local/share/mirrortop/themes"
#endif

static const char theme_ending[] = ".theme";

bool theme_directory(enum theme_origin origin, char out[PATH_MAX])
{
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *between = "";
    int n;

    if (origin == THEME_FROM_INSTALLED) {
        n = snprintf(out, PATH_MAX, "%s", THEME_DIR);
    } else {
        /* The XDG base directory specification: a relative path is to be ignored. */
        if (!base || base[0] != '/') {
            base = getenv("HOME");
            between = "/.config";
        }
        if (!base || base[0] != '/')
            return false;
        n = snprintf(out, PATH_MAX, "%s%s/mirrortop/themes", base, between);
    }
    return n > 0 && n < PATH_MAX;
}

/* Names become parts of paths, so they are letters, digits, "-" and "_" only. */
static bool theme_name_valid(const char *name, size_t size)
{
    if (size == 0 || size >= THEME_NAME_MAX)
        return false;
    for (size_t i = 0; i < size; i++) {
        char c = name[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return true;
}

static void theme_list_add(struct theme_list *list, const char *name, size_t size,
                           enum theme_origin origin)
{
    size_t at = 0;

    if (!theme_name_valid(name, size) || list->count == THEME_MAX)
        return;
    while (at < list->count) {
        int order = strncmp(list->entries[at].name, name, size);

        if (order == 0 && list->entries[at].name[size] == '\0')
            return;
        if (order >= 0)
            break;
        at++;
    }
    memmove(&list->entries[at + 1], &list->entries[at],
            (list->count - at) * sizeof(list->entries[0]));
    memcpy(list->entries[at].name, name, size);
    list->entries[at].name[size] = '\0';
    list->entries[at].origin = origin;
    list->count++;
}

static void theme_list_directory(struct theme_list *list, enum theme_origin origin)
{
    const size_t ending = sizeof(theme_ending) - 1;
    char path[PATH_MAX];
    const struct dirent *entry;
    DIR *directory;

    if (!theme_directory(origin, path))
        return;
    directory = opendir(path);
    if (!directory)
        return;
    while ((entry = readdir(directory)) != NULL) {
        size_t size = strlen(entry->d_name);

        if (size > ending && strcmp(entry->d_name + size - ending, theme_ending) == 0)
            theme_list_add(list, entry->d_name, size - ending, origin);
    }
    closedir(directory);
}

void theme_list_all(struct theme_list *list)
{
    list->count = 0;
    theme_list_directory(list, THEME_FROM_USER);
    theme_list_directory(list, THEME_FROM_INSTALLED);
    for (size_t i = 0; theme_builtin_name(i); i++)
        theme_list_add(list, theme_builtin_name(i), strlen(theme_builtin_name(i)),
                       THEME_FROM_PROGRAM);
}

static bool theme_fail_unknown(const char *name, struct err *err)
{
    struct theme_list list;
    char names[320] = "";
    size_t used = 0;

    theme_list_all(&list);
    for (size_t i = 0; i < list.count; i++) {
        int n = snprintf(names + used, sizeof(names) - used, "%s%s", i > 0 ? ", " : "",
                         list.entries[i].name);

        if (n < 0 || (size_t)n >= sizeof(names) - used)
            break;
        used += (size_t)n;
    }
    return err_set(err, EXIT_USAGE, "no theme '%.40s'; there are: %s", name, names);
}

/* true: the file was there, and *ok says whether it is a theme. */
static bool theme_load_file(struct theme *theme, const char *directory, const char *path, bool *ok,
                            struct err *err)
{
    char *text;
    size_t size;
    FILE *file = fopen(path, "re");

    if (!file) {
        int reason = errno;

        /* A folder that may not be looked into is that of root, who has become somebody else. */
        if (reason == ENOENT || reason == ENOTDIR || access(directory, X_OK) != 0)
            return false;
        *ok = err_set(err, EXIT_USAGE, "%s: %s", path, strerror(reason));
        return true;
    }
    text = malloc(THEME_SIZE_MAX + 1);
    if (!text) {
        *ok = err_set(err, EXIT_RUNTIME, "out of memory");
        fclose(file);
        return true;
    }
    size = fread(text, 1, THEME_SIZE_MAX + 1, file);
    if (ferror(file))
        *ok = err_set(err, EXIT_USAGE, "%s: cannot be read: %s", path, strerror(errno));
    else
        *ok = theme_parse(theme, text, size, path, err);
    free(text);
    fclose(file);
    return true;
}

bool theme_load(struct theme *theme, const char *name, struct err *err)
{
    char directory[PATH_MAX];
    char path[PATH_MAX + THEME_NAME_MAX + sizeof(theme_ending)];
    const char *builtin;
    size_t size;
    bool ok = false;

    if (!theme_name_valid(name, strlen(name)))
        return theme_fail_unknown(name, err);
    snprintf(theme->name, sizeof(theme->name), "%s", name);
    for (int origin = THEME_FROM_USER; origin <= THEME_FROM_INSTALLED; origin++) {
        if (!theme_directory((enum theme_origin)origin, directory))
            continue;
        snprintf(path, sizeof(path), "%s/%s%s", directory, name, theme_ending);
        if (theme_load_file(theme, directory, path, &ok, err))
            return ok;
    }
    builtin = theme_builtin_find(name, &size);
    if (!builtin)
        return theme_fail_unknown(name, err);
    snprintf(path, sizeof(path), "themes/%s%s", name, theme_ending);
    return theme_parse(theme, builtin, size, path, err);
}
