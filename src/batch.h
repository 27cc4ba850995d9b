/* SPDX-License-Identifier: MIT */
/*
 * batch: a run without a screen: feeds to the end, and prints reports.
 *
 * A live run may print one every so many seconds; the last one comes at the end, which SIGINT,
 * SIGTERM and SIGHUP bring about (a second one of them kills).
 */
#ifndef MIRRORTOP_BATCH_H
#define MIRRORTOP_BATCH_H

#include "feed.h"
#include "options.h"

/* `report`: print; else only the exports are wanted. *status: what to exit with; EXIT_RUNTIME when
 * the doctor has found something. false and *err: the input failed (what came before was counted
 * and reported), or the report could not be written. */
bool batch_run(struct feed *feed, const struct options *options, bool report,
               enum exit_status *status, struct err *err);

/* Keeps the signals that end a run for batch_run(); before anything is given away. */
bool batch_catch_signals(struct err *err);

#endif
