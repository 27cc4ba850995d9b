/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "../../src/utf8.h"
#include "../../ui/completion.h"
#include "../../ui/history.h"
#include "../../ui/prompt.h"

Suite *make_prompt_suite(void);

static struct edit edit;

static void setup(void)
{
    /* widths of characters are the locale's */
    ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
    edit_set(&edit, "");
}

static void type(const char *text)
{
    while (*text)
        ck_assert(edit_type(&edit, (wchar_t)utf8_next(&text)));
}

static void paste(const char *text)
{
    while (*text)
        edit_paste(&edit, (wchar_t)utf8_next(&text));
}

/* The line with a | where the cursor is. */
static const char *shown(void)
{
    static char text[EDIT_SIZE + 1];

    snprintf(text, sizeof(text), "%.*s|%s", (int)edit.cursor, edit.text, edit.text + edit.cursor);
    ck_assert_uint_eq(edit.length, strlen(edit.text));
    return text;
}

START_TEST(test_typing_in_the_middle)
{
    type("accept tcp");
    edit_move(&edit, EDIT_WORD_LEFT);
    type("egress ");
    ck_assert_str_eq(shown(), "accept egress |tcp");
    edit_move(&edit, EDIT_HOME);
    edit_erase(&edit, EDIT_RIGHT);
    ck_assert_str_eq(shown(), "|ccept egress tcp");
    edit_erase(&edit, EDIT_LEFT);
    ck_assert_str_eq(shown(), "|ccept egress tcp");
    edit_move(&edit, EDIT_WORD_RIGHT);
    edit_move(&edit, EDIT_RIGHT);
    ck_assert_str_eq(shown(), "ccept |egress tcp");
    edit_erase(&edit, EDIT_END);
    ck_assert_str_eq(shown(), "ccept |");
    edit_erase(&edit, EDIT_RIGHT);
    edit_erase(&edit, EDIT_WORD_LEFT);
    ck_assert_str_eq(shown(), "|");
    edit_erase(&edit, EDIT_WORD_LEFT);
    ck_assert_str_eq(shown(), "|");
}
END_TEST

START_TEST(test_a_character_is_one_step)
{
    /* two columns wide; a letter with a mark over it; four bytes */
    type("a\u6f22e\u0301\U0001f600");
    edit_move(&edit, EDIT_LEFT);
    ck_assert_str_eq(shown(), "a\u6f22e\u0301|\U0001f600");
    edit_move(&edit, EDIT_LEFT);
    ck_assert_str_eq(shown(), "a\u6f22|e\u0301\U0001f600");
    edit_erase(&edit, EDIT_LEFT);
    ck_assert_str_eq(shown(), "a|e\u0301\U0001f600");
    edit_erase(&edit, EDIT_RIGHT);
    ck_assert_str_eq(shown(), "a|\U0001f600");
    edit_place(&edit, 3);
    ck_assert_str_eq(shown(), "a|\U0001f600");
    edit_place(&edit, 100);
    ck_assert_str_eq(shown(), "a\U0001f600|");
}
END_TEST

START_TEST(test_what_is_no_text_is_not_typed)
{
    static const wchar_t refused[] = { L'\0', L'\n', L'\033', 0x7f, 0x9b, 0xd800, 0x110000 };

    type("x");
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ck_assert(!edit_type(&edit, refused[i]));
    ck_assert_str_eq(shown(), "x|");
    edit_set(&edit, "a\nb\033[2Jc\377");
    ck_assert_str_eq(shown(), "a b [2Jc?|");
}
END_TEST

START_TEST(test_a_full_line_takes_no_more)
{
    for (size_t i = 0; i < EDIT_SIZE - 1; i++)
        ck_assert(edit_type(&edit, L'x'));
    ck_assert(!edit_type(&edit, L'x'));
    edit_move(&edit, EDIT_HOME);
    ck_assert(!edit_type(&edit, L'x'));
    ck_assert(!edit_replace(&edit, 0, 1, "yy"));
    ck_assert_uint_eq(edit.length, EDIT_SIZE - 1);
    ck_assert(edit_replace(&edit, 0, 2, "yy"));
    edit_erase(&edit, EDIT_LEFT);
    edit_move(&edit, EDIT_END);
    ck_assert(!edit_type(&edit, 0x6f22)); /* three bytes, and one is left */
    ck_assert(edit_type(&edit, L'x'));
}
END_TEST

