#pragma once

#define GLAUX_VERSION "0.1.0"
