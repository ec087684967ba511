#!/usr/bin/env bash
#
# Counts tests in what runners have written, all alike: a test is what holds no
# other. Prints "PASSED FAILED SKIPPED". To be sourced, or:
#
#     counts.sh deno|tap|junit|totals FILE

# In the output of `deno test`, where a suite prints like a test, but after what
# it holds.
deno_counts() {
  awk '
    /^-+ (post-test )?output -+$/ { quoted = 1 }
    /^-+ (post-test )?output end -+$/ { quoted = 0 }
    quoted { next }
    /^running [0-9]+ tests? from / { split("", held) }
    match($0, / \.\.\. (ok|FAILED|ignored|cancelled)( \(.*\))?$/) {
      result = substr($0, RSTART + 5)
      sub(/ .*/, "", result)
      match($0, /^ */)
      depth = RLENGTH / 2
      if (!held[depth + 1]) counts[result]++
      held[depth + 1] = 0
      held[depth]++
    }
    END {
      print counts["ok"] + 0, counts["FAILED"] + counts["cancelled"] + 0, counts["ignored"] + 0
    }' "$1"
}

# In a TAP report of Node; its totals stand at the end. A file without tests
# passes there as one test of the file's name, which is none.
tap_counts() {
  [[ -f $1 ]] || { echo 0 0 0; return; }
  awk '
    /^ok [0-9]+ - .*_test\.ts$/ { empty++ }
    /^# (pass|fail|cancelled|skipped|todo) [0-9]+$/ { counts[$2] = $3 }
    END {
      print counts["pass"] - empty, counts["fail"] + counts["cancelled"] + 0, counts["skipped"] + counts["todo"] + 0
    }' "$1"
}

# In a JUnit report of Bun; its totals stand in the root.
junit_counts() {
  [[ -f $1 ]] || { echo 0 0 0; return; }
  awk '
    function total(name) {
      return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3) + 0 : 0
    }
    /<testsuites / {
      failed = total("failures") + total("errors")
      skipped = total("skipped")
      print total("tests") - failed - skipped, failed, skipped
      exit
    }' "$1"
}

# In what chromium.ts and workerd.ts print last.
totals_counts() {
  awk '
    /^passed [0-9]+, failed [0-9]+, skipped [0-9]+$/ { passed = $2; failed = $4; skipped = $6 }
    END { print passed + 0, failed + 0, skipped + 0 }' "$1"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then "$1_counts" "$2"; fi
