package stage

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// maxConcurrency bounds how many runs a stage may be told to execute at once.
const maxConcurrency = 1000

// labelPattern is what keys and values of labels look like.
var labelPattern = regexp.MustCompile(`^[a-z0-9A-Z](?:[a-zA-Z0-9._/-]{0,61}[a-zA-Z0-9])?$`)

// Label reports whether text can be the key or the value of a runner's label.
func Label(text string) bool { return labelPattern.MatchString(text) }

// LabelText writes labels as people do, sorted: network=inside,pool=prod.
func LabelText(labels map[string]string) string {
	pairs := make([]string, 0, len(labels))
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, key+"="+labels[key])
	}
	return strings.Join(pairs, ",")
}

// Remote reports whether remote runners execute the stage's runs.
func (s Stage) Remote() bool { return len(s.Runners) > 0 }

func (c *checker) queue(path string, s Stage) {
	if s.Concurrency < 0 || s.Concurrency > maxConcurrency {
		c.add(path+".concurrency", fmt.Sprintf("%d runs at once are not possible", s.Concurrency), fmt.Sprintf("use 1 to %d, or leave it out for no limit", maxConcurrency))
	}
	for _, key := range slices.Sorted(maps.Keys(s.Runners)) {
		if !Label(key) || !Label(s.Runners[key]) {
			c.add(path+".runners", fmt.Sprintf("%s=%s cannot be a label", key, s.Runners[key]), "use letters, digits, '.', '_', '/' and '-' on both sides")
		}
	}
}
