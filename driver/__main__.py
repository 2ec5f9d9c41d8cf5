"""Lets an interpreter run this folder: `python -I -X utf8 <this folder> [prepare]`."""

import sys

if sys.argv[1:] == ["prepare"]:
    from glaux_driver.prepare import main
else:
    from glaux_driver.session import main

raise SystemExit(main())
