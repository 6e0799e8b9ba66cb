#!/usr/bin/env bash
# Writes each chart's README.md: README.head.md, then a table of the values from
# the comments in values.yaml. `docs.sh FOLDER CHARTS` writes those of the folder
# CHARTS into FOLDER, which is how test.sh sees whether they are fresh.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${1:-charts}
charts=${2:-charts}

for chart in "$charts"/*/Chart.yaml; do
  folder=${chart%/Chart.yaml}
  name=$(basename "$folder")
  mkdir -p "$target/$name"
  {
    echo "<!-- Written by \`make charts-docs\` from README.head.md and values.yaml. -->"
    cat "$folder/README.head.md"
    printf '\n## Values\n\n'
    awk -f scripts/charts/values.awk "$folder/values.yaml"
  } >"$target/$name/README.md.new"
  mv "$target/$name/README.md.new" "$target/$name/README.md"
done
