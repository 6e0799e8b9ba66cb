//go:build !unix

package scoring

import "time"

var began = time.Now()

// ProcessorTime is the time that has passed: no better is known here.
func ProcessorTime() time.Duration { return time.Since(began) }
