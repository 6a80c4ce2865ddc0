package policy

// Deps is what a Service works with.
type Deps struct {
	// Sets are the policies that are live.
	Sets Sets
	// Platform are the assignments of the operator's configuration.
	Platform Assignments
}

// Service says what policies mean at a place: their levels, and who is exempt.
type Service struct {
	Deps
}

// New returns a service.
func New(d Deps) *Service { return &Service{Deps: d} }
