package apiclient

import (
	"maps"
	"regexp"
	"slices"
)

// LandingZone returns the outputs of the stage's landing zone that the resource
// is made from, such as key_vault.id, sorted.
func (n Node) LandingZone() []string {
	taken := map[string]bool{}
	reference := regexp.MustCompile(`\$\{landing_zone\.([^}]+)\}`)
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			for _, m := range reference.FindAllStringSubmatch(v, -1) {
				taken[m[1]] = true
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(n.Inputs)
	walk(n.Outputs)
	return slices.Sorted(maps.Keys(taken))
}
