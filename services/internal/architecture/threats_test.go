package architecture

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	heldBy = regexp.MustCompile("`([a-z0-9_/-]+_test\\.go)` ((?:(?:Test|Fuzz)[A-Za-z0-9]+(?:, )?)+)")
	target = regexp.MustCompile("`make ([a-z-]+)`")
)

// Each row of THREATS.md names what holds it, and each test and target that it
// names exists.
func TestThreatsAreHeld(t *testing.T) {
	const root = "../../.."
	text, err := os.ReadFile(filepath.Join(root, "THREATS.md"))
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	_, attacks, _ := strings.Cut(string(text), "## Attacks")
	attacks, _, _ = strings.Cut(attacks, "\n## ")
	rows := 0
	for line := range strings.Lines(attacks) {
		cells := strings.Split(line, " | ")
		if len(cells) != 3 || strings.HasPrefix(line, "| attack ") || strings.HasPrefix(line, "| **") {
			continue
		}
		rows++
		held := cells[2]
		tests, targets := heldBy.FindAllStringSubmatch(held, -1), target.FindAllStringSubmatch(held, -1)
		if len(tests) == 0 && len(targets) == 0 {
			t.Errorf("nothing holds %q", cells[0])
		}
		for _, found := range tests {
			source, err := os.ReadFile(filepath.Join(root, found[1]))
			if err != nil {
				t.Error(err)
			}
			for name := range strings.SplitSeq(found[2], ", ") {
				if name != "" && !strings.Contains(string(source), "\nfunc "+name+"(") {
					t.Errorf("%s has no %s, which is to hold %q", found[1], name, cells[0])
				}
			}
			held = strings.Replace(held, found[0], "", 1)
		}
		for _, found := range targets {
			if !strings.Contains(string(makefile), "\n"+found[1]+":") {
				t.Errorf("the Makefile has no %s, which is to hold %q", found[1], cells[0])
			}
			held = strings.Replace(held, found[0], "", 1)
		}
		if rest := strings.Trim(held, " ;|\n"); rest != "" {
			t.Errorf("what holds %q has something that is neither test nor target: %s", cells[0], rest)
		}
	}
	if rows < 30 {
		t.Errorf("%d attacks are listed, expected 30 and more", rows)
	}
}
