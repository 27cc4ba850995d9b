/* SPDX-License-Identifier: MIT */
/*
 * The loop: events become actions, actions change the state, the feed is served, and when something
 * has changed one frame is drawn. It sleeps in one poll() for whatever comes first.
 */
#include "ui.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../src/clock.h"
#include "action.h"
#include "header.h"
#include "pages.h"
#include "pane.h"

static const uint64_t second_ns = 1000000000u, millisecond_ns = 1000000u;

/* Frames for new numbers come at most ten times a second; one that answers a key comes sooner,
 * and only a key that is held down has to wait for it. */
static const uint64_t frame_data_ns = 100000000u, frame_key_ns = 33000000u;

static const uint64_t feed_budget_ns = 20000000u;
static const uint64_t repaint_ns = 60000000000u; /* what others have written into our screen */
static const uint64_t message_ns = 4000000000u;

/* When what is due; monotonic ns. */
struct ui_clock {
    uint64_t now;
    uint64_t frame;    /* last one drawn */
    uint64_t snapshot; /* next one to take */
    uint64_t warm_up;  /* until then snapshots come sooner, so that the screen fills at once */
    uint64_t repaint;
    unsigned hungry; /* times that the terminal said it has keys and had none */
    bool key;        /* the next frame answers one */
};

void ui_say(struct ui *ui, enum theme_role role, const char *format, ...)
{
    char text[sizeof(ui->message)];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    format_escape(ui->message, sizeof(ui->message), text);
    ui->message_role = role;
    ui->message_until_ns = role == ROLE_MESSAGE ? clock_monotonic_ns() + message_ns : 0;
}

static void ui_expire_message(struct ui *ui, uint64_t now_ns)
{
    if (ui->message[0] == '\0' || ui->message_until_ns == 0 || now_ns < ui->message_until_ns)
        return;
    ui->message[0] = '\0';
    ui->reset_armed = false;
    ui->redraw |= REDRAW_SCREEN;
}

void ui_forget_rows(struct ui *ui)
{
    if (ui->live != ui->shown)
        snapshot_free(ui->live);
    snapshot_free(ui->shown);
    ui->live = NULL;
    ui->shown = NULL;
    ui->redraw |= REDRAW_SNAPSHOT;
    action_update_grids(ui);
}

void ui_use_theme(struct ui *ui)
{
    const struct style *text = &ui->canvas.styles.at[ROLE_TEXT][OVERLAY_NONE];
    cchar_t blank;
    int pair;

    style_build(&ui->canvas.styles, &ui->theme, ui->depth);
    pair = text->pair;
    setcchar(&blank, L" ", text->attributes, 0, &pair);
    bkgrndset(&blank);
}

static void ui_ask_for_snapshot(struct ui *ui)
{
    struct snapshot_request request = snapshot_request_default(GRID_ROWS);

    request.flows = true;
    request.explain = ui->page.kind == PAGE_DETAIL &&
                      (ui->page.table == TABLE_FLOWS || ui->page.table == TABLE_RETRANSMITS);
    request.explain_flow = ui->page.key;
    for (int i = 0; i < TABLE_COUNT; i++)
        request.order[i] = ui->grids[i].sort;
    feed_ask(ui->config->feed, &request);
}

static void ui_take_snapshot(struct ui *ui)
{
    struct snapshot *snapshot;

    if (!feed_take(ui->config->feed, &snapshot))
        return;
    if (!snapshot) {
        ui_say(ui, ROLE_ALERT, "no memory for new numbers; a smaller --max-flows needs less");
        return;
    }
    if (ui->live != ui->shown)
        snapshot_free(ui->live);
    ui->live = snapshot;
    if (!ui->paused || ui->step || !ui->shown) {
        ui->step = false;
        snapshot_free(ui->shown);
        ui->shown = snapshot;
        action_update_grids(ui);
    }
    ui->redraw |= REDRAW_SCREEN;
}

static bool ui_is_running(const struct ui *ui)
{
    return !feed_is_over(ui->feed.state);
}

static void ui_draw_too_small(const struct ui *ui)
{
    char text[64];

    snprintf(text, sizeof(text), "%dx%d needed, this is %dx%d", LAYOUT_MIN_WIDTH, LAYOUT_MIN_HEIGHT,
             COLS, LINES);
    draw_text(&ui->canvas, LINES / 2, 0, COLS, ROLE_TEXT, text);
}

/* The cursor is not seen, but braille displays and screen readers follow it. */
static void ui_park_cursor(const struct ui *ui)
{
    const struct grid *grid = &ui->grids[ui->focus];
    size_t line = grid->cursor - grid->top;

    if (grid->cursor >= grid->top && line < (size_t)grid->rows.height)
        wmove(stdscr, grid->rows.y + (int)line, grid->rows.x - 1);
}

