/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/capbuild.h"
#include "../support/tempdir.h"

static char directory[TEMPDIR_PATH];

static void setup(void)
{
    tempdir_make(directory);
}

static void teardown(void)
{
    tempdir_remove(directory);
}

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

static const char *save_bytes(const char *name)
{
    const char *path = path_of(name);
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(cb.data, 1, cb.length, file), cb.length);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

/* ---- pcap ------------------------------------------------------------------------------------ */

static const struct {
    uint32_t magic;
    bool big_endian;
    size_t extra; /* bytes of a record header beyond 16 */
    uint32_t tick_ns;
} pcap_kinds[] = {
    { 0xa1b2c3d4, false, 0, 1000 }, { 0xa1b2c3d4, true, 0, 1000 },  { 0xa1b23c4d, false, 0, 1 },
    { 0xa1b23c4d, true, 0, 1 },     { 0xa1b2cd34, false, 8, 1000 }, { 0xa1b2cd34, true, 8, 1000 },
};

START_TEST(test_pcap_kinds)
{
    static const uint8_t extra[8] = { 0 };
    struct input *input;

    cb_start(pcap_kinds[_i].big_endian);
    cb_pcap(pcap_kinds[_i].magic, 1);
    for (uint32_t n = 0; n < 200; n++) {
        cb_put(0xf0000000u + n, 4);
        cb_put(n, 4);
        cb_put(n % 50, 4);
        cb_put(n, 4);
        cb_raw(extra, pcap_kinds[_i].extra);
        cb_frame((uint8_t)n, n % 50);
    }
    input = cb_open();
    ck_assert_msg(input != NULL, "%s", cb_err.text);
    for (int turn = 0; turn < 2; turn++) {
        cb_read_all(input);
        ck_assert_int_eq(cb_got.end, INPUT_END);
        ck_assert_uint_eq(cb_got.count, 200);
        for (uint32_t n = 0; n < 200; n++) {
            const struct frame *frame = &cb_got.frames[n];

            ck_assert_uint_eq(frame->ts_ns, (UINT64_C(0xf0000000) + n) * 1000000000 +
                                                (uint64_t)n * pcap_kinds[_i].tick_ns);
            ck_assert_uint_eq(frame->captured, n % 50);
            ck_assert_uint_eq(frame->wire, n);
            ck_assert_int_eq(frame->link, LINK_ETHERNET);
            if (frame->captured > 0)
                ck_assert_uint_eq(frame->data[frame->captured - 1], (uint8_t)(n + n % 50 - 1));
        }
        ck_assert(!input->cut);
        ck_assert_uint_eq(input->position_bytes, cb.length);
        ck_assert_uint_eq(input->size_bytes, cb.length);
        ck_assert(input_rewind(input, &cb_err));
    }
    input_close(input);
}
END_TEST

/* At every length the packets that are whole are read, and only a cut one makes the file cut. */
START_TEST(test_pcap_every_cut)
{
    size_t ends[3];

    cb_start(false);
    cb_pcap(0xa1b2c3d4, 1);
    ends[0] = cb.length;
    cb_record(1, 0, 1, 20, 20);
    ends[1] = cb.length;
    cb_record(2, 0, 1, 30, 30);
    ends[2] = cb.length;
    for (size_t length = 0; length <= ends[2]; length++) {
        struct input *input;
        size_t whole = (length >= ends[1]) + (length >= ends[2]);

        cb.length = length;
        if (length < ends[0]) {
            ck_assert_ptr_null(cb_open());
            ck_assert_int_eq(cb_err.status, EXIT_INPUT);
            continue;
        }
        input = cb_read();
        ck_assert_int_eq(cb_got.end, INPUT_END);
        ck_assert_uint_eq(cb_got.count, whole);
        ck_assert_int_eq(input->cut, length != ends[whole]);
        input_close(input);
    }
}
END_TEST

