/* Patterns of names in which '*' stands for any characters, also none; every other character is itself. */
#pragma once

#include "base/str.h"

bool glob_fits(struct str pattern, struct str name);
/* The case of ASCII letters does not count. */
bool glob_fits_nocase(struct str pattern, struct str name);
