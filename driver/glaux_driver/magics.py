"""Athena's magics."""

import time
from io import BytesIO
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class
from IPython.display import HTML, Image, display

from glaux_driver.loggers import set_level
from glaux_driver.spec import Spec

TABLE_ROWS = 1000

HELP = """\
%%sql               runs the rest of the block as Spark SQL and shows the rows
%help               this list; %lsmagic lists IPython's magics, too
%session_id         the session's id
%list_sessions      id, state and start of the session
%status             id, state, workgroup, engine version and start time
%set_log_level L    DEBUG, ERROR, FATAL, INFO, WARN or WARNING
%table df           a Spark or pandas frame as an HTML table
%matplot plt        the current matplotlib figure
%plotly fig         a plotly figure"""


@magics_class
class AthenaMagics(Magics):  # type: ignore[misc]
    """Registered with the shell when the session starts."""

    def __init__(self, shell: Any, spec: Spec) -> None:
        super().__init__(shell)
        self._spec = spec

    def _evaluate(self, name: str, line: str) -> Any:
        if not line.strip():
            raise UsageError(f"%{name} needs an argument: %help says which")
        return self.shell.ev(line)

    def _spark(self) -> Any:
        spark = self.shell.user_ns.get("spark")
        if spark is None:
            raise UsageError("the name spark is not defined in this session")
        return spark

    def _started(self) -> str:
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self._spec.started_ms / 1000))

    @line_cell_magic  # type: ignore[untyped-decorator]
    def sql(self, line: str, cell: str | None = None) -> None:
        statement = "\n".join(part for part in (line, cell or "") if part.strip())
        if not statement.strip():
            raise UsageError("%%sql needs a statement")
        self._spark().sql(statement).show()

    @line_magic  # type: ignore[untyped-decorator]
    def help(self, _line: str) -> None:
        print(HELP)

    @line_magic  # type: ignore[untyped-decorator]
    def session_id(self, _line: str) -> None:
        print(self._spec.session_id)

    @line_magic  # type: ignore[untyped-decorator]
    def list_sessions(self, _line: str) -> None:
        print(f"{'Session ID':36}  {'State':5}  {'Start time':23}  End time")
        print(f"{self._spec.session_id:36}  {'BUSY':5}  {self._started():23}  -")

    @line_magic  # type: ignore[untyped-decorator]
    def status(self, _line: str) -> None:
        print(f"Session ID: {self._spec.session_id}")
        print("State: BUSY")
        print(f"Workgroup: {self._spec.workgroup}")
        print(f"Engine version: {self._spec.engine_version}")
        print(f"Start time: {self._started()}")

    @line_magic  # type: ignore[untyped-decorator]
    def set_log_level(self, line: str) -> None:
        level = line.strip()
        if level not in ("DEBUG", "ERROR", "FATAL", "INFO", "WARN", "WARNING"):
            raise UsageError("%set_log_level takes DEBUG, ERROR, FATAL, INFO, WARN or WARNING")
        set_level(level)
        if "sc" in self.shell.user_ns:
            self.shell.user_ns["sc"].setLogLevel("WARN" if level == "WARNING" else level)

    @line_magic  # type: ignore[untyped-decorator]
    def table(self, line: str) -> None:
        frame = self._evaluate("table", line)
        if hasattr(frame, "_jdf"):
            html = frame._jdf.htmlString(TABLE_ROWS, 0)
        elif hasattr(frame, "to_html"):
            html = frame.to_html(max_rows=TABLE_ROWS)
        else:
            raise UsageError(f"%table takes a Spark or pandas frame, not {type(frame).__name__}")
        display(HTML(html))

    @line_magic  # type: ignore[untyped-decorator]
    def matplot(self, line: str) -> None:
        from matplotlib import pyplot
        from matplotlib.figure import Figure

        given = self._evaluate("matplot", line)
        figure = given if isinstance(given, Figure) else getattr(given, "figure", None)
        if not isinstance(figure, Figure):
            figure = pyplot.gcf()
        image = BytesIO()
        figure.savefig(image, format="png", bbox_inches="tight")
        display(Image(image.getvalue(), format="png"))
        pyplot.close(figure)

    @line_magic  # type: ignore[untyped-decorator]
    def plotly(self, line: str) -> None:
        figure = self._evaluate("plotly", line)
        if not hasattr(figure, "to_plotly_json"):
            raise UsageError(f"%plotly takes a plotly figure, not {type(figure).__name__}")
        display(plotly_bundle(figure), raw=True)

    @line_magic  # type: ignore[untyped-decorator]
    def pip(self, _line: str) -> None:
        raise UsageError(
            "%pip is not supported: a session's packages are those of its engine; "
            "add pure Python code with sc.addPyFile"
        )

    conda = mamba = micromamba = uv = pip


def plotly_bundle(figure: Any) -> dict[str, Any]:
    """The figure for viewers that know plotly, and as a page that loads the script from its CDN."""
    return {
        "application/vnd.plotly.v1+json": figure.to_plotly_json(),
        "text/html": figure.to_html(full_html=False, include_plotlyjs="cdn"),
        "text/plain": "plotly figure",
    }
