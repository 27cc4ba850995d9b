/* SPDX-License-Identifier: MIT */
/*
 * udp: datagrams on the loopback device for tests of what receives them, and a live input to read.
 *
 * What must work asserts by itself.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_UDP_H
#define MIRRORTOP_TESTS_SUPPORT_UDP_H

#include <stddef.h>
#include <stdint.h>

#include "../../src/input/input.h"

/* A port that nothing has just now. */
uint16_t udp_free_port(void);

/* A socket that is connected to `port` of `address`, which is numeric and ours. */
int udp_sender(const char *address, uint16_t port);

/* The port that it sends from. */
uint16_t udp_own_port(int fd);

void udp_send(int fd, const void *data, size_t size);

/* The kernel shall cut what is sent into datagrams of `segment` bytes. False: it cannot. */
bool udp_segment(int fd, int segment);

/* Reads up to `max` frames, waiting seconds for the first. 0: none came. */
size_t live_read(struct input *input, struct frame *frames, size_t max);

/* Reads until none comes for a moment; how many there were. */
uint64_t live_read_all(struct input *input);

struct input_health live_health(struct input *input);

#endif
