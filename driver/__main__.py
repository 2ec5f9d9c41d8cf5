"""Lets an interpreter run this folder: `python -I -X utf8 <this folder>`."""

from glaux_driver.session import main

raise SystemExit(main())
