//go:build chaos && linux

package chaos

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Versions that are broken, each in its way, appear while a good one serves.
func TestModels(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "housing"), os.DirFS(filepath.Join(repository, "housing"))); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(filepath.Join(dir, "housing", "3", "model.joblib"))
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile(filepath.Join(dir, "housing", "1", "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 4<<20)
	broken := map[string]map[string][]byte{
		"4":  {"model.joblib": good[:len(good)/2]},
		"5":  {"model.joblib": []byte("cos\nsystem\n(S'touch broken'\ntR.")},
		"6":  {"model.joblib": zeros},
		"7":  {"model.joblib": {}},
		"8":  {"model.joblib": good, "golden.json": golden, "model.yaml": []byte("{{")},
		"9":  {"model.json": []byte(strings.Repeat(`{"learner":`, 100_000))},
		"10": {"model.joblib": good, "model.txt": []byte("tree\nversion=v4\n")},
	}
	fault{
		name: "seven broken versions appear", setup: setup{repository: dir},
		begin: func(s *scene) {
			for version, files := range broken {
				for name, data := range files {
					s.put(filepath.Join(dir, "housing", version, name), data)
				}
			}
			if err := os.Symlink(".", filepath.Join(dir, "housing", "11")); err != nil {
				t.Fatal(err)
			}
			// A version that is loaded changes under it.
			s.put(filepath.Join(dir, "housing", "2", "model.joblib"), good[:1000])
		},
		during: func(s *scene) {
			s.until("each broken version is told of, with the reason", 20*time.Second, func() bool {
				index := s.ask("/v2/repository/index")
				for version := range broken {
					_, rest, _ := strings.Cut(index, `"version":"`+version+`"`)
					if entry, _, _ := strings.Cut(rest, "}"); strings.Contains(entry, `"reason":""`) || strings.Contains(entry, `"READY"`) || entry == "" {
						return false
					}
				}
				return true
			})
			if _, err := os.Stat("broken"); err == nil {
				t.Error("a pickle was executed")
			}
		},
		hold: lasting(2*time.Second, 15*time.Second),
		end: func(*scene) {
			for version := range broken {
				_ = os.RemoveAll(filepath.Join(dir, "housing", version))
			}
			_ = os.Remove(filepath.Join(dir, "housing", "11"))
		},
	}.run(t)
}

func (s *scene) put(path string, data []byte) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// ask posts nothing to a route of the gateway.
func (s *scene) ask(path string) string {
	s.t.Helper()
	client := s.gateway.host.client(patience)
	defer client.CloseIdleConnections()
	resp, err := client.Post(s.url+path, "application/json", http.NoBody)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}
