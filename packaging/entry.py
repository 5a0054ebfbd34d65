"""What the frozen program runs."""

import sys

from syncsphere_desktop.__main__ import main

sys.exit(main())