/* What people have in their clipboards. */
static const struct {
    const char *pasted, *line;
} pastes[] = {
    { "accept tcp\naccept udp\n", "accept tcp; accept udp; |" },
    { "accept tcp\r\n  accept udp", "accept tcp; accept udp|" },
    { "accept tcp;\naccept udp", "accept tcp; accept udp|" },
    { "\n\naccept tcp", "accept tcp|" },
    { "aws ec2 x \\\n    --rule-number 100 \\\n    --protocol 6",
      "aws ec2 x      --rule-number 100      --protocol 6|" },
    { "--rule-number 100\n--protocol 6", "--rule-number 100 --protocol 6|" },
    { "{\n\t\"a\": 1\n}", "{  \"a\": 1 }|" },
    { "a\tb\033[31mc", "a b[31mc|" },
    { "#!/bin/sh\n# it's the web\naccept tcp # all\naccept udp # too",
      "accept tcp; accept udp # too|" },
    { "accept tcp description \"#1 \\\"#\\\"\"\naccept udp",
      "accept tcp description \"#1 \\\"#\\\"\"; accept udp|" },
    { "--description 'it'\\''s #1' # x\n--protocol 6",
      "--description 'it'\\''s #1' --protocol 6|" },
    { "# mirrortop: session 2\naccept tcp", "# mirrortop: session 2; accept tcp|" },
};

START_TEST(test_pasted_lines_become_one)
{
    paste(pastes[_i].pasted);
    ck_assert_str_eq(shown(), pastes[_i].line);
}
END_TEST

START_TEST(test_a_line_that_was_cut_is_a_problem)
{
    static struct prompt prompt;

    prompt_open(&prompt, PROMPT_FILTER, "accept tcp");
    ck_assert(!prompt_is_cut(&prompt));
    ck_assert_str_eq(prompt.problem.text, "");
    prompt.cut = true;
    ck_assert(prompt_is_cut(&prompt));
    ck_assert_uint_eq(prompt.problem.at, strlen("accept tcp"));
    ck_assert_ptr_nonnull(strstr(prompt.problem.text, "the line is full"));
    prompt_open(&prompt, PROMPT_FILTER, "");
    ck_assert(!prompt_is_cut(&prompt));
}
END_TEST

START_TEST(test_history_goes_back_and_comes_again)
{
    static struct history history;

    history_add(&history, "one");
    history_add(&history, "two");
    history_add(&history, "  ");
    history_add(&history, "one");
    ck_assert_uint_eq(history.count, 2);
    history_start(&history);
    type("draft");
    ck_assert(history_step(&history, -1, &edit));
    ck_assert_str_eq(shown(), "one|");
    ck_assert(history_step(&history, -1, &edit));
    ck_assert_str_eq(shown(), "two|");
    ck_assert(!history_step(&history, -1, &edit));
    ck_assert(history_step(&history, 1, &edit));
    ck_assert(history_step(&history, 1, &edit));
    ck_assert_str_eq(shown(), "draft|");
    ck_assert(!history_step(&history, 1, &edit));
    history_free(&history);
}
END_TEST

START_TEST(test_history_is_bounded)
{
    static struct history history;

    for (int i = 0; i < HISTORY_LINES + 10; i++) {
        char line[24];

        snprintf(line, sizeof(line), "line %d", i);
        history_add(&history, line);
    }
    ck_assert_uint_eq(history.count, HISTORY_LINES);
    ck_assert_str_eq(history.lines[0], "line 10");
    history_free(&history);
    ck_assert_uint_eq(history.count, 0);
}
END_TEST

/* Completes the last word from a fixed list. */
static bool complete(struct completion *completion)
{
    size_t at = edit.cursor;

    while (at > 0 && edit.text[at - 1] != ' ')
        at--;
    completion_start(completion, &edit, at);
    completion_add(completion, "ingress", "to the source");
    completion_add(completion, "egress", "from it");
    completion_add(completion, "icmp", "");
    completion_add(completion, "icmpv6", "");
    completion_add(completion, "icmp", "again");
    return completion_finish(completion, &edit);
}