static void ui_arrange(struct ui *ui)
{
    struct layout_wish wish = {
        .height = LINES,
        .width = COLS,
        .focus = ui->focus,
        .zoomed = ui->zoomed,
        .filter = ui->live && ui->live->filter.on,
    };

    if (ui->prompt.open) {
        prompt_arrange(&ui->prompt, &ui->canvas, COLS);
        wish.footer = ui->prompt.height;
    }
    layout_compute(&ui->layout, &wish);
}

static void ui_draw(struct ui *ui)
{
    if (ui->redraw & REDRAW_REPAINT)
        screen_repaint(true);
    erase();
    ui_arrange(ui);
    if (ui->layout.too_small) {
        ui_draw_too_small(ui);
    } else {
        header_draw(ui);
        for (int i = 0; i < TABLE_COUNT; i++) {
            if (ui->layout.panes[i].height > 0)
                pane_draw(ui, (enum table_id)i);
        }
        pages_draw(ui);
        footer_draw(ui);
        ui_park_cursor(ui);
    }
    wnoutrefresh(stdscr);
    doupdate();
    ui->redraw = 0;
}

/* The frame, if there is something to draw and it is time for one. */
static void ui_draw_when_due(struct ui *ui, struct ui_clock *clock)
{
    uint64_t gap = clock->key ? frame_key_ns : frame_data_ns;

    if (ui->redraw == 0 || clock->now - clock->frame < gap)
        return;
    if (clock->now >= clock->repaint) {
        screen_repaint(false);
        clock->repaint = clock->now + repaint_ns;
    }
    ui_draw(ui);
    clock->frame = clock->now;
    clock->key = false;
}

static void ui_handle_signals(struct ui *ui)
{
    unsigned signals = screen_take_signals();

    if (signals & SCREEN_TERMINATE)
        ui->quit = true;
    if (signals & SCREEN_SUSPEND)
        ui->suspend = true;
    if (signals & SCREEN_RESIZED) {
        screen_resize();
        ui->redraw |= REDRAW_SCREEN;
    }
    if (signals & SCREEN_CONTINUED)
        ui->redraw |= REDRAW_SCREEN | REDRAW_REPAINT;
    if (ui->suspend && !ui->quit) {
        ui->suspend = false;
        screen_suspend();
        ui->redraw |= REDRAW_SCREEN | REDRAW_REPAINT;
    }
}

/* Not all terminals mark what is pasted. In the filter's prompt a line end that much follows at
 * once was not typed: it would run the first of several commands, and take the rest for keys. Nor
 * was what comes with it, down to the last line end. */
static bool ui_is_pasted(const struct ui *ui, const struct screen_event *event, bool pasting)
{
    enum { MUCH = 8, PAUSE_MS = 30 /* between the pieces of what is pasted */ };
    bool is_end = event->code == '\n' || event->code == '\r';

    if (!ui->prompt.open || ui->prompt.kind != PROMPT_FILTER || event->kind != EVENT_KEY ||
        event->named || event->pasted || (event->code < ' ' && event->code != '\t' && !is_end))
        return false;
    if (!is_end)
        return pasting;
    return screen_waiting(pasting ? PAUSE_MS : 0) >= (pasting ? 1 : MUCH);
}

static void ui_handle_keys(struct ui *ui, struct ui_clock *clock, short events)
{
    enum { TOO_HUNGRY = 50 }; /* a terminal that has hung up says "readable" for ever */
    struct screen_event event;
    bool any = false, pasting = false;

    for (screen_read(&event); event.kind != EVENT_NONE && !ui->quit; screen_read(&event)) {
        pasting = ui_is_pasted(ui, &event, pasting);
        event.pasted = event.pasted || pasting;
        action_handle(ui, &event, clock->now);
        any = true;
        if (ui->suspend)
            break;
    }
    clock->key = clock->key || any;
    clock->hungry = any || !(events & POLLIN) ? 0 : clock->hungry + 1;
    if ((events & (POLLHUP | POLLERR | POLLNVAL)) || clock->hungry > TOO_HUNGRY)
        ui->quit = true;
}

static void ui_feed(struct ui *ui, const struct ui_clock *clock, bool readable)
{
    enum feed_state before = ui->feed.state;

    if (readable || (ui_is_running(ui) && clock->now >= feed_due_ns(ui->config->feed)))
        feed_step(ui->config->feed, clock->now, feed_budget_ns);
    feed_status(ui->config->feed, &ui->feed);
    if (ui->feed.state == FEED_FAILED)
        format_escape(ui->failure, sizeof(ui->failure), ui->feed.failure.text);
    if (ui->feed.state != before && !ui_is_running(ui))
        ui->redraw |= REDRAW_SCREEN | REDRAW_SNAPSHOT;
}

static void ui_refresh_numbers(struct ui *ui, struct ui_clock *clock)
{
    uint64_t interval = (uint64_t)(ui->config->options->interval_s * 1e9);

    if (clock->now < clock->warm_up && interval > frame_data_ns * 2)
        interval = frame_data_ns * 2;
    if ((ui->redraw & REDRAW_SNAPSHOT) || (ui_is_running(ui) && clock->now >= clock->snapshot)) {
        ui_ask_for_snapshot(ui);
        clock->snapshot = clock->now + interval;
        ui->redraw &= ~(unsigned)REDRAW_SNAPSHOT;
    }
    ui_take_snapshot(ui);
}

