/* SPDX-License-Identifier: MIT */
#include "fakeinput.h"

#include <stdlib.h>
#include <unistd.h>

static enum input_status fakeinput_read(struct input *input, struct frame *frames, size_t max,
                                        size_t *count, struct err *err)
{
    struct fakeinput *fake = (struct fakeinput *)input;

    for (*count = 0; *count < max && fake->at < fake->available; fake->at++) {
        frames[(*count)++] = (struct frame){
            .data = fake->data,
            .captured = fake->length,
            .wire = fake->length,
            .link = LINK_ETHERNET,
            .ts_ns = fake->stamps[fake->at],
        };
    }
    input->position_bytes = fake->at;
    if (*count > 0)
        return INPUT_OK;
    if (fake->at < fake->count)
        return INPUT_AGAIN;
    if (!fake->fails)
        return INPUT_END;
    err_set(err, EXIT_INPUT, "it broke");
    return INPUT_ERROR;
}

static int fakeinput_fd(const struct input *input)
{
    (void)input;
    return STDIN_FILENO;
}

static bool fakeinput_rewind(struct input *input, struct err *err)
{
    if (!input->can_rewind)
        return err_set(err, EXIT_INPUT, "a pipe");
    ((struct fakeinput *)input)->at = 0;
    input->position_bytes = 0;
    return true;
}

static void fakeinput_close(struct input *input)
{
    (void)input;
}

static const struct input_ops fakeinput_ops = {
    .read = fakeinput_read,
    .fd = fakeinput_fd,
    .rewind = fakeinput_rewind,
    .close = fakeinput_close,
};

void fakeinput_init(struct fakeinput *fake, const uint8_t *data, size_t length)
{
    *fake = (struct fakeinput){
        .base = { .ops = &fakeinput_ops, .source = "fake", .can_rewind = true },
        .data = data,
        .length = (uint32_t)length,
    };
}

void fakeinput_add(struct fakeinput *fake, uint64_t from_ns, uint64_t step_ns, size_t count)
{
    if (count > FAKEINPUT_MAX - fake->count)
        abort();
    for (size_t i = 0; i < count; i++)
        fake->stamps[fake->count++] = from_ns + i * step_ns;
    fake->available = fake->count;
    fake->base.size_bytes = fake->count;
}
