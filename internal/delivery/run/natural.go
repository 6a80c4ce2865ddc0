package run

import (
	"cmp"
	"strings"
)

// natural compares addresses so that the index 100 comes before 1000, and 9 before 10.
func natural(a, b string) int {
	one, other := a, b
	for one != "" && other != "" {
		n, m := digits(one), digits(other)
		if n == "" || m == "" {
			if one[0] != other[0] {
				return cmp.Compare(one[0], other[0])
			}
			one, other = one[1:], other[1:]
			continue
		}
		if order := compareNumbers(n, m); order != 0 {
			return order
		}
		one, other = one[len(n):], other[len(m):]
	}
	return cmp.Or(cmp.Compare(len(one), len(other)), cmp.Compare(a, b))
}

// digits are those that the text begins with.
func digits(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
}

// compareNumbers compares digits of any length by their value.
func compareNumbers(n, m string) int {
	n, m = strings.TrimLeft(n, "0"), strings.TrimLeft(m, "0")
	return cmp.Or(cmp.Compare(len(n), len(m)), cmp.Compare(n, m))
}
