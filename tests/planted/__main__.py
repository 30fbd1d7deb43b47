"""The command line: record what the nets catch, write the page, or, for the tests, throw some nets now."""

import argparse
import json
import os
import sys

from planted.bugs import ROOT

QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "OMP_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m planted", description=__doc__)
    parser.add_argument("--again", action="store_true", help="repeat what is recorded already")
    parser.add_argument("--page", action="store_true", help="only write the page from the record")
    parser.add_argument(
        "--ask", action="store_true", help="throw the nets named on standard input, print answers"
    )
    given = parser.parse_args()
    os.environ.update(QUIET)
    sys.path.insert(0, str(ROOT))
    from planted import nets, page, record

    if given.ask:
        nets.preload()
        json.dump(record.ask(json.load(sys.stdin)), sys.stdout)
        return
    if not given.page:
        nets.preload()
        record.record(given.again)
    page.write()


if __name__ == "__main__":
    main()
