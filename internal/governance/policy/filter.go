package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// Filter narrows a list of policies; what is empty does not.
type Filter struct {
	// Text is a part of the id or of the title.
	Text string
	// Set is a source, Type a type of resources, Control a framework or framework:id.
	Set, Type, Control string
	Severity           Severity
	// Stage is the one whose level is told.
	Stage string
	// Level is one that it has on the stage, or on any.
	Level Level
}

// Wants reports whether what the policy itself says is wanted; of the level, which is
// another where it is assigned, it says nothing.
func (f Filter) Wants(p Policy) bool {
	return f.says(p) && is(f.Set, p.Source) && (f.Severity == "" || f.Severity == p.Severity) &&
		(f.Type == "" || slices.Contains(p.Resources, f.Type)) && (f.Control == "" || f.answers(p))
}

func (f Filter) says(p Policy) bool {
	text := strings.ToLower(f.Text)
	return text == "" || strings.Contains(p.ID, text) || strings.Contains(strings.ToLower(p.Title), text)
}

func (f Filter) answers(p Policy) bool {
	return slices.ContainsFunc(p.Controls.Names(), func(name string) bool {
		return name == f.Control || strings.HasPrefix(name, f.Control+":")
	})
}

// Check refuses a filter that names a set, a type or a control that none of the policies
// has, with what was likely meant: a list without anything reads as if nothing were
// demanded there.
func (f Filter) Check(all []Policy, sets ...string) error {
	if f.Set == "" && f.Type == "" && f.Control == "" {
		return nil
	}
	types, controls, frameworks := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, p := range all {
		sets = append(sets, p.Source)
		for _, name := range p.Resources {
			types[name] = true
		}
		for _, name := range p.Controls.Names() {
			framework, _, _ := strings.Cut(name, ":")
			controls[name], frameworks[framework] = true, true
		}
	}
	slices.Sort(sets)
	framework, _, _ := strings.Cut(f.Control, ":")
	switch {
	case f.Set != "" && !slices.Contains(sets, f.Set):
		sets = slices.Compact(sets)
		return unlisted("there is no set of policies "+f.Set, f.Set, sets, "the sets are "+strings.Join(sets, ", "))
	case f.Type != "" && !types[f.Type]:
		return unlisted("no policy looks at the type "+f.Type, f.Type, slices.Sorted(maps.Keys(types)), "name it as terraform does, such as azurerm_storage_account")
	case f.Control != "" && !frameworks[framework]:
		known := slices.Sorted(maps.Keys(frameworks))
		return unlisted("no policy answers the framework "+framework, framework, known, "the frameworks are "+strings.Join(known, ", "))
	case f.Control != "" && f.Control != framework && !controls[f.Control]:
		return unlisted("no policy answers the control "+f.Control, f.Control, slices.Sorted(maps.Keys(controls)), "see terrace policy list --control "+framework+" -o json for those that are answered")
	}
	return nil
}

// unlisted says that there is no such thing, and what there is.
func unlisted(what, word string, known []string, fix string) error {
	if near := yamldoc.Nearest(word, known); near != "" {
		fix = "did you mean " + near + "? " + fix
	}
	return kernel.Errorf(kernel.NotFound, "%s", what).WithFix("%s", fix)
}
