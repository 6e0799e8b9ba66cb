package telemetry

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Of a flood, ten lines a second are written, and none is lost: what is not
// written is counted in the next that is.
func TestSparse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(slog.NewJSONHandler(&out, nil))
		var s Sparse
		for range 5 { // seconds
			for range 300 {
				if held, ok := s.Allow(time.Now()); ok {
					log.LogAttrs(t.Context(), slog.LevelInfo, "refused", slog.Int("status", 429), held)
				}
			}
			time.Sleep(time.Second)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 50 {
			t.Errorf("%d lines, want 10 in each of 5 seconds", len(lines))
		}
		told := len(lines)
		for _, line := range lines {
			var entry struct {
				Held int `json:"held_back"`
			}
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			told += entry.Held
		}
		if told != 4*300+10 { // those of the last second wait for the next line
			t.Errorf("the lines tell of %d, want 1210", told)
		}
		if strings.Contains(lines[1], "held_back") || strings.Contains(lines[1], `"":`) {
			t.Errorf("nothing was held back before %s", lines[1])
		}
	})
}
