package cloudtag

import (
	"regexp"
	"slices"
)

// Permits tells whether a value is one of those that are allowed, and matches the
// pattern, a regular expression (RE2) for the whole of it; with neither, any does. A
// pattern that cannot be read permits nothing.
func Permits(values []string, pattern, value string) bool {
	if len(values) > 0 && !slices.Contains(values, value) {
		return false
	}
	if pattern == "" {
		return true
	}
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	return err == nil && re.MatchString(value)
}
