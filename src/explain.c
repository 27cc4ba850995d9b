/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

/* ---- what is wanted -------------------------------------------------------------------------- */

/* "ADDR:PORT" or "[ADDR]:PORT" at *text, which moves behind it. */
static bool parse_end(const char **text, struct ip_addr *addr, uint64_t *port)
{
    bool brackets = **text == '[';
    const char *from = *text + brackets;
    size_t length = strcspn(from, brackets ? "]" : ":");
    const char *end = from + length;
    char digits[FORMAT_ADDR];
    uint64_t number = 0;

    *addr = (struct ip_addr){ .family = brackets ? 6 : 4 };
    if (length >= sizeof(digits) || *end == '\0')
        return false;
    memcpy(digits, from, length);
    digits[length] = '\0';
    end += brackets;
    if (inet_pton(brackets ? AF_INET6 : AF_INET, digits, addr->bytes) != 1 || *end != ':')
        return false;
    for (end++; *end >= '0' && *end <= '9' && number <= UINT16_MAX; end++)
        number = number * 10 + (uint64_t)(*end - '0');
    *port = number;
    *text = end;
    return end[-1] != ':' && number <= UINT16_MAX;
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
    return parse_end(&text, &want->addr[1], &want->port[1]) && *text == '\0' &&
           want->addr[0].family == want->addr[1].family;
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

    *want = (struct explain_want){ .what = EXPLAIN_ONE_FLOW };
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
        return tcp_event_value(event, want->counter) != 0;
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
