package compliance

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// book is the history of the controls of one framework.
type book struct {
	ids []string
	// answers are the controls of a policy, and policies those of a control, by their
	// places in ids.
	answers  map[string][]int
	policies [][]string
	// trend has every span, tally those of its moment.
	trend *trend
	tally *tally
	until time.Time
}

// span is a Span with what says something of the framework.
type span struct {
	where        where
	since, until time.Time
	words        []spoken
}

// where is a project and a stage.
type where struct{ project, stage string }

// spoken is the word of a policy on the controls that it answers.
type spoken struct {
	controls []int
	Word
}

func newBook(framework string, all []policy.Policy, from, to time.Time) *book {
	b := &book{ids: controlsOf(framework, all), answers: map[string][]int{}}
	b.policies = make([][]string, len(b.ids))
	for _, p := range all {
		for _, id := range p.Controls[framework] {
			i, found := slices.BinarySearchFunc(b.ids, id, natural)
			if !found || slices.Contains(b.policies[i], p.ID) {
				continue
			}
			b.answers[p.ID] = append(b.answers[p.ID], i)
			b.policies[i] = append(b.policies[i], p.ID)
		}
	}
	for _, ids := range b.policies {
		slices.Sort(ids)
	}
	b.until, b.trend = to, newTrend(len(b.ids), from, to)
	b.tally = &tally{book: b, all: make([]line, len(b.ids)), places: make([]map[where]line, len(b.ids))}
	return b
}

// add takes a span along.
func (b *book) add(s Span) error {
	one := span{where: where{s.Place.Scope.Project, s.Place.Scope.Stage}, since: s.Since, until: s.Until}
	for id, word := range s.Words {
		if controls := b.answers[id]; len(controls) > 0 {
			one.words = append(one.words, spoken{controls, word})
		}
	}
	b.trend.span(one)
	if !one.since.After(b.until) && one.until.After(b.until) {
		b.tally.stacks++
		b.tally.stack(one)
	}
	return nil
}

// tally is how the controls stood at one moment.
type tally struct {
	book   *book
	stacks int
	// all has one line for each control, places those of projects and stages.
	all       []line
	places    []map[where]line
	findings  int
	resources int
	exempted  int
}

// line counts what is said of a control.
type line struct {
	outcome                                        Outcome
	stacks, failing, findings, resources, exempted int
}

// word adds what a policy said of a stack.
func (l line) word(w Word) line {
	l.outcome = l.outcome.Worse(w.Outcome)
	if w.Outcome == Failing {
		l.findings += w.Findings
		l.resources += w.Resources
	}
	l.exempted += w.Exempted
	return l
}

// stack adds what is said of one stack.
func (t *tally) stack(s span) {
	own := map[int]line{}
	for _, w := range s.words {
		if w.Outcome == Failing {
			t.findings += w.Findings
			t.resources += w.Resources
		}
		t.exempted += w.Exempted
		for _, i := range w.controls {
			t.all[i] = t.all[i].word(w.Word)
			own[i] = own[i].word(w.Word)
		}
	}
	for i, l := range own {
		if t.places[i] == nil {
			t.places[i] = map[where]line{}
		}
		sum := t.places[i][s.where]
		sum.outcome = sum.outcome.Worse(l.outcome)
		sum.stacks++
		if l.outcome == Failing {
			sum.failing++
		}
		sum.findings, sum.resources, sum.exempted = sum.findings+l.findings, sum.resources+l.resources, sum.exempted+l.exempted
		t.places[i][s.where] = sum
	}
}

// point sums it up.
func (t *tally) point(at time.Time) Point {
	p := Point{Day: at.UTC().Format(time.DateOnly), Findings: t.findings, Resources: t.resources, Exempted: t.exempted}
	for _, l := range t.all {
		p.Controls.Add(l.outcome)
	}
	return p
}

// controls tells each control.
func (t *tally) controls() []Control {
	all := make([]Control, len(t.all))
	for i, l := range t.all {
		all[i] = Control{
			ID: t.book.ids[i], Outcome: cmp.Or(l.outcome, NotEvaluated), Policies: t.book.policies[i],
			Findings: l.findings, Resources: l.resources, Exempted: l.exempted, Places: t.at(i),
		}
		if all[i].Policies == nil {
			all[i].Policies = []string{}
		}
	}
	return all
}

func (t *tally) at(control int) []ControlPlace {
	places := []ControlPlace{}
	for _, w := range slices.SortedFunc(maps.Keys(t.places[control]), func(a, b where) int {
		return cmp.Or(cmp.Compare(a.project, b.project), cmp.Compare(a.stage, b.stage))
	}) {
		l := t.places[control][w]
		places = append(places, ControlPlace{
			Project: w.project, Stage: w.stage, Outcome: l.outcome, Stacks: l.stacks, Failing: l.failing,
			Findings: l.findings, Resources: l.resources, Exempted: l.exempted,
		})
	}
	return places
}
