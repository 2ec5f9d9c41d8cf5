"""Run by the engine's own Python: Spark's session as a user of plain PySpark starts it.

Prints a line when the session is up, and one when its first job has run, with the seconds that
each took by itself.
"""

import sys
import time


def main() -> None:
    from pyspark.sql import SparkSession

    begin = time.monotonic()
    spark = SparkSession.builder.master(sys.argv[1]).getOrCreate()
    print(time.monotonic() - begin, flush=True)
    begin = time.monotonic()
    spark.range(100).count()
    print(time.monotonic() - begin, flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
