package engine

import "math"

// What ONNX Runtime makes of scores (core/providers/cpu/ml/ml_common.h), in
// float32 throughout.

// logisticMirror32 is its ComputeLogistic: symmetric, so that that of x and of
// -x add up to 1.
func logisticMirror32(x float64) float64 {
	v := 1 / (1 + exp32(-float32(math.Abs(x))))
	if x < 0 {
		v = 1 - v
	}
	return float64(v)
}

// softmaxSum32 is its ComputeSoftmax.
func softmaxSum32(x, out []float64) {
	top := float32(x[argmax(x)])
	var sum float32
	for i, v := range x {
		e := exp32(float32(v) - top)
		out[i] = float64(e)
		sum += e
	}
	for i, e := range out {
		out[i] = float64(float32(e) / sum)
	}
}

// softmaxZero32 is its ComputeSoftmaxZero, for which a score of 0 is none.
func softmaxZero32(x, out []float64) {
	const least = 1e-7
	top := float32(x[argmax(x)])
	var sum float32
	for i, v := range x {
		if v := float32(v); v > least || v < -least {
			e := exp32(v - top)
			out[i] = float64(e)
			sum += e
		} else {
			out[i] = float64(v * exp32(-top))
		}
	}
	for i, e := range out {
		out[i] = float64(float32(e) / sum)
	}
}

// probit32 is its ComputeProbit, an approximation by Winitzki.
func probit32(x float64) float64 {
	y := 2*float32(x) - 1
	sign := float32(1)
	if y < 0 {
		sign = -1
	}
	log := float32(math.Log(float64((1 - y) * (1 + y))))
	v := float32(2/(3.14159*0.147)) + 0.5*log
	root := -v + float32(math.Sqrt(float64(float32(v*v)-float32(1/0.147)*log)))
	return float64(float32(1.41421356) * (sign * float32(math.Sqrt(float64(root)))))
}