START_TEST(test_pcap_corrupt_record)
{
    struct input *input;

    cb_start(true);
    cb_pcap(0xa1b2c3d4, 1);
    cb_record(1, 0, 1, 20, 20);
    cb_record(2, 0, 1, 20, 20);
    cb_put(3, 4);
    cb_put(0, 4);
    cb_put(262145, 4);
    cb_put(262145, 4);
    cb_frame(0, 100);
    input = cb_read();
    ck_assert_int_eq(cb_got.end, INPUT_ERROR);
    ck_assert_uint_eq(cb_got.count, 2);
    ck_assert_int_eq(cb_err.status, EXIT_INPUT);
    ck_assert_str_eq(cb_err.text,
                     "test: corrupt at byte 96: a packet of 262145 captured bytes (at most 262144 "
                     "can be)");
    cb_read_all(input); /* it stays so */
    ck_assert_int_eq(cb_got.end, INPUT_ERROR);
    ck_assert_uint_eq(cb_got.count, 0);
    input_close(input);
}
END_TEST

static const struct {
    uint32_t number;
    enum link_type link;
    const char *name; /* in the error */
} links[] = {
    { 0, LINK_NULL, NULL },
    { 1, LINK_ETHERNET, NULL },
    { 0x30000001, LINK_ETHERNET, NULL }, /* with the length of a frame check sequence */
    { 12, LINK_RAW, NULL },
    { 14, LINK_RAW, NULL },
    { 101, LINK_RAW, NULL },
    { 108, LINK_NULL, NULL },
    { 113, LINK_LINUX_SLL, NULL },
    { 228, LINK_RAW, NULL },
    { 229, LINK_RAW, NULL },
    { 276, LINK_LINUX_SLL2, NULL },
    { 127, LINK_UNSUPPORTED, "IEEE802_11_RADIO (127)" },
    { 9, LINK_UNSUPPORTED, "PPP (9)" },
    { 54321, LINK_UNSUPPORTED, "54321" },
};

START_TEST(test_link_types)
{
    struct input *input;

    cb_start(false);
    cb_pcap(0xa1b2c3d4, links[_i].number);
    cb_record(1, 0, 1, 20, 20);
    if (links[_i].name) {
        ck_assert_ptr_null(cb_open());
        ck_assert_int_eq(cb_err.status, EXIT_INPUT);
        ck_assert_ptr_nonnull(strstr(cb_err.text, links[_i].name));
    } else {
        input = cb_read();
        ck_assert_uint_eq(cb_got.count, 1);
        ck_assert_int_eq(cb_got.frames[0].link, links[_i].link);
        input_close(input);
    }
    if (links[_i].number > UINT16_MAX)
        return;
    cb_start(false);
    cb_section();
    cb_interface((uint16_t)links[_i].number, 0, -1, 0);
    cb_enhanced(0, 1, 1, 20);
    if (links[_i].name) {
        ck_assert_ptr_null(cb_open());
        ck_assert_ptr_nonnull(strstr(cb_err.text, links[_i].name));
    } else {
        input = cb_read();
        ck_assert_uint_eq(cb_got.count, 1);
        ck_assert_int_eq(cb_got.frames[0].link, links[_i].link);
        input_close(input);
    }
}
END_TEST

/* ---- files and pipes ------------------------------------------------------------------------- */

static const struct {
    const char *content;
    size_t length;
    const char *message; /* contains */
} not_captures[] = {
    { "", 0, "is empty" },
    { "hello, world: this is not a capture at all", 42, "is not a pcap or pcapng capture" },
    { "\xd4", 1, "is not a pcap or pcapng capture" },
    { "\xd4\xc3\xb2\xa1\x02\x00\x04\x00", 8, "ends inside its file header" },
    { "\x0a\x0d\x0d\x0a", 4, "ends inside its file header" },
    { "\x1f\x8b\x08\x00", 4, "is compressed with gzip: zcat " },
    { "\x28\xb5\x2f\xfd", 4, "is compressed with zstd: zstdcat " },
    { "\xfd\x37zXZ\x00", 6, "is compressed with xz: xzcat " },
    { "\x04\x22\x4d\x18", 4, "is compressed with lz4: lz4cat " },
    { "BZh9", 4, "is compressed with bzip2: bzcat " },
    { "\xd4\xc3\xb2\xa1\x01\x00\x04\x00\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0", 24,
      "pcap version 1.4 is not read" },
};

