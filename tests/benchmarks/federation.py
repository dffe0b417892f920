"""What the fediverse side of the service does in a second: `python -m tests.benchmarks.federation [--part fanout]`."""

import sys

from tests.benchmarks import federation_fanout, federation_inbox, service

PARTS: dict[str, service.Measure] = {"inbox": federation_inbox.inbox, "fanout": federation_fanout.fanout}

if __name__ == "__main__":
    sys.exit(service.main(name="federation", heading="## The fediverse", measured=PARTS))
