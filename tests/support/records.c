/* SPDX-License-Identifier: MIT */
#include "records.h"

#define SECOND 1000000000u

#define V4(a, b, c, d)                                                                             \
    {                                                                                              \
        .bytes = { a, b, c, d }, .family = 4                                                       \
    }
#define V6_LONG                                                                                    \
    {                                                                                              \
        .bytes = { 0x20, 0x01, 0x0d, 0xb8, 0x11, 0x11, 0x22, 0x22,                                 \
                   0x33, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66 },                               \
        .family = 6                                                                                \
    }

const char records_hostile[] = "\x1b[31m\"x\\\",\xff\xe2\x80\xae\r\n";

static const struct session_record sessions[] = {
    { .key = 1,
      .name = "",
      .vni = 16777215,
      .mirror_source = V4(10, 0, 1, 10),
      .gwlbe = "0123456789abcdef",
      .mac = "02:00:00:00:00:01",
      .packets = 90,
      .bytes = 9000,
      .ingress = 40,
      .egress = 50,
      .truncated = 3,
      .malformed = 1,
      .flows = 4,
      .first_ns = RECORDS_START,
      .last_ns = RECORDS_START + SECOND,
      .eni = "eni-0123456789abcdef0",
      .session_number = 2,
      .filter = records_hostile,
      .packet_length = 200,
      .state = "not in file" },
    { .key = 0,
      .name = "direct",
      .vni = VALUE_UNKNOWN,
      .gwlbe = "",
      .mac = "",
      .packets = 10,
      .bytes = 1000,
      .unknown_direction = 10,
      .flows = 1,
      .first_ns = RECORDS_START,
      .last_ns = RECORDS_START,
      .eni = "",
      .session_number = VALUE_UNKNOWN,
      .filter = "",
      .packet_length = VALUE_UNKNOWN,
      .state = "" },
};

static const struct talker_record talkers[] = {
    { .key = 0,
      .addr = V6_LONG,
      .vni = VALUE_UNKNOWN,
      .packets_sent = 60,
      .bytes_sent = 6000,
      .packets_received = 40,
      .bytes_received = 4000,
      .bytes = 10000,
      .flows = 5,
      .country = "DE",
      .asn = 64512,
      .as_name = records_hostile },
    { .key = 1,
      .addr = V4(192, 0, 2, 80),
      .vni = 7,
      .mirror_source = V4(10, 0, 1, 10),
      .packets_received = 1,
      .bytes_received = 40,
      .bytes = 40,
      .flows = 1,
      .country = "",
      .asn = VALUE_UNKNOWN,
      .as_name = "" },
};

static const struct protocol_record protocols[] = {
    { .key = 0,
      .name = "ipv4",
      .parent = "",
      .level = 0,
      .packets = 80,
      .bytes = 8000,
      .share = 800 },
    { .key = 1,
      .name = "udp",
      .parent = "ipv4",
      .level = 1,
      .packets = 50,
      .bytes = 5000,
      .share = 500 },
    { .key = 2,
      .name = "dns",
      .parent = "udp",
      .level = 2,
      .packets = 50,
      .bytes = 5000,
      .share = 500 },
    { .key = 3,
      .name = "tcp",
      .parent = "ipv4",
      .level = 1,
      .packets = 30,
      .bytes = 3000,
      .share = 300 },
    { .key = 4,
      .name = "ipv6",
      .parent = "",
      .level = 0,
      .packets = 20,
      .bytes = 3500,
      .share = 199 },
    { .key = 5,
      .name = "udp",
      .parent = "ipv6",
      .level = 1,
      .packets = 20,
      .bytes = 3500,
      .share = 199 },
    { .key = 6, .name = "arp", .parent = "", .level = 0, .packets = 1, .bytes = 42, .share = 0 },
};

static const struct suspicion_record suspicions[] = {
    { .key = 2,
      .kind = "port_scan",
      .src_addr = V6_LONG,
      .dst_addr = V6_LONG,
      .vni = 7,
      .mirror_source = V4(10, 0, 1, 10),
      .port = VALUE_UNKNOWN,
      .detail = "80 ports in 4 s",
      .started_ns = RECORDS_START,
      .last_ns = RECORDS_START + 4ull * SECOND,
      .targets = 80,
      .unanswered = 38,
      .refused = 42,
      .window_s = 300 },
    { .key = 1,
      .kind = "address_scan",
      .src_addr = V4(10, 0, 1, 10),
      .vni = VALUE_UNKNOWN,
      .port = 22,
      .detail = "53 hosts on port 22 in 12 s",
      .started_ns = RECORDS_START,
      .last_ns = RECORDS_START + 12ull * SECOND,
      .targets = 53,
      .unanswered = 53,
      .refused = 0,
      .window_s = 300 },
};

/* A direction that was not seen. */
#define NOTHING_OF_TCP                                                                             \
    {                                                                                              \
        .retransmit_runs = VALUE_UNKNOWN, .fast = VALUE_UNKNOWN, .timeout = VALUE_UNKNOWN,         \
        .tail_probes = VALUE_UNKNOWN, .spurious = VALUE_UNKNOWN, .syn_again = VALUE_UNKNOWN,       \
        .fin_again = VALUE_UNKNOWN, .lost_before_mirror = VALUE_UNKNOWN,                           \
        .inferred = VALUE_UNKNOWN, .late = VALUE_UNKNOWN, .uncertain = VALUE_UNKNOWN,              \
        .mirror_loss_segments = VALUE_UNKNOWN, .window_full = VALUE_UNKNOWN,                       \
        .duplicate_acks = VALUE_UNKNOWN, .keep_alives = VALUE_UNKNOWN,                             \
        .zero_window_probes = VALUE_UNKNOWN, .window_probes = VALUE_UNKNOWN,                       \
        .rtt_min_us = VALUE_UNKNOWN, .rtt_median_us = VALUE_UNKNOWN, .rtt_p95_us = VALUE_UNKNOWN,  \
    }

