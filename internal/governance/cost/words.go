package cost

import "fmt"

// Counted is a number with what it counts, such as 1 row or 2 rows. The word is one
// whose plural ends in s.
func Counted[N ~int | ~int64](n N, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
