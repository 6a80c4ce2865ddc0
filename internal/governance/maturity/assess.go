package maturity

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Assessment is where a tenant stands.
type Assessment struct {
	At           time.Time `json:"at"`
	Capabilities []Result  `json:"capabilities"`
	// Reached counts the capabilities by their level.
	Reached map[Level]int `json:"reached"`
	// Open counts criteria that are asked and have no answer.
	Open int `json:"open"`
}

// Result is where one capability stands.
type Result struct {
	ID       string  `json:"id"`
	Domain   string  `json:"domain"`
	Name     string  `json:"name"`
	Level    Level   `json:"level"`
	Criteria []Proof `json:"criteria"`
}

// Proof is a criterion with what is known about it.
type Proof struct {
	ID    string `json:"id"`
	Level Level  `json:"level"`
	Text  string `json:"text"`
	// State is open where it is asked and nobody answered.
	State string `json:"state" enum:"met,unmet,open"`
	// Source is evidence or answer: what decides on it.
	Source string `json:"source" enum:"evidence,answer"`
	// Measure and Figure are what was measured.
	Measure string  `json:"measure,omitempty"`
	Figure  *Figure `json:"figure,omitempty"`
	Answer  *Answer `json:"answer,omitempty"`
}

// The states of a criterion.
const (
	Met   = "met"
	Unmet = "unmet"
	Open  = "open"
)

func stateOf(met bool) string {
	if met {
		return Met
	}
	return Unmet
}

// The measures of the assessment itself.
const (
	measureAnswered = "assessment/answered-percent"
	measureOldest   = "assessment/oldest-days"
)

func (s *Service) assess(ctx context.Context, scope kernel.Scope) (Assessment, error) {
	measured, err := s.Evidence.Measure(ctx, scope)
	if err != nil {
		return Assessment{}, err
	}
	given, err := s.Store.Answers(ctx, scope.Tenant)
	if err != nil {
		return Assessment{}, err
	}
	answers := map[string]Answer{}
	for _, a := range given {
		answers[a.Criterion] = a
	}
	figures := map[string]Figure{}
	for name, f := range measured {
		figures[name] = f
	}
	s.itself(figures, answers)
	a := Assessment{At: s.Clock.Now(), Reached: map[Level]int{NotBegun: 0, Crawl: 0, Walk: 0, Run: 0}}
	for _, c := range s.capabilities {
		r := judge(c, figures, answers)
		a.Reached[r.Level]++
		for _, p := range r.Criteria {
			if p.State == Open {
				a.Open++
			}
		}
		a.Capabilities = append(a.Capabilities, r)
	}
	return a, nil
}

// itself measures how far the assessment is answered, and how long ago.
func (s *Service) itself(figures map[string]Figure, answers map[string]Answer) {
	figures[measureAnswered] = Figure{}
	asked, answered, oldest := 0, 0, time.Duration(0)
	for _, c := range s.capabilities {
		for _, l := range Levels() {
			for i, criterion := range c.At(l) {
				if _, known := figures[criterion.Measure]; known || criterion.Measure == measureOldest {
					continue
				}
				asked++
				if a, ok := answers[criterionID(c, l, i)]; ok {
					answered++
					oldest = max(oldest, s.Clock.Now().Sub(a.At))
				}
			}
		}
	}
	if asked > 0 {
		figures[measureAnswered] = Figure{Value: 100 * float64(answered) / float64(asked), From: "the answers that are kept here"}
	}
	if answered > 0 {
		figures[measureOldest] = Figure{Value: float64(int(oldest.Hours() / 24)), From: "the answers that are kept here"}
	}
}

// judge finds the highest level of which all criteria are met, and those below.
func judge(c Capability, figures map[string]Figure, answers map[string]Answer) Result {
	r := Result{ID: c.ID, Domain: c.Domain, Name: c.Name, Level: NotBegun}
	on := true
	for _, l := range Levels() {
		for i, criterion := range c.At(l) {
			p := prove(criterion, criterionID(c, l, i), l, figures, answers)
			on = on && p.State == Met
			r.Criteria = append(r.Criteria, p)
		}
		if on {
			r.Level = l
		}
	}
	return r
}

func prove(c Criterion, id string, l Level, figures map[string]Figure, answers map[string]Answer) Proof {
	p := Proof{ID: id, Level: l, Text: c.Text, Measure: c.Measure, Source: "answer", State: Open}
	if f, ok := figures[c.Measure]; ok {
		p.Source, p.Figure, p.State = "evidence", &f, stateOf(c.holds(f.Value))
		return p
	}
	if a, ok := answers[id]; ok {
		p.Answer, p.State = &a, stateOf(a.Met)
	}
	return p
}
