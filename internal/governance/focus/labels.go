package focus

import (
	"encoding/json"
	"slices"
	"strings"
)

// Dimension is what costs are told by.
type Dimension string

// The dimensions. All but the service come from tags.
const (
	ByTenant     Dimension = "tenant"
	ByProject    Dimension = "project"
	ByStage      Dimension = "stage"
	ByWorkload   Dimension = "workload"
	ByCostCenter Dimension = "costcenter"
	ByOwner      Dimension = "owner"
	ByService    Dimension = "service"
)

// Dimensions returns those that tags tell.
func Dimensions() []Dimension {
	return []Dimension{ByTenant, ByProject, ByStage, ByWorkload, ByCostCenter, ByOwner}
}

// Labels say whose a cost is.
type Labels struct {
	Tenant     string `json:"tenant,omitempty"`
	Project    string `json:"project,omitempty"`
	Stage      string `json:"stage,omitempty"`
	Workload   string `json:"workload,omitempty"`
	CostCenter string `json:"costcenter,omitempty"`
	Owner      string `json:"owner,omitempty"`
}

// at returns the place of a dimension's value, nil for the service.
func (l *Labels) at(d Dimension) *string {
	switch d {
	case ByTenant:
		return &l.Tenant
	case ByProject:
		return &l.Project
	case ByStage:
		return &l.Stage
	case ByWorkload:
		return &l.Workload
	case ByCostCenter:
		return &l.CostCenter
	case ByOwner:
		return &l.Owner
	case ByService:
	}
	return nil
}

// labeller tells labels of things, as rules say.
type labeller struct {
	rules  Rules
	assign []matcher
	shared []matcher
	read   map[string]map[string]string
}

func newLabeller(r Rules) *labeller {
	l := &labeller{rules: r, read: map[string]map[string]string{}}
	for _, a := range r.Assign {
		l.assign = append(l.assign, a.Match.ready())
	}
	for _, s := range r.Shared {
		l.shared = append(l.shared, s.Match.ready())
	}
	return l
}

func foldKey(k string) string { return strings.ToLower(strings.TrimSpace(k)) }

// tagsOf reads a set of tags; keys are compared without case.
func (l *labeller) tagsOf(text string) map[string]string {
	if known, ok := l.read[text]; ok {
		return known
	}
	var raw map[string]string
	_ = json.Unmarshal([]byte(text), &raw) // written by the reader; "" is none
	tags := make(map[string]string, len(raw))
	for _, k := range slices.Sorted(mapKeys(raw)) {
		if folded := foldKey(k); tags[folded] == "" {
			tags[folded] = strings.TrimSpace(raw[k])
		}
	}
	l.read[text] = tags
	return tags
}

// labels tells whose a thing is.
func (l *labeller) labels(t Thing, tags map[string]string) Labels {
	var out Labels
	for _, d := range Dimensions() {
		for _, key := range l.rules.Tags[d] {
			if v := tags[foldKey(key)]; v != "" {
				*out.at(d) = v
				break
			}
		}
	}
	for i, m := range l.assign {
		if !m.matches(t, tags) {
			continue
		}
		set := l.rules.Assign[i].Set
		for _, d := range Dimensions() {
			if to := out.at(d); *to == "" {
				*to = *set.at(d)
			}
		}
		break
	}
	return out
}
