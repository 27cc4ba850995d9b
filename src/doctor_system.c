/* SPDX-License-Identifier: MIT */
#include "doctor_system.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024 };

/* The number that follows `at` behind blanks; *at moves behind it. */
static uint64_t next_number(const char **at)
{
    char *end;
    uint64_t number = strtoull(*at, &end, 10);

    *at = end;
    return number;
}

/* Each line is "name: bytes packets ..."; the first two lines are headings without a colon in
 * front of a number. */
static void parse_dev(const char *text, struct host_counters *counters)
{
    while (text) {
        const char *end = strchr(text, '\n');
        const char *colon = strchr(text, ':');
        const char *name = text + strspn(text, " ");

        if (colon && (!end || colon < end) && strncmp(name, "lo:", 3) != 0) {
            const char *at = colon + 1;

            next_number(&at); /* bytes */
            counters->received += next_number(&at);
        }
        text = end ? end + 1 : NULL;
    }
}

/* The value under `heading` of the pair of lines that begin with "Udp:". */
static bool udp_value(const char *text, const char *heading, uint64_t *value)
{
    const char *names = strstr(text, "Udp:");
    const char *end = names ? strchr(names, '\n') : NULL;
    const char *values = end ? end + 1 : NULL;
    size_t length = strlen(heading);

    if (!values || strncmp(values, "Udp:", 4) != 0)
        return false;
    names += 4;
    values += 4;
    while (names < end && *names == ' ') {
        uint64_t number = next_number(&values);

        names++;
        if (strncmp(names, heading, length) == 0 &&
            (names[length] == ' ' || names + length == end)) {
            *value += number;
            return true;
        }
        names += strcspn(names, " \n");
    }
    return false;
}

/* A line "Udp6InDatagrams   12". */
static void udp6_value(const char *text, const char *name, uint64_t *value)
{
    const char *at = strstr(text, name);

    if (at) {
        at += strlen(name);
        *value += next_number(&at);
    }
}

bool host_parse(const char *dev, const char *snmp, const char *snmp6,
                struct host_counters *counters)
{
    *counters = (struct host_counters){ .received = 0 };
    parse_dev(dev, counters);
    udp6_value(snmp6, "Udp6NoPorts", &counters->udp_no_port);
    return udp_value(snmp, "NoPorts", &counters->udp_no_port);
}

/* The file's text as it is now, or "". */
static void read_text(int fd, char *text)
{
    size_t used = 0;
    ssize_t got = 1;

    while (fd >= 0 && got > 0 && used < FILE_MAX - 1) {
        got = pread(fd, text + used, FILE_MAX - 1 - used, (off_t)used);
        used += got > 0 ? (size_t)got : 0;
    }
    text[used] = '\0';
}

static bool read_counters(const struct host_files *files, struct host_counters *counters)
{
    char *texts = malloc(3 * (size_t)FILE_MAX);
    bool known;

    if (!texts)
        return false;
    read_text(files->dev, texts);
    read_text(files->snmp, texts + FILE_MAX);
    read_text(files->snmp6, texts + 2 * FILE_MAX);
    known = host_parse(texts, texts + FILE_MAX, texts + 2 * FILE_MAX, counters);
    free(texts);
    return known;
}

void host_open(struct host_files *files)
{
    files->dev = open("/proc/net/dev", O_RDONLY | O_CLOEXEC);
    files->snmp = open("/proc/net/snmp", O_RDONLY | O_CLOEXEC);
    files->snmp6 = open("/proc/net/snmp6", O_RDONLY | O_CLOEXEC);
    files->known = read_counters(files, &files->start);
}

void host_restart(struct host_files *files)
{
    files->known = files->known && read_counters(files, &files->start);
}

void host_close(struct host_files *files)
{
    int fds[] = { files->dev, files->snmp, files->snmp6 };

    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
}

bool host_read(const struct host_files *files, struct host_counters *moved)
{
    struct host_counters now;

    if (!files->known || !read_counters(files, &now))
        return false;
    *moved = (struct host_counters){
        .received = now.received - files->start.received,
        .udp_no_port = now.udp_no_port - files->start.udp_no_port,
    };
    return true;
}
