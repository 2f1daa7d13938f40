#!/usr/bin/env bash
# Speed of the forward and backward pass beside what this machine's matrix products reach, at the shape of the table in docs/models.md.
# Any other: jobs/bench.sh model.path=checkpoint bench.tokens=512 train.threads=8 bench.json=speed.json
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../submit.sh" bench "$@"
