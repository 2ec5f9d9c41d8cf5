"""The program inside a Glaux session: runs blocks of code in IPython beside one Spark."""
