package model

import "math"

// NormalShare is how much of the standard normal distribution lies below x, by the
// rational approximations of Cephes (Moshier, 1984), which scipy has too: near 1 all
// of its bits are those.
func NormalShare(x float64) float64 {
	x *= math.Sqrt2 / 2
	z := math.Abs(x)
	if z < 1 {
		return 0.5 + 0.5*errorBelow1(x)
	}
	y := 0.5 * errorAbove1(z)
	if x > 0 {
		return 1 - y
	}
	return y
}

// errorBelow1 is the error function, for |x| < 1.
func errorBelow1(x float64) float64 {
	z := x * x
	return float64(x*polynomial(z, erfAbove[:])) / polynomial(z, erfBelow[:])
}

// errorAbove1 is 1 less the error function, for x ≥ 1 and NaN.
func errorAbove1(x float64) float64 {
	z := math.Exp(-x * x)
	switch {
	case z == 0:
		return 0
	case x < 8:
		return float64(z*polynomial(x, nearAbove[:])) / polynomial(x, nearBelow[:])
	}
	return float64(z*polynomial(x, farAbove[:])) / polynomial(x, farBelow[:])
}

// polynomial has the coefficients c, from the greatest power down.
func polynomial(x float64, c []float64) float64 {
	var y float64
	for _, c := range c {
		y = float64(y*x) + c
	}
	return y
}

var (
	erfAbove = [...]float64{9.60497373987051638749e0, 9.00260197203842689217e1, 2.23200534594684319226e3, 7.00332514112805075473e3, 5.55923013010394962768e4}
	erfBelow = [...]float64{1, 3.35617141647503099647e1, 5.21357949780152679795e2, 4.59432382970980127987e3, 2.26290000613890934246e4,
		4.92673942608635921086e4}
	nearAbove = [...]float64{2.46196981473530512524e-10, 5.64189564831068821977e-1, 7.46321056442269912687e0, 4.86371970985681366614e1,
		1.96520832956077098242e2, 5.26445194995477358631e2, 9.34528527171957607540e2, 1.02755188689515710272e3, 5.57535335369399327526e2}
	nearBelow = [...]float64{1, 1.32281951154744992508e1, 8.67072140885989742329e1, 3.54937778887819891062e2, 9.75708501743205489753e2,
		1.82390916687909736289e3, 2.24633760818710981792e3, 1.65666309194161350182e3, 5.57535340817727675546e2}
	farAbove = [...]float64{5.64189583547755073984e-1, 1.27536670759978104416e0, 5.01905042251180477414e0, 6.16021097993053585195e0,
		7.40974269950448939160e0, 2.97886665372100240670e0}
	farBelow = [...]float64{1, 2.26052863220117276590e0, 9.39603524938001434673e0, 1.20489539808096656605e1, 1.70814450747565897222e1,
		9.60896809063285878198e0, 3.36907645100081516050e0}
)
