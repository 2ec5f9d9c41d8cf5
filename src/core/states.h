/* The states of sessions and calculations, and the tables of their legal edges. The enums are the model's. */
#pragma once

#include "base/str.h"
#include "model/athena.gen.h"

enum { SESSION_STATES = 8, CALCULATION_STATES = 8 };

bool session_edge_legal(enum athena_session_state from, enum athena_session_state to);
bool calculation_edge_legal(enum athena_calculation_execution_state from,
                            enum athena_calculation_execution_state to);

/* TERMINATED and FAILED. */
bool session_state_ended(enum athena_session_state s);
/* COMPLETED, FAILED and CANCELED. */
bool calculation_state_ended(enum athena_calculation_execution_state s);

/* 0 for a text that names no state. */
enum athena_session_state session_state_from(struct str name);
enum athena_calculation_execution_state calculation_state_from(struct str name);
struct str session_state_text(enum athena_session_state s);
struct str calculation_state_text(enum athena_calculation_execution_state s);
