from glaux_driver.session import main

raise SystemExit(main())
