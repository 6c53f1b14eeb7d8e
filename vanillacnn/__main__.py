"""How to cite this package, and which version of it this is."""

import argparse

from vanillacnn import __version__

# Held against CITATION.cff by the suite: that file is not in the wheel, and no package should need YAML to be cited.
BIBTEX = f"""\
@software{{vanillacnn,
  title   = {{{{VanillaCNN}}: a convolutional network derived by hand and verified against automatic differentiation}},
  author  = {{{{The VanillaCNN contributors}}}},
  version = {{{__version__}}},
  date    = {{2026-11-23}},
  year    = {{2026}}
}}

@techreport{{vu2018vanillacnn,
  title       = {{{{VanillaCNN}}: Deriving Convolutional Neural Networks from Scratch}},
  author      = {{Vu, Ngan}},
  institution = {{Yale University}},
  type        = {{S\\&DS 430}},
  date        = {{2018-12-13}},
  year        = {{2018}},
  month       = dec
}}"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vanillacnn", description=__doc__)
    parser.add_argument("--cite", action="store_true", help="print BibTeX of the software and of the paper")
    parser.add_argument("--version", action="version", version=__version__, help="print the version")
    if parser.parse_args().cite:
        print(BIBTEX)
    else:
        parser.print_help()


if __name__ == "__main__":
    main()
