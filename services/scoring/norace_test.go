//go:build !race

package scoring

// RaceDetector reports whether the race detector is on, under which pools forget at random.
const RaceDetector = false
