package output

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// length is a length of time of a minute and more as Go writes it.
var length = regexp.MustCompile(`\b(\d+h)?\d+m\d+s\b`)

// Span writes a length of time that Go has written, such as 336h0m0s, as people read it: 14 days.
// Another text is left as it is.
func Span(text string) string {
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second || d%time.Second != 0 {
		return text
	}
	var parts []string
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		n := d / unit.size
		d -= n * unit.size
		switch n {
		case 0:
		case 1:
			parts = append(parts, "1 "+unit.name)
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", n, unit.name))
		}
	}
	return strings.Join(parts, " ")
}
