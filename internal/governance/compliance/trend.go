package compliance

import (
	"slices"
	"time"
)

// trend counts how the controls stood at each of a row of moments, in one pass over
// the spans however many moments there are.
type trend struct {
	moments []time.Time
	// Each list has what begins, and what has ended, at a moment: the sum up to it is
	// how it stood.
	findings, resources, exempted []int
	// said counts words by control and the rank of their outcome.
	said [][]int
}

// newTrend is of the ends of the days before the last one.
func newTrend(controls int, from, to time.Time) *trend {
	t := &trend{said: make([][]int, controls*len(Outcomes()))}
	for at := from.Add(day); at.Before(to); at = at.Add(day) {
		t.moments = append(t.moments, at.Add(-time.Nanosecond))
	}
	n := len(t.moments) + 1
	t.findings, t.resources, t.exempted = make([]int, n), make([]int, n), make([]int, n)
	return t
}

// span counts what was said from a moment until another.
func (t *trend) span(s span) {
	first, end := t.place(s.since), t.place(s.until)
	if first >= end {
		return
	}
	count := func(list []int, n int) { list[first], list[end] = list[first]+n, list[end]-n }
	for _, w := range s.words {
		if w.Outcome == Failing {
			count(t.findings, w.Findings)
			count(t.resources, w.Resources)
		}
		count(t.exempted, w.Exempted)
		for _, control := range w.controls {
			i := control*len(Outcomes()) + w.Outcome.rank()
			if t.said[i] == nil {
				t.said[i] = make([]int, len(t.moments)+1)
			}
			count(t.said[i], 1)
		}
	}
}

// place is the first moment that is not before another.
func (t *trend) place(at time.Time) int {
	i, _ := slices.BinarySearchFunc(t.moments, at, time.Time.Compare)
	return i
}

// points tells how it stood at each moment.
func (t *trend) points() []Point {
	all := make([]Point, 0, len(t.moments)+1)
	var now Point
	said := make([]int, len(t.said))
	for i, at := range t.moments {
		now.Findings, now.Resources, now.Exempted = now.Findings+t.findings[i], now.Resources+t.resources[i], now.Exempted+t.exempted[i]
		for j, list := range t.said {
			if list != nil {
				said[j] += list[i]
			}
		}
		p := now
		p.Day = at.UTC().Format(time.DateOnly)
		for control := range len(said) / len(Outcomes()) {
			p.Controls.Add(worst(said[control*len(Outcomes()):][:len(Outcomes())]))
		}
		all = append(all, p)
	}
	return all
}

// worst is the worst outcome of which there are any, "" where nothing was said.
func worst(counts []int) Outcome {
	found := Outcome("")
	for _, o := range Outcomes() {
		if counts[o.rank()] > 0 {
			found = found.Worse(o)
		}
	}
	return found
}
