/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <pcap/pcap.h>
#include <stdio.h>

/* Numbers of https://www.tcpdump.org/linktypes.html. Raw IP is 101 in files; 12 and 14 are what
 * some systems' DLT_RAW wrote before that was settled. */
enum link_type capture_link(uint32_t number)
{
    switch (number) {
    case 1:
        return LINK_ETHERNET;
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
        return LINK_RAW;
    case 113:
        return LINK_LINUX_SLL;
    case 276:
        return LINK_LINUX_SLL2;
    case 0:
    case 108:
        return LINK_NULL;
    default:
        return LINK_UNSUPPORTED;
    }
}

void capture_link_name(char *out, size_t size, uint32_t number)
{
    const char *name = number <= 0xffff ? pcap_datalink_val_to_name((int)number) : NULL;

    if (name)
        snprintf(out, size, "%s (%u)", name, number);
    else
        snprintf(out, size, "%u", number);
}
