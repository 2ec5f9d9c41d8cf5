"""The jobs and streaming queries of the running block: told apart, cancelled, counted."""

from collections.abc import Callable
from typing import Any

from py4j.protocol import Py4JError, Py4JJavaError

CANCEL_INTERVAL_S = 0.1


class Jobs:
    """Work is the block's own when it began after `rest` was last called."""

    def __init__(self, gateway: Any, context: Callable[[], Any]) -> None:
        self._gateway = gateway
        self._context = context
        self._first_job = 0
        self._old_queries: frozenset[str] = frozenset()

    def rest(self) -> None:
        """Between blocks: what there is now does not belong to the next block."""
        context = self._context()
        if context is not None:
            self._first_job = int(context.dagScheduler().numTotalJobs())
            self._old_queries = frozenset(str(q.id()) for q in self._queries())

    def cancel(self) -> int:
        """Tells the block's streaming queries and jobs to end; how many jobs have not ended yet."""
        context = self._context()
        if context is None:
            return 0
        spared: set[int] = set()
        for query in self._queries():
            if str(query.id()) in self._old_queries:
                spared.update(
                    self._ids(context.statusTracker().getJobIdsForGroup(str(query.runId())))
                )
            else:
                _stop(query)
        active = self._ids(context.statusTracker().getActiveJobIds())
        own = [job for job in active if job >= self._first_job and job not in spared]
        for job in own:
            context.cancelJob(job)
        return len(own)

    def progress(self) -> str | None:
        """As in `stage 3: 12/200 tasks (6%)`."""
        context = self._context()
        if context is None:
            return None
        tracker = context.statusTracker()
        stages, done, total = [], 0, 0
        for stage in self._ids(tracker.getActiveStageIds()):
            found = tracker.getStageInfo(stage)
            if found.isDefined():
                info = found.get()
                stages.append(stage)
                done += info.numCompletedTasks()
                total += info.numTasks()
        if not stages or not total:
            return None
        names = ", ".join(str(stage) for stage in sorted(stages))
        word = "stage" if len(stages) == 1 else "stages"
        return f"{word} {names}: {done}/{total} tasks ({100 * done // total}%)"

    def _queries(self) -> list[Any]:
        jvm = self._gateway.jvm
        found = jvm.org.apache.spark.sql.SparkSession.getDefaultSession()
        return list(found.get().streams().active()) if found.isDefined() else []

    def _ids(self, numbers: Any) -> list[int]:
        """An int[] of the JVM in one call instead of one for each element."""
        text = str(self._gateway.jvm.java.util.Arrays.toString(numbers))
        return [int(part) for part in text.strip("[]").split(",") if part.strip()]


def _stop(query: Any) -> None:
    try:
        query.stop()
    except (Py4JJavaError, Py4JError):
        return  # it ends with an error of its own: it has ended
