/* SPDX-License-Identifier: MIT */
/*
 * Who has a UDP port.
 *
 * A tunnel device of the kernel's is found among the devices: while it is up, its port is its own.
 * A program's socket is in /proc/net/udp with an inode, and the program among those whose
 * descriptors we may look at. What is on port 4789 of a mirror target is one of the two, and the
 * way out is not the same.
 */
#include "live.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct device_search {
    uint16_t port;
    struct link_info found;
};

static void device_match(const struct link_info *info, void *context)
{
    struct device_search *search = context;

    if (info->is_up && info->port == search->port)
        search->found = *info;
}

static bool find_device(uint16_t port, struct link_info *found)
{
    struct device_search search = { .port = port };
    int fd = links_open();

    links_each(fd, NULL, device_match, &search);
    if (fd >= 0)
        close(fd);
    *found = search.found;
    return found->name[0] != '\0';
}

/* A line of /proc/net/udp: "sl: ADDRESS:PORT ..." with port in hex, inode the tenth field. */
static bool inode_of_line(char *line, uint16_t port, unsigned long *inode)
{
    enum { LOCAL = 1, INODE = 9 };
    char *rest = line, *field;

    for (int n = 0; n <= INODE; n++) {
        const char *colon;

        while ((field = strsep(&rest, " \n")) && *field == '\0')
            ;
        if (!field)
            return false;
        colon = strchr(field, ':');
        if (n == LOCAL && (!colon || strtoul(colon + 1, NULL, 16) != port))
            return false;
        if (n == INODE)
            *inode = strtoul(field, NULL, 10);
    }
    return true;
}

static bool find_inode(const char *path, uint16_t port, unsigned long *inode)
{
    FILE *file = fopen(path, "re");
    char line[512];
    bool found = false;

    while (file && !found && fgets(line, sizeof(line), file))
        found = inode_of_line(line, port, inode);
    if (file)
        fclose(file);
    return found;
}

static bool has_socket(const char *pid, const char *wanted)
{
    char path[64], target[64];
    struct dirent *entry;
    bool found = false;
    DIR *directory;

    snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
    directory = opendir(path);
    while (directory && !found && (entry = readdir(directory))) {
        ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);

        target[length < 0 ? 0 : length] = '\0';
        found = strcmp(target, wanted) == 0;
    }
    if (directory)
        closedir(directory);
    return found;
}

static void name_of(const char *pid, char *out, size_t size)
{
    char path[64], name[32] = "a program";
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
    file = fopen(path, "re");
    if (file && fgets(name, sizeof(name), file))
        name[strcspn(name, "\n")] = '\0';
    if (file)
        fclose(file);
    snprintf(out, size, "%s (pid %.20s)", name, pid);
}

static bool find_program(unsigned long inode, char *out, size_t size)
{
    char wanted[64];
    struct dirent *entry;
    bool found = false;
    DIR *directory = opendir("/proc");

    snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
    while (directory && !found && (entry = readdir(directory))) {
        found = isdigit((unsigned char)entry->d_name[0]) && has_socket(entry->d_name, wanted);
        if (found)
            name_of(entry->d_name, out, size);
    }
    if (directory)
        closedir(directory);
    return found;
}

void live_port_user(uint16_t port, char *out, size_t size)
{
    unsigned long inode = 0;
    struct link_info device;
    char program[80];
    bool listed =
        find_inode("/proc/net/udp", port, &inode) || find_inode("/proc/net/udp6", port, &inode);

    if (find_device(port, &device))
        snprintf(out, size,
                 "the kernel's %s device %s: capture on the interface (-i IF), or remove the "
                 "device: sudo ip link del %s",
                 device.kind, device.name, device.name);
    else if (listed && find_program(inode, program, sizeof(program)))
        snprintf(out, size, "%s: stop it, or capture on the interface (-i IF)", program);
    else
        snprintf(out, size,
                 "another program: capture on the interface (-i IF), or stop it; it is named by: "
                 "sudo ss -ulnp sport = :%u",
                 port);
}
