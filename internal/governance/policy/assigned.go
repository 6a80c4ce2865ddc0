package policy

// Assigned decides what level a policy has at a place.
type Assigned struct {
	// Platform are the assignments of the operator, in order: of those that hold, the
	// last counts. What they say is the floor of everybody else's.
	Platform Assignments
	// Tenant are the assignments of tenants and projects. They tighten: of those that
	// hold the strictest counts, and none goes below the floor.
	Tenant Assignments
}

// Level returns the level of a policy in a context; false leaves it out.
func (l Assigned) Level(p Policy, c Context) (Level, bool) {
	level, _ := l.Platform.Level(p, c)
	asked, any := Off, false
	for _, a := range l.Tenant {
		if a.holds(p, c) {
			asked, any = stricter(asked, a.Level), true
		}
	}
	if any {
		level = stricter(asked, l.Floor(p, c))
	}
	return level, level != Off
}

// Floor is the mildest level that a tenant can give a policy in a context: what the
// operator assigned there, else what the policy itself allows, else its own level.
func (l Assigned) Floor(p Policy, c Context) Level {
	level, assigned := l.Platform.assigned(p, c)
	switch {
	case assigned:
		return level
	case p.Floor != "":
		return p.Floor
	default:
		return p.own(c)
	}
}

func stricter(a, b Level) Level {
	if a.AtLeast(b) {
		return a
	}
	return b
}
