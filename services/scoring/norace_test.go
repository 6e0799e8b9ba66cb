//go:build !race

package scoring_test

const raceDetector = false
