/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

static void append(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void append(char *out, size_t size, const char *format, ...)
{
    size_t used = strlen(out);
    va_list args;

    va_start(args, format);
    vsnprintf(out + used, size - used, format, args);
    va_end(args);
}

static void append_port(char *out, size_t size, uint16_t port)
{
    if (port)
        append(out, size, "%sudp dst port %u", *out ? " or " : "", port);
}

void device_filter(const struct decode_config *config, bool vlan, char out[DEVICE_FILTER])
{
    char ports[DEVICE_FILTER / 2 - 16] = "";

    for (size_t i = 0; i < DECODE_MAX_PORTS; i++)
        append_port(ports, sizeof(ports), config->vxlan_ports[i]);
    append_port(ports, sizeof(ports), config->geneve_port);
    /* `vlan` moves what stands behind it in the expression, so it stands last. */
    if (*ports && vlan)
        snprintf(out, DEVICE_FILTER, "(%s) or (vlan and (%s))", ports, ports);
    else
        snprintf(out, DEVICE_FILTER, "%s", ports);
}

/* libpcap also lists what is no network device: USB buses, netfilter logs. */
static bool is_network(const pcap_if_t *device)
{
    return if_nametoindex(device->name) != 0 || strcmp(device->name, "any") == 0;
}

void device_names(char *out, size_t size)
{
    char why[PCAP_ERRBUF_SIZE];
    pcap_if_t *devices = NULL;

    *out = '\0';
    if (pcap_findalldevs(&devices, why) < 0)
        return;
    for (const pcap_if_t *device = devices; device; device = device->next) {
        if (is_network(device))
            append(out, size, "%s%s", *out ? ", " : "", device->name);
    }
    pcap_freealldevs(devices);
}

static void list_addresses(FILE *out, const pcap_if_t *device)
{
    char text[INET6_ADDRSTRLEN];
    int width = 0;

    for (const pcap_addr_t *at = device->addresses; at; at = at->next) {
        const void *address = NULL;

        if (at->addr && at->addr->sa_family == AF_INET)
            address = &((const struct sockaddr_in *)(const void *)at->addr)->sin_addr;
        else if (at->addr && at->addr->sa_family == AF_INET6)
            address = &((const struct sockaddr_in6 *)(const void *)at->addr)->sin6_addr;
        if (address && inet_ntop(at->addr->sa_family, address, text, sizeof(text)))
            width += fprintf(out, "%s%s", width ? " " : "", text);
    }
    if (width == 0)
        fputc('-', out);
}

bool input_list_interfaces(FILE *out, struct err *err)
{
    char why[PCAP_ERRBUF_SIZE];
    pcap_if_t *devices = NULL;

    if (pcap_findalldevs(&devices, why) < 0)
        return err_set(err, EXIT_RUNTIME, "the interfaces cannot be listed: %s", why);
    for (const pcap_if_t *device = devices; device; device = device->next) {
        if (!is_network(device))
            continue;
        fprintf(out, "%-15s %-4s ", device->name, device->flags & PCAP_IF_UP ? "up" : "down");
        list_addresses(out, device);
        fprintf(out, "%s%s\n", device->description ? "  " : "",
                device->description ? device->description : "");
    }
    pcap_freealldevs(devices);
    return true;
}

void device_look(int fd, const char *name, struct device_state *state)
{
    struct ifreq request;

    memset(state, 0, sizeof(*state));
    memset(&request, 0, sizeof(request));
    strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
    if (ioctl(fd, SIOCGIFINDEX, &request) < 0)
        return;
    state->index = request.ifr_ifindex;
    if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
        state->is_up = (request.ifr_flags & IFF_UP) != 0;
        state->is_connected = (request.ifr_flags & IFF_RUNNING) != 0;
    }
    if (ioctl(fd, SIOCGIFHWADDR, &request) == 0)
        state->hardware = request.ifr_hwaddr.sa_family;
}
