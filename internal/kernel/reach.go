package kernel

import "slices"

// Reach is where an actor may do something: in all of its tenant, in projects, and in
// stages of projects. Lists are narrowed by it where they are read.
type Reach struct {
	// All says everywhere, save that Only narrows it.
	All bool
	// Projects are reached whole.
	Projects []string
	// Stages are of projects that are not reached whole; both names are set.
	Stages []Scope
	// Only are the stages that are reached, of all that is named above; none are all.
	Only []string
	// Below has who reaches a stage of a project reach what belongs to none of its stages;
	// Anywhere has who reaches anything reach that, and what belongs to no project.
	Below, Anywhere bool
}

// None reports whether nothing is reached.
func (r Reach) None() bool { return !r.All && len(r.Projects) == 0 && len(r.Stages) == 0 }

// Whole reports whether all of a project is reached.
func (r Reach) Whole(project string) bool {
	return len(r.Only) == 0 && (r.All || slices.Contains(r.Projects, project))
}

// StagesOf returns the stages of a project that are reached, where it is not reached whole.
func (r Reach) StagesOf(project string) []string {
	if r.All || slices.Contains(r.Projects, project) {
		return r.Only
	}
	var names []string
	for _, s := range r.Stages {
		if s.Project == project && !slices.Contains(names, s.Stage) && (len(r.Only) == 0 || slices.Contains(r.Only, s.Stage)) {
			names = append(names, s.Stage)
		}
	}
	return names
}

// Has reports whether a stage of a project is reached; the stage "" is what the project
// has outside of its stages.
func (r Reach) Has(project, stage string) bool {
	if len(r.Only) > 0 && !slices.Contains(r.Only, stage) {
		return false
	}
	return r.All || slices.Contains(r.Projects, project) ||
		slices.ContainsFunc(r.Stages, func(s Scope) bool { return s.Project == project && s.Stage == stage })
}

// In returns the projects of which something is reached, where All does not say so: what
// belongs to a project as a whole is for who works in one stage of it, too, so Only
// narrows nothing here.
func (r Reach) In() []string {
	names := slices.Clone(r.Projects)
	for _, s := range r.Stages {
		if !slices.Contains(names, s.Project) {
			names = append(names, s.Project)
		}
	}
	return names
}

// Add adds a project, or a stage of it; the project "" is all.
func (r *Reach) Add(project, stage string) {
	switch {
	case project == "":
		r.All = true
	case stage == "" && !slices.Contains(r.Projects, project):
		r.Projects = append(r.Projects, project)
	case stage != "":
		r.Stages = append(r.Stages, Scope{Project: project, Stage: stage})
	}
}

// Narrowed returns what is also in the named projects and stages; none narrow nothing.
func (r Reach) Narrowed(projects, stages []string) Reach {
	r.Only = stages
	if len(projects) == 0 {
		return r
	}
	out := Reach{Only: stages, Below: r.Below, Anywhere: r.Anywhere}
	for _, name := range projects {
		if r.All || slices.Contains(r.Projects, name) {
			out.Projects = append(out.Projects, name)
		}
	}
	for _, s := range r.Stages {
		if slices.Contains(projects, s.Project) {
			out.Stages = append(out.Stages, s)
		}
	}
	return out
}
