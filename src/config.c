/* SPDX-License-Identifier: MIT */
/*
 * The config file: a text of lines `name = value` with the names of the long options, flags also
 * bare. Empty lines, and what follows a # at a line's beginning or behind a space, do not count.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "options_table.h"

enum { CONFIG_MAX_BYTES = 64 * 1024, CONFIG_PLACE = 320, CONFIG_WHERE = 384 };

/* Texts of config files, kept for as long as the options point into them. */
struct config_text {
    struct config_text *next;
    char text[];
};

void options_free(struct options *options)
{
    struct config_text *text = options->storage;

    while (text) {
        struct config_text *next = text->next;

        free(text);
        text = next;
    }
    options->storage = NULL;
}

static bool config_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Takes the white space off both ends, in place. */
static char *config_trim(char *text)
{
    size_t length;

    while (config_is_space(*text))
        text++;
    length = strlen(text);
    while (length > 0 && config_is_space(text[length - 1]))
        text[--length] = '\0';
    return text;
}

static void config_drop_comment(char *line)
{
    for (char *at = line; *at != '\0'; at++) {
        if (*at == '#' && (at == line || config_is_space(at[-1]))) {
            *at = '\0';
            return;
        }
    }
}

static bool config_set(struct options *options, char *line, const char *place, unsigned number,
                       struct err *err)
{
    char where[CONFIG_WHERE];
    char *equals = strchr(line, '=');
    struct option_use use = { .where = where, .config_line = number };
    const char *name;

    if (equals) {
        *equals = '\0';
        use.value = config_trim(equals + 1);
    }
    name = config_trim(line);
    use.option = option_find(name, strlen(name));
    if (!use.option) {
        const char *suggestion = option_suggest(name, strlen(name));

        if (suggestion)
            return err_set(err, EXIT_USAGE, "%s: unknown name '%.80s': did you mean %s?", place,
                           name, suggestion);
        return err_set(err, EXIT_USAGE, "%s: unknown name '%.80s': see mirrortop --help", place,
                       name);
    }
    if (use.option->group == GROUP_OTHER)
        return err_set(err, EXIT_USAGE, "%s: %s has a meaning only on the command line", place,
                       name);
    snprintf(where, sizeof(where), "%s: %s", place, name);
    return option_apply(options, &use, err);
}

static bool config_read_line(struct options *options, char *line, const char *place,
                             unsigned number, struct err *err)
{
    for (const char *at = line; *at != '\0'; at++) {
        if (((unsigned char)*at < ' ' && !config_is_space(*at)) || *at == 0x7f)
            return err_set(err, EXIT_USAGE, "%s: a control character: not a text file?", place);
    }
    config_drop_comment(line);
    line = config_trim(line);
    return *line == '\0' || config_set(options, line, place, number, err);
}

bool options_parse_config(struct options *options, const char *text, size_t size, const char *name,
                          struct err *err)
{
    char place[CONFIG_PLACE];
    struct config_text *copy;
    char *line;

    if (size > CONFIG_MAX_BYTES)
        return err_set(err, EXIT_USAGE, "%s: more than %d bytes: not a config file", name,
                       CONFIG_MAX_BYTES);
    copy = malloc(sizeof(*copy) + size + 1);
    if (!copy)
        return err_set(err, EXIT_RUNTIME, "no memory for the config file");
    memcpy(copy->text, text, size);
    copy->text[size] = '\0';
    copy->next = options->storage;
    options->storage = copy;
    if (strlen(copy->text) != size)
        return err_set(err, EXIT_USAGE, "%s: a NUL byte: not a text file", name);

    line = copy->text;
    for (unsigned number = 1; *line != '\0'; number++) {
        char *end = line + strcspn(line, "\n");
        bool last = *end == '\0';

        *end = '\0';
        snprintf(place, sizeof(place), "%.256s:%u", name, number);
        if (!config_read_line(options, line, place, number, err))
            return false;
        if (last)
            break;
        line = end + 1;
    }
    return true;
}

/* Where the file is, by the XDG base directory specification. false: nowhere. */
static bool config_default_path(char *path, size_t size)
{
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int length;

    if (base && base[0] == '/')
        length = snprintf(path, size, "%s/mirrortop/config", base);
    else if (home && home[0] == '/')
        length = snprintf(path, size, "%s/.config/mirrortop/config", home);
    else
        return false;
    return length > 0 && (size_t)length < size;
}

/* Under sudo HOME may be that of the user who called it: a file of somebody else there must not
 * decide what root reads and writes. */
static bool config_check_owner(const struct stat *status, const char *path, struct err *err)
{
    const char *sudo = getenv("SUDO_UID");

    if (geteuid() != 0 || !sudo || status->st_uid == 0 ||
        status->st_uid == (uid_t)strtoul(sudo, NULL, 10))
        return true;
    return err_set(err, EXIT_USAGE,
                   "%s: belongs to user %lu, not to the one who called sudo: change its owner or "
                   "remove it",
                   path, (unsigned long)status->st_uid);
}

static bool config_read_fd(struct options *options, int fd, const char *path, struct err *err)
{
    char text[CONFIG_MAX_BYTES + 1];
    struct stat status;
    size_t size = 0;
    ssize_t got;

    if (fstat(fd, &status) != 0)
        return err_set(err, EXIT_USAGE, "%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return err_set(err, EXIT_USAGE, "%s: the config file must be a plain file", path);
    if (!config_check_owner(&status, path, err))
        return false;
    while (size < sizeof(text) && (got = read(fd, text + size, sizeof(text) - size)) != 0) {
        if (got < 0)
            return err_set(err, EXIT_USAGE, "%s: %s", path, strerror(errno));
        size += (size_t)got;
    }
    return options_parse_config(options, text, size, path, err);
}

bool config_load(struct options *options, const char *path, struct err *err)
{
    char found[PATH_MAX];
    bool good;
    int fd;

    if (!path && !config_default_path(found, sizeof(found)))
        return true;
    /* Non-blocking: a FIFO in its place must not hang the start. */
    fd = open(path ? path : found, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        if (!path && (errno == ENOENT || errno == ENOTDIR))
            return true;
        return err_set(err, EXIT_USAGE, "%s: the config file cannot be opened: %s",
                       path ? path : found, strerror(errno));
    }
    good = config_read_fd(options, fd, path ? path : found, err);
    close(fd);
    return good;
}
