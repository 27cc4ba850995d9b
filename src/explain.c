/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

/* ---- what is wanted -------------------------------------------------------------------------- */

/* The first `length` characters. */
static bool parse_addr(const char *text, size_t length, uint8_t family, struct ip_addr *addr)
{
    char digits[FORMAT_ADDR];

    *addr = (struct ip_addr){ .family = family };
    if (length >= sizeof(digits))
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    return inet_pton(family == 6 ? AF_INET6 : AF_INET, digits, addr->bytes) == 1;
}

/* Digits at *text, which moves behind them. */
static bool parse_number(const char **text, uint64_t most, uint64_t *number)
{
    const char *from = *text;

    for (*number = 0; **text >= '0' && **text <= '9' && *number <= most; ++*text)
        *number = *number * 10 + (uint64_t)(**text - '0');
    return *text > from && *number <= most;
}

/* "ADDR:PORT" or "[ADDR]:PORT" at *text, which moves behind it. */
static bool parse_end(const char **text, struct ip_addr *addr, uint64_t *port)
{
    bool brackets = **text == '[';
    const char *from = *text + brackets;
    size_t length = strcspn(from, brackets ? "]" : ":");
    const char *end = from + length;

    if (*end == '\0' || !parse_addr(from, length, brackets ? 6 : 4, addr))
        return false;
    end += brackets;
    if (*end != ':')
        return false;
    *text = end + 1;
    return parse_number(text, UINT16_MAX, port);
}

/* What stands behind a flow in the heading of what is printed of it, and tells flows of equal ends
 * apart: ", VNI 7 from 10.0.1.10". */
static bool parse_session(const char *text, struct explain_want *want)
{
    static const char vni[] = ", VNI ", from[] = " from ";
    size_t length;

    if (strncmp(text, vni, sizeof(vni) - 1) != 0)
        return false;
    text += sizeof(vni) - 1;
    if (!parse_number(&text, UINT32_MAX, &want->vni) || strncmp(text, from, sizeof(from) - 1) != 0)
        return false;
    text += sizeof(from) - 1;
    length = strlen(text);
    return parse_addr(text, length, strchr(text, ':') ? 6 : 4, &want->mirror_source);
}

static bool parse_flow(struct explain_want *want, const char *text)
{
    if (strncmp(text, "tcp ", 4) == 0)
        text += 4;
    text += strspn(text, " ");
    if (!parse_end(&text, &want->addr[0], &want->port[0]))
        return false;
    text += strspn(text, " ");
    if (*text != '-' && *text != '>')
        return false;
    text++;
    text += strspn(text, " ");
    if (!parse_end(&text, &want->addr[1], &want->port[1]) ||
        want->addr[0].family != want->addr[1].family)
        return false;
    return *text == '\0' || parse_session(text, want);
}

static bool parse_counter(struct explain_want *want, const char *text)
{
    for (unsigned i = 0; i < TCP_COUNT_COUNT; i++) {
        want->counter = (enum tcp_count)i;
        if (explain_has(want->counter) && strcmp(text, tcp_count_name(want->counter)) == 0)
            return true;
    }
    return false;
}

static void list_counters(char *out, size_t size)
{
    size_t used = 0;

    for (unsigned i = 0; i < TCP_COUNT_COUNT && used < size; i++) {
        if (explain_has((enum tcp_count)i))
            used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "",
                                     tcp_count_name((enum tcp_count)i));
    }
}

bool explain_parse(struct explain_want *want, const char *text, const char *where, struct err *err)
{
    char names[480];

    *want = (struct explain_want){ .what = EXPLAIN_ONE_FLOW, .vni = VALUE_UNKNOWN };
    if (parse_flow(want, text))
        return true;
    want->what = strcmp(text, "all") == 0 ? EXPLAIN_ALL : EXPLAIN_COUNTER;
    if (want->what == EXPLAIN_ALL || parse_counter(want, text))
        return true;
    list_counters(names, sizeof(names));
    return err_set(err, EXIT_USAGE,
                   "%s: expected a flow such as 10.0.1.10:50001-192.0.2.80:443 or "
                   "[2001:db8::1]:50001-[2001:db8::2]:443, all, or one of %s; not '%.80s'",
                   where, names, text);
}

static bool is_end(const struct explain_want *want, unsigned end, const struct ip_addr *addr,
                   uint64_t port)
{
    return want->port[end] == port && want->addr[end].family == addr->family &&
           memcmp(want->addr[end].bytes, addr->bytes, sizeof(addr->bytes)) == 0;
}

bool explain_wants(const struct explain_want *want, const struct tcp_event *event,
                   const struct flow_record *flow)
{
    if (want->what == EXPLAIN_ALL)
        return true;
    if (want->what == EXPLAIN_COUNTER)
        return tcp_event_value(event, want->counter) != 0 ||
               (event->why == TCP_WHY_CUT && event->number[0] >> want->counter & 1);
    if (want->vni != VALUE_UNKNOWN &&
        (want->vni != flow->vni || !ip_addr_equal(&want->mirror_source, &flow->mirror_source)))
        return false;
    for (unsigned src = 0; src < 2; src++) {
        if (is_end(want, src, &flow->src_addr, flow->src_port) &&
            is_end(want, !src, &flow->dst_addr, flow->dst_port))
            return true;
    }
    return false;
}

static size_t put_end(char *out, size_t size, const struct ip_addr *addr, uint64_t port)
{
    char text[FORMAT_ADDR];
    bool brackets = addr->family == 6;

    format_addr(text, sizeof(text), addr);
    return (size_t)snprintf(out, size, "%s%s%s:%" PRIu64, brackets ? "[" : "", text,
                            brackets ? "]" : "", port);
}

size_t explain_flow(char *out, size_t size, const struct flow_record *flow)
{
    char src[FORMAT_ADDR + 10], dst[FORMAT_ADDR + 10];

    put_end(src, sizeof(src), &flow->src_addr, flow->src_port);
    put_end(dst, sizeof(dst), &flow->dst_addr, flow->dst_port);
    return (size_t)snprintf(out, size, "%s-%s", src, dst);
}