START_TEST(test_not_captures)
{
    cb_start(false);
    cb_raw(not_captures[_i].content, not_captures[_i].length);
    ck_assert_ptr_null(input_open_file(save_bytes("file"), &cb_err));
    ck_assert_int_eq(cb_err.status, EXIT_INPUT);
    ck_assert_msg(strstr(cb_err.text, not_captures[_i].message) != NULL, "%s", cb_err.text);
    ck_assert_ptr_null(strchr(cb_err.text, '\n'));
    ck_assert_ptr_null(cb_open());
    ck_assert_int_eq(cb_err.status, EXIT_INPUT);
}
END_TEST

START_TEST(test_no_file)
{
    ck_assert_ptr_null(input_open_file(path_of("missing"), &cb_err));
    ck_assert_int_eq(cb_err.status, EXIT_INPUT);
    ck_assert_ptr_nonnull(strstr(cb_err.text, "missing: cannot be opened: No such file"));
    ck_assert_ptr_null(input_open_file(directory, &cb_err));
    ck_assert_int_eq(cb_err.status, EXIT_INPUT);
    ck_assert_ptr_nonnull(strstr(cb_err.text, "is a directory"));
    if (geteuid() == 0)
        return; /* who may read everything cannot be refused */
    cb_start(false);
    cb_pcap(0xa1b2c3d4, 1);
    ck_assert_int_eq(chmod(save_bytes("secret"), 0), 0);
    ck_assert_ptr_null(input_open_file(path_of("secret"), &cb_err));
    ck_assert_int_eq(cb_err.status, EXIT_INPUT);
    ck_assert_ptr_nonnull(strstr(cb_err.text, "Permission denied"));
}
END_TEST

/* Frames from nothing to the largest, so that many lie across the end of the window. */
static void put_long_capture(void)
{
    uint32_t size = 1;

    cb_start(false);
    cb_pcap(0xa1b23c4d, 1);
    for (uint32_t n = 0; cb.length < CB_SIZE - 300000; n++) {
        size = n == 200 ? 262144 : (size * 48271 + n) % 3000;
        cb_record(n, 0, (uint8_t)n, size, size);
    }
}

START_TEST(test_file_equals_memory)
{
    static uint64_t sums[CB_FRAMES];
    struct input *input;
    size_t count;

    put_long_capture();
    input = cb_read();
    input_close(input);
    count = cb_got.count;
    memcpy(sums, cb_got.sums, sizeof(sums));
    ck_assert_uint_gt(count, 500);

    input = input_open_file(save_bytes("long"), &cb_err);
    ck_assert_msg(input != NULL, "%s", cb_err.text);
    ck_assert_uint_eq(input->size_bytes, cb.length);
    for (int turn = 0; turn < 3; turn++) {
        struct frame frame;
        size_t one;

        cb_read_all(input);
        ck_assert_int_eq(cb_got.end, INPUT_END);
        ck_assert_uint_eq(cb_got.count, count);
        ck_assert_mem_eq(cb_got.sums, sums, count * sizeof(sums[0]));
        ck_assert_uint_eq(input->position_bytes, cb.length);
        /* and from the middle, near and far from the start */
        ck_assert(input_rewind(input, &cb_err));
        for (int n = 0; n < turn * 300; n++)
            ck_assert_int_eq(input_read(input, &frame, 1, &one, &cb_err), INPUT_OK);
        ck_assert(input_rewind(input, &cb_err));
    }
    input_close(input);
}
END_TEST

/* A block that is longer than the window is passed over piece by piece. */
START_TEST(test_long_unknown_block)
{
    size_t whole;

    cb_start(false);
    cb_section();
    cb_interface(1, 0, -1, 0);
    cb_unknown(1500000);
    cb_enhanced(0, 1, 9, 20);
    whole = cb.length;
    for (int cut = 0; cut < 2; cut++) {
        struct input *input;

        cb.length = cut ? 800000 : whole;
        for (int file = 0; file < 2; file++) {
            input = file ? input_open_file(save_bytes("long"), &cb_err) : cb_open();
            ck_assert_msg(input != NULL, "%s", cb_err.text);
            cb_read_all(input);
            ck_assert_int_eq(cb_got.end, INPUT_END);
            ck_assert_uint_eq(cb_got.count, cut ? 0 : 1);
            ck_assert_int_eq(input->cut, cut);
            input_close(input);
        }
    }
}
END_TEST

