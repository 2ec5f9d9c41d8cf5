/* Names of the engine versions that are not Spark's. */
#pragma once

/* What a SQL workgroup has, and what AUTO stands for. */
#define ENGINE_SQL "Athena engine version 3"