const struct flow_record records_flow = {
    .serial = 1,
    .start_ns = RECORDS_START,
    .end_ns = RECORDS_START + SECOND,
    .vni = 5569041,
    .mirror_source = V4(10, 0, 1, 10),
    .protocol = "tcp",
    .app = "tls",
    .src_addr = V4(10, 0, 1, 10),
    .dst_addr = V6_LONG,
    .src_port = 50001,
    .dst_port = 443,
    .src_packets = 11,
    .src_bytes = 1234,
    .dst_packets = 6,
    .dst_bytes = 4632,
    .src_direction = "egress",
    .src_tcp_flags = TCP_SYN | TCP_ACK,
    .dst_tcp_flags = VALUE_UNKNOWN,
    .src_retransmits = 2,
    .dst_retransmits = VALUE_UNKNOWN,
    .src_out_of_order = 1,
    .dst_out_of_order = VALUE_UNKNOWN,
    .src_mirror_loss_bytes = VALUE_UNKNOWN,
    .dst_mirror_loss_bytes = VALUE_UNKNOWN,
    .src_zero_windows = 0,
    .dst_zero_windows = VALUE_UNKNOWN,
    .rtt_us = 800000,
    .server_name = "www.example.com",
    .cut = "",
    .also_session = "1002@10.0.2.20",
    .src_country = "",
    .dst_country = "FR",
    .src_asn = VALUE_UNKNOWN,
    .dst_asn = 4294967295,
    .rule = VALUE_UNKNOWN,
    .state = "open",
    .packets = 17,
    .bytes = 5866,
    .retransmits = 2,
    .retransmit_share = 117,
    .src_retransmit_bytes = 2920,
    .dst_retransmit_bytes = VALUE_UNKNOWN,
    .retransmit_bytes = 2920,
    .retransmit_bytes_share = 497,
    .src_tcp = { .retransmit_runs = 1,
                 .fast = 2,
                 .rtt_min_us = 900,
                 .rtt_median_us = 1000,
                 .rtt_p95_us = 2000 },
    .dst_tcp = NOTHING_OF_TCP,
    .answer_us = 700000,
    .confirm_us = 100000,
    .retransmit_runs = 1,
    .fast = 2,
};

struct snapshot records_snapshot(const struct flow_record *flow)
{
    struct snapshot snapshot = {
        .input = { .packets = 101,
                   .bytes = 12345,
                   .mirrored = 90,
                   .not_mirrored = 11,
                   .kernel_drops = VALUE_UNKNOWN,
                   .first_ns = RECORDS_START,
                   .last_ns = RECORDS_START + 12ull * SECOND,
                   .time_backwards = 2,
                   .cut = true },
        .decode = { .outcomes = { [DECODE_OK] = 95,
                                  [DECODE_TRUNCATED] = 3,
                                  [DECODE_MALFORMED] = 2,
                                  [DECODE_UNSUPPORTED] = 1 },
                    .fragments = 5,
                    .duplicates = VALUE_UNKNOWN,
                    .reasons = { [REASON_NONE] = 95,
                                 [REASON_CUT_PAYLOAD] = 3,
                                 [REASON_IP_VERSION] = 2,
                                 [REASON_LLC] = 1 },
                    .anomalies = { [ANOMALY_LAND] = 4 } },
        .flows = { .total = 5, .active = 4, .evicted = 1, .limit = 16 },
        .tcp = { .segments = 1000,
                 .count = { [TCP_COUNT_RETRANSMITS] = 10,
                            [TCP_COUNT_RETRANSMIT_BYTES] = 14600,
                            [TCP_COUNT_FAST] = 4,
                            [TCP_COUNT_SPURIOUS] = 1,
                            [TCP_COUNT_OUT_OF_ORDER] = 3,
                            [TCP_COUNT_LATE] = 2,
                            [TCP_COUNT_MIRROR_LOSS_BYTES] = VALUE_UNKNOWN,
                            [TCP_COUNT_DUPLICATE_ACKS] = VALUE_UNKNOWN,
                            [TCP_COUNT_ZERO_WINDOWS] = 1 },
                 .rtt = { .count = 2,
                          .min_us = 900,
                          .median_us = 1500,
                          .p95_us = 20000,
                          .max_us = 20000 } },
        .packets = 101,
        .bytes = 11542,
        .tables = { [TABLE_SESSIONS] = { sessions, 2, 2 },
                    [TABLE_TALKERS] = { talkers, 2, 123 },
                    [TABLE_PROTOCOLS] = { protocols, 7, 7 },
                    [TABLE_RETRANSMITS] = { flow, 1, 1 },
                    [TABLE_SUSPICIONS] = { suspicions, 2, 2 },
                    [TABLE_FLOWS] = { flow, 1, 5 } },
    };

    return snapshot;
}

/* Nothing was read. */
struct snapshot records_nothing(void)
{
    return (struct snapshot){
        .input = { .kernel_drops = VALUE_UNKNOWN,
                   .first_ns = VALUE_UNKNOWN,
                   .last_ns = VALUE_UNKNOWN },
        .decode = { .duplicates = VALUE_UNKNOWN },
        .tcp = { .rtt = { .min_us = VALUE_UNKNOWN,
                          .median_us = VALUE_UNKNOWN,
                          .p95_us = VALUE_UNKNOWN,
                          .max_us = VALUE_UNKNOWN } },
    };
}
