"""`python -m advice_line.cli`: the same as `advice-line`."""

from advice_line.cli import main

main()