START_TEST(test_one_word_is_taken)
{
    struct completion completion;

    type("accept Eg");
    ck_assert(complete(&completion));
    ck_assert_str_eq(shown(), "accept egress |");
    ck_assert(!completion.open);
    type("x");
    ck_assert(!complete(&completion));
    ck_assert_str_eq(shown(), "accept egress x|");
}
END_TEST

START_TEST(test_a_list_is_walked)
{
    struct completion completion;

    type("accept  tcp");
    edit_place(&edit, 7);
    type("ic");
    ck_assert(complete(&completion));
    ck_assert_str_eq(shown(), "accept icmp| tcp"); /* what both begin with */
    ck_assert(completion.open);
    ck_assert_uint_eq(completion.count, 2);
    completion_walk(&completion, 1, &edit);
    completion_walk(&completion, 1, &edit);
    ck_assert_str_eq(shown(), "accept icmpv6| tcp");
    completion_walk(&completion, 1, &edit);
    ck_assert_uint_eq(completion.chosen, completion.count);
    completion_walk(&completion, -1, &edit);
    ck_assert_str_eq(shown(), "accept icmpv6| tcp");
    completion_close(&completion, &edit, true);
    ck_assert_str_eq(shown(), "accept icmp| tcp");
    ck_assert(!completion.open);
}
END_TEST

START_TEST(test_typing_narrows_the_list)
{
    struct completion completion;

    type("i");
    ck_assert(complete(&completion));
    ck_assert_uint_eq(completion.count, 3);
    type("n");
    completion_start(&completion, &edit, 0);
    completion_add(&completion, "icmp", "");
    completion_add(&completion, "ingress", "");
    completion_narrow(&completion);
    ck_assert(completion.open);
    ck_assert_uint_eq(completion.count, 1);
    ck_assert_str_eq(shown(), "in|");
}
END_TEST

START_TEST(test_long_words_and_many_are_left_out)
{
    static char word[COMPLETION_WORD + 1];
    struct completion completion;

    memset(word, 'x', COMPLETION_WORD);
    completion_start(&completion, &edit, 0);
    completion_add(&completion, word, "");
    ck_assert_uint_eq(completion.count, 0);
    for (int i = 0; i < COMPLETION_WORDS + 10; i++) {
        snprintf(word, sizeof(word), "word%d", i);
        completion_add(&completion, word, "");
    }
    ck_assert_uint_eq(completion.count, COMPLETION_WORDS);
    for (int i = 0; i < COMPLETION_WORD; i++)
        type("x");
    completion_start(&completion, &edit, 0);
    completion_add(&completion, "x", "");
    ck_assert(!completion_finish(&completion, &edit));
    ck_assert_uint_eq(edit.length, COMPLETION_WORD);
}
END_TEST

Suite *make_prompt_suite(void)
{
    Suite *suite = suite_create("prompt");
    TCase *lines = tcase_create("lines");

    tcase_add_checked_fixture(lines, setup, NULL);
    tcase_add_test(lines, test_typing_in_the_middle);
    tcase_add_test(lines, test_a_character_is_one_step);
    tcase_add_test(lines, test_what_is_no_text_is_not_typed);
    tcase_add_test(lines, test_a_full_line_takes_no_more);
    tcase_add_loop_test(lines, test_pasted_lines_become_one, 0,
                        (int)(sizeof(pastes) / sizeof(pastes[0])));
    tcase_add_test(lines, test_a_line_that_was_cut_is_a_problem);
    tcase_add_test(lines, test_history_goes_back_and_comes_again);
    tcase_add_test(lines, test_history_is_bounded);
    tcase_add_test(lines, test_one_word_is_taken);
    tcase_add_test(lines, test_a_list_is_walked);
    tcase_add_test(lines, test_typing_narrows_the_list);
    tcase_add_test(lines, test_long_words_and_many_are_left_out);
    suite_add_tcase(suite, lines);
    return suite;
}
