# Every package without features, and with each of its features alone: a feature that leans on another one it does not
# name is found here and nowhere else. The behaviour suite has a world per runtime, so it is looked at with each, too.
set -uo pipefail
. .ci/lib.sh
need python3 python3-minimal || { skip "features (no python3 to read cargo metadata)"; exit 0; }

combinations() {
  cargo metadata --locked --no-deps --format-version 1 | python3 -c '
import json, sys
for package in json.load(sys.stdin)["packages"]:
    print(package["name"])
    for feature in sorted(package["features"]):
        if feature != "default":
            print(package["name"], feature)
'
}

list=$(combinations) || exit 1
[ -n "$list" ] || { fail "cargo metadata names no package"; exit 1; }
broken=0
while read -r package feature; do
  echo "--- $package ${feature:-(no features)}"
  cargo clippy --quiet --locked -p "$package" --no-default-features ${feature:+--features "$feature"} -- -D warnings ||
    broken=$((broken + 1))
  [ "$package" != fanfare ] ||
    cargo clippy --quiet --locked -p fanfare --test behaviour --no-default-features ${feature:+--features "$feature"} -- -D warnings ||
    broken=$((broken + 1))
done <<<"$list"
[ "$broken" = 0 ] || { fail "$broken combinations of features do not pass"; exit 1; }
