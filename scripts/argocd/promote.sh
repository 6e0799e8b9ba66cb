#!/usr/bin/env bash
# Copies to one environment what another runs, and shows the difference; what
# is left is to commit it.
#   promote.sh FROM TO WHAT     WHAT is a service, as predict: its version.yaml;
#                               or a model, as housing: its lines in models.yaml
set -euo pipefail
cd "${ROOT:-$(dirname "$0")/../..}"

die() { echo "promote: $*" >&2; exit 1; }
usage() { echo "usage: make promote FROM=dev TO=staging WHAT=predict   (a service or a model)" >&2; exit 2; }
list() { tr '\n' ' ' | sed 's/ *$//; s/ /, /g'; }

from=${1:-} to=${2:-} what=${3:-}
[[ $from && $to && $what ]] || usage
envs=argocd/envs
[[ $what =~ ^[a-z0-9][a-z0-9._-]*$ ]] || die "WHAT is \"$what\"; expected the name of a service or a model"
for env in "$from" "$to"; do
  [[ $env =~ ^[a-z]+$ && -d $envs/$env ]] || die "there is no environment \"$env\"; there are: $(ls "$envs" | list)"
done
[[ $from != "$to" ]] || die "FROM and TO are both $from"

models() { # environment: the names of its models
  sed -nE 's/^  - \{name: ([^,]+), .*/\1/p' "$envs/$1/predict/models.yaml" 2>/dev/null | sort -u
}
entries() { # environment: the lines of the model $what
  grep -F -- "  - {name: $what, " "$envs/$1/predict/models.yaml" 2>/dev/null || true
}
field() { sed -nE "s/^  $1: \"?([^\"]*)\"?\$/\1/p" "$2"; } # name file

older() { # a b: whether a is the older of two tags: of commits here, or of versions
  [[ $1 != "$2" ]] || return 1
  if git rev-parse --quiet --verify "$1^{commit}" >/dev/null 2>&1 && git rev-parse --quiet --verify "$2^{commit}" >/dev/null 2>&1; then
    git merge-base --is-ancestor "$1" "$2"
  else
    [[ $1 =~ ^v?[0-9]+(\.[0-9]+)*$ && $2 =~ ^v?[0-9]+(\.[0-9]+)*$ && $(printf '%s\n' "$1" "$2" | sort -V | head -1) == "$1" ]]
  fi
}

new=$(mktemp)
trap 'rm -f "$new"' EXIT
if [[ -d $envs/$from/$what ]]; then
  source=$envs/$from/$what/version.yaml target=$envs/$to/$what/version.yaml
  [[ -f $source ]] || die "$source is not there"
  [[ -f $target ]] || die "$to has no service $what: add $envs/$to/$what/values.yaml first, then an empty $target"
  tag=$(field tag "$source") old=$(field tag "$target")
  [[ $tag ]] || die "$source names no image.tag"
  ! older "$tag" "$old" || echo "promote: a DOWNGRADE of $what in $to, from $old to $tag" >&2
  cp "$source" "$new"
elif [[ $(entries "$from") ]]; then
  target=$envs/$to/predict/models.yaml
  [[ -f $target ]] || die "$to serves no models: $target is not there"
  highest() { entries "$1" | sed -nE 's/.* version: ([0-9]+).*/\1/p' | sort -n | tail -1; }
  version=$(highest "$from") old=$(highest "$to")
  ((version >= ${old:-0})) || echo "promote: a DOWNGRADE of $what in $to, from version $old to $version" >&2
  # Its lines take the place of those that were there, or come last.
  WHAT=$what ENTRIES=$(entries "$from") awk '
    function put() { if (!done) print ENVIRON["ENTRIES"]; done = 1 }
    index($0, "  - {name: " ENVIRON["WHAT"] ", ") == 1 { put(); next }
    { print }
    END { put() }' "$target" | sed -E 's/^models: \[\]$/models:/' >"$new"
else
  die "$from has no service or model \"$what\"; there are the services $(ls "$envs/$from" | list) and the models $(models "$from" | list)"
fi

if cmp -s "$new" "$target"; then
  echo "$to has what $from has of $what; nothing to do"
  exit
fi
diff -u --label "$target ($to)" --label "$target ($from)" "$target" "$new" || true
cat "$new" >"$target"
echo "wrote $target; commit it, and $to runs it once that is on the branch that the clusters follow"