/* Milliseconds until something is due; rounded up, so that it is due then. */
static int ui_timeout(const struct ui *ui, const struct ui_clock *clock)
{
    uint64_t due = clock->now + 3600 * second_ns;
    uint64_t frame = clock->frame + (clock->key ? frame_key_ns : frame_data_ns);

    if (ui->redraw != 0)
        due = frame;
    if (ui_is_running(ui) && clock->snapshot < due)
        due = clock->snapshot;
    if (ui->feed.state == FEED_RUNNING && feed_due_ns(ui->config->feed) < due)
        due = feed_due_ns(ui->config->feed);
    if (ui->message[0] != '\0' && ui->message_until_ns > 0 && ui->message_until_ns < due)
        due = ui->message_until_ns;
    if (ui->trial.read_ns > 0 && ui->trial.read_ns < due)
        due = ui->trial.read_ns;
    if (due <= clock->now)
        return 0;
    return (int)((due - clock->now + millisecond_ns - 1) / millisecond_ns);
}

static void ui_loop(struct ui *ui)
{
    struct ui_clock clock = { .now = clock_monotonic_ns() };

    clock.warm_up = clock.now + second_ns;
    clock.repaint = clock.now + repaint_ns;
    clock.snapshot = clock.now;
    ui->redraw = REDRAW_SCREEN;
    if (ui->config->notice[0] != '\0')
        ui_say(ui, ROLE_MESSAGE, "%s", ui->config->notice);
    while (!ui->quit) {
        struct pollfd fds[3] = {
            { .fd = screen_key_fd(), .events = POLLIN },
            { .fd = screen_signal_fd(), .events = POLLIN },
            { .fd = feed_fd(ui->config->feed), .events = POLLIN },
        };

        if (poll(fds, 3, ui_timeout(ui, &clock)) < 0 && errno != EINTR)
            return;
        clock.now = clock_monotonic_ns();
        ui_handle_keys(ui, &clock, fds[0].revents);
        ui_handle_signals(ui);
        if (ui->quit)
            return;
        ui_feed(ui, &clock, fds[2].revents != 0);
        clock.now = clock_monotonic_ns();
        trial_tick(ui, clock.now);
        ui_refresh_numbers(ui, &clock);
        ui_expire_message(ui, clock.now);
        ui_draw_when_due(ui, &clock);
    }
}

static bool ui_wants_colors(const struct options *options)
{
    const char *no_color = getenv("NO_COLOR");

    switch (options->color) {
    case COLOR_ALWAYS:
        return true;
    case COLOR_NEVER:
        return false;
    case COLOR_AUTO:
        break;
    }
    return !no_color || no_color[0] == '\0'; /* no-color.org: empty is as good as not set */
}

static bool ui_start(struct ui *ui, struct err *err)
{
    const struct options *options = ui->config->options;
    struct screen_config screen = {
        .mouse = !options->no_mouse,
        .colors = ui_wants_colors(options),
    };

    if (!theme_load(&ui->theme, options->theme ? options->theme : "default", err))
        return false;
    setlocale(LC_CTYPE, "");
    ui->canvas.ascii = options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    ui->units = options->units;
    ui->focus = TABLE_TALKERS;
    for (int i = 0; i < TABLE_COUNT; i++)
        grid_init(&ui->grids[i], (enum table_id)i);
    trial_start(ui);
    feed_status(ui->config->feed, &ui->feed);
    if (!screen_start(&screen, err))
        return false;
    ui->canvas.window = stdscr;
    ui->depth = style_depth(screen.colors);
    ui_use_theme(ui);
    return true;
}

bool ui_run(const struct ui_config *config, struct err *err)
{
    struct ui *ui = calloc(1, sizeof(*ui));
    bool started;

    if (!ui)
        return err_set(err, EXIT_RUNTIME, "no memory for the screen");
    ui->config = config;
    started = ui_start(ui, err);
    if (started)
        ui_loop(ui);
    screen_stop();
    if (ui->live != ui->shown)
        snapshot_free(ui->live);
    snapshot_free(ui->shown);
    prompt_free(&ui->prompt);
    trial_free(&ui->trial);
    free(ui);
    return started;
}

void ui_list_themes(FILE *out)
{
    static const char *const origins[] = {
        [THEME_FROM_USER] = "yours",
        [THEME_FROM_INSTALLED] = "installed",
        [THEME_FROM_PROGRAM] = "built in",
    };
    struct theme_list list;

    theme_list_all(&list);
    for (size_t i = 0; i < list.count; i++)
        fprintf(out, "%-20s%s\n", list.entries[i].name, origins[list.entries[i].origin]);
}

void ui_list_keys(FILE *out)
{
    keys_print(out);
}
