"""athena_user_logger and athena_shared_logger: Python loggers that write to the session's log."""

import logging

from glaux_driver import log

NAMES = ("athena_user_logger", "athena_shared_logger")
FORMAT = "AthenaForApacheSpark: %(asctime)s %(levelname)s builtins: %(message)s"


class _LogHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            log.write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)


def make() -> dict[str, logging.Logger]:
    handler = _LogHandler()
    handler.setFormatter(logging.Formatter(FORMAT))
    made = {name: logging.getLogger(name) for name in NAMES}
    for logger in made.values():
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.handlers = [handler]
    return made


def set_level(level: str) -> None:
    """`level` is one of Spark's names."""
    for name in NAMES:
        logging.getLogger(name).setLevel(level)
