/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/filter/program.h"
#include "../src/filter/read.h"
#include "../src/filter/write.h"
#include "state.h"

/* A text is read when nothing has been typed for so long: half a word is no mistake. */
static const uint64_t trial_pause_ns = 100000000u;

/* ---- filters with their texts ---------------------------------------------------------------- */

static void trial_filter_free(struct trial_filter *filter)
{
    filter_free(&filter->filter);
    free(filter->text);
    filter->text = NULL;
}

static bool trial_filter_copy(struct trial_filter *to, const struct trial_filter *from,
                              struct err *err)
{
    to->text = NULL;
    if (!filter_copy(&to->filter, &from->filter, err))
        return false;
    if (from->text)
        to->text = strdup(from->text);
    return true;
}

bool trial_is_on(const struct trial *trial)
{
    return trial->now.filter.count > 0;
}

/* The filter in force in the short spelling, in one line. false: it is too long for one. */
static bool trial_text(const struct trial *trial, char out[EDIT_SIZE])
{
    char *text = NULL;
    size_t size = 0, used = 0;
    struct err err;
    FILE *file;
    bool good;

    out[0] = '\0';
    if (trial->now.text) {
        snprintf(out, EDIT_SIZE, "%s", trial->now.text);
        return true;
    }
    if (!trial_is_on(trial))
        return true;
    file = open_memstream(&text, &size);
    if (!file)
        return false;
    good = filter_write(&trial->now.filter, FILTER_AS_RULES, file, &err);
    good = fclose(file) == 0 && good;
    for (size_t i = 0; good && i < size; i++) {
        /* a line a rule becomes a line of rules */
        const char *piece = text[i] != '\n' ? (char[2]){ text[i], '\0' } : i + 1 < size ? "; " : "";
        size_t length = strlen(piece);

        if (used + length >= EDIT_SIZE) {
            out[0] = '\0';
            good = false;
            break;
        }
        memcpy(out + used, piece, length + 1);
        used += length;
    }
    free(text);
    return good;
}

/* ---- into the engine ------------------------------------------------------------------------- */

/* What is odd about the filter, as far as it is said while it is typed. */
static void trial_note(struct trial *trial, const struct filter_findings *findings)
{
    trial->warnings = findings->count;
    trial->warning[0] = '\0';
    if (findings->count > 0)
        filter_finding_line(&findings->list[0], trial->warning);
}

struct trial_call {
    struct filter_program *program;
    enum engine_view view;
};

static bool trial_call_filter(struct engine *engine, void *context)
{
    struct trial_call *call = context;

    engine_set_filter(engine, call->program);
    engine_set_view(engine, call->view);
    return true;
}

static bool trial_call_view(struct engine *engine, void *context)
{
    struct trial_call *call = context;

    engine_set_view(engine, call->view);
    return true;
}

static bool trial_call_baseline(struct engine *engine, void *context)
{
    struct trial_call *call = context;

    engine_set_baseline(engine, call->program);
    return true;
}

static bool trial_call_copy(struct engine *engine, void *context)
{
    struct trial *trial = context;
    const struct filter_program *program = engine_filter(engine);
    struct err err;

    if (!program)
        return true;
    trial_note(trial, filter_program_findings(program));
    return filter_copy(&trial->now.filter, filter_program_filter(program), &err);
}

static enum engine_view trial_view(const struct trial *trial)
{
    return trial->rejected && trial_is_on(trial) ? VIEW_REJECTED : VIEW_ACCEPTED;
}

/* New numbers, also into panes that are paused: they would be those of another filter. */
static void trial_show(struct ui *ui)
{
    ui->redraw |= REDRAW_SCREEN | REDRAW_SNAPSHOT;
    ui->step = true;
}

/* Hands the engine what is in force. */
static bool trial_apply(struct ui *ui, struct err *err)
{
    struct trial *trial = &ui->trial;
    static const struct filter_findings none;
    struct trial_call call = { .program = NULL };

    if (trial_is_on(trial)) {
        call.program = filter_program_new(&trial->now.filter, err);
        if (!call.program)
            return false;
        filter_program_examine(call.program); /* here, where nobody waits for it but the eye */
    } else {
        trial->rejected = false;
    }
    call.view = trial_view(trial);
    trial_note(trial, call.program ? filter_program_findings(call.program) : &none);
    feed_call(ui->config->feed, trial_call_filter, &call);
    trial_show(ui);
    return true;
}