/* A pipe that gets byte after byte: asked between them, it never blocks and loses nothing. */
START_TEST(test_pipe)
{
    char path[32];
    struct input *input;
    size_t count, frames = 0, sent = 24;
    struct frame frame;
    int ends[2];

    cb_varied();
    ck_assert_int_eq(pipe(ends), 0);
    snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
    ck_assert_int_eq(write(ends[1], cb.data, sent), (ssize_t)sent);
    input = input_open_file(path, &cb_err);
    ck_assert_msg(input != NULL, "%s", cb_err.text);
    ck_assert(!input->can_rewind);
    ck_assert_uint_eq(input->size_bytes, 0);
    while (sent < cb.length) {
        enum input_status status = input_read(input, &frame, 1, &count, &cb_err);

        ck_assert_int_eq(status, count > 0 ? INPUT_OK : INPUT_AGAIN);
        frames += count;
        if (status == INPUT_AGAIN) {
            ck_assert_int_ge(input_fd(input), 0);
            ck_assert_int_eq(write(ends[1], cb.data + sent++, 1), 1);
        }
    }
    ck_assert_int_eq(close(ends[1]), 0);
    cb_read_all(input);
    ck_assert_int_eq(cb_got.end, INPUT_END);
    ck_assert_uint_eq(frames + cb_got.count, 5);
    ck_assert(!input->cut);
    ck_assert(!input_rewind(input, &cb_err));
    ck_assert_ptr_nonnull(strstr(cb_err.text, "pipe"));
    input_close(input);
    close(ends[0]);
}
END_TEST

START_TEST(test_standard_input)
{
    int kept = dup(STDIN_FILENO);
    struct input *input;
    int fd;

    cb_start(false);
    cb_raw("skipped", 7);
    cb_pcap(0xa1b2c3d4, 1);
    cb_record(1, 0, 1, 20, 20);
    fd = open(save_bytes("stdin"), O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(lseek(fd, 7, SEEK_SET), 7);
    ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    input = input_open_file("-", &cb_err);
    ck_assert_msg(input != NULL, "%s", cb_err.text);
    ck_assert_str_eq(input->source, "-");
    ck_assert_uint_eq(input->size_bytes, cb.length - 7);
    for (int turn = 0; turn < 2; turn++) {
        cb_read_all(input);
        ck_assert_uint_eq(cb_got.count, 1);
        ck_assert_uint_eq(input->position_bytes, cb.length - 7);
        ck_assert(input_rewind(input, &cb_err));
    }
    input_close(input);
    ck_assert_int_eq(fcntl(STDIN_FILENO, F_GETFD) >= 0, 1); /* not ours to close */

    cb.length = 0;
    cb_raw("\x1f\x8b\x08", 3);
    close(fd);
    fd = open(save_bytes("stdin"), O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    ck_assert_ptr_null(input_open_file("-", &cb_err));
    ck_assert_str_eq(cb_err.text,
                     "standard input is compressed with gzip: put zcat before mirrortop "
                     "in the pipe");
    close(fd);
    if (kept >= 0) {
        dup2(kept, STDIN_FILENO);
        close(kept);
    }
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *make_input_suite(void);
Suite *make_input_suite(void)
{
    Suite *suite = suite_create("input");
    TCase *memory = tcase_create("memory");
    TCase *files = tcase_create("files");

    tcase_add_loop_test(memory, test_pcap_kinds, 0, COUNT(pcap_kinds));
    tcase_add_test(memory, test_pcap_every_cut);
    tcase_add_test(memory, test_pcap_corrupt_record);
    tcase_add_loop_test(memory, test_link_types, 0, COUNT(links));
    suite_add_tcase(suite, memory);
    tcase_add_checked_fixture(files, setup, teardown);
    tcase_add_loop_test(files, test_not_captures, 0, COUNT(not_captures));
    tcase_add_test(files, test_no_file);
    tcase_add_test(files, test_file_equals_memory);
    tcase_add_test(files, test_long_unknown_block);
    tcase_add_test(files, test_pipe);
    tcase_add_test(files, test_standard_input);
    suite_add_tcase(suite, files);
    return suite;
}
