/* SPDX-License-Identifier: MIT */
/*
 * tcptalk: a small conversation of TCP, and what an engine counts of it.
 *
 * The segments are the trace's, so there is one conversation a program. The engine sees them when
 * one asks first; what is added later counts from tcptalk_again() on.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_TCPTALK_H
#define MIRRORTOP_TESTS_SUPPORT_TCPTALK_H

#include "enginerun.h"

/* Before and after each test. */
void tcptalk_start(void);
void tcptalk_stop(void);

/* Lets an engine see the whole trace once more. */
void tcptalk_again(void);

/* Borrowed, until the next call of one of those above. */
const struct snapshot *tcptalk_snapshot(void);
/* In all. */
uint64_t tcptalk_counted(enum tcp_count what);
/* Of the flow with the most bytes. */
const struct flow_record *tcptalk_row(void);

/* A segment of 192.0.2.1:443, or of 10.0.1.10, the mirror source, to the other one. Without the
 * client's port that is 40000, and without flags it has an ACK. */
void tcptalk_segment(bool by_server, struct segment s);

/* The same of a talk in which the server sends data from 901 on, and the client, which has sent up
 * to 100, only acknowledges; numbers that are given stay. */
void tcptalk_server(struct segment s);
void tcptalk_client(struct segment s);
/* 100 bytes of the server at 901 + 100 * i. */
void tcptalk_data(unsigned i);
/* All up to there. */
void tcptalk_ack(unsigned i);

void tcptalk_wait_ms(uint64_t ms);

#endif
