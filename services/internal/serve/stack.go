package serve

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// A Stack holds cleanups. Each is pushed right after what it undoes, so that
// an error half way through a start leaves nothing behind. The zero value is
// ready for use.
type Stack struct {
	mu       sync.Mutex
	cleanups []cleanup
}

type cleanup struct {
	name string
	run  func(context.Context) error
}

// Push adds a cleanup; the name is for its error.
func (s *Stack) Push(name string, run func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cleanups = append(s.cleanups, cleanup{name, run})
}

// Close runs the cleanups, the last pushed first. Every one is run, whatever
// the others return; their errors are joined. A second Close does nothing.
func (s *Stack) Close(ctx context.Context) error {
	s.mu.Lock()
	cleanups := s.cleanups
	s.cleanups = nil
	s.mu.Unlock()

	var errs []error
	for i := len(cleanups) - 1; i >= 0; i-- {
		if err := cleanups[i].run(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", cleanups[i].name, err))
		}
	}
	return errors.Join(errs...)
}
