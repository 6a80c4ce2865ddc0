package manifest

import (
	"maps"
	"slices"
)

// The conditions of before.
const (
	whenStarted  = "started"
	whenHealthy  = "healthy"
	whenComplete = "complete"
)

func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// split tells the containers that others wait for from the others: the first
// become init containers, each after those that it waits for itself.
func split(all map[string]Container) (first, main []string) {
	done := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if done[name] {
			return
		}
		done[name] = true
		for _, other := range sorted(all) {
			if _, ok := all[other].Before[name]; ok {
				visit(other)
			}
		}
		if len(all[name].Before) > 0 {
			first = append(first, name)
		} else {
			main = append(main, name)
		}
	}
	for _, name := range sorted(all) {
		visit(name)
	}
	return first, main
}

// needs reports whether any container waits for the condition of this one.
func (c Container) needs(condition string) bool {
	return slices.Contains(slices.Collect(maps.Values(c.Before)), condition)
}

// beforeCycle returns the names of a cycle, the first one again at the end; nil
// if there is none.
func beforeCycle(all map[string]Container) []string {
	done := map[string]bool{}
	var walk func(name string, path []string) []string
	walk = func(name string, path []string) []string {
		if at := slices.Index(path, name); at >= 0 {
			return append(slices.Clone(path[at:]), name)
		}
		if done[name] {
			return nil
		}
		path = append(path, name)
		for _, next := range sorted(all[name].Before) {
			if cycle := walk(next, path); cycle != nil {
				return cycle
			}
		}
		done[name] = true
		return nil
	}
	for _, name := range sorted(all) {
		if cycle := walk(name, nil); cycle != nil {
			return cycle
		}
	}
	return nil
}
