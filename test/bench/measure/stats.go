package measure

import (
	"math"
	"slices"
)

// Median returns the middle of a list, the mean of the two middle ones when its
// length is even, NaN when it is empty. The list is left as it is.
func Median(list []float64) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	s := slices.Clone(list)
	slices.Sort(s)
	m := len(s) / 2
	if len(s)%2 == 1 {
		return s[m]
	}
	return (s[m-1] + s[m]) / 2
}

// Ratio returns the median of a[i]/b[i]. It is NaN when there is no round or
// when b is too small beside the noise to divide by, below a quarter of a
// nanosecond, about one cycle, or when noise made a negative.
func Ratio(a, b []float64) float64 {
	if len(a) != len(b) || !(Median(b) >= smallest) || Median(a) <= 0 {
		return math.NaN()
	}
	r := make([]float64, len(a))
	for i := range a {
		r[i] = a[i] / b[i]
	}
	return Median(r)
}

// smallest is the cost in ns below which nothing is divided by.
const smallest = 0.25

// Geomean returns the geometric mean of positive numbers, NaN when there is none.
func Geomean(list []float64) float64 {
	sum := 0.0
	for _, x := range list {
		sum += math.Log(x)
	}
	return math.Exp(sum / float64(len(list)))
}