/* Puts `next` into force, which is taken over, in the place of what is. */
static bool trial_replace(struct ui *ui, const struct trial_filter *next)
{
    struct trial *trial = &ui->trial;
    struct trial_filter old = trial->now;
    struct err err;

    trial->now = *next;
    if (trial_apply(ui, &err)) {
        trial_filter_free(&old);
        return true;
    }
    trial_filter_free(&trial->now);
    trial->now = old;
    ui_say(ui, ROLE_ALERT, "%s", err.text);
    return false;
}

/* ---- what was before ------------------------------------------------------------------------- */

/* Takes `filter` over. */
static void trial_remember(struct trial *trial, const struct trial_filter *filter)
{
    if (trial->undo_count == TRIAL_UNDO) {
        trial_filter_free(&trial->undo[0]);
        trial->undo_count--;
        memmove(&trial->undo[0], &trial->undo[1], trial->undo_count * sizeof(trial->undo[0]));
    }
    trial->undo[trial->undo_count++] = *filter;
}

void trial_undo(struct ui *ui)
{
    struct trial *trial = &ui->trial;

    if (trial->undo_count == 0) {
        ui_say(ui, ROLE_MESSAGE, "no change of the filter to undo");
        return;
    }
    trial->undo_count--;
    if (trial_replace(ui, &trial->undo[trial->undo_count]))
        ui_say(ui, ROLE_MESSAGE,
               trial_is_on(trial) ? "the filter is as before that change"
                                  : "no filter, as before that change");
}

