package local

import (
	"maps"
	"slices"
)

// The conditions of `before`.
const (
	whenStarted  = "started"
	whenHealthy  = "healthy"
	whenComplete = "complete"
)

// waitsFor returns what a container waits for: the names of those that are
// before it, each with the condition.
func waitsFor(all map[string]containerSpec, name string) map[string]string {
	out := map[string]string{}
	for other, c := range all {
		if condition, ok := c.Before[name]; ok {
			out[other] = condition
		}
	}
	return out
}

// isOneShot reports whether another container waits for this one's completion.
func (c containerSpec) isOneShot() bool {
	return slices.Contains(slices.Collect(maps.Values(c.Before)), whenComplete)
}

// beforeCycle returns the names of a cycle, the first one again at the end; nil
// if there is none.
func beforeCycle(all map[string]containerSpec) []string {
	done := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if cycle := walkBefore(all, name, nil, done); cycle != nil {
			return cycle
		}
	}
	return nil
}

func walkBefore(all map[string]containerSpec, name string, path []string, done map[string]bool) []string {
	if at := slices.Index(path, name); at >= 0 {
		return append(slices.Clone(path[at:]), name)
	}
	if done[name] {
		return nil
	}
	path = append(path, name)
	for _, next := range slices.Sorted(maps.Keys(all[name].Before)) {
		if cycle := walkBefore(all, next, path, done); cycle != nil {
			return cycle
		}
	}
	done[name] = true
	return nil
}
