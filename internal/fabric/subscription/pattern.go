package subscription

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/event/eventtype"
)

// AnyOf returns a filter that lets pass what has one of the values; a star at the
// beginning or the end of one leaves that end open. No values are no filter.
func AnyOf(attribute string, values []string) []Filter {
	var all []Filter
	for _, v := range values {
		all = append(all, pattern(attribute, v))
	}
	if len(all) < 2 {
		return all
	}
	return []Filter{{Any: all}}
}

func pattern(attribute, v string) Filter {
	start, end := strings.HasPrefix(v, "*"), strings.HasSuffix(v, "*")
	pair := map[string]string{attribute: strings.TrimSuffix(strings.TrimPrefix(v, "*"), "*")}
	switch {
	case end:
		return Filter{Prefix: pair}
	case start:
		return Filter{Suffix: pair}
	default:
		return Filter{Exact: pair}
	}
}

// WholeTypes completes types: run.failed is dev.terrace.run.failed.
func WholeTypes(types []string) []string {
	all := make([]string, len(types))
	for i, t := range types {
		if all[i] = t; !strings.HasPrefix(t, "*") && !strings.HasPrefix(t, eventtype.Prefix) {
			all[i] = eventtype.Prefix + t
		}
	}
	return all
}
