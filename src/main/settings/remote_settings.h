/* A [remote NAME] section as its folder wants it. */
#pragma once

#include "main/settings/settings.h"
#include "remote/remote.h"

/* Strings are the section's. */
void remote_settings_fill(const struct settings_remote *s, struct remote_config *ret);
