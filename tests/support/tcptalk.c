/* SPDX-License-Identifier: MIT */
#include "tcptalk.h"

static struct snapshot *snapshot;

void tcptalk_again(void)
{
    snapshot_free(snapshot);
    snapshot = NULL;
}

void tcptalk_start(void)
{
    trace_start();
    tcptalk_again();
}

void tcptalk_stop(void)
{
    tcptalk_again();
}

const struct snapshot *tcptalk_snapshot(void)
{
    struct engine_config config = enginerun_config();

    if (!snapshot)
        snapshot = enginerun_all(&config);
    return snapshot;
}

uint64_t tcptalk_counted(enum tcp_count what)
{
    return tcptalk_snapshot()->tcp.count[what];
}

const struct flow_record *tcptalk_row(void)
{
    return enginerun_flow(tcptalk_snapshot(), 0);
}

void tcptalk_segment(bool by_server, struct segment s)
{
    uint16_t given = by_server ? s.dport : s.sport, port = given ? given : 40000;

    s.src = by_server ? "192.0.2.1" : "10.0.1.10";
    s.dst = by_server ? "10.0.1.10" : "192.0.2.1";
    s.sport = by_server ? 443 : port;
    s.dport = by_server ? port : 443;
    s.egress = !by_server;
    s.flags = s.flags ? s.flags : TCP_ACK;
    trace_segment(&s);
}

void tcptalk_wait_ms(uint64_t ms)
{
    trace.now_ns += ms * 1000000;
}

void tcptalk_server(struct segment s)
{
    s.ack = s.ack ? s.ack : 101;
    tcptalk_segment(true, s);
}

void tcptalk_client(struct segment s)
{
    s.seq = s.seq ? s.seq : 101;
    tcptalk_segment(false, s);
}

void tcptalk_data(unsigned i)
{
    tcptalk_server(
        (struct segment){ .seq = 901 + 100 * i, .payload = 100, .ip_id = (uint16_t)(10 + i) });
}

void tcptalk_ack(unsigned i)
{
    tcptalk_client((struct segment){ .ack = 901 + 100 * i });
}
