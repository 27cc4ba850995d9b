/* SPDX-License-Identifier: MIT */
#include "live.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../record.h"

/* The kernel's answers are at most 32 KiB at a time (rtnetlink(7)). */
enum { ANSWER_BYTES = 32 * 1024 };

int links_open(void)
{
    return socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
}

static bool links_ask(int fd, const char *name)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg info;
        struct rtattr attribute;
        char name[IFNAMSIZ];
    } request = {
        .header = { .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST },
        .info = { .ifi_family = AF_UNSPEC },
        .attribute = { .rta_len = RTA_LENGTH(IFNAMSIZ), .rta_type = IFLA_IFNAME },
    };
    size_t size = sizeof(request);

    if (name) {
        strncpy(request.name, name, IFNAMSIZ - 1);
    } else {
        request.header.nlmsg_flags |= NLM_F_DUMP;
        size = NLMSG_LENGTH(sizeof(request.info));
    }
    request.header.nlmsg_len = size;
    return write(fd, &request, size) == (ssize_t)size;
}

static void copy_text(char *out, size_t size, struct rtattr *attribute)
{
    size_t length = strnlen(RTA_DATA(attribute), RTA_PAYLOAD(attribute));

    if (length >= size)
        length = size - 1;
    memcpy(out, RTA_DATA(attribute), length);
    out[length] = '\0';
}

/* The port stands in network byte order, in an attribute whose number depends on the kind. */
static void read_port(struct link_info *info, struct rtattr *data)
{
    int wanted = strcmp(info->kind, "vxlan") == 0    ? IFLA_VXLAN_PORT
                 : strcmp(info->kind, "geneve") == 0 ? IFLA_GENEVE_PORT
                                                     : -1;
    int left = RTA_PAYLOAD(data);

    for (struct rtattr *at = RTA_DATA(data); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
        const uint8_t *port = RTA_DATA(at);

        if ((at->rta_type & NLA_TYPE_MASK) == wanted && RTA_PAYLOAD(at) >= 2)
            info->port = (uint16_t)(port[0] << 8 | port[1]);
    }
}

static void read_kind(struct link_info *info, struct rtattr *linkinfo)
{
    struct rtattr *data = NULL;
    int left = RTA_PAYLOAD(linkinfo);

    for (struct rtattr *at = RTA_DATA(linkinfo); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
        if ((at->rta_type & NLA_TYPE_MASK) == IFLA_INFO_KIND)
            copy_text(info->kind, sizeof(info->kind), at);
        else if ((at->rta_type & NLA_TYPE_MASK) == IFLA_INFO_DATA)
            data = at;
    }
    if (data)
        read_port(info, data);
}

/* Where drivers count what they had no room for differs: most in rx_missed_errors, ENA (the network
 * card of EC2) in rx_dropped, some in rx_fifo_errors. */
static uint64_t read_drops(struct rtattr *attribute)
{
    struct rtnl_link_stats64 stats;
    size_t size = RTA_PAYLOAD(attribute);

    memset(&stats, 0, sizeof(stats));
    memcpy(&stats, RTA_DATA(attribute), size < sizeof(stats) ? size : sizeof(stats));
    return stats.rx_dropped + stats.rx_missed_errors + stats.rx_fifo_errors;
}

static void link_told(struct nlmsghdr *header, link_fn *fn, void *context)
{
    struct ifinfomsg *message = NLMSG_DATA(header);
    struct link_info info = { .rx_drops = VALUE_UNKNOWN,
                              .is_up = (message->ifi_flags & IFF_UP) != 0 };
    struct rtattr *at = IFLA_RTA(message);
    int left = IFLA_PAYLOAD(header);

    for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
        switch (at->rta_type & NLA_TYPE_MASK) {
        case IFLA_IFNAME:
            copy_text(info.name, sizeof(info.name), at);
            break;
        case IFLA_LINKINFO:
            read_kind(&info, at);
            break;
        case IFLA_STATS64:
            info.rx_drops = read_drops(at);
            break;
        default:
            break;
        }
    }
    fn(&info, context);
}

bool links_each(int fd, const char *name, link_fn *fn, void *context)
{
    _Alignas(struct nlmsghdr) char answer[ANSWER_BYTES];

    if (fd < 0 || !links_ask(fd, name))
        return false;
    for (;;) {
        ssize_t got = read(fd, answer, sizeof(answer));
        struct nlmsghdr *header = (struct nlmsghdr *)answer;

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        for (; NLMSG_OK(header, got); header = NLMSG_NEXT(header, got)) {
            if (header->nlmsg_type == NLMSG_DONE)
                return true;
            if (header->nlmsg_type == NLMSG_ERROR)
                return false;
            if (header->nlmsg_type == RTM_NEWLINK)
                link_told(header, fn, context);
        }
        if (name)
            return true;
    }
}