bool trial_set(struct ui *ui, struct filter *filter, const char *text)
{
    struct trial *trial = &ui->trial;
    struct trial_filter next = { .filter = *filter }, old;
    struct err err;

    if (!trial_filter_copy(&old, &trial->now, &err)) {
        filter_free(filter);
        ui_say(ui, ROLE_ALERT, "%s", err.text);
        return false;
    }
    if (text && strlen(text) < EDIT_SIZE)
        next.text = strdup(text);
    if (!trial_replace(ui, &next)) {
        trial_filter_free(&old);
        return false;
    }
    trial_remember(trial, &old);
    return true;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static bool trial_is_blank(const char *text)
{
    return text[strspn(text, " ;")] == '\0';
}

/* false: *problem says why not. */
static bool trial_read(const char *text, struct filter *filter, struct prompt_problem *problem)
{
    struct filter_error error;

    filter_init(filter);
    problem->text[0] = '\0';
    if (trial_is_blank(text) || filter_read(filter, text, strlen(text), &error))
        return true;
    problem->at = error.at;
    problem->length = error.length;
    format_escape(problem->text, sizeof(problem->text), error.text);
    return false;
}

bool trial_set_text(struct ui *ui, const char *text, struct prompt_problem *problem)
{
    struct filter filter;

    return trial_read(text, &filter, problem) && trial_set(ui, &filter, text);
}

/* ---- the prompt ------------------------------------------------------------------------------ */

bool trial_open(struct ui *ui)
{
    struct trial *trial = &ui->trial;
    char text[EDIT_SIZE];
    struct err err;

    if (!trial_text(trial, text)) {
        ui_say(ui, ROLE_ALERT,
               "the filter is too long to be typed: -F takes it from a file, :write writes it");
        return false;
    }
    if (!trial_filter_copy(&trial->before, &trial->now, &err)) {
        ui_say(ui, ROLE_ALERT, "%s", err.text);
        return false;
    }
    trial->read_ns = 0;
    prompt_open(&ui->prompt, PROMPT_FILTER, text);
    return true;
}

void trial_typed(struct ui *ui, uint64_t now_ns)
{
    ui->trial.read_ns = now_ns + trial_pause_ns;
}

/* Reads the prompt's text and tries it. false: it is wrong; the last good one stays in force. */
static bool trial_read_prompt(struct ui *ui)
{
    struct trial *trial = &ui->trial;
    struct prompt *prompt = &ui->prompt;
    struct trial_filter next = { .text = NULL };

    trial->read_ns = 0;
    if (prompt_is_cut(prompt) || !trial_read(prompt->edit.text, &next.filter, &prompt->problem))
        return false;
    next.text = trial_is_blank(prompt->edit.text) ? NULL : strdup(prompt->edit.text);
    if (!filter_equal(&next.filter, &trial->now.filter))
        return trial_replace(ui, &next);
    trial_filter_free(&trial->now); /* the same in other words */
    trial->now = next;
    return true;
}

void trial_explain(struct ui *ui)
{
    struct prompt *prompt = &ui->prompt;
    const struct trial *trial = &ui->trial;
    char more[32] = "", text[sizeof(more) + sizeof(trial->warning)];

    prompt->warns = trial->warnings > 0;
    if (trial->warnings > 1)
        snprintf(more, sizeof(more), "%zu warnings: ", trial->warnings);
    snprintf(text, sizeof(text), "%s%s", more, trial->warning);
    format_escape(prompt->status, sizeof(prompt->status),
                  prompt->warns ? text
                                : "Tab completes, Enter keeps the filter, Esc gives back the one "
                                  "before");
}

void trial_tick(struct ui *ui, uint64_t now_ns)
{
    struct trial *trial = &ui->trial;

    if (trial->read_ns == 0 || now_ns < trial->read_ns)
        return;
    trial_read_prompt(ui);
    trial_explain(ui);
    ui->redraw |= REDRAW_SCREEN;
}

bool trial_accept(struct ui *ui)
{
    struct trial *trial = &ui->trial;

    if (!trial_read_prompt(ui))
        return false;
    if (filter_equal(&trial->before.filter, &trial->now.filter))
        trial_filter_free(&trial->before);
    else
        trial_remember(trial, &trial->before);
    trial->before = (struct trial_filter){ .text = NULL };
    return true;
}

void trial_cancel(struct ui *ui)
{
    struct trial *trial = &ui->trial;
    struct trial_filter before = trial->before;

    trial->read_ns = 0;
    trial->before = (struct trial_filter){ .text = NULL };
    if (filter_equal(&before.filter, &trial->now.filter))
        trial_filter_free(&before);
    else
        trial_replace(ui, &before);
}

/* ---- keys ------------------------------------------------------------------------------------ */

void trial_invert(struct ui *ui)
{
    struct trial *trial = &ui->trial;
    struct trial_call call = { .program = NULL };

    if (!trial_is_on(trial)) {
        ui_say(ui, ROLE_MESSAGE, "no filter is in force: type / and one, or = on a row");
        return;
    }
    trial->rejected = !trial->rejected;
    call.view = trial_view(trial);
    feed_call(ui->config->feed, trial_call_view, &call);
    trial_show(ui);
    ui_say(ui, ROLE_MESSAGE,
           trial->rejected ? "shown is what the filter rejects; ! goes back"
                           : "shown is what the filter accepts");
}

void trial_baseline(struct ui *ui)
{
    struct trial *trial = &ui->trial;
    struct trial_call call = { .program = NULL };
    struct err err;

    if (!trial->baseline && !trial_is_on(trial)) {
        ui_say(ui, ROLE_MESSAGE, "no filter is in force that others could be compared with");
        return;
    }
    if (!trial->baseline) {
        call.program = filter_program_new(&trial->now.filter, &err);
        if (!call.program) {
            ui_say(ui, ROLE_ALERT, "%s", err.text);
            return;
        }
    }
    trial->baseline = !trial->baseline;
    feed_call(ui->config->feed, trial_call_baseline, &call);
    trial_show(ui);
    ui_say(ui, ROLE_MESSAGE,
           trial->baseline ? "this filter is the baseline: the Rules pane shows differences"
                           : "no baseline any more");
}

/* ---- beginning and end ----------------------------------------------------------------------- */

/* A single -f is shown and edited in its own words; what has line ends is no line. */
static const char *trial_given(const struct options *options)
{
    const char *text = options->filters[0].value;

    if (options->filter_count != 1 || options->filters[0].is_file || strlen(text) >= EDIT_SIZE)
        return NULL;
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ')
            return NULL;
    }
    return text;
}

void trial_start(struct ui *ui)
{
    const char *given = trial_given(ui->config->options);

    filter_init(&ui->trial.now.filter);
    filter_init(&ui->trial.before.filter);
    feed_call(ui->config->feed, trial_call_copy, &ui->trial);
    if (given && trial_is_on(&ui->trial))
        ui->trial.now.text = strdup(given);
}

void trial_free(struct trial *trial)
{
    trial_filter_free(&trial->now);
    trial_filter_free(&trial->before);
    for (size_t i = 0; i < trial->undo_count; i++)
        trial_filter_free(&trial->undo[i]);
    trial->undo_count = 0;
}
